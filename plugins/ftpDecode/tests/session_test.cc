// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <gtest/gtest.h>

#include "t2/text.h"

namespace t2::ftp {
namespace {

using Log = std::vector<std::string>;

/// A session that writes down what it tells; ">" lines are the client's, others the server's.
class Talk : public SessionEvents {
 public:
  explicit Talk(bool keep_paths = true) : session(*this, keep_paths) {
    session.set_hosts(client, server);
  }

  void say(std::initializer_list<std::string_view> lines) {
    for (const std::string_view l : lines) {
      if (l.starts_with("> ")) {
        if (const auto r = parser.on_client()) session.on_reply(*r);
        session.on_command(parse_command(l.substr(2)).value_or(Command{Verb::kUnknown, {}}));
      } else if (const auto r = parser.on_line(l)) {
        session.on_reply(*r);
      }
    }
  }

  /// The path of a file that is asked for now.
  std::string path_of(const std::string& name) {
    say({"> PASV", "227 (10,0,0,2,1,1)", "> RETR " + name, "150 x", "226 x"});
    return last->path;
  }

  void on_endpoint(const Endpoint& e) override {
    log.push_back("endpoint " + std::to_string(e.id) + (e.passive ? " passive " : " active ") +
                  std::to_string(e.where.port));
  }
  void on_endpoint_void(std::uint64_t id) override { log.push_back("void " + std::to_string(id)); }
  void on_transfer(const TransferPtr& t) override {
    log.push_back("transfer " + std::string(name(t->verb)) + " " + t->argument + " at " +
                  std::to_string(t->endpoint));
    last = t;
    all.push_back(t);
  }
  void on_opened(const TransferPtr& t) override { log.push_back("opened " + t->argument); }
  void on_finished(const TransferPtr& t) override {
    log.push_back("finished " + t->argument + " " + std::to_string(t->result));
  }
  void on_tls() override { log.push_back("tls"); }

  IpAddress client = parse_eprt("|1|10.0.0.1|1|")->address;
  IpAddress server = parse_eprt("|1|10.0.0.2|1|")->address;
  Session session;
  ReplyParser parser;
  Log log;
  TransferPtr last;
  std::vector<TransferPtr> all;
};

TEST(Session, TheTutorial) {
  Talk t;
  t.say({"> TYPE I", "200 Type set to I", "> PASV", "227 Entering Passive Mode (10,0,0,2,117,60).",
         "> SIZE /x/y.jpg", "213 64170", "> RETR /x/y.jpg",
         "150 Opening BINARY mode data connection for /x/y.jpg (64170 bytes)",
         "226 Transfer complete."});
  EXPECT_EQ(t.log, (Log{"endpoint 1 passive 30012", "transfer RETR /x/y.jpg at 1",
                        "opened /x/y.jpg", "finished /x/y.jpg 226"}));
  EXPECT_EQ(t.last->declared, 64170u);
  EXPECT_EQ(t.last->path, "/x/y.jpg");
  EXPECT_EQ(t.last->type, 'I');
}

TEST(Session, PipelinedCommandsArePaired) {
  Talk t;
  t.say({"220 hi",   "> USER u",
         "> PASS p", "> TYPE I",
         "> CWD /a", "> SIZE f",
         "> PASV",   "> RETR f",
         "> NOOP",   "> PASV",
         "> RETR g", "> QUIT",
         "331 x",    "230 x",
         "200 x",    "250 x",
         "213 7",    "227 (10,0,0,2,1,1)",
         "150 x",    "226 x",
         "200 noop", "227 (10,0,0,2,1,2)",
         "150 x",    "226 x",
         "221 x"});
  ASSERT_EQ(t.all.size(), 2u);
  EXPECT_EQ(t.log[2], "endpoint 1 passive 257");
  EXPECT_EQ(t.log[5], "endpoint 2 passive 258");
  EXPECT_EQ(t.all[0]->endpoint, 1u);
  EXPECT_EQ(t.all[1]->endpoint, 2u);
  EXPECT_EQ(t.all[0]->path, "/a/f");
  EXPECT_EQ(t.all[0]->declared, 7u);
  EXPECT_EQ(t.all[0]->result, 226);
  EXPECT_EQ(t.all[1]->result, 226);
  EXPECT_EQ(t.all[1]->argument, "g");
  EXPECT_FALSE(t.all[1]->declared);
}

TEST(Session, CommandsBeforeTheGreeting) {
  Talk t;
  t.say({"> USER u", "> PASS p", "> PWD", "220 hi", "331 x", "230 x", "257 \"/home/u\""});
  EXPECT_EQ(t.path_of("x"), "/home/u/x");
}

TEST(Session, RepliesWhileATransferRuns) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "> STAT", "211 status", "> NOOP",
         "200 noop", "> ABOR", "426 aborted", "226 abor ok", "> PWD", "257 \"/p\""});
  EXPECT_EQ(t.last->result, 426);
  EXPECT_EQ(t.path_of("x"), "/p/x");
}

