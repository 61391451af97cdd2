// SPDX-License-Identifier: Apache-2.0
#include "tawk/cut.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "capture/link_type.h"
#include "capture/open.h"
#include "t2/words.h"
#include "tawk/run_captures.h"

namespace t2::tawk {
namespace {

/// Flow index and direction, 'A' or 'B'.
using FlowSide = std::pair<std::uint64_t, char>;

struct Wanted {
  std::set<FlowSide> flows;
  std::set<std::uint64_t> packets;
};

/// Numbers of packets in the run, with the text of their time.
using Packets = std::map<std::uint64_t, std::string>;

/// The cells of a table by column name.
class Row {
 public:
  Row(const ColumnNames& names, const std::string& separator)
      : names_(names), separator_(separator) {}

  void split(std::string_view line) { cells_ = t2::split(line, separator_); }
  bool has(std::string_view name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  std::string_view cell(std::string_view name) const {
    const auto at =
        static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
    return at < cells_.size() ? cells_[at] : std::string_view();
  }
  std::optional<std::uint64_t> number(std::string_view name) const {
    const std::string_view text = cell(name);
    const bool hex = text.starts_with("0x");
    std::uint64_t value = 0;
    if (!parse_whole(text.substr(hex ? 2 : 0), value, hex ? 16 : 10)) return {};
    return value;
  }
  /// From the column dir, else from bit 0 of flowStat.
  char direction() const {
    if (has("dir")) return cell("dir") == "B" ? 'B' : 'A';
    return (number("flowStat").value_or(0) & 1) != 0 ? 'B' : 'A';
  }

 private:
  const ColumnNames& names_;
  const std::string& separator_;
  std::vector<std::string_view> cells_;
};

template <class Function>
Result<void> each_row(std::string_view text, const HeaderRule& rule, const ColumnNames& names,
                      Function f) {
  Row row(names, rule.separator);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!is_header(line, number, rule) && !line.empty() && line[0] != '#') {
      row.split(line);
      if (auto r = f(row); !r) return r;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return {};
}

Result<Wanted> wanted_of(const CutOptions& o, std::string_view rows, const HeaderRule& rule) {
  std::string_view rest;
  const auto header = find_header(rows, rule, true, rest);
  if (!header) return Error{"-x: the program must print rows with their header row"};
  auto names = parse_header(*header, rule);
  if (!names) return names.error();
  const auto has = [&](std::string_view n) {
    return std::find(names->begin(), names->end(), n) != names->end();
  };
  const bool by_packet = o.single && has("pktNo");
  if (!by_packet && (o.single || !has("flowInd"))) {
    return Error{fmt::format("-x: the rows that the program prints have no column {}",
                             o.single ? "pktNo" : "flowInd")};
  }
  if (!by_packet && !o.both && !has("dir") && !has("flowStat")) {
    return Error{
        "-x: the rows that the program prints have no column dir: add -b for both directions"};
  }
  Wanted wanted;
  auto done = each_row(rows, rule, *names, [&](const Row& row) -> Result<void> {
    const auto n = row.number(by_packet ? "pktNo" : "flowInd");
    if (!n) return Error{"-x: a row that the program prints has no number of a flow or packet"};
    if (by_packet) wanted.packets.insert(*n);
    if (!by_packet && (o.both || row.direction() == 'A')) wanted.flows.emplace(*n, 'A');
    if (!by_packet && (o.both || row.direction() == 'B')) wanted.flows.emplace(*n, 'B');
    return {};
  });
  if (!done) return done.error();
  return wanted;
}

/// "1168195766.739929000" with any number of decimals, in nanoseconds.
std::optional<Nanoseconds> time_of(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, dot));
  std::string fraction(dot < text.size() ? text.substr(dot + 1) : "");
  fraction.resize(9, '0');
  digits += fraction;
  Nanoseconds value = 0;
  if (!parse_whole(digits, value)) return {};
  return value;
}

/// The packets to take.
Result<Packets> packets_of(const CutOptions& o, const Wanted& wanted, const HeaderRule& rule) {
  std::ifstream in(o.packets);
  if (!in) {
    return Error{
        fmt::format("-x needs the packet file of the run, '{}': run t2 with -s, or name it with -X",
                    o.packets)};
  }
  Packets out;
  std::string line;
  ColumnNames names;
  std::optional<Row> row;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (is_header(line, number, rule)) {
      auto parsed = parse_header(line, rule);
      if (!parsed) return parsed.error();
      names = std::move(*parsed);
      row.emplace(names, rule.separator);
      if (row->has("pktNo") && row->has("flowInd") && row->has("time")) continue;
      return Error{fmt::format("'{}' is no packet file: it has no columns pktNo, flowInd and time",
                               o.packets)};
    }
    if (!row) continue;
    row->split(line);
    const auto packet = row->number("pktNo"), flow = row->number("flowInd");
    if (!packet || !flow) continue;
    const bool take = o.single ? wanted.packets.contains(*packet)
                               : wanted.flows.contains({*flow, row->direction()});
    if (take) out.emplace(*packet, row->cell("time"));
  }
  return out;
}

