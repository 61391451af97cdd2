// SPDX-License-Identifier: Apache-2.0
#include "body.h"

#include <utility>

namespace t2::http {

Body::Body(BodyTools& tools, BodyPlan plan, std::uint32_t& number)
    : tools_(tools), plan_(std::move(plan)), number_(number) {
  if (!plan_.codings.empty()) {
    BytesSink& self = *this;
    codings_.emplace(plan_.codings, tools_.bombs, tools_.workspace, self);
  }
}

void Body::feed(Bytes data, const Moment& now) {
  if (data.empty()) return;
  if (now_.packet == 0) plan_.start.first = now;
  now_ = now;
  if (broken_) return;
  codings_ ? codings_->feed(data) : on_bytes(data);
}

void Body::gap(std::uint64_t length, const Moment& now) {
  if (length == 0) return;
  if (now_.packet == 0) plan_.start.first = now;
  if (now.packet != 0) now_ = now;
  if (broken_) return;
  if (codings_ && !codings_->plain()) {
    codings_->finish();
    broken_ = !codings_->plain();
  }
  if (broken_) {
    begin();
    return;
  }
  if (!begin()) return;
  tools_.items.gap(plan_.start.number, length);
  if (parts_) parts_->lose();
}

bool Body::begin() {
  if (begun_) return wanted_;
  begun_ = true;
  plan_.start.number = ++number_;
  wanted_ = tools_.items.wants(plan_.start);
  if (wanted_) tools_.items.begin(plan_.start);
  MultipartEvents& self = *this;
  if (!plan_.boundary.empty()) parts_.emplace(plan_.boundary, self);
  return wanted_;
}

/// Of a content's first bytes, as many as are needed to tell what it is.
void Body::keep_start(Bytes data, std::string& start) const {
  if (tools_.detector == nullptr || start.size() >= Detector::kLooksAt) return;
  start += as_text(t2::first(data, Detector::kLooksAt - start.size()));
}

void Body::on_bytes(Bytes data) {
  keep_start(data, start_bytes_);
  if (begin()) tools_.items.append(plan_.start.number, data);
  if (parts_) parts_->feed(data);
}

BodyVerdict Body::end(const BodyEnd& end, const ItemEnd& stream) {
  BodyVerdict v;
  if (codings_ && !broken_) {
    codings_->finish();
    broken_ = codings_->broken();
  }
  if (parts_) parts_->finish();
  if (!begun_) return v;
  ItemEnd e = stream;
  e.declared = end.declared;
  e.marker = end.marker;
  e.closing_ends = end.closed;
  e.fin = end.closed;
  e.framing_lost = end.framing_lost || broken_;
  e.truncated = codings_ && codings_->bomb();
  if (plan_.chunked) e.encodings.emplace_back("chunked");
  if (codings_) {
    for (const Coding c : codings_->removed()) e.encodings.emplace_back(name(c));
  }
  e.counts = e.encodings.empty() && plan_.start.declared.has_value() && end.length_proves;
  if (!start_bytes_.empty()) e.detected = tools_.detector->type_of(as_bytes(start_bytes_));
  v.detected = e.detected;
  v.unlike = is_unlike(e.detected, plain_type(plan_.start.media_type), plan_.start.name) &&
             plan_.start.kind == ItemKind::kBody;
  v.broken_coding = broken_;
  v.bomb = e.truncated;
  v.claimed_coding_absent = codings_ && codings_->removed().size() < plan_.codings.size();
  v.parts = parts_.has_value();
  if (wanted_) tools_.items.end(plan_.start.number, std::move(e));
  return v;
}

void Body::on_part(const Head& head) {
  part_ = plan_.start;
  part_.of = plan_.start.number;
  part_.first = now_;
  part_.declared.reset();
  part_.media_type = head.get("content-type");
  part_.range = parse_content_range(head.get("content-range"));
  const std::string_view disposition = head.get("content-disposition");
  if (part_.range) {
    part_.kind = ItemKind::kRangePiece;
    part_.declared = part_.range->to - part_.range->from;
  } else {
    part_.kind = ItemKind::kPart;
    part_.field = parameter(disposition, "name");
    const std::string file = parameter(disposition, "filename");
    part_.name = file.empty() ? part_.field : file;
  }
  part_begun_ = false;
  part_size_ = 0;
  part_bytes_.clear();
}

void Body::on_part_data(Bytes data) {
  part_size_ += data.size();
  keep_start(data, part_bytes_);
  if (!std::exchange(part_begun_, true)) {
    part_.number = ++number_;
    part_wanted_ = tools_.items.wants(part_);
    if (part_wanted_) tools_.items.begin(part_);
  }
  if (part_wanted_) tools_.items.append(part_.number, data);
}

void Body::on_part_end(bool marked, bool lost) {
  if (!std::exchange(part_begun_, false) || !part_wanted_) return;
  ItemEnd e;
  e.marker = marked;
  e.framing_lost = lost;
  e.counts = part_.declared.has_value();
  e.last = now_;
  const bool whole = part_.kind == ItemKind::kPart;  // a piece of a range may begin anywhere
  if (whole && !part_bytes_.empty()) e.detected = tools_.detector->type_of(as_bytes(part_bytes_));
  tools_.items.end(part_.number, std::move(e));
}

}  // namespace t2::http
