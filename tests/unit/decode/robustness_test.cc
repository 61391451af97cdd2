// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile frames: every sample cut at every length, random bytes for every link type,
// endless nesting, and packets decoded into a used Packet.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "decode/link_types.h"
#include "packet_difference.h"
#include "samples.h"

namespace t2::test {
namespace {

using Outcome = Decoder::Outcome;

/// In a heap block of exactly this size: AddressSanitizer sees each byte read beyond it.
Buffer cut(const Buffer& bytes, std::size_t n) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)};
}

bool inside(Bytes part, Bytes whole) {
  if (part.empty()) return true;
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

/// What holds for every packet, however broken.
void check_invariants(const Packet& p, Outcome outcome) {
  ASSERT_NE(p.headers, nullptr);
  EXPECT_LE(p.headers->text.size(), 127U);
  EXPECT_EQ(p.headers->overrun, p.headers->text.size() == 127 && p.headers->text.ends_with("..."));
  for (const Bytes part : {p.l2, p.l3, p.l4, p.l7}) EXPECT_TRUE(inside(part, p.frame));
  if (p.tunnel != nullptr) {
    for (const Bytes part : {p.tunnel->mpls, p.tunnel->ppp, p.tunnel->lapd, p.tunnel->l2tp,
                             p.tunnel->gre, p.tunnel->teredo, p.tunnel->teredo_origin}) {
      EXPECT_TRUE(inside(part, p.frame));
    }
  }
  EXPECT_LE(p.vlan_count, Packet::kMaxVlanTags);
  EXPECT_LE(p.vlan_count, p.vlan_depth);
  if (outcome != Outcome::kOk) {
    EXPECT_FALSE(p.is_ip());
    EXPECT_TRUE(p.l7.empty());
    EXPECT_EQ(p.length, 0U);
    return;
  }
  const bool l2 = (p.status & flow_stat::mask(flow_stat::kL2Flow)) != 0;
  const bool v4 = (p.status & flow_stat::mask(flow_stat::kIpv4Flow)) != 0;
  const bool v6 = (p.status & flow_stat::mask(flow_stat::kIpv6Flow)) != 0;
  EXPECT_EQ(l2 + v4 + v6, 1);
  EXPECT_EQ(v4, p.src_ip.is_v4());
  EXPECT_EQ(v6, p.src_ip.is_v6());
  EXPECT_EQ(p.src_ip.family, p.dst_ip.family);
  EXPECT_LE(p.l7.size(), p.l7_length);
  EXPECT_LE(p.l3.size(), p.l3_length);
  EXPECT_GE(p.l3.size(), p.l4.size());
  EXPECT_GE(p.l4.size(), p.tcp_header().size());
  EXPECT_EQ(p.length, p.l7_length);
}

TEST(Robustness, CutAtEveryLength) {
  Decoder decoder(sample_options());
  Packet p;
  for (const Sample& s : all_samples()) {
    for (std::size_t n = 0; n <= s.bytes.size(); ++n) {
      SCOPED_TRACE(fmt::format("{} cut to {}", s.name, n));
      const Buffer bytes = cut(s.bytes, n);
      const Frame snapped =
          frame_of(bytes, s.link_type, static_cast<std::uint32_t>(s.bytes.size()));
      check_invariants(p, decoder.decode(snapped, 1, p));
      check_invariants(p, decoder.decode(frame_of(bytes, s.link_type), 1, p));
      if (HasFailure()) return;
    }
  }
}

TEST(Robustness, ACutTunnelStillHasTheOuterFlow) {
  constexpr std::size_t kEthernet = 14, kIpv6 = 40;
  Decoder decoder(sample_options());
  Packet p;
  for (const auto& samples : {ip_tunnel_samples(), udp_tunnel_samples()}) {
    for (const Sample& s : samples) {
      for (std::size_t n = kEthernet + kIpv6; n <= s.bytes.size(); ++n) {
        const Buffer bytes = cut(s.bytes, n);
        const auto wire = static_cast<std::uint32_t>(s.bytes.size());
        ASSERT_EQ(decoder.decode(frame_of(bytes, 1, wire), 1, p), Outcome::kOk) << s.name << n;
        ASSERT_TRUE(p.is_ip()) << s.name << n;
      }
    }
  }
}

TEST(Robustness, SnappedPacketsSayHowMuchIsMissing) {
  Decoder decoder(sample_options());
  Packet whole, p;
  for (const Sample& s : all_samples()) {
    if (s.outcome != Outcome::kOk || s.payload.empty()) continue;
    SCOPED_TRACE(s.name);
    decoder.decode(frame_of(s.bytes, s.link_type), 1, whole);
    const Buffer bytes = cut(s.bytes, s.bytes.size() - 1);
    const auto wire = static_cast<std::uint32_t>(s.bytes.size());
    if (decoder.decode(frame_of(bytes, s.link_type, wire), 1, p) != Outcome::kOk) continue;
    if (p.headers->text != whole.headers->text) continue;  // the last byte was part of a header
    EXPECT_EQ(p.l7_length, whole.l7_length);
    EXPECT_EQ(p.l7.size() + 1, whole.l7.size());
    if (p.is_ip()) {
      EXPECT_NE(p.status & flow_stat::mask(flow_stat::kL3Snapped), 0U);
    }
  }
}

TEST(Robustness, NoFieldLeaksIntoTheNextPacket) {
  const std::vector<Sample> samples = all_samples();
  Decoder used(sample_options());
  Packet p;
  std::mt19937 random(1);
  for (int round = 0; round < 8; ++round) {
    for (const Sample& s : samples) {
      // Another sample, whole or cut, leaves its traces first.
      const Sample& other = samples[random() % samples.size()];
      const Buffer before = cut(
          other.bytes, round % 2 == 0 ? other.bytes.size() : random() % (other.bytes.size() + 1));
      used.decode(frame_of(before, other.link_type), 7, p);

      const Buffer bytes =
          cut(s.bytes, round < 4 ? s.bytes.size() : random() % (s.bytes.size() + 1));
      const Frame frame = frame_of(bytes, s.link_type);
      Decoder fresh(sample_options());
      Packet blank;
      const Outcome expected = fresh.decode(frame, 8, blank);
      ASSERT_EQ(used.decode(frame, 8, p), expected) << s.name;
      ASSERT_EQ(difference(p, blank), "") << s.name << " after " << other.name;
    }
  }
}

TEST(Robustness, RandomBytesOfEveryLinkType) {
  constexpr int kRounds = 100'000;
  std::vector<std::uint16_t> link_types;
  for (unsigned dlt = 0; dlt < 300; ++dlt) {
    if (decoding::is_supported(static_cast<std::uint16_t>(dlt))) {
      link_types.push_back(static_cast<std::uint16_t>(dlt));
    }
  }
  ASSERT_GE(link_types.size(), 26U);
  std::mt19937 random(20260101);
  Decoder decoder(sample_options());
  Packet p;
  for (const std::uint16_t link_type : link_types) {
    for (int i = 0; i < kRounds; ++i) {
      Buffer bytes(random() % 120);
      for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(random());
      check_invariants(p, decoder.decode(frame_of(bytes, link_type), 1, p));
      if (HasFailure()) FAIL() << "link type " << link_type << " round " << i;
    }
  }
}

TEST(Robustness, DamagedSamples) {
  const std::vector<Sample> samples = all_samples();
  std::mt19937 random(4711);
  Decoder decoder(sample_options());
  Packet p;
  for (int i = 0; i < 100'000; ++i) {
    const Sample& s = samples[random() % samples.size()];
    Buffer bytes = cut(s.bytes, s.bytes.size());
    for (unsigned flips = random() % 4 + 1; flips-- > 0;) {
      bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
    }
    check_invariants(p, decoder.decode(frame_of(bytes, s.link_type, random() % 200), 1, p));
    if (HasFailure()) FAIL() << s.name << " round " << i;
  }
}

TEST(Robustness, IpHeadersNestedAThousandDeep) {
  PacketBuilder b;
  b.eth();
  for (int i = 0; i < 1000; ++i) b.ipv4({.protocol = 4});
  b.ipv4({.protocol = 17}).udp().text("x");
  const Buffer bytes = b.build();
  Decoder decoder({});
  Packet p;
  ASSERT_EQ(decoder.decode(frame_of(bytes), 1, p), Outcome::kOk);
  EXPECT_EQ(p.headers->depth, 1 + Decoder::kMaxNesting);
  EXPECT_EQ(p.l4_proto, 4);
  EXPECT_NE(p.status & flow_stat::mask(flow_stat::kStopDissect), 0U);
  check_invariants(p, Outcome::kOk);
}

TEST(Robustness, SixteenIpHeadersAreFollowed) {
  PacketBuilder b;
  b.eth();
  for (int i = 0; i < Decoder::kMaxNesting - 1; ++i) b.ipv4({.protocol = 4});
  b.ipv4({.protocol = 17}).udp().text("x");
  const Buffer bytes = b.build();
  Decoder decoder({});
  Packet p;
  ASSERT_EQ(decoder.decode(frame_of(bytes), 1, p), Outcome::kOk);
  EXPECT_EQ(p.headers->depth, 1 + Decoder::kMaxNesting + 1);
  EXPECT_EQ(p.l4_proto, 17);
  EXPECT_EQ(p.status & flow_stat::mask(flow_stat::kStopDissect), 0U);
}

TEST(Robustness, EthernetInMplsNestedAThousandDeep) {
  PacketBuilder b;
  for (int i = 0; i < 1000; ++i) b.eth(0x8847).mpls(1, true).be32(0);
  const Buffer bytes = b.build();
  Decoder decoder({});
  Packet p;
  ASSERT_EQ(decoder.decode(frame_of(bytes), 1, p), Outcome::kOk);
  EXPECT_NE(p.status & flow_stat::mask(flow_stat::kStopDissect), 0U);
  EXPECT_NE(p.status & flow_stat::mask(flow_stat::kHeaderOverrun), 0U);
  EXPECT_TRUE(p.headers->overrun);
  EXPECT_EQ(p.headers->depth, 3 * Decoder::kMaxNesting);
}

TEST(Robustness, ThousandsOfTagsAndLabels) {
  PacketBuilder tags, labels;
  tags.eth(0x8100);
  for (int i = 0; i < 10'000; ++i) tags.vlan(5, 0x8100);
  tags.vlan(6).ipv4().tcp();
  labels.eth(0x8847);
  for (int i = 0; i < 10'000; ++i) labels.mpls(5, false);
  labels.mpls(6, true).ipv4().tcp();
  Decoder decoder({});
  Packet p;
  const Buffer tagged = tags.build(), labelled = labels.build();
  ASSERT_EQ(decoder.decode(frame_of(tagged), 1, p), Outcome::kOk);
  EXPECT_EQ(p.headers->text, "eth:vlan{10001}:ipv4:tcp");
  EXPECT_EQ(p.headers->depth, 10'004);
  EXPECT_EQ(p.vlan_id, 6);
  EXPECT_EQ(p.vlan_count, Packet::kMaxVlanTags);
  EXPECT_EQ(p.vlan_depth, 255);
  ASSERT_EQ(decoder.decode(frame_of(labelled), 1, p), Outcome::kOk);
  EXPECT_EQ(p.headers->text, "eth:mpls{10001}:ipv4:tcp");
  EXPECT_EQ(p.mpls_depth, 255);
}

TEST(Robustness, ManyDtlsRecordsOverrunTheText) {
  PacketBuilder b;
  b.eth().ipv4({.protocol = 17}).udp();
  for (int i = 0; i < 300; ++i) b.hex("16 fefd 0000 000000000000 0000");
  const Buffer bytes = b.build();
  Decoder decoder({});
  Packet p;
  ASSERT_EQ(decoder.decode(frame_of(bytes), 1, p), Outcome::kOk);
  EXPECT_EQ(p.headers->depth, 303);
  EXPECT_EQ(p.headers->text.size(), 127U);
  EXPECT_TRUE(p.headers->text.ends_with("..."));
  EXPECT_EQ(p.dtls_records, 255);
  const HeaderStack* first = p.headers;
  decoder.decode(frame_of(bytes), 2, p);
  EXPECT_EQ(p.headers, first);
}

TEST(Robustness, UnsupportedLinkTypes) {
  Decoder decoder({});
  Packet p;
  const Buffer bytes = PacketBuilder().zeros(64).build();
  for (const unsigned dlt : {140U, 147U, 220U, 65535U}) {
    const auto link_type = static_cast<std::uint16_t>(dlt);
    EXPECT_FALSE(Decoder::supports(link_type));
    EXPECT_EQ(decoder.decode(frame_of(bytes, link_type), 1, p), Outcome::kUnsupported);
    check_invariants(p, Outcome::kUnsupported);
  }
  EXPECT_FALSE(Decoder::supports(203));
  EXPECT_TRUE(Decoder::supports(203, true));
  EXPECT_EQ(decoder.decode(frame_of(bytes, 203), 1, p), Outcome::kUnsupported);
}

}  // namespace
}  // namespace t2::test
