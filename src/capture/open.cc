// SPDX-License-Identifier: Apache-2.0
#include "capture/open.h"

#include "capture/fanout_source.h"
#include "capture/list_source.h"
#include "capture/read_ahead.h"
#include "capture/rotating_source.h"

namespace t2 {
namespace {

Result<std::unique_ptr<Source>> ahead(Result<std::unique_ptr<Source>> source) {
  if (!source) return source;
  return std::unique_ptr<Source>(std::make_unique<ReadAhead>(std::move(*source)));
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const InputOptions& options) {
  switch (options.kind) {
    case InputOptions::Kind::kFile:
      return ahead(ListSource::open_file(options));
    case InputOptions::Kind::kList:
      return ahead(ListSource::open_list(options));
    case InputOptions::Kind::kRotating:
      return RotatingSource::open(options);
    case InputOptions::Kind::kLive:
      return open_live(options);
  }
  return Error{"no input"};
}

}  // namespace t2
