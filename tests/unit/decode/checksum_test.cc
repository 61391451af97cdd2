// SPDX-License-Identifier: Apache-2.0
#include "t2/checksum.h"

#include <gtest/gtest.h>

#include <random>

#include "samples.h"

namespace t2::test {
namespace {

TEST(Checksum, Rfc1071Example) {
  const Buffer data = PacketBuilder().hex("0001 f203 f4f5 f6f7").build();
  EXPECT_EQ(checksum_fold(checksum_add(data)), 0xddf2);
  EXPECT_EQ(checksum_of(checksum_add(data)), 0x220d);
}

TEST(Checksum, OddByteIsPaddedBehind) {
  const Buffer odd = {0x12, 0x34, 0x56}, even = {0x12, 0x34, 0x56, 0x00};
  EXPECT_EQ(checksum_fold(checksum_add(odd)), checksum_fold(checksum_add(even)));
}

TEST(Checksum, PiecesAddUpToTheWhole) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    Buffer data(random() % 3000);
    for (auto& b : data) b = static_cast<std::uint8_t>(random());
    std::uint32_t plain = 0;
    for (std::size_t i = 0; i < data.size(); ++i) plain += i % 2 == 0 ? data[i] << 8U : data[i];
    while (plain > 0xffff) plain = (plain & 0xffff) + (plain >> 16);
    EXPECT_EQ(checksum_fold(checksum_add(data)), plain);
    const std::size_t middle = data.size() / 4 * 2;
    const Bytes all = data;
    EXPECT_EQ(checksum_fold(checksum_add(skip(all, middle), checksum_add(first(all, middle)))),
              plain);
  }
}

