// SPDX-License-Identifier: Apache-2.0
#include "packet_bins.h"

#include "cells.h"
#include "facts.h"
#include "line_reader.h"

namespace t2::report {
namespace {

constexpr std::size_t kLongestLine = 256;
/// What the plugin makes unless told otherwise, and what a page has room for.
constexpr std::size_t kMost = 4096;

/// One row; false if it does not follow what is there.
bool take(const std::vector<std::string_view>& cells, PacketBins& out) {
  if (cells.size() != 4) return false;
  const Nanoseconds begin = time_of(cells[0]), width = time_of(cells[1]);
  if (width <= 0 || (out.width != 0 && width != out.width) || out.bins.size() == kMost)
    return false;
  out.width = width;
  const std::int64_t number = begin / width;
  if (!out.bins.empty() && number <= out.bins.back().number) return false;
  out.bins.push_back({number, number_of(cells[2]), number_of(cells[3])});
  return true;
}

}  // namespace

std::uint64_t PacketBins::packets() const {
  std::uint64_t sum = 0;
  for (const Bin& b : bins) sum += b.packets;
  return sum;
}

std::uint64_t PacketBins::bytes() const {
  std::uint64_t sum = 0;
  for (const Bin& b : bins) sum += b.bytes;
  return sum;
}

PacketBins read_packet_bins(const std::string& flows, char separator) {
  const auto fd = open_to_read(prefix_of(flows) + "_timeBins.txt", false);
  if (!fd) return {};
  LineReader lines(*fd, "time bins", kLongestLine);
  lines.next();  // names
  PacketBins out;
  std::vector<std::string_view> cells;
  for (auto line = lines.next(); line; line = lines.next()) {
    cells.clear();
    split(*line, separator, 5, cells);
    if (!take(cells, out)) return {};
  }
  return out;
}

}  // namespace t2::report
