// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base64.h"
#include "bins.h"
#include "cells.h"
#include "columns.h"
#include "evidence.h"
#include "keeper.h"
#include "kinds.h"
#include "line_reader.h"
#include "page.h"
#include "rows.h"
#include "sessions.h"
#include "words.h"

namespace t2::report::test {
namespace {

using namespace std::string_literals;

TEST(Cells, WhatIsNoNumberIsZero) {
  EXPECT_EQ(number_of("18446744073709551615"), ~std::uint64_t{0});
  EXPECT_EQ(number_of("18446744073709551616"), 0U);
  EXPECT_EQ(number_of("-1"), 0U);
  EXPECT_EQ(bits_of("0xffffffffffffffff"), ~std::uint64_t{0});
  EXPECT_EQ(bits_of("12"), 0U);
  EXPECT_EQ(time_of("1168195766.764244000"), 1168195766764244000);
  EXPECT_EQ(time_of("1.5"), 1500000000);
  EXPECT_EQ(time_of("99999999999999999999"), 0);
  EXPECT_EQ(time_of("1.0000000019"), 1000000001);
  EXPECT_EQ(real_of("inf"), 0);
}

TEST(Cells, PrivateAddresses) {
  for (const char* a :
       {"10.1.2.3", "172.31.0.1", "192.168.0.1", "127.0.0.1", "fd00::1", "fe80::1", "::1"})
    EXPECT_TRUE(is_private(a)) << a;
  for (const char* a : {"11.0.0.1", "172.32.0.1", "8.8.8.8", "2001:db8::1", "x", ""})
    EXPECT_FALSE(is_private(a)) << a;
}

TEST(Words, AsPeopleRead) {
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(size_words(999), "999 B");
  EXPECT_EQ(size_words(999'949), "999.9 kB");
  EXPECT_EQ(size_words(999'950), "1.0 MB");
  EXPECT_EQ(span_words(54'960 * kSecond), "15 h 16 min");
  EXPECT_EQ(listed({"a", "b", "c", "d"}, 3), "a, b, c and 1 more");
  EXPECT_EQ(listed({"a", "b"}, 3), "a and b");
}

std::vector<std::string> lines_of(const std::string& text, std::size_t most, std::uint64_t& over) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(ends[1]);
  LineReader r(ends[0], "test", most);
  std::vector<std::string> out;
  while (const auto line = r.next()) out.emplace_back(*line);
  over = r.passed_over();
  return out;
}
TEST(LineReader, LongLinesArePassedOver) {
  std::uint64_t over = 0;
  EXPECT_EQ(lines_of("a\n" + std::string(20, 'x') + "\nb", 10, over),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(over, 1U);
  EXPECT_EQ(lines_of(std::string(60000, 'x') + "\nb\n\n", 10, over),
            (std::vector<std::string>{"b", ""}));
  EXPECT_EQ(over, 1U);
  EXPECT_EQ(lines_of(gzip("one\ntwo\n"), 10, over), (std::vector<std::string>{"one", "two"}));
}

TEST(Columns, Codings) {
  JsonWriter out;
  out.begin_array();
  write_steps(out, "d", {5, 7, 3});
  write_numbers(out, "i", {1, 2, 3, 4, 5, 6, 7, 8, 9});
  write_numbers(out, "s", {0, 0, 0, 0, 0, 9, 0, 0, 0, 8});
  write_bits(out, "b", {0, ~std::uint64_t{0}, 0});
  write_texts(out, "t", {"x", "y", "x"});
  out.end_array();
  EXPECT_EQ(out.view(),
            R"([{"n":"d","k":"delta","v":[5,2,-4]},{"n":"i","k":"int","v":[1,2,3,4,5,6,7,8,9]},)"
            R"({"n":"s","k":"sparse","z":0,"N":10,"i":[5,4],"v":[9,8]},)"
            R"({"n":"b","k":"dict","d":["0x0","0xffffffffffffffff"],"v":[0,1,0]},)"
            R"({"n":"t","k":"dict","d":["x","y"],"v":[0,1,0]}])");
}

TEST(Packing, IsTheSameEachTime) {
  EXPECT_EQ(base64("Man\xff"), "TWFu/w==");
  EXPECT_EQ(gzip("text"), gzip("text"));
  EXPECT_EQ(gzip("text").substr(4, 4), "\0\0\0\0"s);  // no time
}

TEST(Page, TextIsEscaped) {
  EXPECT_EQ(escape_html("<a b='c' d=\"e\">&\x1b"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;\\x1b");
}

TEST(Kinds, ByFirstBytes) {
  EXPECT_EQ(kind_of("\xff\xd8\xff\xe0").name, "JPEG picture");
  EXPECT_EQ(kind_of("hello\r\nworld").name, "text");
  EXPECT_EQ(
      kind_of("MZ is how this text begins, which is no program at all, is it? No, it is none.")
          .name,
      "text");
  EXPECT_EQ(kind_of("MZ"s + std::string(100, '\0')).danger, Danger::kProgram);
  EXPECT_EQ(kind_of("PK\x03\x04....word/vbaProject.bin").danger, Danger::kMacros);
  EXPECT_EQ(kind_of("").name, "empty");
  EXPECT_EQ(kind_of(std::string(100, '\0')).name, "data");
}

/// Evidence of a folder with one carved file.
Evidence carved(const std::string& bytes) {
  char folder[] = "/tmp/t2kindsXXXXXX";
  if (mkdtemp(folder) == nullptr) std::abort();
  const std::string path = folder;
  std::ofstream(path + "/f", std::ios::binary) << bytes;
  std::ofstream(path + "/manifest.jsonl")
      << R"({"record":"run"})"
      << "\n"
      << R"({"record":"content","file":"f","name":"a","size":1})"
      << "\n";
  auto e = read_evidence(path, {});
  std::filesystem::remove_all(path);
  return e ? std::move(*e) : Evidence();
}
TEST(Kinds, MacrosAreFoundDeepInside) {
  const std::string noise(100'000, 'x'), much(900'000, 'x');
  const std::string project = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"s;
  const std::string zip = "PK\x03\x04", ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
  for (const std::string& with : {fmt::format("{0}{1}word/vbaProject.bin{1}", zip, noise),
                                  fmt::format("{}{}word/vbaProject.binend", zip, much),
                                  fmt::format("{}{}{}", ole, noise, project)}) {
    const Evidence e = carved(with);
    ASSERT_EQ(e.files.size(), 1U);
    EXPECT_TRUE(e.files[0].macros);
  }
  for (const std::string& without :
       {zip + noise + "word/document.xml", ole + noise, "text " + noise + "word/vbaProject.bin"}) {
    const Evidence e = carved(without);
    ASSERT_EQ(e.files.size(), 1U);
    EXPECT_FALSE(e.files[0].macros);
  }
}

TEST(Kinds, NamesThatFit) {
  const Kind program = kind_of("MZ"s + std::string(100, '\0')), jpeg = kind_of("\xff\xd8\xff\xe0");
  EXPECT_FALSE(name_fits("holiday.jpg", program));
  EXPECT_TRUE(name_fits("setup.exe", program));
  EXPECT_TRUE(name_fits("x/HOLIDAY.JPG", jpeg));
  EXPECT_FALSE(name_fits("holiday.png", jpeg));
  EXPECT_FALSE(name_fits("holiday.jpg", kind_of("<html>404")));
  EXPECT_TRUE(name_fits("notes", program));
  EXPECT_TRUE(name_fits("a.docx", kind_of("PK\x03\x04")));
}

TEST(Pictures, SizesByTheirHeaders) {
  const std::string png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\0\x02"s;
  ASSERT_TRUE(picture_size(png));
  EXPECT_EQ(picture_size(png)->width, 60000U);
  EXPECT_EQ(picture_size(png)->height, 2U);
  const std::string gif = "GIF89a\x10\0\x20\0"s;
  ASSERT_TRUE(picture_size(gif));
  EXPECT_EQ(picture_size(gif)->height, 32U);
  const std::string jpeg = "\xff\xd8\xff\xe0\0\4xx\xff\xc0\0\x11\x08\0\x10\0\x20\3"s;
  ASSERT_TRUE(picture_size(jpeg));
  EXPECT_EQ(picture_size(jpeg)->width, 32U);
  for (std::size_t n = 0; n < jpeg.size(); ++n) picture_size(jpeg.substr(0, n));
  EXPECT_FALSE(picture_size("\xff\xd8\xff\xe0\0\1"s + std::string(50, '\xff')));
}

KeptRow row(std::uint64_t index) {
  KeptRow k;
  k.c.index = index;
  k.c.c.bytes = index % 977;
  k.c.first = static_cast<Nanoseconds>(index);
  return k;
}
std::set<std::uint64_t> kept(std::size_t rows, std::uint64_t count, std::uint64_t wanted_every) {
  Keeper keeper(rows, 10);
  for (std::uint64_t i = 1; i <= count; ++i) keeper.add(row(i).c, i % wanted_every == 0, "a", "b");
  keeper.finish();
  std::set<std::uint64_t> out;
  for (const KeptRow& k : keeper.rows()) out.insert(k.c.index);
  return out;
}
TEST(Keeper, AllUpToTheLimit) {
  EXPECT_EQ(kept(1000, 1000, 7).size(), 1000U);
  EXPECT_EQ(kept(1000, 1001, 7).size(), 500U);
}
TEST(Keeper, ASampleHoldsWhatItMust) {
  const auto sample = kept(1000, 100'000, 1000);
  EXPECT_EQ(sample.size(), 500U);
  EXPECT_EQ(sample, kept(1000, 100'000, 1000));
  for (std::uint64_t i = 1000; i <= 100'000; i += 1000) EXPECT_TRUE(sample.contains(i)) << i;
  // The hundred largest: all have 976 bytes.
  std::size_t large = 0;
  for (const std::uint64_t i : sample) large += i % 977 == 976 ? 1 : 0;
  EXPECT_GE(large, 100U);
}

TEST(Bins, KeepEverySum) {
  Bins bins;
  std::uint64_t bytes = 0, packets = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Conversation c;
    c.first = static_cast<Nanoseconds>(i * i) * 1'000'000;
    c.last = c.first + static_cast<Nanoseconds>(i % 50) * kSecond;
    c.c.bytes = i * 7;
    c.c.packets = i;
    bytes += c.bytes();
    packets += c.packets();
    bins.add(c, Class::kWeb);
  }
  EXPECT_LE(bins.all().size(), Bins::kMost);
  Bin::Sums sum;
  for (const auto& [n, b] : bins.all()) {
    for (const auto& s : b.of) {
      sum.flows += s.flows;
      sum.bytes += s.bytes;
      sum.packets += s.packets;
    }
  }
  EXPECT_EQ(sum.flows, 20'000U);
  EXPECT_EQ(sum.bytes, bytes);
  EXPECT_EQ(sum.packets, packets);
}

SessionLine line(const char* text) {
  SessionLine l;
  l.text = text;
  return l;
}
TEST(Sessions, GuessedOrder) {
  const auto merged = interleave({line("USER a"), line("RETR x")},
                                 {line("220-hello"), line("220 ready"), line("331 ok"),
                                  line("150 opening"), line("226 done")});
  std::string all;
  for (const SessionLine& l : merged) all += l.text.substr(0, 4) + "|";
  EXPECT_EQ(all, "220-|220 |USER|331 |RETR|150 |226 |");
}

TEST(Rows, TheClientBegan) {
  RowParser parser;
  ASSERT_TRUE(
      parser.columns({"dir", "flowInd", "flowStat", "timeFirst", "timeLast", "srcIP", "dstIP"}));
  Services services;
  Dictionary headers, vlans;
  std::vector<Conversation> done;
  Pairing pairing(services, headers, vlans,
                  [&](Conversation& c, std::string_view, std::string_view) { done.push_back(c); });
  const auto add = [&](const std::vector<std::string_view>& cells) {
    pairing.add(*parser.row(cells), "");
  };
  add({"A", "1", "0x0", "1", "2", "10.0.0.1", "10.0.0.2"});
  add({"B", "1", "0x1", "1", "3", "10.0.0.2", "10.0.0.1"});
  add({"A", "2", "0x1", "1", "2", "10.0.0.1", "10.0.0.2"});
  add({"B", "3", "0x1", "1", "2", "10.0.0.1", "10.0.0.2"});
  pairing.finish();
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[0].client, "10.0.0.1");
  EXPECT_EQ(done[0].last, 3 * kSecond);
  EXPECT_EQ(done[1].client, "10.0.0.2") << "an inverted A flow";
  EXPECT_EQ(done[2].client, "10.0.0.2") << "a B flow alone";
  EXPECT_EQ(pairing.alone(), 1U);
}

}  // namespace
}  // namespace t2::report::test
