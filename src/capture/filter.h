// SPDX-License-Identifier: Apache-2.0
// Filter: a tcpdump expression, compiled by libpcap once per link type and run on our own frames.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/source.h"
#include "t2/result.h"

struct bpf_program;

namespace t2 {

class Filter {
 public:
  /// An empty expression lets everything through.
  explicit Filter(std::string expression);
  ~Filter();
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;

  const std::string& expression() const { return expression_; }

  /// Compiles for a link type: `pcap_compile failed: 'EXPR' is not a valid BPF: REASON`. For one
  /// that has no filters at all the expression is checked, no more: other interfaces may follow.
  Result<void> prepare(std::uint16_t link_type);
  /// Removes the frames that do not match, and parts their batch's one run. Frames of a link type
  /// for which the expression makes no sense do not match; the first such frame gives a warning.
  void apply(FrameBatch& batch, std::vector<std::string>& warnings);

 private:
  struct Program;
  Result<void> add(std::uint16_t link_type);
  const Program& program_for(std::uint16_t link_type, std::vector<std::string>& warnings);

  std::string expression_;
  std::vector<std::unique_ptr<Program>> programs_;
};

/// `pcap_compile failed: ...` (spec core 1.2).
Error filter_error(const std::string& expression, const std::string& reason);

/// The expression in a file (option -F, spec core 1.7): comments from `#` to the end of the line
/// are blanked, lines are joined by blanks, trailing blanks removed. An empty one is an error.
Result<std::string> read_filter_file(const std::string& path);

}  // namespace t2
