// SPDX-License-Identifier: Apache-2.0
#include "plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

namespace t2::json_sink {
namespace {

constexpr int kEcs = 1, kZeek = 2;

/// A member that a profile makes of one of our columns.
struct Rename {
  std::string_view column, member;
  JsonForm form = JsonForm::kCell;
};

/// Elastic Common Schema 8. Source is who sent the packets of the row.
constexpr Rename kEcsNames[] = {
    {"timeFirst", "@timestamp"},
    {"timeFirst", "event.start"},
    {"timeLast", "event.end"},
    {"time", "@timestamp"},
    {"duration", "event.duration", JsonForm::kNs},
    {"srcMac", "source.mac", JsonForm::kDashedMac},
    {"dstMac", "destination.mac", JsonForm::kDashedMac},
    {"vlanID", "network.vlan.id"},
    {"srcIP", "source.ip"},
    {"srcIP", "network.type", JsonForm::kFamily},
    {"srcIPCC", "source.geo.country_iso_code", JsonForm::kUpper},
    {"srcIPOrg", "source.as.organization.name"},
    {"srcPort", "source.port"},
    {"dstIP", "destination.ip"},
    {"dstIPCC", "destination.geo.country_iso_code", JsonForm::kUpper},
    {"dstIPOrg", "destination.as.organization.name"},
    {"dstPort", "destination.port"},
    {"l4Proto", "network.iana_number", JsonForm::kWhole},
    {"l4Proto", "network.transport", JsonForm::kTransport},
    {"communityID", "network.community_id"},
    {"pktsSnt", "source.packets"},
    {"pktsRcvd", "destination.packets"},
    {"l7BytesSnt", "source.bytes"},
    {"l7BytesRcvd", "destination.bytes"},
};

/// conn.log as Zeek writes it with LogAscii::use_json. Rows of A: who began is the originator.
constexpr Rename kZeekNames[] = {
    {"timeFirst", "ts", JsonForm::kEpoch},
    {"flowInd", "uid", JsonForm::kWhole},
    {"srcIP", "id.orig_h"},
    {"srcPort", "id.orig_p"},
    {"dstIP", "id.resp_h"},
    {"dstPort", "id.resp_p"},
    {"l4Proto", "proto", JsonForm::kZeekProto},
    {"duration", "duration"},
    {"l7BytesSnt", "orig_bytes"},
    {"l7BytesRcvd", "resp_bytes"},
    {"pktsSnt", "orig_pkts"},
    {"pktsRcvd", "resp_pkts"},
    {"communityID", "community_id"},
};

constexpr const char* kEcsConstants =
    R"(,"ecs.version":"8.11.0","event.kind":"event","event.category":["network"],)"
    R"("event.type":["connection"],"event.module":"t2")";

bool is_time(Kind k) {
  return k == Kind::kTimestamp || k == Kind::kDuration;
}
bool has_text(const Type& t) {
  return t.kind == Kind::kString || t.kind == Kind::kText || t.kind == Kind::kContent ||
         std::any_of(t.parts.begin(), t.parts.end(), has_text);
}
bool has_time(const Type& t) {
  return is_time(t.kind) || std::any_of(t.parts.begin(), t.parts.end(), has_time);
}

class Planner {
 public:
  explicit Planner(const Config& config) : config_(config) {}

  void add(ColumnPlan& plan, const std::string& name, JsonForm form) {
    const Type& type = *plan.type;
    if (form == JsonForm::kCell && has_time(type) && config_.JSON_TIMES != 0) {
      if (config_.JSON_TIMES == 1) return put(plan, name, JsonForm::kNs);
      put(plan, name, form);
      return put(plan, name + "_ns", JsonForm::kNs);
    }
    put(plan, name, form);
    if (form != JsonForm::kCell) return;
    if (config_.JSON_BITS && !plan.bits->empty() && type.kind != Kind::kCompound) {
      put(plan, name + "_texts", form, Extra::kTexts);
    }
    if (config_.JSON_EXACT && has_text(type)) put(plan, name + "_hex", form, Extra::kExact);
  }

 private:
  /// Two members of one name: most readers keep only the last one.
  void put(ColumnPlan& plan, const std::string& name, JsonForm form, Extra extra = Extra::kNone) {
    std::string unique = name;
    for (int i = 2; !names_.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
    plan.members.push_back({fmt::format(",\"{}\":", unique), form, extra});
  }

  const Config& config_;
  std::set<std::string> names_;
};

std::span<const Rename> names_of(Table table, std::int64_t profile) {
  if (profile == kEcs) return kEcsNames;
  if (profile == kZeek && table == Table::kFlows) return kZeekNames;
  return {};
}

}  // namespace

Plan make_plan(Table table, const Schema& schema, const Config& config) {
  const std::span<const Rename> names = names_of(table, config.JSON_PROFILE);
  Plan plan;
  Planner planner(config);
  std::set<std::string> seen;
  if (config.JSON_PROFILE == kEcs) plan.constants = kEcsConstants;
  plan.a_only = config.JSON_PROFILE == kZeek && table == Table::kFlows;
  for (const Column& c : schema.columns) {
    ColumnPlan& p = plan.columns.emplace_back();
    p.type = &c.type;
    p.bits = &c.bits;
    const bool first = seen.insert(c.name).second;
    bool known = false;
    for (const Rename& n : names) {
      if (n.column != c.name || !first) continue;
      planner.add(p, std::string(n.member), n.form);
      known = true;
    }
    if (names.empty()) planner.add(p, c.name, JsonForm::kCell);
    if (!names.empty() && !known && config.JSON_OTHERS)
      planner.add(p, "t2." + c.name, JsonForm::kCell);
  }
  return plan;
}

}  // namespace t2::json_sink
