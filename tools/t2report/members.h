// SPDX-License-Identifier: Apache-2.0
// Members of JSON that another program wrote: what is missing, or of another type, is empty.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace t2::report {

using Json = nlohmann::json;

/// Null if `j` is no object, or has no such member.
inline const Json* member(const Json& j, const char* key) {
  const auto found = j.is_object() ? j.find(key) : j.end();
  return j.is_object() && found != j.end() ? &*found : nullptr;
}

inline std::string text_of(const Json& j, const char* key) {
  const Json* const m = member(j, key);
  return m != nullptr && m->is_string() ? m->get<std::string>() : "";
}
inline std::uint64_t count_of(const Json& j, const char* key) {
  const Json* const m = member(j, key);
  return m != nullptr && m->is_number_unsigned() ? m->get<std::uint64_t>() : 0;
}
inline bool truth_of(const Json& j, const char* key) {
  const Json* const m = member(j, key);
  return m != nullptr && m->is_boolean() && m->get<bool>();
}
inline const Json& object_of(const Json& j, const char* key) {
  static const Json kNothing = Json::object();
  const Json* const m = member(j, key);
  return m != nullptr && m->is_object() ? *m : kNothing;
}
inline const Json& array_of(const Json& j, const char* key) {
  static const Json kNothing = Json::array();
  const Json* const m = member(j, key);
  return m != nullptr && m->is_array() ? *m : kNothing;
}

}  // namespace t2::report
