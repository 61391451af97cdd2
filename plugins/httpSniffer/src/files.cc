// SPDX-License-Identifier: Apache-2.0
#include <utility>
#include <variant>

#include "options.h"
#include "plugin.h"

namespace t2::http {
namespace {

Saver::Key key_of(const OrderedFlow& f, std::uint32_t number) {
  return {f.index, f.inverted() ? 'B' : 'A', number};
}

}  // namespace

Result<void> Files::start(StartUp& start_up) {
  std::unique_ptr<Contents> contents;
  if (plugin().run().carving()) {
    contents = start_up.run_contents("http");
  } else if (plugin().saves()) {
    auto options = content_options(plugin().config());
    if (!options) return options.error();
    contents = std::make_unique<Contents>(core());
    if (auto r = contents->start(std::move(*options)); !r) {
      return Error{"HTTP_F_PATH: " + r.error().message};
    }
  }
  if (contents == nullptr) return {};
  saver_ = std::make_unique<Saver>(std::move(contents), plugin().config().HTTP_NONAME.value());
  return {};
}

/// The folder is made by the first flow, so that a run that ends before changes nothing.
void Files::prepare() {
  if (!std::exchange(prepared_, true) && saver_ != nullptr) saver_->contents().prepare();
}

void Files::on_flow_start(OrderedFlow& f, Saved&, const Packet&) {
  prepare();
  core().rest(f, *this);  // messages tell the rest
}

void Files::on_message(OrderedFlow& f, Saved& s, Message&& m) {
  if (const auto* ended = std::get_if<DirectionEnd>(&m)) return count(s, *ended);
  if (saver_ == nullptr) return;
  if (auto* start = std::get_if<std::unique_ptr<ItemStart>>(&m)) {
    (*start)->flow = f.index;
    saver_->begin(std::move(**start));
  } else if (const auto* piece = std::get_if<ItemBytes>(&m)) {
    saver_->append(key_of(f, piece->number), piece->bytes);
  } else if (const auto* gap = std::get_if<ItemGap>(&m)) {
    saver_->gap(key_of(f, gap->number), gap->length);
  } else if (auto* finish = std::get_if<std::unique_ptr<ItemFinish>>(&m)) {
    end(f, s, std::move(**finish));
  }
  stop_if_broken();
}

void Files::end(OrderedFlow& f, Saved& s, ItemFinish finish) {
  const auto lack = saver_->end(key_of(f, finish.number), std::move(finish.end));
  if (!lack) return;
  const auto set = [&s](Stat bit) { s.stat.set(static_cast<unsigned>(bit)); };
  set(*lack == Lack::kNothing ? Stat::kComplete : Stat::kIncomplete);
  if (*lack == Lack::kFile || *lack == Lack::kLimit) set(Stat::kFileError);
}

void Files::count(const Saved& s, const DirectionEnd& end) {
  aggregate_ |= end.stat;
  aggregate_ |= s.stat;
  requests_ += end.requests;
  responses_ += end.responses;
  refused_ += end.refused;
}

/// A file that cannot be written: the run ends with an error (docs/design.md 8).
void Files::stop_if_broken() {
  if (saver_ == nullptr || !saver_->contents().broken()) return;
  core().fail("httpSniffer: " + saver_->contents().error());
}

void Files::finish() {
  if (saver_ == nullptr) return;
  prepare();
  saver_->finish();
  stop_if_broken();
}

// ---- reports

void Files::report(Report& r) const {
  r.aggregate("httpStat", aggregate_.value, 4);
  r.count("Number of HTTP requests", requests_);
  r.count("Number of HTTP responses", responses_);
  if (refused_ > 0) r.count("Number of HTTP messages given up at a limit", refused_);
  if (saver_ == nullptr) return;
  r.count("Number of files extracted", saver_->contents().files());
  r.count("Number of files merged from ranges", saver_->merged());
  if (!saver_->contents().error().empty()) {
    r.line("Carving is incomplete: " + saver_->contents().error());
  }
}

void Files::monitor(Monitor& m) const {
  m.value("httpReq", requests_);
  m.value("httpRsp", responses_);
}

}  // namespace t2::http
