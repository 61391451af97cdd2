// SPDX-License-Identifier: Apache-2.0
// Host: what the parts need of the plugin.
#pragma once

#include "body.h"
#include "httpSniffer.h"
#include "message.h"
#include "t2/flow.h"
#include "t2/stream.h"

namespace t2::http {

class Host {
 public:
  virtual ~Host() = default;
  virtual const Config& config() const = 0;
  virtual StreamStats stream_stats(const Flow& f) const = 0;
  /// Null if nothing is saved.
  virtual BodyTools* tools() = 0;
};

}  // namespace t2::http
