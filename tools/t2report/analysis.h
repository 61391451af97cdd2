// SPDX-License-Identifier: Apache-2.0
// One pass over a flow table with bounded memory: sums of all flows, the conversations that are
// embedded, the findings on traffic.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bins.h"
#include "evidence.h"
#include "findings/finding.h"
#include "findings/scans.h"
#include "findings/traffic.h"
#include "hosts.h"
#include "keeper.h"
#include "line_reader.h"
#include "rows.h"
#include "services.h"

namespace t2::report {

struct Sums {
  std::uint64_t flows = 0, packets = 0, bytes = 0;  // flows: conversations
};

/// The columns whose bits are told in words.
inline constexpr std::array<const char*, 9> kBitColumns = {
    "flowStat", "ipFlags",  "tcpFlags", "tcpAnomaly", "tcpStatesAFlags",
    "ftpStat",  "tp0fStat", "tcpFStat", "httpAFlags"};
std::uint64_t bits_in(const Side& side, std::size_t column);

struct TableTotals {
  std::uint64_t rows = 0, a = 0, b = 0, conversations = 0, packets = 0, bytes = 0;
  std::uint64_t ipv4 = 0, ipv6 = 0;  // rows, as the end report counts
  std::uint64_t not_rows = 0;        // lines that are no rows of this table
  Nanoseconds first = 0, last = 0;
};

/// Conversations in which something limits what the capture proves.
struct TrustCounts {
  std::uint64_t snapped = 0, gaps = 0, checksums = 0, clock = 0, fragments = 0, not_captured = 0;
};

class Analysis {
 public:
  /// `rows`, `texts`: as of Keeper.
  Analysis(std::size_t rows, std::size_t texts);

  /// Reads all of the table. `mark` and `separator` are those of t2's settings.
  Result<void> read(LineReader& lines, std::string_view mark, char separator);

  const RowParser& parser() const { return parser_; }
  const Services& services() const { return services_; }
  const Dictionary& headers() const { return headers_; }
  const Dictionary& vlans() const { return vlans_; }
  const Hosts& hosts() const { return hosts_; }
  const Bins& bins() const { return bins_; }
  const Keeper& keeper() const { return keeper_; }
  const TableTotals& totals() const { return totals_; }
  const TrustCounts& trust() const { return trust_; }
  /// Logins that columns tell of and no manifest does: HTTP's. With passwords.
  const std::vector<Login>& logins() const { return logins_; }
  std::uint64_t rows_alone() const { return pairing_.alone(); }
  const std::vector<Sums>& by_service() const { return by_service_; }
  const std::map<std::uint32_t, Sums>& by_country() const { return by_country_; }
  /// Conversations with each bit, by column of kBitColumns.
  const std::array<std::array<std::uint64_t, 64>, kBitColumns.size()>& bits() const {
    return bits_;
  }
  /// For a page that would be too large.
  void embed_fewer() { keeper_.embed_fewer(); }
  std::size_t embedded() const { return keeper_.rows().size(); }
  void findings(std::vector<Finding>& out) const;

 private:
  Result<bool> header(std::string_view line, std::string_view mark, char separator);
  void row(std::string_view line, char separator);
  void conversation(Conversation& c, std::string_view a, std::string_view b);
  void note_logins(const Row& r);
  void sum(const Conversation& c);
  void judge(const Conversation& c);

  RowParser parser_;
  Services services_;
  Dictionary headers_, vlans_;
  Hosts hosts_;
  Bins bins_;
  Keeper keeper_;
  Pairing pairing_;
  TableTotals totals_;
  TrustCounts trust_;
  std::vector<Sums> by_service_;
  std::map<std::uint32_t, Sums> by_country_;
  std::array<std::array<std::uint64_t, 64>, kBitColumns.size()> bits_{};
  std::vector<std::string_view> cells_;
  std::vector<Login> logins_;
  PortScans scans_;
  RecognisedScanners scanners_;
  OddFlags odd_;
  Regular regular_;
  Leaving leaving_;
  BrokenRules broken_;
};

}  // namespace t2::report
