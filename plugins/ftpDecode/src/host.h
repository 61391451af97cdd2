// SPDX-License-Identifier: Apache-2.0
// Host: what the parts of the plugin need of the plugin itself.
#pragma once

#include <cstdint>

#include "ftpDecode.h"
#include "side.h"
#include "t2/content.h"
#include "t2/flow.h"
#include "t2/stream.h"

namespace t2 {
class Contents;
class RunCore;
}  // namespace t2

namespace t2::ftp {

class Linker;

class Host {
 public:
  virtual ~Host() = default;
  virtual const Config& config() const = 0;
  virtual RunCore& core() const = 0;
  virtual Linker& linker() = 0;
  /// Null if nothing is saved: neither FTP_SAVE nor --carve.
  virtual Contents* contents() = 0;
  /// The packet at hand.
  virtual Moment now() const = 0;
  /// Null if the flow is not FTP.
  virtual Side* direction(OrderedFlow& f) const = 0;
  virtual Side& make_direction(OrderedFlow& f, Role role) = 0;
  virtual void forget(OrderedFlow& f) = 0;
  virtual bool open_stream(OrderedFlow& f, StreamUse use) = 0;

  /// The direction behind a reference; null when the flow has ended.
  OrderedFlow* find(OrderedRef r) const;
};

}  // namespace t2::ftp