TEST(Session, PassiveCodesAreMixedUp) {
  constexpr std::pair<std::string_view, std::string_view> kAnswers[] = {
      {"> PASV", "229 ok (|||5001|)"},        {"> EPSV", "227 ok (10,0,0,2,19,137)"},
      {"> SPSV", "229 ok (|||5001|)"},        {"> EPSV", "228 ok (4,4,10,0,0,2,2,19,137)"},
      {"> LPSV", "227 ok (10,0,0,2,19,137)"}, {"> PASV", "227 ok (|||5001|)"},
      {"> EPSV", "229 ok (10,0,0,2,19,137)"}};
  for (const auto& [command, reply] : kAnswers) {
    Talk t;
    t.say({command, reply, "> RETR f", "150 x", "226 x", "> PWD", "257 \"/p\""});
    EXPECT_EQ(t.log.front(), "endpoint 1 passive 5001") << command << reply;
    EXPECT_EQ(t.last->endpoint, 1u) << command << reply;
    EXPECT_EQ(t.last->result, 226) << command << reply;
  }
}

TEST(Session, A227WithoutAnEndpointIsNone) {
  Talk t;
  t.say({"> PASV", "227 no (10,0,0,2,300,1)", "> PASV", "227 no |1|2|3|"});
  EXPECT_EQ(t.log, Log{});
}

TEST(Session, UnknownVerbsKeepTheirPlace) {
  const std::vector<std::string_view> kCommands = {"> PASV", "> RETR f", "> PASV", "> RETR g"};
  const std::vector<std::string_view> kReplies = {"227 (10,0,0,2,1,1)", "150 x\n226 x",
                                                  "227 (10,0,0,2,1,2)", "150 x\n226 x"};
  for (const std::string_view answer : {"500 what?", "502 no", "200 ok", "213 1", "250 ok"}) {
    for (std::size_t at = 0; at <= kCommands.size(); ++at) {
      Talk t;
      t.say({"> USER u", "331 x", "> PASS p", "230 x"});
      for (std::size_t i = 0; i <= kCommands.size(); ++i) {
        if (i == at) t.say({"> XWHAT f", "> x-y!"});
        if (i < kCommands.size()) t.say({kCommands[i]});
      }
      for (std::size_t i = 0; i <= kReplies.size(); ++i) {
        if (i == at) t.say({answer, answer});
        if (i == kReplies.size()) break;
        const std::string_view r = kReplies[i];
        t.say({r.substr(0, r.find('\n'))});
        if (r.find('\n') != r.npos) t.say({r.substr(r.find('\n') + 1)});
      }
      ASSERT_EQ(t.all.size(), 2u) << answer << at;
      for (const std::size_t i : {0u, 1u}) {
        EXPECT_EQ(t.all[i]->argument, i == 0 ? "f" : "g") << answer << at;
        EXPECT_EQ(t.all[i]->endpoint, i + 1) << answer << at;
        EXPECT_EQ(t.all[i]->result, 226) << answer << at;
      }
    }
  }
}

