// SPDX-License-Identifier: Apache-2.0
// The fields of Packet that the table of samples does not look at.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "samples.h"

namespace t2::test {
namespace {

using namespace flow_stat;
using Outcome = Decoder::Outcome;

class Fields : public testing::Test {
 protected:
  const Packet& decode(Buffer bytes, std::uint16_t link_type = 1, std::uint32_t wire_length = 0,
                       const DecodeOptions& options = sample_options()) {
    bytes_ = std::move(bytes);
    decoder_ = std::make_unique<Decoder>(options);
    outcome_ = decoder_->decode(frame_of(bytes_, link_type, wire_length), 1, packet_);
    return packet_;
  }
  bool has(Bit bit) const { return (packet_.status & mask(bit)) != 0; }
  std::ptrdiff_t offset(Bytes part) const { return part.data() - bytes_.data(); }

  Buffer bytes_;
  std::unique_ptr<Decoder> decoder_;
  Packet packet_;
  Outcome outcome_{};
};

constexpr Mac kFirst{{2, 0, 0, 0, 0, 1}}, kSecond{{2, 0, 0, 0, 0, 2}};

TEST_F(Fields, TcpInIpv4) {
  const Packet& p =
      decode(PacketBuilder()
                 .eth()
                 .ipv4({.src = "1.2.3.4", .dst = "5.6.7.8", .ttl = 9, .tos = 0x20, .id = 77})
                 .tcp({.options = std::string(4, '\1')})
                 .text("abc")
                 .build());
  EXPECT_EQ(p.src_mac, kSecond);
  EXPECT_EQ(p.dst_mac, kFirst);
  EXPECT_TRUE(p.has_mac);
  EXPECT_EQ(p.src_ip.v4_value(), 0x01020304U);
  EXPECT_EQ(p.dst_ip.v4_value(), 0x05060708U);
  EXPECT_EQ(p.ttl, 9);
  EXPECT_EQ(p.tos, 0x20);
  EXPECT_EQ(p.ip_id, 77U);
  EXPECT_EQ(p.l3_header_length, 20);
  EXPECT_EQ(p.l4_header_length, 24);
  EXPECT_EQ(offset(p.l2), 0);
  EXPECT_EQ(offset(p.l3), 14);
  EXPECT_EQ(offset(p.l4), 34);
  EXPECT_EQ(offset(p.l7), 58);
  EXPECT_EQ(p.l2_length, 61U);
  EXPECT_EQ(p.l3_length, 47U);
  EXPECT_EQ(p.l7_length, 3U);
  EXPECT_EQ(p.length, 3U);
  EXPECT_EQ(p.pad_length, 0U);
  EXPECT_EQ(p.tcp_header().size(), 24U);
  EXPECT_EQ(p.text(), "abc");
  EXPECT_EQ(p.tunnel, nullptr);
  EXPECT_FALSE(p.fragment || p.later_fragment || p.more_fragments || p.llc);
}

TEST_F(Fields, Ipv6WithExtensions) {
  const Packet& p = decode(PacketBuilder()
                               .eth(0x86dd)
                               .ipv6({.next_header = 0, .hop_limit = 3, .traffic_class = 0xb8})
                               .extension(60)
                               .extension(17)
                               .udp()
                               .text("abc")
                               .build());
  EXPECT_EQ(p.ttl, 3);
  EXPECT_EQ(p.tos, 0xb8);
  EXPECT_EQ(p.l3_header_length, 56);
  EXPECT_EQ(p.l4_header_length, 8);
  EXPECT_EQ(p.l3_length, 67U);
  EXPECT_EQ(p.l7_length, 3U);
  EXPECT_EQ(p.src_ip.bytes[15], 1);
  EXPECT_EQ(p.dst_ip.bytes[15], 2);
}

TEST_F(Fields, PaddingIsCutAndCounted) {
  const Packet& p = decode(PacketBuilder().eth().ipv4().tcp().build(6));
  EXPECT_EQ(p.pad_length, 6U);
  EXPECT_EQ(p.l2.size(), 54U);
  EXPECT_TRUE(p.l7.empty());
  EXPECT_EQ(p.frame.size(), 60U);
}

TEST_F(Fields, PaddingOfIpv6IsCutToo) {
  const Packet& p = decode(PacketBuilder().eth(0x86dd).ipv6({.next_header = 59}).build(6));
  EXPECT_EQ(p.l3_length, 46U);  // length field 0: all there is
  EXPECT_TRUE(has(kIpLengthZero));
  const Packet& udp = decode(PacketBuilder().eth(0x86dd).ipv6({.next_header = 17}).udp().build(2));
  EXPECT_EQ(udp.l3.size(), 48U);
  EXPECT_EQ(udp.pad_length, 2U);
}

TEST_F(Fields, LongFramesHaveNoPadding) {
  EXPECT_EQ(decode(PacketBuilder().eth().ipv4().tcp().build(10)).pad_length, 10U);
  EXPECT_EQ(decode(PacketBuilder().eth().ipv4().tcp().build(11)).pad_length, 0U);
  // Each tag may make a padded frame 4 bytes longer.
  EXPECT_EQ(decode(PacketBuilder().eth(0x8100).vlan(1).ipv4().tcp().build(10)).pad_length, 10U);
  EXPECT_EQ(decode(PacketBuilder().eth(0x8100).vlan(1).ipv4().tcp().build(11)).pad_length, 0U);
}

TEST_F(Fields, PaddingOfLayer2Packets) {
  EXPECT_EQ(decode(PacketBuilder().eth(0x0806).zeros(28).build(18)).pad_length, 18U);
  EXPECT_EQ(decode(PacketBuilder().eth(0x0806).zeros(20).build()).pad_length, 0U);
  const Packet& llc = decode(PacketBuilder().eth(38).hex("4242 03").zeros(35).build(8));
  EXPECT_EQ(llc.pad_length, 8U);
  EXPECT_EQ(llc.l7.size(), 43U);  // kept, as in the reference
  EXPECT_TRUE(llc.llc);
  EXPECT_EQ(llc.ether_type, 0x4242);
  EXPECT_EQ(decode(PacketBuilder().eth(0x88b5).build(40)).pad_length, 0U);
}

TEST_F(Fields, WireLengthsOfASnappedPacket) {
  Buffer whole = PacketBuilder().eth().ipv4().tcp().text(std::string(1000, 'x')).build();
  Buffer snapped(whole.begin(), whole.begin() + 100);
  const Packet& p = decode(snapped, 1, static_cast<std::uint32_t>(whole.size()));
  EXPECT_EQ(p.wire_length, 1054U);
  EXPECT_EQ(p.l3_length, 1040U);
  EXPECT_EQ(p.l7_length, 1000U);
  EXPECT_EQ(p.l7.size(), 46U);
  EXPECT_TRUE(has(kL3Snapped));
  EXPECT_FALSE(has(kL4Short));
}

TEST_F(Fields, SnappedTransportHeader) {
  Buffer whole = PacketBuilder().eth().ipv4().tcp().text("abc").build();
  const Packet& p = decode(Buffer(whole.begin(), whole.begin() + 14 + 20 + 6), 1, 57);
  EXPECT_EQ(outcome_, Outcome::kOk);
  EXPECT_EQ(p.src_port, 40000);
  EXPECT_EQ(p.dst_port, 80);
  EXPECT_EQ(p.l4_header_length, 20);
  EXPECT_EQ(p.l7_length, 3U);
  EXPECT_TRUE(p.l7.empty());
  EXPECT_TRUE(p.tcp_header().empty());
  EXPECT_TRUE(has(kL4Short) && has(kL3Snapped));
}

TEST_F(Fields, TotalLengthZeroMeansTheWholeFrame) {
  const Packet& p =
      decode(PacketBuilder().eth().ipv4({.total_length = 0}).tcp().text("abc").build());
  EXPECT_EQ(p.l3_length, 43U);
  EXPECT_EQ(p.text(), "abc");
  EXPECT_TRUE(has(kIpLengthZero));
}

TEST_F(Fields, TotalLengthBeyondTheFrame) {
  const Packet& p =
      decode(PacketBuilder().eth().ipv4({.total_length = 500}).tcp().text("abc").build());
  EXPECT_EQ(p.l3_length, 43U);
  EXPECT_FALSE(has(kIpLengthZero));
  EXPECT_FALSE(has(kL3Snapped));
  EXPECT_EQ(
      decode(PacketBuilder().eth().ipv4({.total_length = 44}).tcp().text("abc").build()).l3_length,
      43U);
}

TEST_F(Fields, TotalLengthBelowTheHeaders) {
  const Packet& p =
      decode(PacketBuilder().eth().ipv4({.total_length = 30}).tcp().text("abc").build());
  EXPECT_EQ(p.l3.size(), 30U);
  EXPECT_EQ(p.l7_length, 0U);
  EXPECT_EQ(p.length, 0U);
  EXPECT_TRUE(has(kL4Short));
  EXPECT_EQ(p.src_port, 0);
  decode(PacketBuilder().eth().ipv4({.total_length = 19}).tcp().build());
  EXPECT_TRUE(has(kL3Short) && has(kL4Short));
}

TEST_F(Fields, TcpDataOffsetBeyondTheSegment) {
  Buffer b = PacketBuilder().eth().ipv4().tcp().text("abc").build();
  b[14 + 20 + 12] = 0xf0;
  const Packet& p = decode(b);
  EXPECT_TRUE(has(kL4Short));
  EXPECT_EQ(p.l7_length, 0U);
  EXPECT_TRUE(p.l7.empty());
}

TEST_F(Fields, TcpDataOffsetBelowTheHeader) {
  Buffer b = PacketBuilder().eth().ipv4().tcp().text("abc").build();
  b[14 + 20 + 12] = 0x10;
  const Packet& p = decode(b);
  EXPECT_TRUE(has(kL4Short));
  EXPECT_EQ(p.tcp_header().size(), 20U);
  EXPECT_EQ(p.text(), "abc");
}

TEST_F(Fields, SnappedIpv4Options) {
  Buffer whole =
      PacketBuilder().eth().ipv4({.options = std::string(8, '\1')}).tcp().text("abc").build();
  const Packet& p = decode(Buffer(whole.begin(), whole.begin() + 14 + 22), 1, 14 + 28 + 23);
  EXPECT_EQ(p.l7_length, 3U);
  EXPECT_EQ(p.l3_header_length, 28);
  EXPECT_TRUE(p.l4.empty());
}

TEST_F(Fields, Ipv4HeaderLengthBelow20) {
  Buffer b = PacketBuilder().eth().ipv4().tcp().build();
  b[14] = 0x44;
  decode(b);
  EXPECT_EQ(outcome_, Outcome::kNoFlow);
  EXPECT_TRUE(has(kIpHeaderShort));
  EXPECT_EQ(packet_.headers->text, "eth:ipv4");
}

TEST_F(Fields, IncompleteHeadersHaveNoFlow) {
  decode(PacketBuilder().hex("0102030405060708090a0b").build());
  EXPECT_EQ(outcome_, Outcome::kNoFlow);
  EXPECT_TRUE(has(kL2Snapped));
  decode(PacketBuilder().eth(0x8100).hex("0001").build());
  EXPECT_EQ(outcome_, Outcome::kNoFlow);
  EXPECT_TRUE(has(kL2Snapped) && has(kVlan));
  decode(PacketBuilder().eth().hex("4500").build(), 1, 60);
  EXPECT_EQ(outcome_, Outcome::kNoFlow);
  EXPECT_TRUE(has(kL3Snapped) && has(kStopDissect) && has(kIpv4Packet));
  decode(PacketBuilder().eth(0x86dd).build(), 1, 60);
  EXPECT_EQ(outcome_, Outcome::kNoFlow);
  decode(Buffer(), 1, 60);
  EXPECT_EQ(outcome_, Outcome::kNoFlow);
}

TEST_F(Fields, VlanTagsOutermostFirst) {
  const Packet& p =
      decode(PacketBuilder().eth(0x88a8).vlan(0x600d, 0x8100).vlan(0x100a).ipv4().tcp().build());
  ASSERT_EQ(p.vlan_count, 2);
  EXPECT_EQ(p.vlan_depth, 2);
  EXPECT_EQ(p.vlans[0].tpid, 0x88a8);
  EXPECT_EQ(p.vlans[0].tci, 0x600d);
  EXPECT_EQ(p.vlans[0].ether_type, 0x8100);
  EXPECT_EQ(p.vlans[1].tpid, 0x8100);
  EXPECT_EQ(p.vlans[1].tci, 0x100a);
  EXPECT_EQ(p.vlans[1].ether_type, 0x0800);
  EXPECT_EQ(p.vlan_id, 10);
}

TEST_F(Fields, TagsInsideAFollowedTunnelAreTheInnermost) {
  const Packet& p = decode(PacketBuilder()
                               .eth(0x8100)
                               .vlan(5)
                               .ipv4({.protocol = 97})
                               .hex("3000")
                               .hex("0a0000000001 0a0000000002")
                               .be16(0x8100)
                               .vlan(6)
                               .ipv4()
                               .tcp()
                               .build());
  EXPECT_EQ(p.vlan_id, 6);
  EXPECT_EQ(p.vlan_count, 2);
  EXPECT_EQ(p.src_mac, (Mac{{10, 0, 0, 0, 0, 2}}));
  EXPECT_EQ(offset(p.l2), 14 + 4 + 20 + 2);
  EXPECT_EQ(p.l2_length, p.l3_length + 18);
}

TEST_F(Fields, ATunnelThatIsNotFollowedLeavesTheLinkLayerAlone) {
  const Packet& p = decode(PacketBuilder()
                               .eth(0x8100)
                               .vlan(5)
                               .ipv4({.protocol = 97})
                               .hex("3000")
                               .hex("0a0000000001 0a0000000002")
                               .be16(0x8100)
                               .vlan(0, 0x0806)
                               .zeros(28)
                               .build());
  EXPECT_EQ(p.vlan_id, 5);
  EXPECT_EQ(p.vlan_count, 1);
  EXPECT_EQ(p.vlan_depth, 1);
  EXPECT_EQ(p.src_mac, kSecond);
  EXPECT_EQ(p.ether_type, 0x0800);
  EXPECT_EQ(p.l4_proto, 97);
  EXPECT_EQ(offset(p.l2), 0);
  EXPECT_FALSE(has(kArp));
}

TEST_F(Fields, PacketLengthByLayer) {
  const Buffer b = PacketBuilder().eth(0x8100).vlan(5).ipv4().tcp().text("abc").build();
  const std::uint32_t expected[] = {18 + 20 + 20 + 3, 20 + 20 + 3, 20 + 3, 3};
  for (int layer = 0; layer <= 3; ++layer) {
    EXPECT_EQ(decode(b, 1, 0, {.packet_length = layer}).length, expected[layer]) << layer;
  }
}

TEST_F(Fields, PacketLengthOfLaterFragments) {
  const Buffer b =
      PacketBuilder().eth().ipv4({.protocol = 17, .fragment = 0x0010}).text("12345678").build();
  const std::uint32_t hidden[] = {22, 8, 8, 8}, shown[] = {42, 28, 8, 8};
  for (int layer = 0; layer <= 3; ++layer) {
    EXPECT_EQ(decode(b, 1, 0, {.packet_length = layer}).length, hidden[layer]) << layer;
    EXPECT_EQ(decode(b, 1, 0, {.packet_length = layer, .fragment_ip_view = false}).length,
              shown[layer])
        << layer;
  }
}

TEST_F(Fields, Fragments) {
  const Packet& first = decode(PacketBuilder()
                                   .eth()
                                   .ipv4({.protocol = 17, .id = 9, .fragment = 0x2000})
                                   .udp()
                                   .text("1")
                                   .build());
  EXPECT_TRUE(first.fragment && first.more_fragments && !first.later_fragment);
  EXPECT_EQ(first.src_port, 40000);
  const Packet& middle = decode(PacketBuilder()
                                    .eth()
                                    .ipv4({.protocol = 17, .id = 9, .fragment = 0x2001})
                                    .text("12345678")
                                    .build());
  EXPECT_TRUE(middle.fragment && middle.more_fragments && middle.later_fragment);
  EXPECT_EQ(middle.fragment_offset, 8U);
  EXPECT_EQ(middle.l4_header_length, 0);
  EXPECT_EQ(middle.text(), "12345678");
  const Packet& none = decode(PacketBuilder().eth().ipv4({.fragment = 0x4000}).tcp().build());
  EXPECT_FALSE(none.fragment);
  const Packet& v6 = decode(PacketBuilder()
                                .eth(0x86dd)
                                .ipv6({.next_header = 44})
                                .fragment_header(6, 65528, true, 0xdeadbeef)
                                .text("12345678")
                                .build());
  EXPECT_TRUE(v6.fragment && v6.more_fragments && v6.later_fragment);
  EXPECT_EQ(v6.fragment_offset, 65528U);
  EXPECT_EQ(v6.ip_id, 0xdeadbeefU);
  EXPECT_EQ(v6.l3_header_length, 48);
  EXPECT_EQ(v6.l4_proto, 6);
}

TEST_F(Fields, AFragmentedOuterHeaderDoesNotMakeTheInnerOneAFragment) {
  const Packet& p = decode(PacketBuilder()
                               .eth()
                               .ipv4({.protocol = 4, .id = 9, .fragment = 0x2000})
                               .ipv4({.id = 5})
                               .tcp()
                               .build());
  EXPECT_FALSE(p.fragment);
  EXPECT_FALSE(has(kFragment));
  EXPECT_EQ(p.ip_id, 5U);
}

TEST_F(Fields, AnInnerLengthCannotExceedTheOuterOne) {
  const Packet& p = decode(PacketBuilder()
                               .eth()
                               .ipv4({.protocol = 4, .total_length = 20 + 20 + 20 + 1})
                               .ipv4()
                               .tcp()
                               .text("abcdef")
                               .build());
  EXPECT_EQ(p.l3_length, 41U);
  EXPECT_EQ(p.text(), "a");
}

TEST_F(Fields, WlanAddresses) {
  const std::string llc = "aaaa03 000000 0806 01";
  const auto frame = [&](std::string_view control, int addresses) {
    PacketBuilder b;
    b.hex(control).be16(0);
    for (int i = 1; i <= 3; ++i) b.hex(fmt::format("02000000000{}", i));
    b.be16(0);
    if (addresses == 4) b.hex("020000000004");
    return b.hex(llc).build();
  };
  const auto mac = [](std::uint8_t n) { return Mac{{2, 0, 0, 0, 0, n}}; };
  const struct {
    const char* control;
    int addresses;
    std::uint8_t dst, src;
  } cases[] = {{"0800", 3, 1, 2}, {"0801", 3, 3, 2}, {"0802", 3, 1, 3}, {"0803", 4, 3, 4}};
  for (const auto& c : cases) {
    const Packet& p = decode(frame(c.control, c.addresses), 105);
    EXPECT_EQ(p.dst_mac, mac(c.dst)) << c.control;
    EXPECT_EQ(p.src_mac, mac(c.src)) << c.control;
    EXPECT_EQ(p.ether_type, 0x0806);
  }
}

TEST_F(Fields, CookedAddresses) {
  const Packet& v1 =
      decode(PacketBuilder().hex("0004 0001 0006 020000000002 0000 0806 aa").build(), 113);
  EXPECT_EQ(v1.src_mac, kSecond);
  EXPECT_EQ(v1.dst_mac, (Mac{{0, 4, 0, 1, 0, 6}}));
  const Packet& v2 = decode(
      PacketBuilder().hex("0806 0000 00000003 0001 04 06 020000000002 0000 aa").build(), 276);
  EXPECT_EQ(v2.src_mac, kSecond);
  EXPECT_EQ(v2.dst_mac, (Mac{{0, 4, 0, 1, 0, 6}}));
  EXPECT_TRUE(v2.has_mac);
  EXPECT_FALSE(decode(PacketBuilder().ipv4().tcp().build(), 12).has_mac);
}

TEST_F(Fields, MplsHeaders) {
  const Packet& p =
      decode(PacketBuilder().eth(0x8847).mpls(16, false).mpls(17, true).ipv4().tcp().build());
  ASSERT_NE(p.tunnel, nullptr);
  EXPECT_EQ(p.mpls_depth, 2);
  EXPECT_EQ(p.tunnel->mpls.size(), 8U);
  EXPECT_EQ(load_be32(p.tunnel->mpls.data()) >> 12, 16U);
}

TEST_F(Fields, PppHeaders) {
  const Packet& pppoe =
      decode(PacketBuilder().eth(0x8864).hex("1100 0001 0000 0021").ipv4().tcp().build());
  ASSERT_NE(pppoe.tunnel, nullptr);
  EXPECT_EQ(offset(pppoe.tunnel->ppp), 20);
  const Packet& link = decode(PacketBuilder().hex("ff03 0021").ipv4().tcp().build(), 9);
  ASSERT_NE(link.tunnel, nullptr);
  EXPECT_EQ(offset(link.tunnel->ppp), 0);
}

TEST_F(Fields, GreHeaders) {
  const Packet& p = decode(PacketBuilder()
                               .eth()
                               .ipv4({.src = "1.1.1.1", .dst = "2.2.2.2", .protocol = 47})
                               .hex("2000 0800 00000007")
                               .ipv4()
                               .tcp()
                               .build());
  ASSERT_NE(p.tunnel, nullptr);
  EXPECT_EQ(offset(p.tunnel->gre), 34);
  EXPECT_EQ(p.tunnel->gre_src.v4_value(), 0x01010101U);
  EXPECT_EQ(p.tunnel->gre_dst.v4_value(), 0x02020202U);
  EXPECT_EQ(p.src_ip.v4_value(), 0x0a000001U);
  EXPECT_TRUE(p.tunnel->l2tp.empty());
}

TEST_F(Fields, L2tpHeaders) {
  const Packet& p = decode(PacketBuilder()
                               .eth()
                               .ipv4({.src = "1.1.1.1", .protocol = 17})
                               .udp({.src_port = 1701, .dst_port = 1701})
                               .hex("0002 0001 0002 0021")
                               .ipv4()
                               .tcp()
                               .build());
  ASSERT_NE(p.tunnel, nullptr);
  EXPECT_EQ(offset(p.tunnel->l2tp), 42);
  EXPECT_EQ(offset(p.tunnel->ppp), 48);
  EXPECT_TRUE(p.tunnel->l2tp_over_udp);
  EXPECT_EQ(p.tunnel->l2tp_src.v4_value(), 0x01010101U);
  const Packet& direct = decode(PacketBuilder().eth().ipv4({.protocol = 115}).zeros(12).build());
  ASSERT_NE(direct.tunnel, nullptr);
  EXPECT_EQ(offset(direct.tunnel->l2tp), 34);
  EXPECT_FALSE(direct.tunnel->l2tp_over_udp);
}

TEST_F(Fields, TeredoHeaders) {
  const Packet& p = decode(PacketBuilder()
                               .eth()
                               .ipv4({.protocol = 17})
                               .udp({.src_port = 3544, .dst_port = 2000})
                               .hex("0000 1234 f5fffffd")
                               .ipv6({.next_header = 59})
                               .build());
  ASSERT_NE(p.tunnel, nullptr);
  EXPECT_EQ(offset(p.tunnel->teredo), 42);
  EXPECT_EQ(offset(p.tunnel->teredo_origin), 42);
  EXPECT_EQ(p.tunnel->teredo_origin.size(), 8U);
  EXPECT_EQ(p.src_port, 0);
}

TEST_F(Fields, LapdHeaders) {
  const Packet& p = decode(PacketBuilder().zeros(16).hex("0081 0204 aabb").build(), 177);
  ASSERT_NE(p.tunnel, nullptr);
  EXPECT_EQ(offset(p.tunnel->lapd), 16);
  EXPECT_EQ(offset(p.l2), 16);
  EXPECT_EQ(offset(p.l7), 20);
}

TEST_F(Fields, EachTunnelHasItsSwitch) {
  const auto inner = PacketBuilder().ipv4().tcp().build();
  const auto eth = PacketBuilder().eth().append(inner).build();
  const auto udp = [](std::uint16_t port, std::string_view hex, const Buffer& body) {
    return PacketBuilder()
        .eth()
        .ipv4({.protocol = 17})
        .udp({.src_port = 2000, .dst_port = port})
        .hex(hex)
        .append(body)
        .build();
  };
  const auto ip = [](std::uint8_t protocol, std::string_view hex, const Buffer& body) {
    return PacketBuilder().eth().ipv4({.protocol = protocol}).hex(hex).append(body).build();
  };
  const Buffer ip6 = PacketBuilder().ipv6().tcp().build();
  const struct {
    bool DecodeOptions::*option;
    Buffer frame;
  } cases[] = {
      {&DecodeOptions::ayiya, udp(5072, "00 02 10 04 00000000 00", inner)},
      {&DecodeOptions::gtp, udp(2152, "30 ff 0000 00000001", inner)},
      {&DecodeOptions::vxlan, udp(4789, "08000000 00000100", eth)},
      {&DecodeOptions::vxlan, udp(4790, "0c000003 00000100", eth)},
      {&DecodeOptions::geneve, udp(6081, "0000 6558 00000100", eth)},
      {&DecodeOptions::capwap, udp(5247, "00100000 00000000", eth)},
      {&DecodeOptions::lwapp,
       udp(12222,
           "000000000000 0208 0000 020000000001 020000000003 020000000002 0000 aaaa03 000000 0800",
           inner)},
      {&DecodeOptions::l2tp, udp(1701, "0002 0001 0002 0021", inner)},
      {&DecodeOptions::teredo, udp(3544, "", ip6)},
      {&DecodeOptions::gre, ip(47, "0000 0800", inner)},
      {&DecodeOptions::etherip, ip(97, "3000", eth)},
      {&DecodeOptions::ipip, ip(4, "", inner)},
      {&DecodeOptions::ipip, ip(41, "", ip6)},
  };
  for (const auto& c : cases) {
    DecodeOptions options;
    EXPECT_EQ(decode(c.frame, 1, 0, options).l4_proto, 6);
    options.*c.option = false;
    const Packet& off = decode(c.frame, 1, 0, options);
    EXPECT_NE(off.l4_proto, 6);
    EXPECT_LE(off.headers->depth, 3);
    EXPECT_EQ(outcome_, Outcome::kOk);
  }
}

TEST_F(Fields, CapwapFrameControlAsTheStandardHasIt) {
  const Buffer b = PacketBuilder()
                       .eth()
                       .ipv4({.protocol = 17})
                       .udp({.src_port = 2000, .dst_port = 5247})
                       .hex(
                           "00100300 00000000 0802 0000 020000000001 020000000003 020000000002 "
                           "0000 aaaa03 000000 0800")
                       .ipv4()
                       .tcp()
                       .build();
  EXPECT_EQ(decode(b, 1, 0, {.swap_capwap_fc = false}).l4_proto, 6);
  EXPECT_EQ(decode(b, 1, 0, {.swap_capwap_fc = true}).l4_proto, 17);
}

TEST_F(Fields, LinkTypeNames) {
  EXPECT_STREQ(link_type_name(1), "EN10MB");
  EXPECT_STREQ(link_type_description(1), "Ethernet");
  EXPECT_STREQ(link_type_name(101), "RAW");
  EXPECT_STREQ(link_type_name(60000), "?");
  EXPECT_STREQ(link_type_description(60000), "?");
}

}  // namespace
}  // namespace t2::test
