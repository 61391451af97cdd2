// SPDX-License-Identifier: Apache-2.0
// The way into this folder: from the user's input options to a checked Source.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "capture/source.h"
#include "t2/result.h"

namespace t2 {

struct InputOptions {
  enum class Kind : std::uint8_t { kFile, kList, kRotating, kLive };

  Kind kind = Kind::kFile;
  std::string
      path;  // -r: file or `-`; -R: list, folder or `-`; -D: EXPR[:SCHR][,STOP]; -i: interface
  std::string filter;    // tcpdump expression, empty for none
  unsigned scouts = 0;   // -r and -R only: threads that walk ahead, see Scouts
  bool salvage = false;  // -r and -R only: damaged records are passed over, see Parser::salvage()

  std::uint32_t snap_length = 65535;              // -i only, bytes
  std::uint32_t receive_buffer = 0x2000000;       // -i only, bytes, of each socket
  unsigned sockets = 1;                           // -i only, that share the packets
  std::chrono::milliseconds poll_interval{5000};  // -D only, POLLTM
  bool round_robin = false;                       // -D only, RROP

  /// -D: called for every poll for a file that is not there yet.
  std::function<void()> on_poll;
  /// -i: whether the packets are shared, if several sockets were asked for.
  std::function<void(const std::string& line)> on_sharing;
  /// -R: called while the list is checked. `line` has no line end; a plain one no prefix either.
  std::function<void(const std::string& line, bool is_warning)> on_list_line;
};

/// Checks the input and the filter completely and opens it; errors as in spec core 1.2. The first
/// read() of the source gives kNewFile. Waits for the first bytes of standard input or a pipe: set
/// up signal handlers afterwards. -D waits for its first file in read() instead.
Result<std::unique_ptr<Source>> open_source(const InputOptions& options);

}  // namespace t2
