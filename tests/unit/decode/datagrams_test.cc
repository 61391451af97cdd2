// SPDX-License-Identifier: Apache-2.0
// Fragments of packets: what each learns of its datagram, and the whole packet, also when it
// travelled in a tunnel.
#include "decode/datagrams.h"

#include <gtest/gtest.h>

#include <deque>

#include "packet_builder.h"
#include "samples.h"
#include "t2/checksum.h"

namespace t2::test {
namespace {

using namespace flow_stat;

/// Ethernet frames with the IP packet `ip` cut in two behind `at` bytes of its payload.
std::vector<Buffer> cut(const Buffer& ip, std::size_t at, std::uint16_t id = 7, bool vlan = false) {
  std::vector<Buffer> frames;
  for (const bool later : {false, true}) {
    Buffer part(ip.begin(), ip.begin() + 20);
    const auto from = ip.begin() + 20 + static_cast<std::ptrdiff_t>(later ? at : 0);
    part.insert(part.end(), from, later ? ip.end() : from + static_cast<std::ptrdiff_t>(at));
    const std::size_t field = later ? at / 8 : 0x2000;
    for (const auto& [where, value] :
         {std::pair{2, part.size()}, std::pair{4, std::size_t{id}}, std::pair{6, field}}) {
      part[static_cast<std::size_t>(where)] = static_cast<std::uint8_t>(value >> 8);
      part[static_cast<std::size_t>(where) + 1] = static_cast<std::uint8_t>(value);
    }
    PacketBuilder b;
    vlan ? b.eth(0x8100).vlan(5) : b.eth();
    frames.push_back(b.append(part).build());
  }
  return frames;
}

Buffer tcp_packet(std::string_view text) {
  return PacketBuilder().ipv4().tcp({.seq = 77}).text(text).build();
}

class DatagramsTest : public testing::Test {
 protected:
  Datagrams::Taken take(const Buffer& frame) {
    frames_.push_back(frame);
    decoder_.decode(frame_of(frames_.back(), 1, 0), ++number_, packet_);
    return packet_.part == nullptr ? Datagrams::Taken() : datagrams_.take(packet_);
  }
  bool has(Bit bit) const { return (packet_.status & mask(bit)) != 0; }

