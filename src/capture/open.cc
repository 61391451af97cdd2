// SPDX-License-Identifier: Apache-2.0
#include "capture/open.h"

#include "capture/list_source.h"
#include "capture/live_source.h"
#include "capture/rotating_source.h"

namespace t2 {

Result<std::unique_ptr<Source>> open_source(const InputOptions& options) {
  switch (options.kind) {
    case InputOptions::Kind::kFile:
      return ListSource::open_file(options);
    case InputOptions::Kind::kList:
      return ListSource::open_list(options);
    case InputOptions::Kind::kRotating:
      return RotatingSource::open(options);
    case InputOptions::Kind::kLive:
      return LiveSource::open(options);
  }
  return Error{"no input"};
}

}  // namespace t2
