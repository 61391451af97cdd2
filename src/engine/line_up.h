// SPDX-License-Identifier: Apache-2.0
// LineUp: what must be done in packet order before packets go to the shards: frames that are not
// plain are taken apart with the run's one table of header stacks, fragments are put together,
// frames are counted. It tells each shard what there is for it in a block.
#pragma once

#include <cstdint>

#include "decode/datagrams.h"
#include "decode/decoder.h"
#include "engine/block.h"
#include "engine/totals.h"
#include "engine/undecoded.h"
#include "flow/tracker.h"

namespace t2 {

class LineUp {
 public:
  /// `keys`: any shard's, for the keys of packets; outlives it.
  LineUp(const DecodeOptions& options, const FlowTracker& keys, unsigned shards,
         Undecoded& undecoded);

  /// Before that, on any thread: hashes of plain frames.
  void prepare(Block& b) const;
  void run(Block& b);

  const Decoder& decoder() const { return decoder_; }
  const RunTotals& totals() const { return totals_; }
  std::uint64_t status() const { return status_; }
  ReassemblyStats fragments() const { return datagrams_.stats(); }

 private:
  unsigned shard_of(std::uint32_t hash) const {
    return static_cast<unsigned>(std::uint64_t{hash} * shards_ >> 32);
  }
  void walk(Block& b, std::size_t at);
  void take(Block& b, const Decoded& d, std::size_t at, std::uint16_t sub);
  void take_fragment(Walked& w);
  void without_flow(const Decoded& d, bool further);

  Decoder decoder_;
  Datagrams datagrams_;
  const FlowTracker& keys_;
  unsigned shards_;
  Undecoded& undecoded_;
  RunTotals totals_;
  std::uint64_t status_ = 0;
  Nanoseconds clock_ = INT64_MIN;
};

}  // namespace t2
