// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "endpoint.h"
#include "mode.h"
#include "paths.h"
#include "reply.h"
#include "t2/text.h"
#include "t2/unicode.h"
#include "tls.h"
#include "verbs.h"

namespace t2::ftp {
namespace {

using namespace std::string_literals;

// ---- commands

std::string parsed(std::string_view line) {
  const auto c = parse_command(line);
  return c ? std::string(name(c->verb)) + "|" + std::string(c->argument) : "none";
}

TEST(Command, WordsAndArguments) {
  EXPECT_EQ(parsed("RETR a b"), "RETR|a b");
  EXPECT_EQ(parsed("PWD"), "PWD|");
  EXPECT_EQ(parsed("CCC"), "CCC|");
  EXPECT_EQ(parsed("cwd x"), "CWD|x");
  EXPECT_EQ(parsed("rEtR X"), "RETR|X");
  EXPECT_EQ(parsed("XMKD d"), "XMKD|d");
}

TEST(Command, BlanksAndRemains) {
  EXPECT_EQ(parsed("  \tUSER   bob"), "USER|bob");
  EXPECT_EQ(parsed("TYPE I  "), "TYPE|I");
  EXPECT_EQ(parsed("PASV \t"), "PASV|");
  EXPECT_EQ(parsed("RETR name with end  "), "RETR|name with end  ");
  EXPECT_EQ(parsed("\xf2"
                   "ABOR"),
            "ABOR|");
}

TEST(Command, WhatIsNone) {
  for (const char* line : {"", "   ", "TYPEEEE I", "FOO x", "RETRx", "RETR/x", "220 hello", "-RETR",
                           "EHLO x", "\x16\x03\x01", "US ER bob"}) {
    EXPECT_EQ(parsed(line), "none") << line;
  }
}

TEST(Command, BitsAreThoseOfTheSpecification) {
  const std::pair<const char*, unsigned> some[] = {
      {"ABOR", 0},  {"CWD", 9},   {"EPSV", 13}, {"LANG", 16}, {"MODE", 25},
      {"PASV", 30}, {"PORT", 32}, {"RETR", 38}, {"SIZE", 43}, {"STRU", 48},
      {"TYPE", 50}, {"USER", 51}, {"XRMD", 56}, {"CLNT", 60}};
  for (const auto& [word, bit] : some) EXPECT_EQ(static_cast<unsigned>(*verb(word)), bit) << word;
  // The tutorial's flow 1: TYPE | PASV | SIZE | RETR.
  std::uint64_t bits = 0;
  for (const char* word : {"TYPE", "PASV", "SIZE", "RETR"}) {
    bits |= std::uint64_t{1} << static_cast<unsigned>(*verb(word));
  }
  EXPECT_EQ(bits, 0x0004084040000000u);
  for (unsigned i = 0; i < static_cast<unsigned>(Verb::kNone); ++i) {
    EXPECT_EQ(verb(name(static_cast<Verb>(i))), static_cast<Verb>(i));
  }
}

// ---- replies

struct Seen {
  std::uint16_t code;
  bool complete, listed;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> replies(std::initializer_list<std::string_view> lines) {
  ReplyParser p;
  std::vector<Seen> out;
  for (const std::string_view l : lines) {
    if (const auto r = p.on_line(l)) out.push_back({r->code, r->complete, r->listed});
  }
  return out;
}

TEST(Reply, SingleLines) {
  EXPECT_EQ(replies({"200 ok", "226\tok", "633 x"}),
            (std::vector<Seen>{{200, true, true}, {226, true, true}, {633, true, true}}));
}

TEST(Reply, WhatIsNone) {
  EXPECT_TRUE(replies({"", "99 x", "660 x", "099 x", "230_no_space", "SYST not supported",
                       "10054 reset", "2000", "12 34", " 200 indented", "20x a"})
                  .empty());
  EXPECT_EQ(replies({"226"}),
            (std::vector<Seen>{{226, true, false}}));  // counts, but is not listed
}

TEST(Reply, SeveralLines) {
  EXPECT_EQ(replies({"230-Welcome", "  more", "226 not the end", "230-still", "2300", "230 done",
                     "200 ok"}),
            (std::vector<Seen>{{230, false, true}, {230, true, false}, {200, true, true}}));
  EXPECT_EQ(replies({"211-Features", " SIZE", " REST STREAM", "211"}),
            (std::vector<Seen>{{211, false, true}, {211, true, false}}));
}

TEST(Reply, TextOfAllLines) {
  ReplyParser p;
  p.on_line("150-Accepted");
  p.on_line("150-second");
  const auto r = p.on_line("150 10 kbytes to download");
  EXPECT_EQ(r->text, "Accepted\nsecond\n10 kbytes to download");
}

TEST(Reply, EndedByAnotherCodeIsToleratedWhenTheClientGoesOn) {
  ReplyParser p;
  EXPECT_TRUE(p.on_line("220-Hello"));
  EXPECT_FALSE(p.on_client());
  EXPECT_FALSE(p.on_line("230 Logged in"));
  const auto r = p.on_client();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->code, 230);
  EXPECT_TRUE(r->complete);
  EXPECT_TRUE(p.on_line("200 next"));
}

// ---- endpoints

std::string shown(const std::optional<HostPort>& h) {
  if (!h) return "none";
  return (h->address.family == Family::kNone ? "*" : to_text(h->address)) + " " +
         std::to_string(h->port);
}

TEST(Endpoint, Port) {
  EXPECT_EQ(shown(parse_port("10,1,2,3,4,5")), "10.1.2.3 1029");
  EXPECT_EQ(shown(parse_port("010,001,2,3,0,21")), "10.1.2.3 21");  // decimal, never octal
  EXPECT_EQ(shown(parse_port("10, 1 ,2,3, 4,5")), "10.1.2.3 1029");
  for (const char* bad :
       {"", "114,115", "1,2,3,4,5", "1,2,3,4,5,6,7", "256,1,2,3,4,5", "1,2,3,4,0,0",
        "1,2,3,4,5,0x10", "a,2,3,4,5,6", "1,,3,4,5,6", "-1,2,3,4,5,6", "1,2,3,4,99999999999,5"}) {
    EXPECT_EQ(shown(parse_port(bad)), bad == "1,2,3,4,5,0x10"s ? "1.2.3.4 1280" : "none") << bad;
  }
}

TEST(Endpoint, Reply227) {
  EXPECT_EQ(shown(parse_227("Entering Passive Mode (128,121,136,217,117,60).")),
            "128.121.136.217 30012");
  EXPECT_EQ(shown(parse_227("Entering Passive Mode 1,2,3,4,5,6")), "1.2.3.4 1286");
  EXPECT_EQ(shown(parse_227("=1,2,3,4,5,6")), "1.2.3.4 1286");
  EXPECT_EQ(shown(parse_227("Ok, entering 2 modes, passive (1,2,3,4,5,6)")), "1.2.3.4 1286");
  EXPECT_EQ(shown(parse_227("Passive (001,002,003,004,005,006)")), "1.2.3.4 1286");
  EXPECT_EQ(shown(parse_227("Passive (1,2,3,4,0,0)")), "none");
  EXPECT_EQ(shown(parse_227("Response to PASV command")), "none");
  EXPECT_EQ(shown(parse_227("(1,2,3,4,256,6)")), "none");
}

TEST(Endpoint, Eprt) {
  EXPECT_EQ(shown(parse_eprt("|1|132.235.1.2|6275|")), "132.235.1.2 6275");
  EXPECT_EQ(shown(parse_eprt("|2|1080::8:800:200C:417A|5282|")), "1080::8:800:200c:417a 5282");
  EXPECT_EQ(shown(parse_eprt("!2!fe80::1%eth0!5282!")), "fe80::1 5282");
  EXPECT_EQ(shown(parse_eprt("|2|::ffff:10.0.0.1|80|")), "10.0.0.1 80");
  EXPECT_EQ(shown(parse_eprt("|1|10.0.0.1|80")), "10.0.0.1 80");
  for (const char* bad :
       {"", "|1||80|", "|1|10.0.0.1|0|", "|1|10.0.0.1|65536|", "|1|10.0.0.300|80|",
        "1|10.0.0.1|80|", "|1|10.0.0.1|", "|x|10.0.0.1|80|"}) {
    EXPECT_EQ(shown(parse_eprt(bad)), "none") << bad;
  }
}

TEST(Endpoint, Reply229) {
  EXPECT_EQ(shown(parse_229("Entering Extended Passive Mode (|||6446|)")), "* 6446");
  for (int d = 33; d < 127; ++d) {
    if (d >= '0' && d <= '9') continue;
    const std::string c(1, static_cast<char>(d));
    const std::string reply = fmt::format("Extended ({0}{0}{0}6446{0})", c);
    EXPECT_EQ(shown(parse_229(reply)), "* 6446") << c;
  }
  EXPECT_EQ(shown(parse_229("Extended (|1|10.0.0.1|6446|)")), "10.0.0.1 6446");
  EXPECT_EQ(shown(parse_229("Extended |||6446|")), "* 6446");
  EXPECT_EQ(shown(parse_229("Extended (|||6446|")), "* 6446");
  EXPECT_EQ(shown(parse_229("Extended (|||6446)")), "* 6446");
  EXPECT_EQ(shown(parse_229("Entering Extended Passive Mode")), "none");
  EXPECT_EQ(shown(parse_229("(|||0|)")), "none");
  EXPECT_EQ(shown(parse_229("(|||70000|)")), "none");
}

TEST(Endpoint, LongForms) {
  EXPECT_EQ(shown(parse_lprt("4,4,10,0,0,1,2,4,5")), "10.0.0.1 1029");
  EXPECT_EQ(shown(parse_lprt("6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1,2,4,5")),
            "2001:db8::1 1029");
  EXPECT_EQ(shown(parse_228("Entering Long Passive Mode (4,4,10,0,0,1,2,4,5)")), "10.0.0.1 1029");
  for (const char* bad : {"4,4,10,0,0,1,2,4", "4,5,10,0,0,1,2,4,5", "5,4,10,0,0,1,2,4,5",
                          "4,4,10,0,0,1,3,4,5,6", "6,16,1,2,3,2,4,5", ""}) {
    EXPECT_EQ(shown(parse_lprt(bad)), "none") << bad;
  }
}

TEST(Endpoint, Unusable) {
  for (const char* bad : {"|1|0.0.0.0|80|", "|1|224.0.0.1|80|", "|1|255.255.255.255|80|",
                          "|2|::|80|", "|2|ff02::1|80|"}) {
    EXPECT_TRUE(is_unusable(parse_eprt(bad)->address)) << bad;
  }
  EXPECT_FALSE(is_unusable(parse_eprt("|1|192.168.1.1|80|")->address));
}

TEST(Endpoint, Private) {
  for (const char* a : {"10.0.0.1", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1",
                        "169.254.1.1", "127.0.0.1"}) {
    EXPECT_TRUE(is_private(parse_eprt("|1|"s + a + "|80|")->address)) << a;
  }
  for (const char* a : {"11.0.0.1", "172.32.0.1", "192.169.1.1", "100.128.0.1", "8.8.8.8"}) {
    EXPECT_FALSE(is_private(parse_eprt("|1|"s + a + "|80|")->address)) << a;
  }
  EXPECT_TRUE(is_private(parse_eprt("|2|fd00::1|80|")->address));
  EXPECT_FALSE(is_private(parse_eprt("|2|2001:db8::1|80|")->address));
}

// ---- texts

TEST(Opening, NameAndLength) {
  auto o = parse_opening(
      "Opening BINARY mode data connection for /funwithbill/Microsoft-1978.jpg (64170 bytes)");
  EXPECT_EQ(o.name, "/funwithbill/Microsoft-1978.jpg");
  EXPECT_EQ(o.length, 64170u);
  o = parse_opening("Opening ASCII mode data connection for a file (1).txt (5000000000 bytes).");
  EXPECT_EQ(o.name, "a file (1).txt");
  EXPECT_EQ(o.length, 5'000'000'000u);
  o = parse_opening("Opening ASCII mode data connection for file list");
  EXPECT_EQ(o.name, "file list");
  EXPECT_FALSE(o.length);
  o = parse_opening("Opening data connection for /bin/ls (ASCII)");
  EXPECT_EQ(o.name, "/bin/ls");
  EXPECT_FALSE(o.length);
  o = parse_opening("Here comes the directory listing.");
  EXPECT_EQ(o.name, "");
  o = parse_opening("Opening for x (-5 bytes)");
  EXPECT_FALSE(o.length);
  o = parse_opening("x for y (99999999999999999999999 bytes)");
  EXPECT_FALSE(o.length);
  o = parse_opening("(1 byte) for y");
  EXPECT_FALSE(o.length);
  EXPECT_EQ(parse_opening("").name, "");
  EXPECT_EQ(parse_opening("for x (1 byte)").length, 1u);
}

TEST(Size, OnlyOneNumber) {
  EXPECT_EQ(parse_size("64170"), 64170u);
  EXPECT_EQ(parse_size(" 64170 "), 64170u);
  EXPECT_FALSE(parse_size("x64170"));
  EXPECT_FALSE(parse_size("20070815022252.123"));
  EXPECT_FALSE(parse_size(""));
  EXPECT_FALSE(parse_size("99999999999999999999999"));
}

TEST(UniqueName, BothForms) {
  EXPECT_EQ(unique_name("FILE: abc.1"), "abc.1");
  EXPECT_EQ(unique_name("Transfer complete (Unique file name:abc.1)."), "abc.1");
  EXPECT_FALSE(unique_name("Transfer complete."));
}

TEST(Path, Resolve) {
  EXPECT_EQ(resolve("/a/b", "c"), "/a/b/c");
  EXPECT_EQ(resolve("/a/b", "../c"), "/a/c");
  EXPECT_EQ(resolve("/a", "../../.."), "/");
  EXPECT_EQ(resolve("/a", "/x//y/./z"), "/x/y/z");
  EXPECT_EQ(resolve("", "x"), "./x");
  EXPECT_EQ(resolve("", ".."), "./..");
  EXPECT_EQ(resolve("./..", "x"), "./../x");
  EXPECT_EQ(resolve("./pub", ".."), ".");
  EXPECT_EQ(resolve("", "/x"), "/x");
  EXPECT_EQ(resolve("/a", ""), "/a");
  EXPECT_EQ(resolve("/a", "C:\\x"), "C:\\x");
}

TEST(Path, FolderEntersWhatResolveGives) {
  for (const std::string_view start : {"", "/", "/a/b", "/a/b/", "/a//b", "/a/../b", ".", "./a",
                                       "..", "a", "a/..", "//", "C:\\x", "\\x"}) {
    for (const std::string_view path :
         {"", "x", "../", "..", "../..", "/", "//y/", ".", "./x", "x/../..", "C:\\", "..."}) {
      Folder f;
      f.set(std::string(start));
      std::string expected(start);
      for (int again = 0; again < 3; ++again) {
        f.enter(path);
        expected = resolve(expected, path);
        EXPECT_EQ(f.path(), expected) << start << " and " << path;
      }
    }
  }
  for (const std::string_view path : {"x", "..", "/x"}) {
    Folder f;
    f.enter("/" + std::string(4095, 'd'));
    const std::string expected = resolve(f.path(), path);
    f.enter(path);
    EXPECT_EQ(f.path(), expected);
  }
}

TEST(Path, Quoted) {
  EXPECT_EQ(quoted_path("\"/pub\" is current"), "/pub");
  EXPECT_EQ(quoted_path("\"/a\"\"b\" created"), "/a\"b");
  EXPECT_FALSE(quoted_path("/pub is current"));
  EXPECT_FALSE(quoted_path("\"/pub"));
}

TEST(Cut, NotInsideACharacter) {
  EXPECT_EQ(cut_text("abcdef", 3), "abc");
  EXPECT_EQ(cut_text("abc", 3), "abc");
  EXPECT_EQ(cut_text("a\xc3\xbc"
                     "b",
                     2),
            "a");
  EXPECT_EQ(cut_text("a\xe2\x82\xac", 3), "a");
  EXPECT_EQ(cut_text("\xfc\xfc\xfc", 2), "\xfc\xfc");
  EXPECT_EQ(cut_text("abc", 0), "");
}

// ---- transmission modes and TLS

struct Collected : DecodedSink {
  std::string bytes;
  int ends = 0;
  void on_data(Bytes data) override { bytes += as_text(data); }
  void on_hole(std::uint64_t n) override { bytes += std::string(n, '?'); }
  void on_file_end() override {
    ++ends;
    bytes += '$';
  }
};

/// Feeds byte by byte and as one piece; both must agree.
std::string decoded(char mode, char type, const std::string& wire, bool* lost = nullptr) {
  Collected whole, bytes;
  ModeDecoder a(mode, type), b(mode, type);
  a.feed(as_bytes(wire), whole);
  for (const char& c : wire) b.feed(Bytes(reinterpret_cast<const std::uint8_t*>(&c), 1), bytes);
  EXPECT_EQ(whole.bytes, bytes.bytes);
  EXPECT_EQ(a.lost(), b.lost());
  if (lost != nullptr) *lost = a.lost();
  return whole.bytes;
}

TEST(Mode, StreamIsPlain) {
  EXPECT_EQ(decoded('S', 'I', "abc"), "abc");
}

TEST(Mode, Blocks) {
  EXPECT_EQ(decoded('B', 'I',
                    "\x00\x00\x03"
                    "abc"
                    "\x40\x00\x02"
                    "de"s),
            "abcde$");
  EXPECT_EQ(decoded('B', 'I',
                    "\x40\x00\x00"
                    "\x40\x00\x01x"s),
            "$x$");  // two files
  EXPECT_EQ(decoded('B', 'I',
                    "\x10\x00\x04mark"
                    "\x00\x00\x01z"s),
            "z");  // restart marker
  EXPECT_EQ(decoded('B', 'I',
                    "\x80\x00\x01r"
                    "\x40\x00\x00"s),
            "r$");  // record end
}

TEST(Mode, GapsInBlocks) {
  Collected c;
  ModeDecoder d('B', 'I');
  d.feed(as_bytes("\x00\x00\x0a"
                  "abc"s),
         c);
  d.gap(4, c);
  d.feed(as_bytes("hij"
                  "\x40\x00\x01!"s),
         c);
  EXPECT_EQ(c.bytes, "abc????hij!$");
  EXPECT_FALSE(d.lost());
  d.gap(1, c);
  EXPECT_TRUE(d.lost());
}

TEST(Mode, Compressed) {
  EXPECT_EQ(decoded('C', 'I',
                    "\x03"
                    "abc"
                    "\x85x"
                    "\xc2"
                    "\x00\x40"s),
            "abcxxxxx\0\0$"s);
  EXPECT_EQ(decoded('C', 'A', "\xc2"s), "  ");
  EXPECT_EQ(decoded('C', 'I',
                    "\x00\x10\x02mm"
                    "\x01y"s),
            "y");  // restart marker
}

TEST(Mode, Deflated) {
  // zlib stream of "hello hello hello hello\n"
  const std::string z = "\x78\x9c\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x27\xb9\x00\x70\xbe\x08\xbb"s;
  const std::string out = decoded('Z', 'I', z);
  EXPECT_EQ(out, "hello hello hello hello\n$");
  bool lost = false;
  decoded('Z', 'I', "\x78\x9cnot deflated", &lost);
  EXPECT_TRUE(lost);
  EXPECT_EQ(decoded('Z', 'I', "this is not deflated", &lost), "this is not deflated");
  EXPECT_FALSE(lost);
}

TEST(Tls, RecordsAreSkippedUntilClearText) {
  const std::string wire =
      "\x16\x03\x01\x00\x03"
      "abc"
      "\x17\x03\x03\x00\x00"
      "\x15\x03\x03\x00\x02\x01\x00"
      "USER bob\r\n"s;
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    TlsSkipper t;
    std::string clear;
    bool ended = false;
    for (const std::string& piece : {wire.substr(0, cut), wire.substr(cut)}) {
      Bytes b = as_bytes(piece);
      if (ended || t.skip(b)) {
        clear += as_text(b);
        ended = true;
      }
    }
    EXPECT_EQ(clear, "USER bob\r\n") << cut;
  }
}

TEST(Tls, GapsInsideARecordDoNoHarm) {
  TlsSkipper t;
  const std::string head =
                        "\x17\x03\x03\x00\x0a"
                        "ab"s,
                    tail = "QUIT\r\n";
  Bytes b = as_bytes(head);
  EXPECT_FALSE(t.skip(b));
  t.gap(8);
  b = as_bytes(tail);
  EXPECT_TRUE(t.skip(b));
  TlsSkipper u;
  b = as_bytes(head);
  u.skip(b);
  u.gap(9);
  b = as_bytes(tail);
  EXPECT_FALSE(u.skip(b));
}

}  // namespace
}  // namespace t2::ftp