TEST(Session, TwoRepliesToOneCommand) {
  for (const std::string_view extra : {"250 again", "226 again", "200 ok", "230 x"}) {
    Talk t;
    t.say({"> TYPE I", "200 x", "> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "> PASV",
           "> RETR g", "226 x", extra, "227 (10,0,0,2,1,2)", "150 x", "226 x"});
    ASSERT_EQ(t.all.size(), 2u) << extra;
    EXPECT_EQ(t.all[1]->endpoint, 2u) << extra;
    EXPECT_EQ(t.all[1]->opened, 150) << extra;
    EXPECT_EQ(t.all[1]->result, 226) << extra;
  }
  Talk stray;
  stray.say({"> TYPE I", "200 x", "> PASV", "> RETR f", "200 and again", "227 (10,0,0,2,1,1)",
             "150 x", "226 x", "> SIZE f", "200 x", "213 7"});
  EXPECT_EQ(stray.all.size(), 1u);
  EXPECT_EQ(stray.last->result, 226);
  EXPECT_EQ(stray.session.take_declared(), 7u);
}

TEST(Session, OptionsOfAListingAreNoPath) {
  constexpr std::pair<std::string_view, std::string_view> kPaths[] = {
      {"> LIST -la", "/pub"},       {"> LIST -la sub", "/pub/sub"},  {"> LIST -l -a", "/pub"},
      {"> NLST -1 /x", "/x"},       {"> LIST -- -odd", "/pub/-odd"}, {"> LIST - x", "/pub/- x"},
      {"> LIST a -l", "/pub/a -l"}, {"> RETR -la", "/pub/-la"}};
  for (const auto& [command, path] : kPaths) {
    Talk t;
    t.say({"> CWD /pub", "250 x", "> PASV", "227 (10,0,0,2,1,1)", command, "150 x"});
    EXPECT_EQ(t.last->path, path) << command;
    EXPECT_EQ(t.last->argument, command.substr(7)) << command;
  }
}

TEST(Session, DirectoryIsTracked) {
  Talk t;
  t.say({"> CWD pub", "250 ok"});
  EXPECT_EQ(t.path_of("x"), "./pub/x");
  t.say({"> PWD", "257 \"/home/ftp/pub\" is current", "> CWD ..", "250 ok", "> CWD nowhere",
         "550 no", "> CDUP", "200 ok"});
  EXPECT_EQ(t.path_of("x"), "/home/x");
  t.say({"> USER other"});
  EXPECT_EQ(t.path_of("x"), "./x");
}

TEST(Session, RefusedParametersDoNotHold) {
  Talk t;
  t.say({"> TYPE I", "200 x", "> TYPE E", "504 no", "> MODE Z", "200 x", "> MODE C", "504 no",
         "> PORT 10,0,0,1,9,9", "200 x", "> RETR f", "150 x"});
  EXPECT_EQ(t.last->type, 'I');
  EXPECT_EQ(t.last->mode, 'Z');
}

TEST(Session, RefusedPortKeepsTheEarlierState) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> PORT 10,0,0,1,9,9", "500 no", "> RETR f", "150 x"});
  EXPECT_EQ(t.log, (Log{"endpoint 1 passive 257", "void 1", "endpoint 2 active 2313", "void 2",
                        "endpoint 1 passive 257", "transfer RETR f at 1", "opened f"}));
}

TEST(Session, LastPassiveWins) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> EPSV", "229 (|||700|)", "> PASV", "227 what?",
         "> RETR f", "150 x"});
  EXPECT_EQ(t.last->endpoint, 2u);
}

TEST(Session, RefusedTransferLeavesTheEndpoint) {
  Talk t;
  t.say({"> EPSV", "229 (|||700|)", "> RETR a", "550 no such file", "> RETR b", "150 x", "226 x"});
  ASSERT_EQ(t.all.size(), 2u);
  EXPECT_EQ(t.all[1]->endpoint, 1u);
}

