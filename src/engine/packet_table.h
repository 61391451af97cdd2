// SPDX-License-Identifier: Apache-2.0
// The packet table of -s: its core columns, and the file they go to (spec core 6).
#pragma once

#include <cstdio>
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
  PacketFile(std::string path, const TextSettings& text);

  Result<void> open(const RunInfo& run, const Schema& packets) override;
  Result<void> row(RowView row) override;
  Result<void> flush() override;
  Result<void> close() override;

 private:
  struct CloseFile {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::string name() const { return "file '" + path_ + "'"; }

  std::string path_;
  const TextSettings& text_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::unique_ptr<RowFormatter> formatter_;
  TextBuffer buffer_;
};

}  // namespace t2
