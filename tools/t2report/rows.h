// SPDX-License-Identifier: Apache-2.0
// Rows of a flow table into conversations. The rows of a flow stand together, A before B, as t2
// writes them; a B row that stands alone is a conversation of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conversation.h"
#include "dictionary.h"
#include "services.h"
#include "t2/result.h"

namespace t2::report {

/// What else a row tells, for hosts and findings. Views into the row.
struct RowLabels {
  std::string_view source_country, source_org, destination_country, destination_org, source_mac,
      destination_mac, tp0f_class, tp0f_program, tp0f_version;
};

/// A row, before its partner is known.
struct Row {
  char direction = 'A';
  std::uint64_t index = 0;
  Nanoseconds first = 0, last = 0;
  std::string_view source, destination, headers, vlan;
  std::uint16_t source_port = 0, destination_port = 0, ether_type = 0;
  std::uint8_t protocol = 0;
  Side side;
  RowLabels labels;
};

class RowParser {
 public:
  /// Cells of the header row, without the mark. An error if a column that everything hangs on is
  /// not there.
  Result<void> columns(const std::vector<std::string_view>& names);
  const std::vector<std::string>& names() const { return names_; }
  /// Columns that the page would like to have and this table lacks.
  std::vector<std::string> missing() const;
  std::optional<std::size_t> find(std::string_view name) const;
  /// Empty: a line that is no row of this table.
  std::optional<Row> row(const std::vector<std::string_view>& cells) const;

 private:
  enum Cell : std::size_t {
    kDir,
    kFlowInd,
    kTimeFirst,
    kTimeLast,
    kSrcIp,
    kDstIp,  // needed, up to here
    kFlowStat,
    kSrcPort,
    kDstPort,
    kProto,
    kEthType,
    kVlan,
    kHeaders,
    kSrcMac,
    kDstMac,
    kSrcCc,
    kSrcOrg,
    kDstCc,
    kDstOrg,
    kPackets,
    kBytes,
    kIpFlags,
    kTcpFlags,
    kTcpAnomaly,
    kTcpStates,
    kFtpStat,
    kTp0fStat,
    kTp0fClass,
    kTp0fProgram,
    kTp0fVersion,
    kTcpFStat,
    kTtl,
    kMss,
    kFaults,
    kRtt,
    kHttpAFlags,
    kCells
  };
  static const char* const kNames[kCells];

  std::vector<std::string> names_;
  std::size_t at_[kCells] = {};
};

/// Joins rows; each finished conversation goes to `done` with the texts of its rows.
class Pairing {
 public:
  using Done = std::function<void(Conversation&, std::string_view a, std::string_view b)>;
  Pairing(Services& services, Dictionary& headers, Dictionary& vlans, Done done)
      : services_(services), headers_(headers), vlans_(vlans), done_(std::move(done)) {}

  void add(const Row& row, std::string_view text);
  void finish();
  /// B rows without an A row before them.
  std::uint64_t alone() const { return alone_; }

 private:
  void begin(const Row& row, std::string_view text);

  Services& services_;
  Dictionary& headers_;
  Dictionary& vlans_;
  Done done_;
  std::optional<Conversation> open_;
  std::string a_, b_;
  std::uint64_t alone_ = 0;
};

}  // namespace t2::report
