// SPDX-License-Identifier: Apache-2.0
#include "detector.h"

#include <fmt/format.h>
#include <magic.h>

#include <algorithm>
#include <array>

#include "head.h"

namespace t2::http {
namespace {

/// Types that libmagic tells from their first bytes with certainty, and what else they may be
/// called.
struct Kind {
  std::string_view detected;
  std::array<std::string_view, 4> declared;
  std::array<std::string_view, 6> extensions;
};
constexpr Kind kKinds[] = {
    {"image/png", {"image/png"}, {"png"}},
    {"image/jpeg", {"image/jpeg", "image/jpg", "image/pjpeg"}, {"jpg", "jpeg", "jpe"}},
    {"image/gif", {"image/gif"}, {"gif"}},
    {"application/pdf", {"application/pdf"}, {"pdf"}},
    {"application/zip", {"application/zip", "application/x-zip-compressed"}, {"zip"}},
    {"application/gzip", {"application/gzip", "application/x-gzip"}, {"gz", "tgz"}},
    {"application/x-dosexec",
     {"application/x-msdownload", "application/x-msdos-program", "application/x-dosexec"},
     {"exe", "dll", "scr", "sys", "com", "ocx"}},
    {"application/x-executable", {"application/x-executable"}, {"bin", "elf"}},
    {"application/x-pie-executable", {"application/x-executable"}, {"bin", "elf"}},
    {"application/x-sharedlib", {"application/x-sharedlib"}, {"so"}},
};

template <std::size_t kN>
bool holds(const std::array<std::string_view, kN>& list, std::string_view s) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

}  // namespace

void Detector::Close::operator()(magic_set* m) const {
  magic_close(m);
}

Result<std::unique_ptr<Detector>> Detector::open() {
  constexpr int kFlags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR |
                         MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TOKENS;
  std::unique_ptr<Detector> d(new Detector(magic_open(kFlags)));
  if (d->magic_ != nullptr && magic_load(d->magic_.get(), nullptr) == 0) return d;
  const char* why = d->magic_ != nullptr ? magic_error(d->magic_.get()) : "no memory";
  return Error{fmt::format("HTTP_DETECT: libmagic has no database ({}): install libmagic-mgc",
                           why != nullptr ? why : "unknown")};
}

std::string Detector::type_of(Bytes first_bytes) const {
  const char* type = magic_buffer(magic_.get(), first_bytes.data(), first_bytes.size());
  return type != nullptr ? type : "";
}

bool is_unlike(std::string_view detected, std::string_view declared, std::string_view name) {
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                 [&](const Kind& k) { return k.detected == detected; });
  const auto dot = name.rfind('.');
  const std::string extension = dot == name.npos ? "" : lower(name.substr(dot + 1));
  if (kind == std::end(kKinds)) {
    // Something else that says it is one of them.
    const bool is_text = detected.starts_with("text/");
    return is_text &&
           (declared.starts_with("image/") || declared.starts_with("video/") ||
            declared.starts_with("audio/")) &&
           declared != "image/svg+xml";
  }
  const bool any = declared.empty() || declared == "application/octet-stream" ||
                   declared == "binary/octet-stream" || declared.starts_with("application/vnd.") ||
                   declared == "application/force-download" || declared == "application/download" ||
                   declared == "application/java-archive";
  if (!any && !holds(kind->declared, declared)) return true;
  // A name that ends like another of these kinds.
  return std::any_of(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) {
    return !extension.empty() && holds(k.extensions, extension) &&
           !holds(kind->extensions, extension);
  });
}

}  // namespace t2::http