TEST(Session, DefaultPortAndReuse) {
  Talk t;
  t.say({"> LIST", "150 x", "226 x", "> PORT 10,0,0,1,9,9", "200 x", "> LIST", "150 x", "226 x",
         "> LIST", "150 x"});
  EXPECT_EQ(t.log[0], "endpoint 1 active 0");
  EXPECT_EQ(t.all[1]->endpoint, 2u);
  EXPECT_EQ(t.all[2]->endpoint, 3u);
  EXPECT_EQ(t.log[8], "endpoint 3 active 2313");
}

TEST(Session, LengthOnlyFromSizeOfTheSameFile) {
  Talk t;
  t.say({"> SIZE other", "213 99", "> MDTM f", "213 20070815022252", "> PASV", "227 (10,0,0,2,1,1)",
         "> RETR f", "150 x"});
  EXPECT_FALSE(t.last->declared);
  t.say({"226 x", "> SIZE f", "550 no", "> SIZE f", "213 5", "> PASV", "227 (10,0,0,2,1,2)",
         "> RETR f", "150 for f (6 bytes)"});
  EXPECT_EQ(t.last->declared, 6u);
}

TEST(Session, LengthsAreFoundWithoutKeepingPaths) {
  Talk t(false);
  t.say({"> CWD /a", "250 x", "> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "226 x",
         "> SIZE /a/g", "213 7", "> PASV", "227 (10,0,0,2,1,2)", "> RETR g", "150 x", "226 x",
         "> PASV", "227 (10,0,0,2,1,3)", "> RETR f", "150 x", "226 x"});
  ASSERT_EQ(t.all.size(), 3u);
  EXPECT_EQ(t.all[0]->path, "");
  EXPECT_EQ(t.all[0]->declared, std::nullopt);
  EXPECT_EQ(t.all[1]->declared, 7u);
  EXPECT_EQ(t.all[2]->declared, std::nullopt);
}

TEST(Session, SizesOfSeveralFiles) {
  Talk t;
  t.say({"> SIZE a", "> SIZE b", "213 7", "213 8", "> PASV", "227 (10,0,0,2,1,1)", "> RETR a",
         "150 x", "226 x", "> PASV", "227 (10,0,0,2,1,2)", "> RETR b", "150 x", "226 x", "> PASV",
         "227 (10,0,0,2,1,3)", "> RETR a", "150 x", "226 x"});
  ASSERT_EQ(t.all.size(), 3u);
  EXPECT_EQ(t.all[0]->declared, 7u);
  EXPECT_EQ(t.all[1]->declared, 8u);
  EXPECT_FALSE(t.all[2]->declared);  // it may be another file by now
  for (std::size_t i = 0; i < 2 * Session::kMaxSizes; ++i) {
    t.say({"> SIZE " + std::to_string(i), "213 9"});
  }
  t.say({"> RETR 0"});
  EXPECT_FALSE(t.last->declared);
  t.say({"> RETR " + std::to_string(2 * Session::kMaxSizes - 1)});
  EXPECT_EQ(t.last->declared, 9u);
}

TEST(Session, RestHoldsForOneTransfer) {
  Talk t;
  t.say({"> REST 100", "350 x", "> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "226 x",
         "> PASV", "227 (10,0,0,2,1,2)", "> RETR f", "150 x", "226 x"});
  EXPECT_EQ(t.all[0]->rest, 100u);
  EXPECT_FALSE(t.all[1]->rest);
  t.say({"> REST 5", "350 x", "> NOOP", "200 x", "> RETR g", "150 x"});
  EXPECT_FALSE(t.last->rest);
  t.say({"226 x", "> REST 5", "501 x", "> RETR h", "150 x"});
  EXPECT_FALSE(t.last->rest);
}

TEST(Session, OnlyTheServerIsCaptured) {
  Talk t;
  t.say({"220 hi", "331 x", "230 x", "227 (10,0,0,2,1,1)", "150 Opening for f.txt (12 bytes)",
         "226 x"});
  EXPECT_EQ(t.log, (Log{"endpoint 1 passive 257", "transfer   at 1", "opened ", "finished  226"}));
  EXPECT_EQ(t.last->reply_name, "f.txt");
  EXPECT_EQ(t.last->declared, 12u);
}

