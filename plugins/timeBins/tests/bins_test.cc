// SPDX-License-Identifier: Apache-2.0
// Bins: whoever counts what, merged they are what one would hold that counted all.
#include "bins.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace t2::time_bins {
namespace {

std::string text(Bins b) {
  b.finish();
  std::string out = std::to_string(b.width()) + ":";
  for (const Bin& x : b.all()) {
    out += " " + std::to_string(b.begin(x)) + "=" + std::to_string(x.packets) + "/" +
           std::to_string(x.bytes);
  }
  return out;
}

TEST(Bins, MergedInAnyOrderAreTheBinsOfAll) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const auto span = static_cast<Nanoseconds>(1) << (random() % 40);
    Bins all(1000, 16), parts[3] = {{1000, 16}, {1000, 16}, {1000, 16}};
    for (unsigned n = random() % 200; n > 0; --n) {
      const auto t = static_cast<Nanoseconds>(random() % (2 * span)) - span;
      const std::uint64_t bytes = random() % 1500;
      all.add(t, bytes);
      parts[random() % 3].add(t, bytes);
    }
    Bins one(1000, 16), other(1000, 16);
    for (const int i : {0, 1, 2}) one.merge(parts[i]);
    for (const int i : {2, 0, 1}) other.merge(parts[i]);
    EXPECT_EQ(text(one), text(all));
    EXPECT_EQ(text(other), text(all));
    one.add(span, 1);  // goes on behind it
    all.add(span, 1);
    EXPECT_EQ(text(one), text(all));
  }
}

}  // namespace
}  // namespace t2::time_bins