  std::deque<Buffer> frames_;
  Decoder decoder_{sample_options()};
  Datagrams datagrams_{sample_options(), {}};
  Packet packet_;
  std::uint64_t number_ = 0;
};

TEST_F(DatagramsTest, AWholePacketAtTheFragmentThatCompletesIt) {
  const auto frames = cut(tcp_packet("hello, world"), 24);
  Datagrams::Taken t = take(frames[0]);
  EXPECT_EQ(t.whole, nullptr);
  EXPECT_TRUE(has(kFragmentPending));
  EXPECT_EQ(t.transport.size(), 24U);
  t = take(frames[1]);
  ASSERT_NE(t.whole, nullptr);
  EXPECT_EQ(t.whole->text(), "hello, world");
  EXPECT_EQ(t.whole->number, 2U);
  EXPECT_FALSE(t.whole->fragment);
  EXPECT_FALSE(check_l4_checksum(*t.whole).wrong());
  EXPECT_TRUE(check_l4_checksum(*t.whole).checkable);
  EXPECT_EQ(packet_.src_port, 40000);
  EXPECT_EQ(packet_.dst_port, 80);
  EXPECT_FALSE(has(kFragmentPending) || has(kFirstFragmentMissing));
}

TEST_F(DatagramsTest, TheLastFragmentFirst) {
  const auto frames = cut(tcp_packet("hello, world"), 24);
  take(frames[1]);
  EXPECT_TRUE(has(kFirstFragmentMissing));
  EXPECT_EQ(packet_.src_port, 0);
  const Datagrams::Taken t = take(frames[0]);
  ASSERT_NE(t.whole, nullptr);
  EXPECT_EQ(t.whole->text(), "hello, world");
  EXPECT_FALSE(has(kFragmentPending));
}

TEST_F(DatagramsTest, AFirstFragmentShorterThanTheTcpHeaderHasPorts) {
  const auto frames = cut(tcp_packet("hello, world"), 8);
  take(frames[0]);
  EXPECT_EQ(packet_.src_port, 40000);
  EXPECT_TRUE(packet_.tcp_header().empty());
  EXPECT_TRUE(has(kL4Short));
  const Datagrams::Taken t = take(frames[1]);
  ASSERT_NE(t.whole, nullptr);
  EXPECT_EQ(t.whole->text(), "hello, world");
  EXPECT_EQ(packet_.dst_port, 80);
}

TEST_F(DatagramsTest, Ipv6WithExtensionHeadersOnBothSides) {
  const auto part = [](unsigned offset, bool more, const Buffer& body) {
    return PacketBuilder()
        .eth(0x86dd)
        .ipv6({.next_header = 0})
        .extension(44)
        .fragment_header(60, offset, more, 9)
        .append(body)
        .build();
  };
  const Buffer packet = tcp_packet("hello, world");
  Buffer body = PacketBuilder().extension(6).build();
  body.insert(body.end(), packet.begin() + 20, packet.end());
  take(part(0, true, Buffer(body.begin(), body.begin() + 32)));
  EXPECT_EQ(packet_.src_port, 40000);
  const Datagrams::Taken t = take(part(32, false, Buffer(body.begin() + 32, body.end())));
  ASSERT_NE(t.whole, nullptr);
  EXPECT_EQ(t.whole->text(), "hello, world");
  EXPECT_EQ(t.whole->l3_header_length, 56) << "hop-by-hop and destination options";
  EXPECT_EQ(packet_.l4_proto, 6) << "its own header says 60";
  EXPECT_EQ(packet_.src_port, 40000);
}

TEST_F(DatagramsTest, ATunnelThatIsFragmented) {
  const Buffer inner = tcp_packet("hello, world");
  const Buffer outer = PacketBuilder()
                           .ipv4({.src = "1.1.1.1", .dst = "2.2.2.2", .protocol = 17})
                           .udp({.src_port = 50001, .dst_port = 4789})
                           .hex("08000000 00000100")
                           .eth()
                           .append(inner)
                           .build();
  const auto frames = cut(outer, 72);
  Datagrams::Taken t = take(frames[0]);
  EXPECT_EQ(packet_.src_port, 40000) << "the inner header is there";
  EXPECT_FALSE(packet_.fragment);
  EXPECT_EQ(t.whole, nullptr);
  t = take(frames[1]);
  EXPECT_EQ(packet_.dst_port, 4789);
  ASSERT_NE(t.whole, nullptr);
  EXPECT_EQ(t.whole->src_port, 40000);
  EXPECT_EQ(t.whole->text(), "hello, world");
}

TEST_F(DatagramsTest, FragmentsInFragmentsOfATunnel) {
  for (const bool vlan : {false, true}) {
    const auto inner = cut(tcp_packet("hello, world, and all that"), 32, 3);
    const auto gre = [&](std::size_t i) {
      return PacketBuilder()
          .ipv4({.src = "1.1.1.1", .dst = "2.2.2.2", .protocol = 47})
          .hex("00000800")
          .append(Buffer(inner[i].begin() + 14, inner[i].end()))
          .build();
    };
    const auto outer = cut(gre(0), 40, vlan ? 11 : 10, vlan);
    PacketBuilder last;
    vlan ? last.eth(0x8100).vlan(5) : last.eth();
    take(outer[0]);
    EXPECT_EQ(take(outer[1]).whole, nullptr);
    const Datagrams::Taken t = take(last.append(gre(1)).build());
    EXPECT_EQ(packet_.src_port, 40000);
    ASSERT_NE(t.whole, nullptr);
    EXPECT_EQ(t.whole->text(), "hello, world, and all that");
    EXPECT_EQ(t.whole->vlan_id, vlan ? 5 : 0);
  }
}

TEST_F(DatagramsTest, ALostFragmentIsPending) {
  const auto frames = cut(tcp_packet("hello, world"), 24);
  take(frames[0]);
  take(cut(tcp_packet("another"), 24, 8)[0]);
  EXPECT_TRUE(has(kFragmentPending));
  EXPECT_EQ(take(cut(tcp_packet("another"), 24, 8)[1]).whole->text(), "another");
}

TEST_F(DatagramsTest, ARepeatedFragmentKeepsItsPorts) {
  const auto frames = cut(tcp_packet("hello, world"), 24);
  take(frames[0]);
  take(frames[1]);
  EXPECT_EQ(take(frames[1]).whole, nullptr);
  EXPECT_EQ(packet_.src_port, 40000);
  EXPECT_FALSE(has(kFirstFragmentMissing) || has(kFragmentPending));
}

TEST_F(DatagramsTest, FragmentsThatContradictNeedARightChecksum) {
  const auto right = cut(tcp_packet("hello, world"), 24);
  const auto forged = cut(tcp_packet("hello, earth"), 24);
  take(right[0]);
  take(forged[0]);  // the first four bytes of the text are the same, not the checksum
  EXPECT_NE(take(right[1]).whole, nullptr);
  EXPECT_EQ(datagrams_.stats().conflicts, 1U);
  take(forged[1]);
  take(right[1]);
  EXPECT_EQ(take(right[0]).whole, nullptr);
  EXPECT_EQ(datagrams_.stats().conflicts, 3U);
}

TEST_F(DatagramsTest, WithoutFragmentationNothingIsNoted) {
  DecodeOptions options = sample_options();
  options.fragmentation = false;
  Decoder decoder(options);
  const Buffer frame = cut(tcp_packet("hello, world"), 24)[0];
  Packet p;
  decoder.decode(frame_of(frame, 1, 0), 1, p);
  EXPECT_TRUE(p.fragment);
  EXPECT_EQ(p.part, nullptr);
}

}  // namespace
}  // namespace t2::test
