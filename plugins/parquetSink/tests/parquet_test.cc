// SPDX-License-Identifier: Apache-2.0
// parquetSink's writer, read back by a reader of the tests' own.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

#include "encoding.h"
#include "parquet_reader.h"
#include "random_rows.h"

namespace t2::parquet_test {
namespace {

std::string scratch_file() {
  return testing::TempDir() + "t2_parquet_test." + std::to_string(getpid());
}

TEST(Parquet, RandomTablesComeBack) {
  const std::string path = scratch_file();
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    const auto choose = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    ASSERT_EQ(write_and_read(choose, path), "") << "seed " << seed;
  }
  std::remove(path.c_str());
}

/// More values than a dictionary takes, each in two rows, between columns that stay as they are.
TEST(Parquet, ADictionaryIsGivenUpAmongRepeatedCells) {
  const std::string path = scratch_file();
  Input in;
  in.group_rows = 100000;
  for (const Kind kind : {Kind::kU8, Kind::kU64, Kind::kString}) {
    Type t;
    t.kind = kind;
    t.repeated = kind != Kind::kU8;
    in.schema.columns.push_back(column(in.schema.columns.size(), t));
  }
  for (std::uint64_t i = 0; i < 90000; ++i) {
    RowWriter row;
    row.scalar(std::uint8_t{7});
    for (const bool text : {false, true}) {
      row.scalar(std::uint32_t{2});
      for (const std::uint64_t v : {i / 2, i / 3}) {
        if (text) row.text(std::to_string(v));
        if (!text) row.scalar(v);
      }
    }
    in.rows.emplace_back(as_text(row.bytes()));
  }
  std::mt19937 random(1);
  const auto choose = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  EXPECT_EQ(write_and_read(in, choose, path), "");
  std::remove(path.c_str());
}

/// Nine numbers in three bits: the specification's example, 0 to 7, and one more group.
TEST(Parquet, PackedGroupsAndRuns) {
  std::string out;
  const std::vector<std::uint32_t> eight = {0, 1, 2, 3, 4, 5, 6, 7};
  parquet::put_hybrid(eight, 3, out);
  EXPECT_EQ(out, "\x03\x88\xc6\xfa");
  out.clear();
  parquet::put_hybrid(std::vector<std::uint32_t>(100, 4), 3, out);
  EXPECT_EQ(out, "\xc8\x01\x04");
}

TEST(Parquet, ReaderRefusesDamage) {
  const std::string path = scratch_file();
  std::mt19937 random(3);
  const auto choose = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  ASSERT_EQ(write_and_read(choose, path), "");
  EXPECT_FALSE(read("PAR1"));
  EXPECT_FALSE(read("PAR1\x01\x00\x00\x00PAR1"));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace t2::parquet_test
