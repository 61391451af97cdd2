// SPDX-License-Identifier: Apache-2.0
// Decoder: frame -> Packet. Walks link layer, VLAN, MPLS, PPP, LLC, IP, extension headers, tunnels
// and the transport header, down to the innermost IP header (spec core 3). Never reads beyond the
// captured bytes, never follows more than kMaxNesting IP headers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "capture/frame.h"
#include "t2/packet.h"

namespace t2 {

/// The core settings that change decoding (spec core 11).
struct DecodeOptions {
  int packet_length = 3;          // PACKETLENGTH
  bool fragment_ip_view = true;   // FRGIPPKTLENVIEW
  bool lapd = false;              // LAPD_ACTIVATE
  bool fragmentation = true;      // FRAGMENTATION: fragments are noted, for Datagrams
  int max_extension_headers = 5;  // MAXHDRCNT
  bool swap_capwap_fc = true;     // CAPWAP_SWAP_FC
  bool ayiya = true, gtp = true, vxlan = true, geneve = true, capwap = true, lwapp = true,
       l2tp = true, teredo = true, gre = true, etherip = true, ipip = true;
};

namespace decoding {
struct RareHeaders;
}

/// Where the tunnel headers, and parts of datagrams, of packets lie that Decoder::decode_known()
/// has made.
class DecoderRoom {
 public:
  DecoderRoom();
  ~DecoderRoom();
  DecoderRoom(const DecoderRoom&) = delete;
  DecoderRoom& operator=(const DecoderRoom&) = delete;

 private:
  friend class Decoder;
  std::unique_ptr<decoding::RareHeaders> rare_;
};

class Decoder {
 public:
  static constexpr int kMaxNesting = 16;
  static constexpr std::size_t kTunnelsKept = 64;

  /// What became of a frame.
  enum class Outcome : std::uint8_t {
    kOk,           // belongs to a flow
    kNoFlow,       // counted, but too short or too broken to have a flow
    kUnsupported,  // the link type is not known
  };

  explicit Decoder(const DecodeOptions& options);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Notes in the frame what spares decode(), and whoever verifies checksums, a longer look. It may
  /// run on another thread than decode(), but of another decoder.
  void predecode(Frame& frame, bool checksums);
  /// The same where that is for any thread: false if the frame is not plain.
  static bool predecode_plain(Frame& frame, bool checksums);

  /// Overwrites all of `packet`. Its views point into the frame, its tunnel headers and
  /// its part of a datagram into the decoder: valid for the next kTunnelsKept calls.
  Outcome decode(const Frame& frame, std::uint64_t number, Packet& packet);

  /// FlowKey::group of a plain frame's packet, without decoding it.
  static unsigned group_of(const Frame& frame);
  /// decode() of a plain frame (Frame::plain), which changes nothing in the decoder: for any
  /// thread. False if the frame is plain no more.
  bool decode_plain(const Frame& frame, std::uint64_t number, Packet& packet) const;

  /// Overwrites `packet`, made of this frame, with the next one that the frame carries. To be
  /// called while packet.further is not 0.
  Outcome decode_further(const Frame& frame, Packet& packet);

  /// The same two for any thread, while another adds header stacks; with `room` in place of the
  /// decoder. None: the packet's stack is not known yet, or refused.
  std::optional<Outcome> decode_known(const Frame& frame, std::uint64_t number, Packet& packet,
                                      DecoderRoom& room) const;
  std::optional<Outcome> decode_further_known(const Frame& frame, Packet& packet,
                                              DecoderRoom& room) const;
  /// Notes in frame and packet, which is the first one decoded from it, what spares who verifies
  /// checksums a longer look.
  static void verify_checksums(Frame& frame, Packet& packet);

  /// ISDN link types need `lapd`, DecodeOptions::lapd.
  static bool supports(std::uint16_t link_type, bool lapd = false);

  /// Packets whose header stack was cut because too many distinct ones were known already; they
  /// carry flow_stat::kHeaderOverrun.
  std::uint64_t refused_stacks() const;

 private:
  struct Impl;
  Outcome walk(const Frame& frame, Packet& packet, std::size_t subframe = 0);
  std::optional<Outcome> walk_known(const Frame& frame, Packet& packet, std::size_t subframe,
                                    DecoderRoom& room) const;
  std::unique_ptr<Impl> impl_;
};

/// "Ethernet", "EN10MB" and so on for the start-up line; "?" when unknown.
const char* link_type_name(std::uint16_t link_type);
const char* link_type_description(std::uint16_t link_type);

}  // namespace t2
