// SPDX-License-Identifier: Apache-2.0
// Plain frames: decoded at once, they give the packet that the walk gives.
#include "decode/plain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "decode/ip_fragment.h"
#include "packet_difference.h"
#include "samples.h"

namespace t2::test {
namespace {

using decoding::Plain;

/// A Packet as the last frame may have left it.
Packet used_packet() {
  static const Buffer other = PacketBuilder().eth(0x8100).hex("0007 86dd").build();
  static Decoder decoder({});
  Packet p;
  decoder.decode(frame_of(other), 7, p);
  p.pad_length = p.fragment_offset = p.ip_id = 99;
  p.fragment = p.later_fragment = p.more_fragments = p.llc = true;
  p.dtls_records = p.mpls_depth = 3;
  p.checked = 3;
  static const IpFragment kOther;
  p.part = &kOther;
  return p;
}

/// Both ways; says whether the frame was plain.
bool compare(const Buffer& bytes, std::uint32_t wire) {
  static Decoder decoder({});
  Packet walked = used_packet(), at_once = used_packet();
  Frame frame = frame_of(bytes, 1, wire);
  const auto outcome = decoder.decode(frame, 1, walked);
  decoder.predecode(frame, false);
  EXPECT_EQ(decoder.decode(frame, 1, at_once), outcome);
  EXPECT_EQ(difference(at_once, walked), "");
  return frame.plain != 0;
}

struct Kind {
  bool udp = false, ipv6 = false, tagged = false;
  std::size_t l3() const { return tagged ? 18 : 14; }
  std::size_t l4() const { return l3() + (ipv6 ? 40 : 20); }
};

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (unsigned i = 0; i < 8; ++i) kinds.push_back({(i & 1) != 0, (i & 2) != 0, (i & 4) != 0});
  return kinds;
}

Buffer make_frame(Kind k, std::string_view text) {
  PacketBuilder b;
  const std::uint16_t type = k.ipv6 ? 0x86dd : 0x0800;
  k.tagged ? b.eth(0x8100).vlan(0x2007, type) : b.eth(type);
  const auto protocol = static_cast<std::uint8_t>(k.udp ? 17 : 6);
  k.ipv6 ? b.ipv6({.next_header = protocol}) : b.ipv4({.protocol = protocol});
  k.udp ? b.udp({.src_port = 53, .dst_port = 4000}) : b.tcp();
  return b.text(text).build();
}
Buffer tcp_frame(std::string_view text) {
  return make_frame({}, text);
}

/// A mapped file that is cut short meanwhile: the thread that reads recognised the frame, then the
/// rest of its bytes became zeros.
TEST(Plain, BytesMayVanishMeanwhile) {
  Decoder decoder({});
  for (const Kind& k : all_kinds()) {
    SCOPED_TRACE(testing::Message() << k.udp << k.ipv6 << k.tagged);
    const Buffer whole = make_frame(k, "question");
    for (std::size_t kept = 0; kept < whole.size(); ++kept) {
      Buffer bytes = whole;
      Frame frame = frame_of(bytes, 1);
      const auto plain = decoding::recognise_plain(frame);
      ASSERT_NE(plain, decoding::Plain::kNo);
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), std::uint8_t{0});
      decoding::check_plain(frame, plain);
      Packet walked = used_packet(), at_once = used_packet();
      const auto outcome = decoder.decode(frame, 1, walked);
      frame.plain = static_cast<std::uint8_t>(plain);
      ASSERT_EQ(decoder.decode(frame, 1, at_once), outcome) << kept;
      if (outcome == Decoder::Outcome::kOk && walked.is_ip()) {
        EXPECT_LE(at_once.l7.size(), bytes.size());
        EXPECT_LE(at_once.l7_length, bytes.size());
      }
    }
  }
}

TEST(Plain, MostFramesAre) {
  for (const Kind& k : all_kinds()) {
    SCOPED_TRACE(testing::Message() << k.udp << k.ipv6 << k.tagged);
    EXPECT_TRUE(compare(make_frame(k, "question"), 0));
    EXPECT_TRUE(compare(make_frame(k, ""), 0));
  }
}

TEST(Plain, AlsoWithPaddingAndSnapped) {
  for (const Kind& k : all_kinds()) {
    SCOPED_TRACE(testing::Message() << k.udp << k.ipv6 << k.tagged);
    Buffer padded = make_frame(k, "");
    padded.resize(padded.size() + 6);
    EXPECT_TRUE(compare(padded, 0));
    EXPECT_TRUE(compare(padded, static_cast<std::uint32_t>(padded.size() + 4)));
    const Buffer whole = make_frame(k, std::string(500, 'x'));
    const Buffer snapped(whole.begin(), whole.begin() + 96);
    EXPECT_TRUE(compare(snapped, static_cast<std::uint32_t>(whole.size())));
  }
}

