// SPDX-License-Identifier: Apache-2.0
// Predecoder: what is done to frames before their turn. Plain ones are recognised, so that decoding
// them is a few loads; checksums are verified, if somebody wants that. It belongs to the thread
// that reads: its own if the source has one, else the working thread.
#pragma once

#include "capture/frame.h"
#include "decode/decoder.h"

namespace t2 {

class Predecoder {
 public:
  explicit Predecoder(const DecodeOptions& options) : decoder_(options) {}

  /// Before the first frame: a plugin will ask for them.
  void verify_checksums() { wanted_ = true; }
  /// Before the first frame: predecode() runs on a thread of its own. Where it does not, checksums
  /// are left to whoever asks for them, for nothing would be gained.
  void has_its_own_thread() { own_thread_ = true; }
  bool wants_checksums() const { return wanted_; }
  void predecode(FrameBatch& batch) {
    const bool checksums = wanted_ && own_thread_;
    for (std::size_t i = 0; i < batch.size; ++i) decoder_.predecode(batch.frames[i], checksums);
  }

 private:
  Decoder decoder_;
  bool wanted_ = false, own_thread_ = false;
};

}  // namespace t2
