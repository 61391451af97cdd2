// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <algorithm>
#include <utility>

namespace t2::ftp {
namespace {

bool is_passive(Verb v) {
  return v == Verb::kPasv || v == Verb::kEpsv || v == Verb::kLpsv || v == Verb::kSpsv;
}

bool negotiates(Verb v) {
  return is_passive(v) || v == Verb::kPort || v == Verb::kEprt || v == Verb::kLprt;
}

std::optional<HostPort> parse_active(const Command& c) {
  switch (c.verb) {
    case Verb::kPort:
      return parse_port(c.argument);
    case Verb::kEprt:
      return parse_eprt(c.argument);
    case Verb::kLprt:
      return parse_lprt(c.argument);
    default:
      return {};
  }
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// Whether success has one code only: a stray "200 ok" does not answer it.
bool has_code_of_its_own(Verb v) {
  return is_passive(v) || v == Verb::kSize || v == Verb::kPwd || v == Verb::kXpwd ||
         v == Verb::kSyst || v == Verb::kRest || v == Verb::kRnfr;
}

/// The path in the parameter of a listing: options ("-la") are for the program that makes it.
std::string_view without_options(std::string_view argument) {
  while (argument.size() > 1 && argument[0] == '-' && argument[1] != ' ') {
    const std::size_t end = std::min(argument.find(' '), argument.size());
    const bool last = argument.substr(0, end) == "--";
    argument.remove_prefix(std::min(argument.find_first_not_of(' ', end), argument.size()));
    if (last) break;
  }
  return argument;
}

bool is_tls(std::string_view mechanism) {
  static constexpr std::string_view kNames[] = {"TLS", "SSL", "TLS-C", "TLS-P"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view n) {
    return std::equal(n.begin(), n.end(), mechanism.begin(), mechanism.end(),
                      [](char a, char b) { return a == upper(b); });
  });
}

}  // namespace

void Session::reset() {
  user_.clear();
  confirmed_ = wanted_ = {};
  pending_.clear();
  endpoint_.reset();
  last_endpoint_.reset();
  rest_.reset();
  declared_.reset();
  sizes_.clear();
  hasty_ = nullptr;
  early_passive_ = 0;
  forgotten_ = 0;
  greeted_ = false;
}

bool Session::auth_pending() const {
  return std::any_of(pending_.begin(), pending_.end(),
                     [](const Pending& p) { return p.verb == Verb::kAuth && is_tls(p.argument); });
}

void Session::apply(Parameters& to, Verb verb, std::string_view argument) {
  const char letter = argument.empty() ? '\0' : upper(argument[0]);
  switch (verb) {
    case Verb::kCwd:
    case Verb::kXcwd:
      to.directory.enter(argument);
      break;
    case Verb::kCdup:
    case Verb::kXcup:
      to.directory.enter("..");
      break;
    case Verb::kType:
      if (letter != 0) to.type = letter;
      break;
    case Verb::kMode:
      if (letter != 0) to.mode = letter;
      break;
    case Verb::kStru:
      if (letter != 0) to.structure = letter;
      break;
    case Verb::kProt:
      to.is_protected = letter != 'C' && letter != 0;
      break;
    default:
      break;
  }
}

/// A command was refused: what holds is what was confirmed, and what is still unanswered.
void Session::recompute() {
  wanted_ = confirmed_;
  for (const Pending& p : pending_) apply(wanted_, p.verb, p.argument);
}

void Session::fill_in(Transfer& t, const Parameters& from) const {
  t.type = from.type;
  t.mode = from.mode;
  t.structure = from.structure;
  t.is_protected = from.is_protected;
  if (!keep_paths_ && sizes_.empty()) return;
  const bool listing = t.verb == Verb::kList || t.verb == Verb::kNlst;
  const std::string_view path = listing ? without_options(t.argument) : t.argument;
  t.path = path.empty() && t.verb == Verb::kStou ? "" : resolve(from.directory.path(), path);
  if (t.verb != Verb::kRetr) return;
  if (const auto size = size_of(t.path)) t.declared = size;
}

/// Replaces what is known of the path; nothing forgets it.
void Session::note_size(const std::string& path, std::optional<std::uint64_t> size) {
  std::erase_if(sizes_, [&](const auto& s) { return s.first == path; });
  if (!size) return;
  if (sizes_.size() == kMaxSizes) sizes_.erase(sizes_.begin());
  sizes_.emplace_back(path, *size);
}

std::optional<std::uint64_t> Session::size_of(const std::string& path) const {
  const auto it =
      std::find_if(sizes_.begin(), sizes_.end(), [&](const auto& s) { return s.first == path; });
  if (it == sizes_.end()) return {};
  return it->second;
}

/// Makes it the next transfer's endpoint; one that has an id already belongs to a transfer.
void Session::announce(Endpoint e) {
  const bool promised = e.id != 0;
  if (!promised) e.id = next_endpoint_++;
  if (endpoint_ && !promised) events_.on_endpoint_void(endpoint_->id);
  if (!promised) endpoint_ = e;
  last_endpoint_ = e;
  events_.on_endpoint(e);
}

/// Gives the transfer its data connection: the endpoint negotiated last; without one, that of the
/// transfer before is used again, and at the very beginning it is the default data port.
void Session::use_endpoint(Transfer& t) {
  early_passive_ = 0;
  if (use_promise(t)) return;
  if (!endpoint_) {
    Endpoint again = last_endpoint_.value_or(Endpoint{});
    again.id = 0;
    announce(again);
  }
  t.endpoint = endpoint_->id;
  endpoint_.reset();
}

/// PASV was sent, but its reply is not there yet (pipelining, or a reordered capture): the transfer
/// takes the endpoint that the reply will name.
bool Session::use_promise(Transfer& t) {
  for (auto p = pending_.rbegin(); p != pending_.rend() && p->transfer == nullptr; ++p) {
    if (p->before || p->promised != 0) return false;
    if (!is_passive(p->verb)) continue;
    if (endpoint_) events_.on_endpoint_void(endpoint_->id);
    endpoint_.reset();
    t.endpoint = p->promised = next_endpoint_++;
    t.asked = p->at;
    return true;
  }
  return false;
}

void Session::begin_transfer(Pending& p) {
  auto t = std::make_shared<Transfer>();
  t->verb = p.verb;
  t->argument = std::move(p.argument);  // of a transfer's command nobody else asks for it
  t->client_seen = true;
  t->user = user_;
  t->rest = std::exchange(rest_, {});
  fill_in(*t, wanted_);
  use_endpoint(*t);
  p.transfer = t;
  events_.on_transfer(t);
}

/// The 150 came before its command, which was late in the capture: now the transfer has a name.
bool Session::adopt_transfer(const Pending& p) {
  const auto it = std::find_if(pending_.begin(), pending_.end(), [](const Pending& other) {
    return other.transfer != nullptr && other.verb == Verb::kNone;
  });
  if (it == pending_.end()) return false;
  it->verb = it->transfer->verb = p.verb;
  it->transfer->argument = p.argument;
  const auto declared = it->transfer->declared;
  fill_in(*it->transfer, wanted_);
  if (declared) it->transfer->declared = declared;
  return true;
}

/// Its number, 0 if it belongs to no login, or if there is no room.
std::uint64_t Session::note_login(const Command& c, const Moment& at) {
  const bool user = c.verb == Verb::kUser, password = c.verb == Verb::kPass;
  if (!user && !password && c.verb != Verb::kAcct) return 0;
  if (c.verb == Verb::kAcct && (logins_.empty() || logins_.back().user != user_)) return 0;
  const bool begins = user || logins_.empty() || logins_.back().user != user_ ||
                      (password && logins_.back().password);
  if (!begins && !password) return logins_.size();
  const std::uint64_t cost = c.argument.size() + (begins ? sizeof(Login) + user_.size() : 0);
  if (!events_.may_note(cost)) {
    ++not_noted_;
    return 0;
  }
  if (begins) logins_.push_back({user_, {}, {}, 0, at});
  if (password) logins_.back().password = c.argument;
  return logins_.size();
}

void Session::note_bounce(const HostPort& where, Verb v, const Moment& at) {
  ++bounces_;
  if (events_.may_note(sizeof(Bounce))) {
    noted_bounces_.push_back({where, v, at});
  } else {
    ++not_noted_;
  }
}

/// 331 and 332 ask for more; 230, 232 and 202 let in (RFC 959 5.4, RFC 2228 5.1).
void Session::finish_login(const Pending& p, const Reply& r) {
  if (p.login == 0 || p.login > logins_.size()) return;
  Login& l = logins_[p.login - 1];
  l.reply = r.code;
  if (r.code < 300) l.ok = true;
  if (r.code >= 400) l.ok = false;
}

void Session::on_command(const Command& c, const Moment& at) {
  client_seen_ = true;
  if (is_transfer(c.verb)) hasty_ = nullptr;
  Pending p;
  p.verb = c.verb;
  p.argument = c.argument;
  p.at = at;
  if (c.verb == Verb::kUser || c.verb == Verb::kRein) {
    if (c.verb == Verb::kRein) confirmed_ = wanted_ = {};
    confirmed_.directory = wanted_.directory = {};
    user_ = c.verb == Verb::kUser ? p.argument : "";
    sizes_.clear();
  } else if (c.verb == Verb::kRest) {
    rest_ = parse_size(c.argument);
  } else if (!is_transfer(c.verb) && !negotiates(c.verb) && c.verb != Verb::kType &&
             c.verb != Verb::kUnknown) {
    rest_.reset();  // RFC 3659 5.3: it holds for the next transfer only
  }
  p.login = note_login(c, at);
  if (is_transfer(c.verb)) {
    if (adopt_transfer(p)) return;
    begin_transfer(p);
  } else if (is_passive(c.verb) && early_passive_ > 0) {
    --early_passive_;
    return;
  } else if (const auto where = parse_active(c)) {
    p.before = endpoint_;
    const bool behind_nat = is_private(where->address) && !is_private(client_);
    if ((where->address != client_ && !behind_nat) || where->port < 1024) {
      note_bounce(*where, c.verb, at);
    }
    announce({0, c.verb, *where, false});
  } else {
    apply(wanted_, p.verb, p.argument);
  }
  if (pending_.size() == kMaxPending) {
    pending_.erase(pending_.begin());
    ++forgotten_;
  }
  pending_.push_back(std::move(p));
}

/// Whether this final or intermediate code can be meant for that command.
bool Session::answers(std::uint16_t code, const Pending& p) {
  const Verb v = p.verb;
  const auto one_of = [v](std::initializer_list<Verb> list) {
    return std::find(list.begin(), list.end(), v) != list.end();
  };
  switch (code) {
    case 211:
      return one_of({Verb::kFeat, Verb::kStat, Verb::kSite, Verb::kOpts, Verb::kHelp});
    case 212:
      return v == Verb::kStat;
    case 213:
      return one_of({Verb::kSize, Verb::kMdtm, Verb::kStat, Verb::kMfmt, Verb::kMfct, Verb::kMff,
                     Verb::kAvbl, Verb::kDsiz, Verb::kHash, Verb::kXmd5, Verb::kXcrc, Verb::kXsha});
    case 214:
      return one_of({Verb::kHelp, Verb::kSite});
    case 215:
      return v == Verb::kSyst;
    case 221:
      return one_of({Verb::kQuit, Verb::kRein});
    case 225:
      return v == Verb::kAbor || (p.transfer != nullptr && p.transfer->opened != 0);
    case 226:
      return p.transfer != nullptr || v == Verb::kAbor;
    case 227:
    case 228:
    case 229:
      return is_passive(v);  // servers mix them up, and clients take what they get
    case 230:
      return one_of({Verb::kUser, Verb::kPass, Verb::kAcct, Verb::kAdat, Verb::kAuth});
    case 234:
    case 334:
      return v == Verb::kAuth;
    case 235:
    case 335:
      return one_of({Verb::kAdat, Verb::kAuth});
    case 257:
      return one_of({Verb::kPwd, Verb::kXpwd, Verb::kMkd, Verb::kXmkd});
    case 331:
    case 332:
      return one_of({Verb::kUser, Verb::kPass, Verb::kAcct});
    case 350:
      return one_of({Verb::kRest, Verb::kRnfr, Verb::kRang});
    case 425:
    case 426:
    case 451:
    case 452:
    case 551:
    case 552:
      return true;
    default:
      if (p.transfer == nullptr) return code >= 400 || !has_code_of_its_own(v);
      if (p.transfer->opened == 0) return code >= 400 || code == 250;
      // While a transfer runs, only its own codes can be for it; others answer what came after it.
      return code == 250 || (code >= 400 && code / 10 != 50 && code != 530);
  }
}

/// Takes the command that the reply belongs to out of the queue. Commands before it lost their
/// reply, except a running transfer, whose reply comes later than that of a STAT or NOOP.
std::optional<Session::Pending> Session::match(std::uint16_t code) {
  std::optional<Pending> found;
  auto it = std::find_if(pending_.begin(), pending_.end(),
                         [code](const Pending& p) { return answers(code, p); });
  // What the codes of a verb that we do not know are, nobody can say; those of a transfer they are
  // not.
  if (it == pending_.end() && (code < 225 || code > 229)) {
    it = std::find_if(pending_.begin(), pending_.end(),
                      [](const Pending& p) { return p.verb == Verb::kUnknown; });
  }
  if (it == pending_.end()) return found;
  found.emplace(std::move(*it));
  pending_.erase(std::remove_if(pending_.begin(), it,
                                [](const Pending& p) {
                                  return p.transfer == nullptr || p.transfer->opened == 0;
                                }),
                 it + 1);
  return found;
}

void Session::on_reply(const Reply& r) {
  if (!r.complete) return;
  if (r.code == 125 || r.code == 150) return on_opening(r);
  if (r.code < 200) return;
  const bool greeting = !greeted_ && (r.code == 220 || r.code == 421) &&
                        (pending_.empty() || pending_.front().verb != Verb::kRein);
  greeted_ = true;
  if (greeting && r.code == 220) return;
  if (forgotten_ > 0) {
    --forgotten_;
    return;
  }
  if (auto p = match(r.code)) {
    on_final(*p, r);
  } else if (r.code >= 227 && r.code <= 229) {
    ++early_passive_;
    on_passive_reply(r, 0);  // the command was not captured, or is late
  }
  if (r.code == 421) {
    auto left = std::exchange(pending_, {});
    for (Pending& p : left) {
      if (p.transfer) finish_transfer(p, r);
    }
  }
}

void Session::on_opening(const Reply& r) {
  const auto it = std::find_if(pending_.begin(), pending_.end(), [](const Pending& p) {
    return p.transfer != nullptr && p.transfer->opened == 0;
  });
  const OpeningText text = parse_opening(r.text);
  const auto chosen = unique_name(r.text);
  TransferPtr t;
  if (it != pending_.end()) {
    t = it->transfer;
    // Only one transfer runs at a time: what was before it is over, whatever the server said.
    pending_.erase(pending_.begin(), it);
    forgotten_ = 0;
    fill_in(*t, confirmed_);
    note_size(t->path, {});
    t->reply_name = chosen ? *chosen : text.name;
  } else if (revive()) {
    return on_opening(r);
  } else if (const TransferPtr running = endpoint_ ? nullptr : running_transfer()) {
    // 150 and then 125: the server says it twice.
    if (chosen && running->reply_name.empty()) running->reply_name = *chosen;
    if (text.length) running->declared = declared_ = text.length;
    return;
  } else {
    // The command was not captured. Its reply still tells that there is a transfer.
    t = std::make_shared<Transfer>();
    t->client_seen = client_seen_;
    t->user = user_;
    fill_in(*t, confirmed_);
    t->reply_name = chosen ? *chosen : text.name;
    t->path = client_seen_ ? resolve(confirmed_.directory.path(), t->reply_name) : "";
    use_endpoint(*t);
    if (pending_.size() == kMaxPending) pending_.erase(pending_.begin());
    pending_.emplace_back();
    pending_.back().transfer = t;
    events_.on_transfer(t);
  }
  if (text.length) t->declared = declared_ = text.length;
  t->opened = r.code;
  events_.on_opened(t);
}

/// A success that came before the 150 belonged to the transfer before: servers may answer twice
/// (226 and 250).
bool Session::revive() {
  const TransferPtr t = std::exchange(hasty_, nullptr);
  if (t == nullptr) return false;
  t->result = 0;
  Pending p;
  p.verb = t->verb;
  p.transfer = t;
  pending_.insert(pending_.begin(), std::move(p));
  return true;
}

TransferPtr Session::running_transfer() const {
  const auto it = std::find_if(pending_.begin(), pending_.end(), [](const Pending& p) {
    return p.transfer != nullptr && p.transfer->opened != 0;
  });
  return it != pending_.end() ? it->transfer : nullptr;
}

void Session::on_passive_reply(const Reply& r, std::uint64_t promised) {
  struct Form {
    std::uint16_t code;
    Verb verb;
    std::optional<HostPort> (*parse)(std::string_view);
  };
  static constexpr Form kForms[] = {
      {227, Verb::kPasv, parse_227}, {228, Verb::kLpsv, parse_228}, {229, Verb::kEpsv, parse_229}};
  // The code's own form first: "227 =127,0,0,1,..." would pass for a 229.
  for (const bool own : {true, false}) {
    for (const Form& form : kForms) {
      if ((form.code == r.code) != own) continue;
      if (!own && form.code == 229 && r.text.find("|||") == r.text.npos) continue;
      const auto where = form.parse(r.text);
      if (where) return announce({promised, form.verb, *where, true});
    }
  }
}

void Session::finish_transfer(Pending& p, const Reply& r) {
  Transfer& t = *p.transfer;
  hasty_ = t.opened == 0 && r.code < 300 ? p.transfer : nullptr;
  t.result = r.code;
  t.aborted = std::any_of(pending_.begin(), pending_.end(),
                          [](const Pending& other) { return other.verb == Verb::kAbor; });
  if (t.verb == Verb::kStou && t.reply_name.empty()) {
    if (const auto chosen = unique_name(r.text)) t.reply_name = *chosen;
  }
  events_.on_finished(p.transfer);
  // Refused before it began: the endpoint still stands for the next transfer.
  if (t.failed() && t.opened == 0 && !endpoint_ && last_endpoint_ &&
      last_endpoint_->id == t.endpoint) {
    endpoint_ = last_endpoint_;
  }
}

void Session::on_final(Pending& p, const Reply& r) {
  const bool good = r.code < 400;
  if (p.transfer) return finish_transfer(p, r);
  finish_login(p, r);
  if (!good) {
    if (p.verb == Verb::kRest) rest_.reset();
    if (p.before || parse_active({p.verb, p.argument})) {
      if (endpoint_ && endpoint_->verb == p.verb) {
        events_.on_endpoint_void(endpoint_->id);
        endpoint_ = p.before;
        last_endpoint_ = p.before;
        if (endpoint_) events_.on_endpoint(*endpoint_);
      }
    }
    recompute();
    return;
  }
  apply(confirmed_, p.verb, p.argument);
  switch (p.verb) {
    case Verb::kCwd:
    case Verb::kXcwd:
    case Verb::kCdup:
    case Verb::kXcup:
      // Many servers say where one is now; they know about links and home directories.
      if (const auto path = quoted_path(r.text); path && path->starts_with('/')) {
        confirmed_.directory.set(*path);
        recompute();
      }
      break;
    case Verb::kPwd:
    case Verb::kXpwd:
      if (const auto path = quoted_path(r.text)) {
        confirmed_.directory.set(*path);
        recompute();
      }
      break;
    case Verb::kSize:
      if (r.code == 213) {
        declared_ = parse_size(r.text);
        note_size(resolve(confirmed_.directory.path(), p.argument), declared_);
        for (Pending& later : pending_) {
          if (later.transfer) fill_in(*later.transfer, wanted_);
        }
      }
      break;
    case Verb::kPasv:
    case Verb::kSpsv:
    case Verb::kLpsv:
    case Verb::kEpsv:
      if (r.code >= 227 && r.code <= 229) on_passive_reply(r, p.promised);
      break;
    case Verb::kAuth:
      if (r.code == 234 && is_tls(p.argument)) events_.on_tls();
      break;
    default:
      break;
  }
}

}  // namespace t2::ftp
