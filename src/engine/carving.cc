// SPDX-License-Identifier: Apache-2.0
#include "engine/carving.h"

#include <algorithm>

namespace t2 {

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    item.remove_prefix(std::min(item.find_first_not_of(' '), item.size()));
    item = item.substr(0, item.find_last_not_of(' ') + 1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

ContentOptions carve_options(const std::string& folder, const CoreSettings& s) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30, kMiB = std::uint64_t{1} << 20;
  ContentOptions o;
  o.plugin = "tranalyzer2";
  o.media_types = comma_list(s.CARVE_TYPES.value());
  o.folder.path = folder;
  if (!o.folder.path.ends_with('/')) o.folder.path += '/';
  o.folder.marker = ".t2_carve";
  o.folder.only_ours = true;
  o.folder.limits.smallest = static_cast<std::uint64_t>(s.CARVE_MINSIZE);
  o.folder.limits.file_bytes = static_cast<std::uint64_t>(s.CARVE_MAXFILE) * kGiB;
  o.folder.limits.run_bytes = static_cast<std::uint64_t>(s.CARVE_MAXRUN) * kGiB;
  o.folder.limits.files = static_cast<std::uint64_t>(s.CARVE_MAXFILES);
  o.folder.limits.hashed_gap_bytes = static_cast<std::uint64_t>(s.CARVE_MAXZEROS) * kMiB;
  o.folder.limits.open_files = static_cast<std::uint32_t>(s.CARVE_MAXOPEN);
  o.manifest = o.folder.manifest = "manifest.jsonl";
  o.capture_digests = s.CARVE_DIGEST;
  o.most_held = static_cast<std::uint64_t>(s.CARVE_MAXHELD) * kMiB;
  return o;
}

}  // namespace t2
