// SPDX-License-Identifier: Apache-2.0
// Damaged captures that are salvaged: every packet but those that are damaged themselves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "capture_builder.h"

namespace t2::test {
namespace {

constexpr std::uint32_t kRecords = 40;
constexpr std::uint32_t kStart = 1'600'000'000;

struct Made {
  std::string bytes;
  std::vector<std::size_t> starts;  // of the records
};

std::string content(std::uint32_t i) {
  std::string text(60 + i * 7 % 90, static_cast<char>('a' + i % 26));
  text.replace(0, 4, fmt::format("{:04}", i));
  return text;
}

Made classic(bool little) {
  Builder b(little);
  Made made;
  b.pcap_header();
  for (std::uint32_t i = 0; i < kRecords; ++i) {
    made.starts.push_back(b.size());
    b.pcap_record(kStart + i, i, content(i));
  }
  made.bytes = b.str();
  return made;
}

Made next_generation(bool little) {
  Builder b(little);
  Made made;
  b.section().interface(1);
  for (std::uint32_t i = 0; i < kRecords; ++i) {
    if (i == 20) b.block(5, b.body().u32(0).u64(0));
    made.starts.push_back(b.size());
    b.enhanced(0, std::uint64_t{kStart + i} * 1'000'000, content(i));
  }
  made.bytes = b.str();
  return made;
}

std::vector<Made> all_kinds() {
  return {classic(true), classic(false), next_generation(true), next_generation(false)};
}

/// Which records came out, by the number in their content; others count as kRecords.
std::vector<std::uint32_t> numbers(const Content& c) {
  std::vector<std::uint32_t> out;
  for (const Copy& f : c.frames) {
    const auto i =
        static_cast<std::uint32_t>(std::strtoul(f.data.substr(0, 4).c_str(), nullptr, 10));
    out.push_back(i < kRecords && f.data == content(i) ? i : kRecords);
  }
  return out;
}

std::vector<std::uint32_t> all_but(std::initializer_list<std::uint32_t> lost) {
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < kRecords; ++i) {
    if (std::find(lost.begin(), lost.end(), i) == lost.end()) out.push_back(i);
  }
  return out;
}

void expect(const std::string& bytes, const std::vector<std::uint32_t>& records,
            const std::string& problem) {
  for (const std::size_t piece : {0, 1, 1000}) {
    const Content c = read_memory(bytes, piece, true);
    EXPECT_EQ(numbers(c), records) << piece;
    EXPECT_NE(c.problem.find(problem), std::string::npos) << c.problem;
  }
}

TEST(Salvage, WithoutDamageNothingChanges) {
  for (const Made& m : all_kinds()) {
    const Content c = read_memory(m.bytes, 0, true);
    EXPECT_EQ(c.frames, read_memory(m.bytes).frames);
    EXPECT_EQ(c.problem, "");
  }
}

TEST(Salvage, BytesBetweenTwoRecords) {
  for (const Made& m : all_kinds()) {
    std::string bytes = m.bytes;
    bytes.insert(m.starts[10], std::string(333, '\xff'));
    expect(bytes, all_but({}),
           fmt::format("damaged at 1 places, the first at byte {}: ", m.starts[10]));
    expect(bytes, all_but({}), "; 333 bytes passed over");
    EXPECT_EQ(read_memory(bytes).frames.size(), 10U);
  }
}

TEST(Salvage, SectorOfZeros) {
  for (const Made& m : all_kinds()) {
    std::string bytes = m.bytes;
    bytes.replace(m.starts[10], 512, std::string(512, '\0'));
    const Content c = read_memory(bytes, 0, true);
    std::uint32_t hit = 10;
    while (m.starts[hit] < m.starts[10] + 512) ++hit;
    std::vector<std::uint32_t> kept = all_but({});
    kept.erase(kept.begin() + 10, kept.begin() + hit);
    expect(bytes, kept, fmt::format("; {} bytes passed over", m.starts[hit] - m.starts[10]));
  }
}

TEST(Salvage, ImpossibleLength) {
  for (const Made& m : all_kinds()) {
    std::string bytes = m.bytes;
    const std::size_t field = m.bytes[0] == '\x0a' ? 4 : 8;
    bytes.replace(m.starts[5] + field, 4, "\x7f\x7f\x7f\x7f");
    bytes.replace(m.starts[30] + field, 4, "\xfe\xfe\xfe\xfe");
    expect(bytes, all_but({5, 30}), "damaged at 2 places, ");
  }
}

TEST(Salvage, MissingBytes) {
  for (const Made& m : all_kinds()) {
    std::string bytes = m.bytes;
    bytes.erase(m.starts[10] + 40, 13);
    const Content c = read_memory(bytes, 0, true);
    const auto n = numbers(c);
    EXPECT_EQ(std::count(n.begin(), n.end(), 9U), 1);
    EXPECT_EQ(std::count(n.begin(), n.end(), 12U), 1);
    EXPECT_GE(n.size(), kRecords - 2);
    EXPECT_EQ(n.back(), kRecords - 1);
    EXPECT_EQ(read_memory(bytes, 7, true).frames, c.frames);
  }
}

TEST(Salvage, LengthBeyondTheEnd) {
  for (const Made& m : all_kinds()) {
    std::string bytes = m.bytes;
    const bool ng = m.bytes[0] == '\x0a';
    const bool little = ng ? m.bytes[8] == '\x4d' : m.bytes[0] == '\xd4';
    const Builder wrong = Builder(little).u32(60'000);
    bytes.replace(m.starts[37] + (ng ? 4 : 8), 4, wrong.str());
    if (!ng) bytes.replace(m.starts[37] + 12, 4, wrong.str());
    expect(bytes, all_but({37}), "damaged at 1 places");
  }
}

TEST(Salvage, NothingFollows) {
  for (const Made& m : all_kinds()) {
    const std::string bytes = m.bytes + std::string(1000, '\xff');
    expect(bytes, all_but({}), "; 1000 bytes passed over");
  }
}

TEST(Salvage, WholeAndStreamedInputAgreeOnEveryDamagedFile) {
  std::mt19937 random(2);
  const auto kinds = all_kinds();
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = kinds[random() % kinds.size()].bytes;
    for (unsigned i = 0; i <= random() % 5; ++i) {
      bytes[24 + random() % (bytes.size() - 24)] = static_cast<char>(random());
    }
    if (random() % 3 == 0) bytes.erase(100 + random() % 900, random() % 200);
    const Content whole = read_memory(bytes, 0, true);
    const Content streamed = read_memory(bytes, 1 + random() % 50, true);
    ASSERT_EQ(whole.frames, streamed.frames) << round;
    ASSERT_EQ(whole.problem, streamed.problem) << round;
    ASSERT_GE(whole.frames.size() + 20, read_memory(bytes).frames.size()) << round;
  }
}

}  // namespace
}  // namespace t2::test
