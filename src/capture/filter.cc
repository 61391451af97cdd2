// SPDX-License-Identifier: Apache-2.0
#include "capture/filter.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "capture/link_type.h"
#include "capture/text_file.h"

namespace t2 {
namespace {

constexpr int kSnapLength = 262144;

/// Frees on every path what pcap_compile made.
class Compiled {
 public:
  Compiled() = default;
  ~Compiled() { pcap_freecode(&code_); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;

  Result<void> compile(std::uint16_t link_type, const std::string& expression) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> handle(
        pcap_open_dead(link_type, kSnapLength), pcap_close);
    if (handle == nullptr) return Error{"out of memory"};
    // The optimiser refuses expressions that match nothing; without it they are valid.
    for (const int optimise : {1, 0}) {
      if (pcap_compile(handle.get(), &code_, expression.c_str(), optimise, PCAP_NETMASK_UNKNOWN) ==
          0)
        return {};
    }
    return Error{pcap_geterr(handle.get())};
  }
  bool matches(const Frame& f) const {
    return bpf_filter(code_.bf_insns, f.bytes.data(), f.wire_length,
                      static_cast<u_int>(f.bytes.size())) != 0;
  }

 private:
  bpf_program code_{};
};

}  // namespace

struct Filter::Program {
  std::uint16_t link_type = 0;
  bool valid = false;
  Compiled code;
};

Filter::Filter(std::string expression) : expression_(std::move(expression)) {}
Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

Result<void> Filter::add(std::uint16_t link_type) {
  if (expression_.empty()) return {};
  const auto known = std::find_if(programs_.begin(), programs_.end(), [&](const auto& p) {
    return p->link_type == link_type && p->valid;
  });
  if (known != programs_.end()) return {};
  auto program = std::make_unique<Program>();
  program->link_type = link_type;
  const auto compiled = program->code.compile(link_type, expression_);
  if (!compiled) return filter_error(expression_, compiled.error().message);
  program->valid = true;
  programs_.push_back(std::move(program));
  return {};
}

Result<void> Filter::prepare(std::uint16_t link_type) {
  auto added = add(link_type);
  if (added || Compiled().compile(link_type, "ip")) return added;
  // Nothing can be said of packets of this link type: the expression must be right elsewhere.
  return Compiled().compile(kDltEthernet, expression_) ? Result<void>() : added;
}

const Filter::Program& Filter::program_for(std::uint16_t link_type,
                                           std::vector<std::string>& warnings) {
  for (const auto& program : programs_)
    if (program->link_type == link_type) return *program;
  const auto prepared = add(link_type);
  if (!prepared) {
    warnings.push_back(fmt::format("{}; frames of link type {} are left out",
                                   prepared.error().message, link_type));
    auto program = std::make_unique<Program>();
    program->link_type = link_type;
    programs_.push_back(std::move(program));
  }
  return *programs_.back();
}

void Filter::apply(FrameBatch& batch, std::vector<std::string>& warnings) {
  if (expression_.empty() || batch.size == 0) return;
  const Program* program = &program_for(batch.frames[0].link_type, warnings);
  const std::uint64_t first = batch.runs.empty() ? 1 : batch.runs[0].number;
  batch.runs.clear();
  std::size_t kept = 0, next = 0;  // `next`: behind the last one kept
  for (std::size_t i = 0; i < batch.size; ++i) {
    const Frame& frame = batch.frames[i];
    if (frame.link_type != program->link_type) program = &program_for(frame.link_type, warnings);
    if (!program->valid || !program->code.matches(frame)) continue;
    if (kept == 0 || i != next) {
      batch.runs.push_back({static_cast<std::uint32_t>(kept), first + i});
    }
    next = i + 1;
    batch.frames[kept++] = frame;
  }
  batch.size = kept;
}

Error filter_error(const std::string& expression, const std::string& reason) {
  const std::string first = expression.substr(0, expression.find(' '));
  if (access(first.c_str(), F_OK) == 0) {
    return Error{
        fmt::format("'{}' is a file, not a filter. For several captures write their names into a "
                    "list: '-R LIST'",
                    first)};
  }
  return Error{fmt::format("pcap_compile failed: '{}' is not a valid BPF: {}", expression, reason)};
}

Result<std::string> read_filter_file(const std::string& path) {
  auto lines = read_lines(path);
  if (!lines) return lines.error();
  std::string expression;
  for (const std::string& line : *lines) {
    if (!expression.empty()) expression += ' ';
    expression += line.substr(0, line.find('#'));
  }
  expression.erase(expression.find_last_not_of(" \t\r\n\v\f") + 1);
  if (expression.empty()) return Error{fmt::format("BPF file '{}' holds no filter", path)};
  return expression;
}

}  // namespace t2
