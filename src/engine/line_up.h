// SPDX-License-Identifier: Apache-2.0
// LineUp: what is done before packets go to the shards. On any thread frames that are not plain are
// taken apart; in packet order those with a header stack never met before, so that the run has one
// table of stacks, fragments are put together, frames are counted. It tells each shard what there
// is for it in a block.
#pragma once

#include <bit>
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

  /// Before any block: a plugin will ask for checksums.
  void verify_checksums() { checksums_ = true; }
  /// Before run(), on any thread: which frames are plain, the packets of others, their shards.
  void prepare(Block& b) const;
  void run(Block& b);

  const Decoder& decoder() const { return decoder_; }
  const RunTotals& totals() const { return totals_; }
  std::uint64_t status() const { return status_; }
  ReassemblyStats fragments() const { return datagrams_.stats(); }

 private:
  /// A group of flows is one shard's, so that what depends on a group is not on others.
  unsigned shard_of(unsigned group) const { return group * shards_ / kFlowGroups; }
  unsigned shard_of(const FlowTracker::Keyed& k) const {
    return shard_of(std::bit_cast<FlowKey>(k.key).group());
  }
  unsigned shard_of_plain(const Frame& f) const;
  static void note_demand(Block& b, std::uint64_t bytes);
  bool walk_known(Block& b, std::size_t at) const;
  void walk(Block& b, std::size_t at);
  void keep(Block& b, const Decoded& d, std::size_t at, std::uint16_t sub) const;
  void find_shard(Walked& w) const;
  void take(Block& b, std::size_t number);
  void take_fragment(Walked& w);
  void without_flow(const Decoded& d, bool further);

  Decoder decoder_;
  Datagrams datagrams_;
  const FlowTracker& keys_;
  unsigned shards_;  // kFlowGroups at most
  bool checksums_ = false;
  Undecoded& undecoded_;
  RunTotals totals_;
  std::uint64_t status_ = 0;
  Nanoseconds clock_ = INT64_MIN;
};

}  // namespace t2
