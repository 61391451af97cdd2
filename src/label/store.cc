// SPDX-License-Identifier: Apache-2.0
#include "label/store.h"

namespace t2 {

LabelStore::LabelStore() : labels_(1) {}
Result<void> LabelStore::load_list(const std::string&) { return {}; }
void LabelStore::load_databases() {}
std::vector<std::string> LabelStore::take_warnings() { return {}; }
std::uint32_t LabelStore::find(const IpAddress&) { return 0; }
std::string LabelStore::summary(Family f) const {
  return std::string(f == Family::kIpv4 ? "IPv4" : "IPv6") +
         " Ver: 5, Rev: 00000000, Range Mode: 0, subnet ranges loaded: 0";
}

}  // namespace t2