TEST(Session, OnlyTheClientIsCaptured) {
  Talk t;
  t.say({"> USER u", "> TYPE I", "> PORT 10,0,0,1,9,9", "> STOR f"});
  EXPECT_EQ(t.log, (Log{"endpoint 1 active 2313", "transfer STOR f at 1"}));
  EXPECT_EQ(t.last->type, 'I');
  EXPECT_EQ(t.last->user, "u");
}

TEST(Session, StouNames) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> STOU", "150 FILE: u.1", "226 x"});
  EXPECT_EQ(t.last->reply_name, "u.1");
  t.say(
      {"> PASV", "227 (10,0,0,2,1,1)", "> STOU x", "150 ok", "226 done (Unique file name: x.1)."});
  EXPECT_EQ(t.last->reply_name, "x.1");
}

TEST(Session, AuthTls) {
  Talk t;
  t.say({"> AUTH SSL", "500 no", "> AUTH TLS", "234 go"});
  EXPECT_EQ(t.log, (Log{"tls"}));
  Talk g;
  g.say(
      {"> AUTH GSSAPI", "334 ADAT must follow", "> ADAT xxx", "335 more", "> ADAT y", "235 done"});
  EXPECT_TRUE(g.log.empty());
}

TEST(Session, ServerGivesUp) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "421 timeout"});
  EXPECT_EQ(t.last->result, 421);
}

TEST(Session, BouncesAreCounted) {
  Talk t;
  t.say({"> PORT 10,0,0,9,200,1", "200 x", "> PORT 10,0,0,1,0,25", "200 x", "> PORT 10,0,0,1,200,1",
         "200 x"});
  EXPECT_EQ(t.session.bounces(), 2u);
}

TEST(Session, LostRepliesDoNotShiftThePairs) {
  Talk t;
  t.say({"> CWD a", "> PASV", "227 (10,0,0,2,1,1)", "> SIZE f", "> RETR f", "150 x", "226 x",
         "> PWD", "257 \"/q\""});
  EXPECT_EQ(t.last->result, 226);
  EXPECT_EQ(t.path_of("x"), "/q/x");
}

TEST(Session, OpeningSaidTwice) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "125 for f (7 bytes)", "226 x",
         "> PASV", "227 (10,0,0,2,1,2)", "> RETR g", "150 x", "226 x"});
  EXPECT_EQ(t.log,
            (Log{"endpoint 1 passive 257", "transfer RETR f at 1", "opened f", "finished f 226",
                 "endpoint 2 passive 258", "transfer RETR g at 2", "opened g", "finished g 226"}));
  EXPECT_EQ(t.all[0]->declared, 7u);
}

TEST(Session, OpeningOfALostCommandAfterItsAnnouncement) {
  Talk t;
  t.say({"> PASV", "227 (10,0,0,2,1,1)", "> RETR f", "150 x", "227 (10,0,0,2,1,2)",
         "150 Opening for g (7 bytes)", "226 x"});
  ASSERT_EQ(t.all.size(), 2u);
  EXPECT_EQ(t.all[1]->reply_name, "g");
  EXPECT_EQ(t.all[1]->endpoint, 2u);
}

TEST(Session, ForgottenCommandsStillGetTheirReplies) {
  Talk t;
  for (std::size_t i = 0; i < 2 * Session::kMaxPending; ++i) t.say({"> NOOP"});
  t.say({"> PASV", "> RETR f"});
  for (std::size_t i = 0; i < 2 * Session::kMaxPending; ++i) t.say({"200 ok"});
  t.say({"227 (10,0,0,2,1,1)", "150 x", "226 x"});
  EXPECT_EQ(t.log,
            (Log{"transfer RETR f at 1", "endpoint 1 passive 257", "opened f", "finished f 226"}));
}

TEST(Session, PendingIsBounded) {
  Talk t;
  for (int i = 0; i < 100'000; ++i) t.say({"> PORT 10,0,0,1,9,9"});
  t.say({"200 x", "> RETR f", "150 x", "226 x"});
  EXPECT_EQ(t.last->result, 226);
}

}  // namespace
}  // namespace t2::ftp
