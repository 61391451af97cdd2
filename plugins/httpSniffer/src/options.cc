// SPDX-License-Identifier: Apache-2.0
#include "options.h"

namespace t2::http {

ClassSet wanted_classes(const Config& c) {
  return {c.HTTP_SAVE_IMAGE, c.HTTP_SAVE_VIDEO, c.HTTP_SAVE_AUDIO, c.HTTP_SAVE_MSG,
          c.HTTP_SAVE_TEXT,  c.HTTP_SAVE_APPL,  c.HTTP_SAVE_PUNK};
}

Result<ContentOptions> content_options(const Config& config) {
  if (config.HTTP_F_PATH.value().empty()) return Error{"HTTP_F_PATH is empty: name a folder"};
  ContentOptions o;
  o.plugin = "httpSniffer";
  o.folder.path = config.HTTP_F_PATH;
  o.folder.marker = ".t2_httpSniffer";
  o.folder.empty_it = config.HTTP_RMDIR;
  o.manifest = config.HTTP_MANIFEST;
  o.folder.manifest = o.manifest.empty() ? Config().HTTP_MANIFEST.value() : o.manifest;
  if (auto r = check_manifest_name("HTTP_MANIFEST", o.manifest, o.folder.marker); !r) {
    return r.error();
  }
  if (!o.folder.path.ends_with('/')) o.folder.path += '/';
  constexpr std::uint64_t kTiB = std::uint64_t{1} << 40;
  o.folder.limits.file_bytes = o.folder.limits.run_bytes = kTiB;
  o.folder.limits.files = 1'000'000;
  o.capture_digests = true;
  return o;
}

}  // namespace t2::http
