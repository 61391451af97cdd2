// SPDX-License-Identifier: Apache-2.0
#include "saver.h"

#include <fmt/format.h>

#include "facts.h"
#include "head.h"

namespace t2::http {

/// Filename_findex_dir_packet_index (docs/spec/content-columns.md).
std::string Saver::file_name(const ItemStart& s) const {
  const std::string suffix =
      fmt::format("_{}_{}_{}_{}", s.flow, s.direction, s.first.packet, s.number);
  return safe_file_name(s.name.empty() ? no_name_ : s.name, suffix);
}

void Saver::begin(ItemStart start) {
  if (!contents_->wants(plain_type(start.media_type))) return;
  auto file = contents_->create(file_name(start));
  if (file == nullptr) return;
  // Small pieces may make a large whole.
  file->drop_if_small(start.kind != ItemKind::kRangePiece);
  Open o{std::move(start), std::move(file), {}};
  ContentRecord& r = o.record;
  const ItemStart& s = o.start;
  r.id = contents_->number();
  if (const auto parent = open_.find({s.flow, s.direction, s.of}); parent != open_.end()) {
    r.of = parent->second.record.id;
  }
  r.file = o.file->outcome();
  r.protocol = s.http2 ? "http2" : "http";
  r.first = s.first;
  r.flow_index = r.control_index = s.flow;
  r.direction = s.direction;
  r.sender = s.sender;
  r.receiver = s.receiver;
  r.client = s.upload ? s.sender : s.receiver;
  r.server = s.upload ? s.receiver : s.sender;
  r.announced_start = s.start_known;
  r.started_at_syn = false;
  const Key key{s.flow, s.direction, s.number};
  open_.emplace(key, std::move(o));
}

void Saver::append(const Key& key, Bytes data) {
  if (const auto it = open_.find(key); it != open_.end()) it->second.file->append(data);
}

void Saver::gap(const Key& key, std::uint64_t length) {
  const auto it = open_.find(key);
  if (it == open_.end()) return;
  it->second.record.add_missing(it->second.file->size(), length);
  it->second.file->gap(length);
}

std::optional<Lack> Saver::end(const Key& key, ItemEnd end) {
  const auto node = open_.extract(key);
  if (node.empty()) return {};
  Open& o = node.mapped();
  o.file->close();
  ContentRecord& r = o.record;
  r.size = o.file->size();
  r.truncated = o.file->truncated() || end.truncated;
  r.last = end.last;
  r.fin = end.fin;
  r.closing_ends = end.closing_ends;
  r.end_marker = end.marker;
  r.declared_reached = end.declared;
  r.framing_lost = end.framing_lost;
  r.reset = end.reset;
  r.conflicts = end.conflicts;
  r.facts = std::make_shared<ItemFacts>(o.start, std::move(end));
  const Lack lack = r.lack();
  const bool kept = !r.file->dropped;  // for its size
  if (kept) ranges_.add(o.start, r);
  contents_->write(std::move(r));
  return kept && o.start.of == 0 ? std::optional(lack) : std::nullopt;
}

void Saver::finish() {
  ranges_.finish();
  contents_->finish();
}

}  // namespace t2::http
