// SPDX-License-Identifier: Apache-2.0
#include "ranges.h"

#include <fmt/format.h>

#include <algorithm>

#include "facts.h"

namespace t2::http {
namespace {

/// What must agree. Without a validator only one connection speaks of the same thing.
std::string key_of(const ItemStart& s, std::uint64_t total) {
  const std::string same = s.validator.empty() ? fmt::format("flow {}", s.flow) : s.validator;
  return fmt::format("{}\n{}\n{}\n{}", s.request->host, s.request->target, same, total);
}

}  // namespace

void Ranges::add(const ItemStart& start, const ContentRecord& r) {
  const bool whole_body = start.kind == ItemKind::kBody && !start.upload;
  if (start.request == nullptr || start.request->target.empty()) return;
  if (r.size == 0 || !r.missing.empty() || r.framing_lost || r.truncated) return;
  ByteRange range;
  if (start.kind == ItemKind::kRangePiece && start.range) {
    range = *start.range;
  } else if (whole_body && start.status == 200 && !r.complete() && r.claims().length_counts) {
    range = {0, start.declared.value_or(0), start.declared};
  } else {
    return;
  }
  if (!range.total || r.size > range.to - range.from) return;
  Set& s = set_for(key_of(start, *range.total), start, r, *range.total);
  if (s.merged || s.pieces.size() == kMostPieces) return;
  const Piece p{range.from, range.from + r.size, r.file, r.flow_index, r.conflicts};
  s.pieces.insert(std::upper_bound(s.pieces.begin(), s.pieces.end(), p), p);
  s.record.last = std::max(s.record.last, r.last);
  if (s.pieces.size() > 1 && covered(s)) merge(s);
}

/// The set that was used longest ago makes room.
Ranges::Set& Ranges::set_for(const std::string& key, const ItemStart& start, const ContentRecord& r,
                             std::uint64_t total) {
  auto it = sets_.find(key);
  if (it == sets_.end()) {
    if (sets_.size() == kMostSets) {
      const auto oldest = sets_.find(*used_.back());
      if (!oldest->second.merged && oldest->second.pieces.size() > 1) merge(oldest->second);
      used_.pop_back();
      sets_.erase(oldest);
    }
    it = sets_.emplace(key, Set{start, r, total, {}, false, {}}).first;
    used_.push_front(&it->first);
    it->second.place = used_.begin();
  } else {
    used_.splice(used_.begin(), used_, it->second.place);
  }
  return it->second;
}

bool Ranges::covered(const Set& s) {
  std::uint64_t at = 0;
  for (const Piece& p : s.pieces) {
    if (p.from > at) return false;
    at = std::max(at, p.to);
  }
  return at == s.total;
}

void Ranges::merge(Set& s) {
  s.merged = true;
  ItemStart start = s.start;
  start.kind = ItemKind::kRangeMerged;
  start.range.reset();
  start.declared = s.total;
  const std::string suffix = fmt::format("_{}_{}_merged", start.flow, start.direction);
  const auto file =
      contents_.create(safe_file_name(start.name.empty() ? "ranges" : start.name, suffix));
  if (file == nullptr) return;
  ++merged_;
  ContentRecord r = s.record;
  r.id = contents_.number();
  r.of = 0;
  r.file = file->outcome();
  r.conflicts = 0;
  r.framing_lost = false;
  std::vector<std::uint64_t> flows;
  std::uint64_t at = 0;
  for (const Piece& p : s.pieces) {
    r.conflicts += p.conflicts;
    if (p.to <= at) continue;
    if (p.from > at) {
      r.add_missing(at, p.from - at);
      file->gap(p.from - at);
      at = p.from;
    }
    if (!contents_.copy(*p.file, at - p.from, p.to - at, *file)) r.framing_lost = true;
    at = p.to;
    if (std::find(flows.begin(), flows.end(), p.flow) == flows.end()) flows.push_back(p.flow);
  }
  file->close();
  r.size = file->size();
  r.truncated = file->truncated();
  r.fin = r.end_marker = false;
  r.reset = false;
  r.declared_reached = at == s.total;
  ItemEnd end;
  end.declared = r.declared_reached;
  end.counts = true;
  r.facts = std::make_shared<ItemFacts>(std::move(start), std::move(end), std::move(flows));
  contents_.write(std::move(r));
  s.pieces = {};
}

void Ranges::finish() {
  for (auto& [key, s] : sets_) {
    if (!s.merged && s.pieces.size() > 1) merge(s);
  }
}

}  // namespace t2::http
