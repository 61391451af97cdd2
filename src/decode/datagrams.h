// SPDX-License-Identifier: Apache-2.0
// Datagrams: IP fragments, once per run and in packet order, before the flow table. Every fragment
// learns the ports of its datagram, if the first one came before it, and the last one to come gives
// the whole packet. Who reads payload gets that; what counts packets sees each fragment.
#pragma once

#include "decode/decoder.h"
#include "decode/reassembly.h"
#include "t2/packet.h"

namespace t2 {

class Datagrams {
 public:
  struct Taken {
    /// The packet that is complete now, decoded down to its innermost headers, with number and time
    /// of the fragment that completed it. Null if there is none. Until the next take().
    const Packet* whole = nullptr;
    /// While there is none: the transport header of the innermost datagram, as many bytes as came
    /// in one piece, and where in the transport segment the fragment's bytes (Packet::l4) belong.
    Bytes transport;
    std::uint32_t offset = 0;
  };

  Datagrams(const DecodeOptions& decoding, const ReassemblyOptions& options)
      : decoder_(decoding), reassembly_(options) {}

  /// `p` has a part. Sets the ports and the protocol of a later fragment; of its status bits
  /// kFirstFragmentMissing (nothing is known of them) and kFragmentPending (more fragments must
  /// come).
  Taken take(Packet& p);

  ReassemblyStats stats() const;

 private:
  static void note(Packet& p, const Reassembly::Taken& t);
  const Packet* decode(const Reassembly::Taken& t, const Packet& p);

  Decoder decoder_;  // of whole packets
  Reassembly reassembly_;
  std::uint64_t refused_ = 0;  // whole packets whose doubtful fragments do not belong together
  Packet whole_;
};

}  // namespace t2
