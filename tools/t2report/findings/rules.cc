// SPDX-License-Identifier: Apache-2.0
#include "findings/rules.h"

#include "findings/contents.h"
#include "findings/scans.h"
#include "findings/traffic.h"

namespace t2::report {

std::vector<const Rule*> all_rules() {
  std::vector<const Rule*> all = scan_rules();
  for (const auto& more : {content_rules(), traffic_rules()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace t2::report
