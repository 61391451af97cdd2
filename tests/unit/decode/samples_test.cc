// SPDX-License-Identifier: Apache-2.0
// Each sample decodes to exactly what it says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace t2::test {
namespace {

TEST(Samples, DecodeAsExpected) {
  Decoder decoder(sample_options());
  Packet p;
  std::uint64_t number = 0;
  for (const Sample& s : all_samples()) {
    SCOPED_TRACE(s.name);
    ASSERT_EQ(decoder.decode(frame_of(s.bytes, s.link_type), ++number, p), s.outcome);
    EXPECT_EQ(p.headers->text, s.stack);
    EXPECT_EQ(fmt::format("{:#018x}", p.status), fmt::format("{:#018x}", s.status));
    EXPECT_EQ(as_text(p.l7), s.payload);
    EXPECT_EQ(p.number, number);
    EXPECT_EQ(p.time, 1'000'000'007);
    EXPECT_EQ(p.link_type, s.link_type);
    EXPECT_EQ(p.src_port, s.src_port);
    EXPECT_EQ(p.dst_port, s.dst_port);
    ASSERT_EQ(p.is_ip(), s.protocol >= 0);
    if (s.protocol >= 0) {
      EXPECT_EQ(p.l4_proto, s.protocol);
      EXPECT_EQ(p.ether_type, p.src_ip.is_v4() ? 0x0800 : 0x86dd);
      EXPECT_EQ(p.l3.size(), p.l3_length);
    }
    if (s.outcome == Decoder::Outcome::kOk) {
      EXPECT_EQ(p.l7.size(), p.l7_length);
      EXPECT_EQ(p.l2.data() + p.l2_length, s.bytes.data() + s.bytes.size());
    }
  }
  EXPECT_EQ(decoder.refused_stacks(), 0U);
}

}  // namespace
}  // namespace t2::test
