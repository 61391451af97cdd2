// SPDX-License-Identifier: Apache-2.0
#include "item.h"

#include <charconv>

#include "head.h"

namespace t2::http {
namespace {

bool take_number(std::string_view& text, std::uint64_t& n) {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  if (r.ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(r.ptr - text.data()));
  return true;
}

void pass_blanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t') || text.starts_with('=')) {
    text.remove_prefix(1);
  }
}

}  // namespace

std::optional<ByteRange> parse_content_range(std::string_view value) {
  if (!equal_ignoring_case(value.substr(0, 5), "bytes")) return {};
  value.remove_prefix(5);
  pass_blanks(value);
  std::uint64_t from = 0, last = 0, total = 0;
  if (!take_number(value, from) || !value.starts_with('-')) return {};
  value.remove_prefix(1);
  if (!take_number(value, last) || last < from || last >= UINT64_MAX >> 1) return {};
  pass_blanks(value);
  ByteRange r{from, last + 1, {}};
  if (!value.starts_with('/')) return r;
  value.remove_prefix(1);
  pass_blanks(value);
  if (take_number(value, total) && total >= r.to) r.total = total;
  return r;
}

std::string_view name(ItemKind k) {
  constexpr std::string_view kNames[] = {"body", "part", "range-piece", "range-merged"};
  return kNames[static_cast<std::size_t>(k)];
}

Request::Request(const Head& h)
    : method(h.method),
      host(h.get("host")),
      target(h.target),
      user_agent(h.get("user-agent")),
      referrer(h.get("referer")) {}

std::size_t Request::footprint() const {
  return sizeof *this + method.size() + host.size() + target.size() + user_agent.size() +
         referrer.size();
}

std::size_t ItemStart::footprint() const {
  return sizeof *this + name.size() + media_type.size() + field.size() + validator.size();
}

}  // namespace t2::http
