// SPDX-License-Identifier: Apache-2.0
// Decoder: the first byte chooses among the supported link types, the second how much of the frame
// is missing, the rest is the frame.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "decode/decoder.h"
#include "link_types.h"
#include "packet_difference.h"
#include "t2/checksum.h"

namespace {

bool inside(t2::Bytes part, t2::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const t2::ChecksumCheck& a, const t2::ChecksumCheck& b) {
  return a.stated == b.stated && a.computed == b.computed && a.checkable == b.checkable &&
         a.valid == b.valid;
}

t2::DecodeOptions all_options() {
  t2::DecodeOptions options;
  options.lapd = true;
  return options;
}

void check(const t2::Packet& packet, t2::Decoder::Outcome outcome) {
  for (const t2::Bytes part : {packet.l2, packet.l3, packet.l4, packet.l7}) {
    require(inside(part, packet.frame));
  }
  require(packet.headers != nullptr && packet.headers->text.size() <= 127);
  require(packet.l7.size() <= packet.l7_length || outcome != t2::Decoder::Outcome::kOk);
  require(packet.is_ip() || packet.l3.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static t2::Decoder decoder(all_options());
  static t2::Packet packet;  // one for all inputs: traces of the last one must not matter
  static const std::vector<std::uint16_t> link_types = t2::fuzz::supported_link_types();

  // A copy of exactly this size, so that a read beyond it is seen.
  const std::vector<std::uint8_t> frame(data + 2, data + size);
  t2::Frame input;
  input.bytes = frame;
  input.wire_length = static_cast<std::uint32_t>(frame.size() + data[1] % 3 * 20);
  input.link_type = link_types[data[0] % link_types.size()];
  const auto outcome = decoder.decode(input, 1, packet);
  check(packet, outcome);
  const t2::ChecksumCheck ip = t2::check_ip_checksum(packet), l4 = t2::check_l4_checksum(packet);

  // Looked at ahead, the same comes out.
  static t2::Packet again;
  decoder.predecode(input, true);
  require(decoder.decode(input, 1, again) == outcome);
  const t2::ChecksumCheck ip_again = t2::check_ip_checksum(again),
                          l4_again = t2::check_l4_checksum(again);
  require(same(ip, ip_again) && same(l4, l4_again));
  again.checked = 0;
  require(t2::test::difference(again, packet).empty());

  // The packets of one frame come in the order of its bytes, so they end.
  for (std::uint32_t at = packet.further; at != 0; at = packet.further) {
    check(packet, decoder.decode_further(input, packet));
    require(packet.further == 0 || packet.further > at);
  }
  return 0;
}
