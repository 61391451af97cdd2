// SPDX-License-Identifier: Apache-2.0
// PacketFile: the sink of -s, the packet table as text in a file (spec core 6).
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "t2/output.h"
#include "t2/sink.h"
#include "t2/text.h"

namespace t2 {

class PacketFile final : public Sink {
 public:
  /// `suffix` comes behind the prefix: `_packets.txt`. `text` outlives it.
  PacketFile(std::string suffix, const TextSettings& text)
      : suffix_(std::move(suffix)), text_(text) {}

  bool wants(Table table) const override { return table == Table::kPackets; }
  Result<void> open(const RunInfo& run, const Tables& tables) override;
  void text(Table, const Rows& rows, RowText& out) const override { formatter_->rows(rows, out); }
  Result<void> write(Table, const Rows&, const RowText& text) override { return file_.write(text); }
  Result<void> flush() override { return file_.flush(); }
  Result<void> close() override { return file_.close(); }

 private:
  std::string suffix_;
  const TextSettings& text_;
  RowFile file_;
  std::unique_ptr<RowFormatter> formatter_;
};

}  // namespace t2
