// SPDX-License-Identifier: Apache-2.0
// The packet table of -s: its core columns, and the file they go to (spec core 6).
#pragma once

#include <memory>
#include <string>

#include "engine/core_settings.h"
#include "t2/sink.h"
#include "t2/text.h"

namespace t2 {

/// pktNo and flowInd, before the plugins' columns.
std::vector<Column> leading_packet_columns(const CoreSettings& s);
/// The content columns, behind them.
std::vector<Column> content_columns(const CoreSettings& s);

/// PREFIX_packets.txt
class PacketFile final : public Sink {
 public:
  PacketFile(const CoreSettings& core, const TextSettings& text);

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