/// What a capture file calls a DLT number.
std::uint32_t linktype_of(std::uint16_t dlt) {
  for (const std::uint32_t linktype : {100u, 101u, 102u, 103u, 106u}) {
    if (dlt_from_linktype(linktype) == dlt) return linktype;
  }
  return dlt;
}

/// A new file (- is standard output), which goes again if it is not finished.
class PcapWriter {
 public:
  explicit PcapWriter(const std::string& path)
      : path_(path),
        file_(path == "-" ? fdopen(dup(STDOUT_FILENO), "wb") : std::fopen(path.c_str(), "wbxe")),
        not_opened_(file_ ? 0 : errno) {}
  PcapWriter(const PcapWriter&) = delete;
  PcapWriter& operator=(const PcapWriter&) = delete;
  ~PcapWriter() {
    if (file_ && !finished_ && path_ != "-") std::remove(path_.c_str());
  }

  /// One pcap file holds one link type, that of its first packet.
  bool takes(std::uint16_t link_type) const { return !link_ || *link_ == link_type; }
  Result<void> write(const Frame& f) {
    if (!file_) return failure();
    if (!link_) {
      link_ = f.link_type;
      // Magic for nanoseconds, version 2.4, zone, accuracy, snapshot length, link type.
      put({0xa1b23c4d, 2 | (4u << 16), 0, 0, 262144, linktype_of(f.link_type)});
    }
    put({static_cast<std::uint32_t>(f.time / 1'000'000'000),
         static_cast<std::uint32_t>(f.time % 1'000'000'000),
         static_cast<std::uint32_t>(f.bytes.size()), f.wire_length});
    good_ = good_ && std::fwrite(f.bytes.data(), 1, f.bytes.size(), file_.get()) == f.bytes.size();
    return good_ ? Result<void>() : failure();
  }
  Result<void> finish() {
    if (!file_) return failure();
    finished_ = std::fflush(file_.get()) == 0 && good_;
    return finished_ ? Result<void>() : failure();
  }

 private:
  struct Close {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  void put(std::initializer_list<std::uint32_t> words) {
    good_ = good_ && std::fwrite(words.begin(), 4, words.size(), file_.get()) == words.size();
  }
  Error failure() const {
    return {
        fmt::format("Failed to write '{}': {}", path_, std::strerror(file_ ? errno : not_opened_))};
  }

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  int not_opened_;  // why, told when a packet comes
  std::optional<std::uint16_t> link_;
  bool good_ = true, finished_ = false;
};

/// A capture whose packets have the numbers `first` to `last` in the run.
struct Part {
  std::string file;
  std::uint64_t first = 1, last = std::numeric_limits<std::uint64_t>::max();
};

/// Where a capture of the list lies now: as it is named, or in the folder that the user names, as a
/// path from there or by its own name.
std::string place_of(const std::string& file, const std::string& folder) {
  namespace fs = std::filesystem;
  if (folder.empty()) return file;
  std::error_code none;
  const fs::path path(file), from_folder = fs::path(folder) / path;
  if (path.is_relative() && fs::exists(from_folder, none)) return from_folder;
  return fs::path(folder) / path.filename();
}

Result<std::vector<Part>> parts_of(const CutOptions& o, const RunCaptures& run) {
  if (run.members.empty()) {
    if (o.capture.empty())
      return Error{fmt::format("Option '{}': name the capture with -r", o.option)};
    return std::vector<Part>{{o.capture}};
  }
  std::error_code none;
  if (!o.capture.empty() && !std::filesystem::is_directory(o.capture, none)) {
    return Error{
        fmt::format("The run read {} captures, named in '{}': leave -r out, or name the folder "
                    "where they lie now",
                    run.members.size(), headers_file_of(o.packets))};
  }
  std::vector<Part> parts;
  for (const RunCaptures::Member& m : run.members) {
    if (m.packets == 0) continue;
    parts.push_back({place_of(m.file, o.capture), m.first, m.first + m.packets - 1});
  }
  return parts;
}

/// Copies the packets from `next` on that lie in the part, and moves `next` behind them.
Result<void> cut_part(const Part& part, const CutOptions& o, const std::string& filter,
                      Packets::const_iterator& next, Packets::const_iterator end,
                      PcapWriter& writer) {
  const auto wants = [&] { return next != end && next->first <= part.last; };
  if (!wants()) return {};
  InputOptions input;
  input.path = part.file;
  input.filter = filter;
  auto source = open_source(input);
  if (!source) return source.error();
  const auto batch = std::make_unique<FrameBatch>();
  for (std::uint64_t number = part.first; wants();) {
    const Source::State state = (*source)->read(*batch);
    if (state == Source::State::kEnd) break;
    if (state != Source::State::kFrames) continue;
    for (std::size_t i = 0; i < batch->size && wants(); ++i) {
      const Frame& f = batch->frames[i];
      if (number++ != next->first) continue;
      const auto time = time_of(next->second);
      if (time && *time != f.time) {
        return Error{
            fmt::format("Packet {} of '{}' has another time than in '{}': it is another capture, "
                        "or was read with a filter",
                        number - part.first, part.file, o.packets)};
      }
      if (!writer.takes(f.link_type)) {
        return Error{fmt::format(
            "-x: packet {} of the run, in '{}', has another link type than those before, "
            "and a pcap file holds one; cut the packets by number, for instance: tawk "
            "-P -x NEW.pcap 'packet(\"1-{}\")' '{}'",
            next->first, part.file, std::prev(next)->first, o.packets)};
      }
      if (auto r = writer.write(f); !r) return r;
      ++next;
    }
  }
  if (!wants()) return {};
  return Error{fmt::format("'{}' ends before packet {}: it is another capture", part.file,
                           next->first - part.first + 1)};
}

}  // namespace

std::string packet_file_of(const std::string& table) {
  const std::size_t at = table.rfind("_flows");
  if (at == std::string::npos) return table;
  // Only flow files are compressed.
  std::size_t end = table.size();
  for (const std::string_view suffix : {".gz", ".zst"})
    if (table.ends_with(suffix)) end = table.size() - suffix.size();
  return table.substr(0, at) + "_packets" + table.substr(at + 6, end - at - 6);
}

Result<std::uint64_t> cut(const CutOptions& options, std::string_view rows,
                          const HeaderRule& rule) {
  const RunCaptures run = read_run_captures(headers_file_of(options.packets));
  auto parts = parts_of(options, run);
  if (!parts) return parts.error();
  auto wanted = wanted_of(options, rows, rule);
  if (!wanted) return wanted.error();
  auto packets = packets_of(options, *wanted, rule);
  if (!packets) return packets.error();
  if (packets->empty())
    return Error{"-x: no packet belongs to the selected rows, nothing was written"};
  PcapWriter writer(options.output);
  Packets::const_iterator next = packets->begin();
  for (const Part& part : *parts) {
    if (auto r = cut_part(part, options, run.filter, next, packets->end(), writer); !r)
      return r.error();
  }
  if (next != packets->end()) {
    return Error{fmt::format("Packet {} lies in none of the captures named in '{}'", next->first,
                             headers_file_of(options.packets))};
  }
  if (auto r = writer.finish(); !r) return r.error();
  return packets->size();
}

}  // namespace t2::tawk
