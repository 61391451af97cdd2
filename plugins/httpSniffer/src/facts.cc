// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

namespace t2::http {

Claims ItemFacts::claims() const {
  Claims c;
  c.declared = start_.declared;
  // What was taken off a coding has another length.
  c.length_counts = end_.counts;
  if (end_.counts) c.declared_smallest = start_.declared;
  c.aborted = end_.aborted;
  return c;
}

void ItemFacts::write(JsonWriter& j) const {
  j.key("kind").text(name(start_.kind));
  j.key("way").text(start_.upload ? "upload" : "download");
  j.bytes("name", start_.name);
  if (const Request* r = start_.request.get(); r != nullptr) {
    if (!r->method.empty()) {
      j.bytes("command", r->method).bytes("host", r->host).bytes("uri", r->target);
    }
    if (!r->user_agent.empty()) j.bytes("user_agent", r->user_agent);
    if (!r->referrer.empty()) j.bytes("referrer", r->referrer);
  }
  if (start_.status != 0) j.key("status").number(start_.status);
  if (!start_.field.empty()) j.bytes("field", start_.field);
  if (!start_.media_type.empty()) j.bytes("media_type", start_.media_type);
  if (!end_.detected.empty()) j.bytes("detected", end_.detected);
  if (!end_.encodings.empty()) {
    j.key("encodings").begin_array();
    for (const std::string& e : end_.encodings) j.text(e);
    j.end_array();
  }
  if (start_.range) {
    j.key("range").begin_object();
    j.key("from").number(start_.range->from).key("to").number(start_.range->to);
    j.key("total").optional(start_.range->total);
    j.end_object();
  }
  if (!start_.validator.empty()) j.bytes("validator", start_.validator);
  if (!flows_.empty()) {
    j.key("flows").begin_array();
    for (const std::uint64_t f : flows_) j.number(f);
    j.end_array();
  }
}

}  // namespace t2::http
