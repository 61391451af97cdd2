// SPDX-License-Identifier: Apache-2.0
#include "page.h"

#include <fmt/format.h>

#include <map>

#include "base64.h"
#include "carve/hash.h"
#include "t2/unicode.h"
#include "words.h"

namespace t2::report {
namespace {

std::string digest_source(std::string_view text) {
  Hasher h;
  h.add(text.data(), text.size());
  const Sha256 d = h.finish();
  return "'sha256-" + base64({reinterpret_cast<const char*>(d.data()), d.size()}) + "'";
}

/// The browser enforces what section 6 of the design promises: nothing is fetched, no code runs but
/// ours, no text becomes markup.
std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src {}; style-src {}; img-src blob:; base-uri 'none'; "
      "form-action "
      "'none'; require-trusted-types-for 'script'; trusted-types 'none'",
      digest_source(page_script()), digest_source(page_style()));
}

std::string chunk(std::string_view name, std::string_view json) {
  if (json.empty()) return "";
  return fmt::format("<script type=\"application/x-t2-chunk\" id=\"chunk-{}\">{}</script>\n", name,
                     base64(gzip(json)));
}

/// What stands there for browsers without scripts, and for who reads the source.
std::string plain_summary(const Case& c) {
  const TableTotals& t = c.analysis.totals();
  std::string out = fmt::format("<p>{}, {}, {}, {} of payload; {} to {} UTC.</p>\n",
                                counted(t.conversations, "conversation", "conversations"),
                                counted(c.analysis.hosts().count(), "host", "hosts"),
                                counted(t.packets, "packet", "packets"), size_words(t.bytes),
                                time_words(t.first), time_words(t.last));
  out += fmt::format("<p>{}, {} whole; {} findings.</p>\n",
                     counted(c.evidence.contents, "carved file", "carved files"),
                     grouped(c.evidence.complete), grouped(c.findings.size()));
  for (const TableFile& f : c.tables)
    out += fmt::format("<p>{}: {}, SHA-256 {}</p>\n", escape_html(f.name),
                       counted(f.rows, "row", "rows"), escape_html(f.sha256));
  return out;
}

std::string fill(std::string_view page, const std::map<std::string_view, std::string>& values) {
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t open = page.find("{{", at);
    const std::size_t close = page.find("}}", open);
    if (open == std::string_view::npos || close == std::string_view::npos) {
      out += page.substr(at);
      break;
    }
    out += page.substr(at, open - at);
    const auto value = values.find(page.substr(open + 2, close - open - 2));
    if (value != values.end()) out += value->second;
    at = close + 2;
  }
  return out;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string make_page(const Case& c, const Chunks& chunks) {
  const std::string data = chunk("core", chunks.core) + chunk("flows", chunks.flows) +
                           chunk("wide", chunks.wide) + chunk("media", chunks.media);
  return fill(page_template(), {{"policy", policy()},
                                {"title", escape_html(title_of(c))},
                                {"plain", plain_summary(c)},
                                {"chunks", data},
                                {"style", std::string(page_style())},
                                {"script", std::string(page_script())}});
}

}  // namespace t2::report
