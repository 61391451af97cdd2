// SPDX-License-Identifier: Apache-2.0
#include "output/packet_file.h"

namespace t2 {

Result<void> PacketFile::open(const RunInfo& run, const Tables& tables) {
  if (auto r = file_.open(run, {suffix_, Compression::kNone, false, false}); !r) return r;
  formatter_ = std::make_unique<RowFormatter>(*tables.packets, text_, Quoting::kNone);
  TextBuffer header;
  formatter_->header(header);
  file_.head(header.view(), "");
  return {};
}

}  // namespace t2
