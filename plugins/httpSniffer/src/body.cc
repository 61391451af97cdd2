// SPDX-License-Identifier: Apache-2.0
#include "body.h"

#include <utility>

namespace t2::http {

Body::Body(BodyTools& tools, Budget& budget, BodyPlan plan, std::uint32_t& number)
    : tools_(tools), share_(budget), plan_(std::move(plan)), number_(number) {
  if (!plan_.codings.empty()) {
    BytesSink& self = *this;
    codings_.emplace(plan_.codings, tools_.bombs, tools_.workspace, budget, self);
  }
}

std::unique_ptr<Body> Body::open(BodyTools& tools, Budget& budget, BodyPlan plan,
                                 std::uint32_t& number) {
  const ItemStart& s = plan.start;
  std::size_t bytes = sizeof(Body) + s.footprint() + plan.boundary.size();
  if (s.request != nullptr) bytes += s.request->footprint();
  if (!plan.boundary.empty()) bytes += MultipartReader::kLongestHead;
  if (tools.detector != nullptr) bytes += Detector::kLooksAt;
  std::unique_ptr<Body> body(new Body(tools, budget, std::move(plan), number));
  if (!body->share_.set(bytes)) return nullptr;
  return body;
}

/// What was taken stays.
void Body::cut() {
  cut_ = true;
  if (codings_) codings_->stop();
}

void Body::feed(Bytes data, const Moment& now) {
  if (data.empty()) return;
  if (now_.packet == 0) plan_.start.first = now;
  now_ = now;
  if (broken_ || cut_) return;
  if (!codings_) return on_bytes(data);
  if (!codings_->feed(data)) cut();
}

void Body::gap(std::uint64_t length, const Moment& now) {
  if (length == 0) return;
  if (now_.packet == 0) plan_.start.first = now;
  if (now.packet != 0) now_ = now;
  if (broken_ || cut_) return;
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
  if (wanted_ && !tools_.items.begin(plan_.start)) {
    wanted_ = false;
    cut();
  }
  if (!plan_.boundary.empty()) {
    MultipartEvents& self = *this;
    parts_.emplace(plan_.boundary, self);
    part_ = plan_.start;
  }
  return wanted_;
}

/// Of a content's first bytes, as many as are needed to tell what it is.
void Body::keep_start(Bytes data, std::string& start) const {
  if (tools_.detector == nullptr || start.size() >= Detector::kLooksAt) return;
  start += as_text(t2::first(data, Detector::kLooksAt - start.size()));
}

void Body::on_bytes(Bytes data) {
  keep_start(data, start_bytes_);
  if (begin() && !tools_.items.append(plan_.start.number, data)) cut();
  if (parts_ && !cut_) parts_->feed(data);
}

BodyVerdict Body::end(const BodyEnd& end, const ItemEnd& stream) {
  BodyVerdict v;
  if (codings_ && !broken_ && !cut_) {
    codings_->finish();
    broken_ = codings_->broken();
  }
  if (parts_) parts_->finish();
  v.refused = cut_ || parts_cut_;
  if (!begun_) return v;
  ItemEnd e = stream;
  e.declared = end.declared;
  e.marker = end.marker;
  e.closing_ends = end.closed;
  e.fin = end.closed;
  e.framing_lost = end.framing_lost || broken_;
  const bool bomb = codings_ && codings_->bomb();
  e.truncated = bomb || cut_;
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
  v.bomb = bomb;
  v.claimed_coding_absent = codings_ && codings_->removed().size() < plan_.codings.size();
  v.parts = parts_.has_value();
  if (wanted_) tools_.items.end(plan_.start.number, std::move(e));
  return v;
}

void Body::on_part(const Head& head) {
  part_.of = plan_.start.number;
  part_.first = now_;
  part_.declared.reset();
  part_.media_type = head.get("content-type");
  part_.range = parse_content_range(head.get("content-range"));
  const std::string_view disposition = head.get("content-disposition");
  if (part_.range) {
    part_.kind = ItemKind::kRangePiece;
    part_.name = plan_.start.name;
    part_.field.clear();
    part_.declared = part_.range->to - part_.range->from;
  } else {
    part_.kind = ItemKind::kPart;
    part_.field = parameter(disposition, "name");
    const std::string file = parameter(disposition, "filename");
    part_.name = file.empty() ? part_.field : file;
  }
  part_begun_ = part_cut_ = false;
  part_bytes_.clear();
}

void Body::on_part_data(Bytes data) {
  keep_start(data, part_bytes_);
  if (!std::exchange(part_begun_, true)) {
    part_.number = ++number_;
    part_wanted_ = tools_.items.wants(part_);
    if (part_wanted_ && !tools_.items.begin(part_)) {
      part_wanted_ = false;
      parts_cut_ = true;
    }
  }
  if (!part_wanted_ || part_cut_ || tools_.items.append(part_.number, data)) return;
  part_cut_ = parts_cut_ = true;
}

void Body::on_part_end(bool marked, bool lost) {
  if (!std::exchange(part_begun_, false) || !part_wanted_) return;
  ItemEnd e;
  e.marker = marked;
  e.framing_lost = lost;
  e.truncated = part_cut_ || cut_;
  e.counts = part_.declared.has_value();
  e.last = now_;
  const bool whole = part_.kind == ItemKind::kPart;  // a piece of a range may begin anywhere
  if (whole && !part_bytes_.empty()) e.detected = tools_.detector->type_of(as_bytes(part_bytes_));
  tools_.items.end(part_.number, std::move(e));
}

}  // namespace t2::http
