// SPDX-License-Identifier: Apache-2.0
// Crafted frames, one or more per header kind, with all that decoding them must give. The table
// test checks them; the robustness tests cut and mix them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "packet_builder.h"
#include "t2/packet.h"

namespace t2::test {

struct Sample {
  std::string name;
  std::uint16_t link_type = 1;
  Buffer bytes;
  std::string stack;
  std::uint64_t status = 0;  // exactly these bits
  int protocol = -1;         // -1: a pure L2 packet
  std::uint16_t src_port = 0, dst_port = 0;
  std::string payload;  // captured, exactly
  Decoder::Outcome outcome = Decoder::Outcome::kOk;
};

constexpr std::uint64_t bits(std::initializer_list<flow_stat::Bit> list) {
  std::uint64_t all = 0;
  for (const flow_stat::Bit bit : list) all |= flow_stat::mask(bit);
  return all;
}
inline constexpr std::uint64_t kV4 = bits({flow_stat::kIpv4Flow, flow_stat::kIpv4Packet});
inline constexpr std::uint64_t kV6 = bits({flow_stat::kIpv6Flow, flow_stat::kIpv6Packet});
inline constexpr std::uint64_t kL2 = bits({flow_stat::kL2Flow});
inline constexpr std::uint64_t kStop = bits({flow_stat::kStopDissect});
inline constexpr std::uint64_t kRaw = bits({flow_stat::kNoEthernet});

std::vector<Sample> link_samples();
std::vector<Sample> ether_samples();
std::vector<Sample> ip_samples();
std::vector<Sample> ip_tunnel_samples();
std::vector<Sample> udp_tunnel_samples();

std::vector<Sample> all_samples();

/// The options that make all of them decodable.
DecodeOptions sample_options();

inline Frame frame_of(const Buffer& bytes, std::uint16_t link_type = 1,
                      std::uint32_t wire_length = 0) {
  Frame f;
  f.time = 1'000'000'007;
  f.bytes = bytes;
  f.wire_length = wire_length != 0 ? wire_length : static_cast<std::uint32_t>(bytes.size());
  f.link_type = link_type;
  return f;
}

}  // namespace t2::test
