// SPDX-License-Identifier: Apache-2.0
#include "engine/describe.h"

#include <nlohmann/json.hpp>

#include "engine/packet_columns.h"
#include "engine/pair_rows.h"

namespace t2 {
namespace {

using Json = nlohmann::ordered_json;

const char* type_of(const Setting& s) {
  switch (s.type()) {
    case Setting::Type::kFlag:
      return "flag";
    case Setting::Type::kInt:
      return "int";
    case Setting::Type::kReal:
      return "real";
    case Setting::Type::kString:
      return "string";
  }
  return "";
}

Json describe_settings(const Settings* settings) {
  Json out = Json::array();
  if (settings == nullptr) return out;
  for (const Setting* s : settings->all()) {
    Json j = {{"name", s->name()},
              {"type", type_of(*s)},
              {"value", s->text()},
              {"default", s->default_text()}};
    if (s->type() == Setting::Type::kInt || s->type() == Setting::Type::kReal) {
      j["min"] = s->range().lowest;
      j["max"] = s->range().highest;
    }
    j["environment"] = s->env();
    j["origin"] = s->origin();
    j["doc"] = s->doc();
    out.push_back(std::move(j));
  }
  return out;
}

Json describe_columns(const std::vector<Column>& columns) {
  Json out = Json::array();
  for (const Column& c : columns) {
    // Numbers tell times from durations, names do not; captured content is no string either way.
    const bool content = c.type.kind == Kind::kContent;
    Json j = {{"name", c.name},
              {"type", type_name(c.type)},
              {"number", content ? "content" : type_number(c.type)},
              {"doc", c.doc}};
    if (!c.bits.empty()) {
      Json bits = Json::array();
      for (const BitText& b : c.bits) {
        Json bit = {{"bit", b.bit}, {"text", b.text}};
        if (b.severity != Severity::kNone) {
          bit["severity"] = std::string(1, static_cast<char>(b.severity));
        }
        bits.push_back(std::move(bit));
      }
      j["bits"] = std::move(bits);
    }
    out.push_back(std::move(j));
  }
  return out;
}

}  // namespace

std::string describe(const PluginSet& plugins, const CoreSettings& core, const TextSettings& text) {
  Json out;
  out["program"] = "T2++";
  out["version"] = T2_VERSION;
  out["stamp"] = kBuildStamp;
  out["slotBytes"] = plugins.layout().size();
  std::vector<Column> packet_columns = leading_packet_columns(core);
  for (Column& c : content_columns(core)) packet_columns.push_back(std::move(c));
  out["core"] = {{"name", "tranalyzer2"},
                 {"settings", describe_settings(&core)},
                 {"flowColumns", describe_columns(leading_flow_columns())},
                 {"packetColumns", describe_columns(packet_columns)}};
  out["utils"] = {{"name", "utils"}, {"settings", describe_settings(&text)}};
  Json list = Json::array();
  for (const LoadedPlugin& p : plugins.plugins()) {
    list.push_back({{"name", p.info.name},
                    {"version", p.info.version},
                    {"doc", p.info.doc},
                    {"file", p.file},
                    {"needs", p.info.needs},
                    {"stateBytes", p.type.shard.state.size + p.type.ordered.state.size},
                    {"settings", describe_settings(p.plugin->settings())},
                    {"flowColumns", describe_columns(p.flow_columns.all())},
                    {"packetColumns", describe_columns(p.packet_columns.all())}});
  }
  out["plugins"] = std::move(list);
  // Names of files and plugins may be no UTF-8, and this may be read on a terminal.
  return out.dump(2, ' ', true, Json::error_handler_t::replace);
}

}  // namespace t2
