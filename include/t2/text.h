// SPDX-License-Identifier: Apache-2.0
// Rows as text (spec core 8, txtSink 4-5): the one place where values become characters. Used by
// txtSink, by the packet file and by the headers file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "t2/row.h"
#include "t2/settings.h"
#include "t2/text_buffer.h"

namespace t2 {

/// Shared formatting settings, group `utils` (spec txtSink 2).
struct TextSettings : Settings {
  // clang-format off
  Int    IP4_FORMAT    {this, "IP4_FORMAT",     0, {0, 3}, "IPv4: 0 1.2.3.4, 1 001.002.003.004, 2 0x01020304, 3 decimal"};
  Int    IP6_FORMAT    {this, "IP6_FORMAT",     0, {0, 3}, "IPv6: 0 compressed, 1 full, 2 0x + 32 digits, 3 two 0x joined by _"};
  Int    MAC_FORMAT    {this, "MAC_FORMAT",     0, {0, 2}, "MAC: 0 aa:bb:..., 1 0x + 16 digits, 2 decimal"};
  String MAC_SEP       {this, "MAC_SEP",       ":",        "separator in MAC addresses"};
  String B2T_NON_IP_STR{this, "B2T_NON_IP_STR", "-",       "address column of a flow without IP"};
  Flag   HEX_CAPITAL   {this, "HEX_CAPITAL",    false,     "upper-case hex digits"};
  Int    TFS_NC_TYPE   {this, "TFS_NC_TYPE",    2, {0, 2}, "type column of the header file: 0 none, 1 numbers, 2 names"};
  Flag   TFS_SAN_UTF8  {this, "TFS_SAN_UTF8",   true,      "replace invalid UTF-8 and escape control characters"};
  Flag   TFS_EXTENDED_HEADER{this, "TFS_EXTENDED_HEADER", false, "three more header lines: rows, columns, types"};
  Flag   B2T_TIMESTR   {this, "B2T_TIMESTR",    false,     "timestamps as ISO 8601"};
  String HDR_CHR       {this, "HDR_CHR",       "%",        "prefix of the header line"};
  String SEP_CHR       {this, "SEP_CHR",       "\t",       "column separator"};
  Int    TSTAMP_PREC   {this, "TSTAMP_PREC",    1, {0, 1}, "timestamps: 0 microseconds, 1 nanoseconds"};
  Flag   TSTAMP_UTC    {this, "TSTAMP_UTC",     true,      "timestamps in UTC, else local time"};
  // clang-format on
};

/// Quoting of strings: the flow table quotes, the packet table does not (spec core 6). kCsv: rows
/// as RFC 4180 wants them, cells as in the flow table but for the quotes of single strings.
enum class Quoting : std::uint8_t { kNone, kStrings, kCsv };

/// Formats rows of one schema. Holds resolved settings and changes nothing while it formats, so
/// that one serves all threads. Schema and settings must outlive it.
class RowFormatter {
 public:
  RowFormatter(const Schema& schema, const TextSettings& settings, Quoting quoting);
  ~RowFormatter();
  RowFormatter(const RowFormatter&) = delete;
  RowFormatter& operator=(const RowFormatter&) = delete;

  /// `%name<sep>name...` and a line end; the names alone for CSV.
  void header(TextBuffer& out) const;
  /// One row and a line end.
  void row(RowView row, TextBuffer& out) const;
  /// All of them.
  void rows(const Rows& rows, RowText& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Type of a column as the headers file names it: `U64`, `SC:R`, `H8_H32`.
std::string type_name(const Type& type);
/// The same with the type numbers of spec core 8.1.
std::string type_number(const Type& type);

/// C's "%.7g" in the C locale; writes at most 24 characters and returns the end.
char* put_float(char* out, double value);
/// `seconds.` and `digits` (6 or 9) decimals, `-` before a negative one; at most 24 characters.
char* put_time(char* out, Nanoseconds ns, int digits = 9);
/// Escapes a string as spec txtSink 5 says, without quotes. Stops at the first NUL.
void put_escaped(TextBuffer& out, std::string_view s);
/// Captured bytes as spec core 6 says.
void put_content(TextBuffer& out, std::string_view s);
std::string to_text(const IpAddress& a);
std::string to_text(const Mac& m);

}  // namespace t2
