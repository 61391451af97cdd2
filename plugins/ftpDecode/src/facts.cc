// SPDX-License-Identifier: Apache-2.0
#include "facts.h"

#include "t2/text.h"

namespace t2::ftp {
namespace {

constexpr std::string_view kHidden = "***";

void put_user(JsonWriter& j, const Config& config, std::string_view user) {
  j.bytes("user", config.FTP_REDACT >= 2 && !user.empty() ? kHidden : user);
}

void put_at(JsonWriter& j, const Moment& at, const RunFacts& run) {
  j.key("at").begin_object();
  put_moment(j, at, run);
  j.end_object();
}

}  // namespace

TransferFacts::TransferFacts(const Config& config, TransferPtr transfer, const ContentRecord& r)
    : config_(config),
      transfer_(std::move(transfer)),
      client_(r.client.ip),
      server_(r.server.ip),
      sender_(r.sender.ip),
      receiver_(r.receiver.ip) {}

std::shared_ptr<const ContentFacts> TransferFacts::frozen() const {
  auto copy = std::make_shared<TransferFacts>(*this);
  copy->transfer_ = std::make_shared<Transfer>(*transfer_);
  return copy;
}

bool TransferFacts::wrong_way() const {
  if (transfer_->verb == Verb::kNone || client_ == server_) return false;
  return (is_upload(transfer_->verb) ? sender_ : receiver_) == server_;
}

Claims TransferFacts::claims() const {
  const Transfer& t = *transfer_;
  Claims c;
  c.declared = c.declared_smallest = t.declared;
  // After REST servers name the whole file, or what is left of it.
  const std::uint64_t rest = t.rest.value_or(0);
  if (t.declared && rest <= *t.declared) c.declared_smallest = *t.declared - rest;
  // In type A (and E) the server names the size of its own file, and others may be sent.
  c.length_counts = t.declared && (t.type == 'I' || t.type == 'L');
  c.refused = t.failed() && t.opened == 0;
  if (t.failed() && t.opened != 0) c.aborted = std::to_string(t.result);
  // A lone 226 after ABOR may be its own, and the FIN its effect.
  if (t.aborted) c.aborted_if_short = "ABOR";
  c.wrong_way = wrong_way();
  return c;
}

void TransferFacts::write(JsonWriter& j) const {
  const Transfer& t = *transfer_;
  j.key("kind").text(is_listing(t.verb) ? "listing" : "file");
  const bool up = t.verb != Verb::kNone ? is_upload(t.verb) : sender_ == client_;
  if (t.verb != Verb::kNone || client_ != server_) j.key("way").text(up ? "upload" : "download");
  j.bytes("name", t.argument.empty() ? t.reply_name : t.argument);
  j.key("command").text(ftp::name(t.verb));
  j.bytes("argument", t.argument);
  j.bytes("path", t.path);
  if (!t.reply_name.empty()) j.bytes("name_in_reply", t.reply_name);
  put_user(j, config_, t.user);
  j.bytes("type", {&t.type, 1}).bytes("mode", {&t.mode, 1}).bytes("structure", {&t.structure, 1});
  if (t.rest) j.key("rest").number(*t.rest);
  j.key("reply");
  t.result != 0 ? j.number(t.result) : j.null();
}

void ControlFacts::put_login(JsonWriter& j, const Login& l) const {
  j.begin_object();
  put_user(j, config_, l.user);
  if (l.password) j.bytes("password", config_.FTP_REDACT >= 1 ? kHidden : *l.password);
  if (l.ok) j.key("ok").flag(*l.ok);
  if (l.reply != 0) j.key("reply").number(l.reply);
  put_at(j, l.at, run_);
  j.end_object();
}

void ControlFacts::write(JsonWriter& j) const {
  put_user(j, config_, user);
  if (!logins.empty()) {
    j.key("logins").begin_array();
    for (const Login& l : logins) put_login(j, l);
    j.end_array();
  }
  if (!bounces.empty()) {
    j.key("bounces").begin_array();
    for (const Bounce& b : bounces) {
      j.begin_object();
      j.key("ip").text(to_text(b.where.address)).key("port").number(b.where.port);
      j.key("command").text(ftp::name(b.verb));
      put_at(j, b.at, run_);
      j.end_object();
    }
    j.end_array();
  }
  if (not_kept > 0) j.key("not_kept").number(not_kept);
}

}  // namespace t2::ftp