/// What only the walk knows is left to it.
TEST(Plain, OthersAreNot) {
  const auto is_plain = [](const Buffer& b, std::uint16_t link = 1) {
    return decoding::recognise_plain(frame_of(b, link)) != Plain::kNo;
  };
  const Buffer good = tcp_frame("text");
  EXPECT_TRUE(is_plain(good));
  EXPECT_FALSE(is_plain(good, 113));
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    Buffer b = good;
    b[at] = value;
    return b;
  };
  EXPECT_FALSE(is_plain(with(12, 0x81)));       // EtherType
  EXPECT_FALSE(is_plain(with(14, 0x46)));       // IPv4 options
  EXPECT_FALSE(is_plain(with(14 + 6, 0x20)));   // more fragments
  EXPECT_FALSE(is_plain(with(14 + 7, 0x01)));   // fragment offset
  EXPECT_FALSE(is_plain(with(14 + 2, 0x10)));   // longer than the frame
  EXPECT_FALSE(is_plain(with(14 + 9, 1)));      // ICMP
  EXPECT_FALSE(is_plain(with(34 + 12, 0x40)));  // TCP header too short
  EXPECT_FALSE(is_plain(with(34 + 12, 0xf0)));  // and longer than the packet
  const auto changed = [](Kind k, std::size_t at, std::uint8_t value) {
    Buffer b = make_frame(k, "text");
    b[at] = value;
    return b;
  };
  constexpr Kind kTcp6{.ipv6 = true}, kTagged{.tagged = true};
  EXPECT_FALSE(is_plain(changed(kTcp6, 14, 0x40)));    // version
  EXPECT_FALSE(is_plain(changed(kTcp6, 14 + 5, 0)));   // jumbogram
  EXPECT_FALSE(is_plain(changed(kTcp6, 14 + 6, 44)));  // fragment header
  EXPECT_FALSE(is_plain(changed(kTagged, 15, 0)));     // VLAN ID 0
  EXPECT_FALSE(is_plain(changed(kTagged, 16, 0x81)));  // a second tag
  EXPECT_FALSE(is_plain(changed(kTagged, 12, 0x88)));  // another tag protocol
}

/// Every sample, cut at every length.
TEST(Plain, AgreesWithTheWalkOnSamples) {
  std::size_t plain = 0;
  for (const Sample& s : all_samples()) {
    if (s.link_type != 1) continue;
    for (std::size_t n = 0; n <= s.bytes.size(); ++n) {
      SCOPED_TRACE(s.name);
      const Buffer bytes(s.bytes.begin(), s.bytes.begin() + static_cast<std::ptrdiff_t>(n));
      plain += compare(bytes, static_cast<std::uint32_t>(s.bytes.size()));
      plain += compare(bytes, 0);
    }
  }
  EXPECT_GT(plain, 10U);
}

/// Frames with changed bytes, most of them in the headers, among them every port with a meaning.
TEST(Plain, AgreesWithTheWalkOnDamage) {
  std::mt19937 random(17);
  constexpr std::uint16_t kPorts[] = {0,    1,    53,   80,   1023,  1024,  1025, 1701, 1900,
                                      2123, 2152, 3386, 3544, 4500,  4789,  4790, 5072, 5246,
                                      5247, 6081, 8472, 9899, 12222, 12223, 65535};
  std::size_t plain = 0;
  constexpr int kRounds = 60'000;
  for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
    const std::string text(random() % 80, static_cast<char>(random() % 0x50));
    const Kind kind = all_kinds()[random() % 8];
    Buffer b = make_frame(kind, text);
    for (const std::size_t at : {kind.l4(), kind.l4() + 2}) {
      if (random() % 3 != 0) continue;
      const std::uint16_t port = kPorts[random() % std::size(kPorts)];
      b[at] = static_cast<std::uint8_t>(port >> 8);
      b[at + 1] = static_cast<std::uint8_t>(port);
    }
    if (random() % 2 == 0) {
      b[random() % std::min<std::size_t>(b.size(), kind.l4() + 26)] ^= 1U << random() % 8;
    }
    if (random() % 4 == 0) b.resize(random() % (b.size() + 1));
    if (random() % 4 == 0) b.resize(b.size() + random() % 8);
    plain += compare(b, random() % 4 == 0 ? random() % 1600 : 0);
  }
  EXPECT_GT(plain, kRounds / 5U);
  EXPECT_LT(plain, kRounds * 9U / 10U);
}

}  // namespace
}  // namespace t2::test
