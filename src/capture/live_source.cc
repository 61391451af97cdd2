// SPDX-License-Identifier: Apache-2.0
#include "capture/live_source.h"

namespace t2 {

Source::State LiveSource::read(FrameBatch& batch) {
  batch.size = 0;
  if (!std::exchange(announced_, true)) return State::kNewFile;
  LiveSocket::Got got = socket_->read(batch);
  if (got == LiveSocket::Got::kNothing) {
    socket_->wait(kWait);
    got = socket_->read(batch);
  }
  if (got == LiveSocket::Got::kFrames) return State::kFrames;
  if (got == LiveSocket::Got::kNothing) return State::kIdle;
  warnings_.push_back(socket_->error());
  return State::kEnd;
}

}  // namespace t2
