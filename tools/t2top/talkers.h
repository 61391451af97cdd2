// SPDX-License-Identifier: Apache-2.0
// Who talks most: sums per address over the rows of a flow or packet table, as they come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "t2/result.h"

namespace t2::top {

struct Host {
  std::string address, country, organisation;
  std::uint64_t flows = 0;               // in which it takes part, at either end
  std::uint64_t packets = 0;             // sent
  std::uint64_t sent = 0, received = 0;  // bytes: of payload (flow table) or on the wire (packets)
};

enum class By { kBytes, kFlows };

class Talkers {
 public:
  /// `most`: how many addresses are kept apart. When there are more, the smaller half becomes one
  /// entry, others().
  explicit Talkers(std::size_t most) : most_(most) {}

  /// The header row: its cells without the mark. An error if the table lacks what is needed.
  Result<void> columns(const std::vector<std::string_view>& names);
  void row(const std::vector<std::string_view>& cells);

  /// The first `n` in this order, largest first; equal ones by address.
  std::vector<Host> first(std::size_t n, By by) const;
  /// What the addresses have in common that are no longer kept apart; `address` says how many.
  Host others() const;
  std::uint64_t flows() const { return flows_; }
  std::uint64_t bytes() const { return bytes_; }
  std::size_t hosts() const { return hosts_.size() + forgotten_; }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  Host& host(std::string_view address);
  void forget_smaller_half();

  std::size_t most_;
  std::unordered_map<std::string, Host> hosts_;
  Host others_;
  std::size_t forgotten_ = 0;
  std::uint64_t flows_ = 0, bytes_ = 0, last_flow_ = 0;
  // Numbers of columns.
  std::size_t src_ = kNone, dst_ = kNone, flow_ = kNone, dir_ = kNone, packets_ = kNone,
              bytes_at_ = kNone;
  std::size_t label_[4] = {kNone, kNone, kNone, kNone};  // country, organisation of both ends
};

}  // namespace t2::top
