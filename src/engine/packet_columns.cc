// SPDX-License-Identifier: Apache-2.0
#include "engine/packet_columns.h"

#include <fmt/format.h>

namespace t2 {
namespace {

template <class Value>
Column core_column(const char* name, const char* doc, Value (*get)(const RowContext&)) {
  using Codec = detail::Codec<Value>;
  return {name, doc,           Codec::type(),
          {},   "tranalyzer2", [get](const RowContext& c, RowWriter& w) { Codec::put(w, get(c)); }};
}

Bytes content(const Packet& p, int level) {
  switch (level) {
    case 0:
      return p.frame;
    case 1:
      return p.l2;
    case 2:
      return p.l3;
    case 3:
      return p.l4;
    default:
      return p.l7;
  }
}

std::string hex_dump(Bytes bytes, const std::string& prefix, const std::string& separator) {
  std::string out;
  for (const std::uint8_t b : bytes) {
    if (!out.empty()) out += separator;
    out += fmt::format("{}{:02x}", prefix, b);
  }
  return out;
}

}  // namespace

std::vector<Column> leading_packet_columns(const CoreSettings& s) {
  std::vector<Column> out;
  if (s.SPKTMD_PKTNO) {
    out.push_back(core_column<std::uint64_t>("pktNo", "Packet number",
                                             [](const RowContext& c) { return c.packet->number; }));
  }
  out.push_back(core_column<std::uint64_t>("flowInd", "Flow index", [](const RowContext& c) {
    return detail::ordered_of(c.flow).index;
  }));
  out.back().sees = Sees::kOrderedFlow;
  return out;
}

std::vector<Column> content_columns(const CoreSettings& s) {
  static constexpr const char* kLevels[] = {"", "l2", "l3", "l4", "l7"};
  const int level = static_cast<int>(s.SPKTMD_PCNTL);
  const auto name = [level](const char* kind) {
    std::string n = std::string(kLevels[level]) + kind;
    if (level == 0) n[0] = static_cast<char>(n[0] - 'A' + 'a');
    return n;
  };
  std::vector<Column> out;
  if (s.SPKTMD_PCNTH) {
    const std::string prefix = s.SPKTMD_PCNTH_PREF, separator = s.SPKTMD_PCNTH_SEP;
    out.push_back({name("HexContent"),
                   "Captured content as hex",
                   detail::Codec<Text>::type(),
                   {},
                   "tranalyzer2",
                   [=](const RowContext& c, RowWriter& w) {
                     w.text(hex_dump(content(*c.packet, level), prefix, separator));
                   }});
  }
  if (s.SPKTMD_PCNTC) {
    out.push_back(
        {name("Content"),
         "Captured content",
         detail::Codec<Content>::type(),
         {},
         "tranalyzer2",
         [=](const RowContext& c, RowWriter& w) { w.text(as_text(content(*c.packet, level))); }});
  }
  return out;
}

RowPlan packet_rows(const CoreSettings& settings, const PluginSet& plugins,
                    std::span<ShardPartBase* const> parts) {
  RowPlan plan;
  plan.add(leading_packet_columns(settings), {});
  std::size_t i = 0;
  for (const LoadedPlugin& p : plugins.plugins()) {
    plan.add(p.packet_columns.all(), {p.shard_offset, p.ordered_offset, parts[i++]});
  }
  plan.add(content_columns(settings), {});
  return plan;
}

}  // namespace t2