TEST(Checksum, SumOfAllOnesDoesNotOverflow) {
  const Buffer data(65'536, 0xff);
  std::uint64_t sum = 0;
  for (int i = 0; i < 1000; ++i) sum = checksum_add(data, sum);
  EXPECT_EQ(checksum_fold(sum), 0xffff);
}

struct Decoded {
  explicit Decoded(Buffer b, std::uint32_t wire = 0) : bytes(std::move(b)), decoder({}) {
    decoder.decode(frame_of(bytes, 1, wire), 1, packet);
  }
  Buffer bytes;
  Decoder decoder;
  Packet packet;
};

void expect_same(const ChecksumCheck& a, const ChecksumCheck& b) {
  EXPECT_EQ(a.checkable, b.checkable);
  EXPECT_EQ(a.valid, b.valid);
  EXPECT_EQ(a.stated, b.stated);
  EXPECT_EQ(a.computed, b.computed);
}

Buffer change(Buffer b, std::size_t at, int mask = 0x01) {
  b.at(at) ^= static_cast<std::uint8_t>(mask);
  return b;
}

TEST(Checksum, BuiltPacketsAreRight) {
  const std::vector<Buffer> packets = {
      PacketBuilder().eth().ipv4({.options = std::string(8, '\1')}).tcp().text("odd").build(),
      PacketBuilder().eth().ipv4({.protocol = 17}).udp().text("even").build(10),
      PacketBuilder().eth().ipv4({.protocol = 1}).icmp().text("ping!").build(),
      PacketBuilder().eth(0x86dd).ipv6().tcp().text("abc").build(),
      PacketBuilder().eth(0x86dd).ipv6({.next_header = 17}).udp().text("abcd").build(),
  };
  for (const Buffer& b : packets) {
    const Decoded whole(b);
    const ChecksumCheck l4 = check_l4_checksum(whole.packet);
    EXPECT_TRUE(l4.checkable && l4.valid);
    EXPECT_EQ(l4.computed, l4.stated);
    EXPECT_NE(l4.stated, 0);
    const ChecksumCheck ip = check_ip_checksum(whole.packet);
    EXPECT_EQ(ip.checkable, whole.packet.src_ip.is_v4());
    EXPECT_FALSE(ip.wrong());
    EXPECT_EQ(ip.computed, ip.stated);

    const std::size_t last =
        whole.packet.l7.data() + whole.packet.l7.size() - 1 - whole.bytes.data();
    const Decoded damaged(change(b, last));
    const ChecksumCheck bad = check_l4_checksum(damaged.packet);
    EXPECT_TRUE(bad.wrong());
    EXPECT_EQ(bad.stated, l4.stated);
    EXPECT_NE(bad.computed, bad.stated);
  }
}

TEST(Checksum, DamagedIpv4Header) {
  const Decoded d(change(PacketBuilder().eth().ipv4().tcp().build(), 14 + 8));
  EXPECT_TRUE(check_ip_checksum(d.packet).wrong());
  EXPECT_FALSE(check_l4_checksum(d.packet).wrong());
}

TEST(Checksum, ZeroAndAllOnesAreTheSameInTcp) {
  // The payload makes the sum of all other words 0xffff.
  Buffer b = PacketBuilder().eth().ipv4().tcp().text(std::string(2, '\0')).build();
  const std::size_t field = 14 + 20 + 16;
  b[b.size() - 2] = b[field];
  b[b.size() - 1] = b[field + 1];
  for (const int value : {0x00, 0xff}) {
    b[field] = b[field + 1] = static_cast<std::uint8_t>(value);
    const Decoded d(b);
    const ChecksumCheck check = check_l4_checksum(d.packet);
    EXPECT_TRUE(check.checkable && check.valid);
    EXPECT_EQ(check.computed, 0);
  }
}

TEST(Checksum, UdpWritesZeroAsAllOnes) {
  Buffer b = PacketBuilder().eth().ipv4({.protocol = 17}).udp().text(std::string(2, '\0')).build();
  const std::size_t field = 14 + 20 + 6;
  b[b.size() - 2] = b[field];
  b[b.size() - 1] = b[field + 1];
  b[field] = b[field + 1] = 0xff;
  const Decoded d(b);
  const ChecksumCheck check = check_l4_checksum(d.packet);
  EXPECT_TRUE(check.checkable && check.valid);
  EXPECT_EQ(check.computed, 0xffff);
}

/// Whatever the packet: the same result, whether or not checksums were verified ahead.
TEST(Checksum, VerifiedAhead) {
  std::mt19937 random(11);
  int wrong = 0, right = 0, unusual = 0, ahead = 0, ahead_wrong = 0;
  for (int round = 0; round < 3000; ++round) {
    const auto text = std::string(random() % 300, static_cast<char>(random()));
    const bool v6 = random() % 2 == 0, udp = random() % 2 == 0;
    PacketBuilder b;
    if (v6) {
      b.eth(0x86dd).ipv6({.next_header = static_cast<std::uint8_t>(udp ? 17 : 6)});
    } else {
      b.eth().ipv4({.protocol = static_cast<std::uint8_t>(udp ? 17 : 6)});
    }
    Buffer frame =
        (udp ? b.udp() : b.tcp()).text(text).build(random() % 3);  // trailer: 0 to 2 bytes
    // Fields that make sums of zero, and damage anywhere.
    const std::size_t field = 14 + (v6 ? 40 : 20) + (udp ? 6 : 16);
    if (random() % 4 == 0) frame[field] = frame[field + 1] = random() % 2 == 0 ? 0x00 : 0xff;
    if (random() % 4 == 0) frame[random() % frame.size()] ^= static_cast<std::uint8_t>(random());
    Decoded d(frame);
    const ChecksumCheck plain = check_l4_checksum(d.packet), ip = check_ip_checksum(d.packet);
    Frame noted = frame_of(frame);
    d.decoder.predecode(noted, true);
    d.decoder.decode(noted, 1, d.packet);
    expect_same(check_l4_checksum(d.packet), plain);
    expect_same(check_ip_checksum(d.packet), ip);
    ASSERT_FALSE(HasFailure()) << round;
    ahead += d.packet.checked == (Packet::kIpRight | Packet::kL4Right);
    ahead_wrong += (d.packet.checked & Packet::kL4Wrong) != 0;
    wrong += plain.wrong();
    right += plain.valid;
    unusual += plain.stated == 0 || plain.stated == 0xffff;
  }
  EXPECT_GT(wrong, 100);
  EXPECT_GT(right, 100);
  EXPECT_GT(unusual, 100);
  EXPECT_GT(ahead, 100);
  EXPECT_GT(ahead_wrong, 100);
}

TEST(Checksum, NotCheckable) {
  const Buffer udp = PacketBuilder().eth().ipv4({.protocol = 17}).udp().text("1234").build();
  const Buffer snapped(udp.begin(), udp.end() - 1);
  const Decoded short_one(snapped, static_cast<std::uint32_t>(udp.size()));
  EXPECT_FALSE(check_l4_checksum(short_one.packet).checkable);
  EXPECT_EQ(check_l4_checksum(short_one.packet).stated,
            check_l4_checksum(Decoded(udp).packet).stated);
  EXPECT_EQ(check_l4_checksum(short_one.packet).computed, 0);

  Buffer none = udp;
  none[14 + 20 + 6] = none[14 + 20 + 7] = 0;
  EXPECT_FALSE(check_l4_checksum(Decoded(none).packet).checkable);

  Buffer ipv6 = PacketBuilder().eth(0x86dd).ipv6({.next_header = 17}).udp().text("1234").build();
  ipv6[14 + 40 + 6] = ipv6[14 + 40 + 7] = 0;
  EXPECT_TRUE(check_l4_checksum(Decoded(ipv6).packet).wrong());

  EXPECT_FALSE(check_l4_checksum(Decoded(PacketBuilder()
                                             .eth()
                                             .ipv4({.protocol = 17, .fragment = 0x2000})
                                             .udp()
                                             .text("12345678")
                                             .build())
                                     .packet)
                   .checkable);
  EXPECT_EQ(l4_checksum_offset(Decoded(PacketBuilder().eth(0x0806).zeros(28).build()).packet), -1);
  EXPECT_FALSE(check_l4_checksum(
                   Decoded(PacketBuilder().eth().ipv4({.protocol = 50}).zeros(20).build()).packet)
                   .checkable);
}

TEST(Checksum, UdpLiteCoverage) {
  // Coverage 8: the payload may change.
  const auto packet = [](unsigned coverage, unsigned checksum) {
    return PacketBuilder()
        .eth()
        .ipv4({.protocol = 136})
        .be16(9)
        .be16(99)
        .be16(coverage)
        .be16(checksum)
        .text("abcd")
        .build();
  };
  const Decoded probe(packet(8, 0));
  const std::uint16_t right = check_l4_checksum(probe.packet).computed;
  const Decoded good(packet(8, right)), changed(change(packet(8, right), 14 + 28));
  EXPECT_TRUE(check_l4_checksum(good.packet).valid);
  EXPECT_TRUE(check_l4_checksum(changed.packet).valid);
  EXPECT_TRUE(check_l4_checksum(Decoded(packet(0, right)).packet).wrong());
  EXPECT_FALSE(check_l4_checksum(Decoded(packet(7, right)).packet).checkable);
  EXPECT_FALSE(check_l4_checksum(Decoded(packet(13, right)).packet).checkable);
}

TEST(Checksum, OspfLeavesOutTheAuthentication) {
  const auto packet = [](unsigned checksum, unsigned authentication) {
    return PacketBuilder()
        .eth()
        .ipv4({.protocol = 89})
        .hex("02 01 001c 01010101 00000000")
        .be16(checksum)
        .be16(0)
        .be32(authentication)
        .be32(0)
        .be32(7)
        .build();
  };
  const std::uint16_t right = check_l4_checksum(Decoded(packet(0, 0)).packet).computed;
  EXPECT_TRUE(check_l4_checksum(Decoded(packet(right, 0)).packet).valid);
  EXPECT_TRUE(check_l4_checksum(Decoded(packet(right, 12345)).packet).valid);
  EXPECT_TRUE(check_l4_checksum(Decoded(packet(right ^ 1U, 0)).packet).wrong());
}

TEST(Checksum, GreOnlyWithTheChecksumFlag) {
  const Buffer with =
      PacketBuilder().eth().ipv4({.protocol = 47}).hex("8000 22eb 0000 0000 abcd").build();
  const Buffer without = PacketBuilder().eth().ipv4({.protocol = 47}).hex("0000 22eb abcd").build();
  EXPECT_EQ(l4_checksum_offset(Decoded(with).packet), 4);
  EXPECT_EQ(l4_checksum_offset(Decoded(without).packet), -1);
  const ChecksumCheck check = check_l4_checksum(Decoded(with).packet);
  EXPECT_EQ(check.computed, static_cast<std::uint16_t>(~((0x8000U + 0x22eb + 0xabcd) % 0xffff)));
}

TEST(Checksum, RoutingHeaderNamesTheFinalDestination) {
  // The transport checksum was made for ::99, which is the last hop of the source route.
  Buffer direct = PacketBuilder()
                      .eth(0x86dd)
                      .ipv6({.dst = "2001:db8::99", .next_header = 17})
                      .udp()
                      .text("x")
                      .build();
  const std::uint8_t high = direct[14 + 40 + 6], low = direct[14 + 40 + 7];
  const auto routed = [&](unsigned segments_left) {
    return PacketBuilder()
        .eth(0x86dd)
        .ipv6({.next_header = 43})
        .u8(17)
        .u8(2)
        .u8(0)
        .u8(segments_left)
        .be32(0)
        .hex("20010db8 00000000 00000000 00000099")
        .be16(40000)
        .be16(50000)
        .be16(9)
        .u8(high)
        .u8(low)
        .text("x")
        .build();
  };
  EXPECT_TRUE(check_l4_checksum(Decoded(routed(1)).packet).valid);
  EXPECT_TRUE(check_l4_checksum(Decoded(routed(0)).packet).wrong());
}

}  // namespace
}  // namespace t2::test
