// SPDX-License-Identifier: Apache-2.0
#include "options.h"

namespace t2::ftp {
namespace {

constexpr const char* kMarker = ".t2_ftpDecode";
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30, kMiB = std::uint64_t{1} << 20;

CarveOptions folder_options(const Config& config) {
  CarveOptions o;
  o.path = config.FTP_F_PATH;
  if (!o.path.ends_with('/')) o.path += '/';
  o.marker = kMarker;
  o.manifest = config.FTP_MANIFEST;
  if (o.manifest.empty()) o.manifest = Config().FTP_MANIFEST.value();  // of runs that had one
  o.empty_it = config.FTP_RMDIR;
  o.limits.file_bytes = static_cast<std::uint64_t>(config.FTP_MAXFILE) * kGiB;
  o.limits.run_bytes = static_cast<std::uint64_t>(config.FTP_MAXRUN) * kGiB;
  o.limits.files = static_cast<std::uint64_t>(config.FTP_MAXFILES);
  o.limits.hashed_gap_bytes = static_cast<std::uint64_t>(config.FTP_MAXZEROS) * kMiB;
  o.limits.open_files = static_cast<std::uint32_t>(config.FTP_MAXOPEN);
  return o;
}

}  // namespace

Result<ContentOptions> content_options(const Config& config) {
  const std::string& manifest = config.FTP_MANIFEST;
  if (auto r = check_manifest_name("FTP_MANIFEST", manifest, kMarker); !r) return r.error();
  if (config.FTP_F_PATH.value().empty()) return Error{"FTP_F_PATH is empty: name a folder"};
  ContentOptions o;
  o.plugin = "ftpDecode";
  o.folder = folder_options(config);
  o.manifest = manifest;
  o.capture_digests = config.FTP_CAPTURE_DIGEST;
  return o;
}

}  // namespace t2::ftp
