// SPDX-License-Identifier: Apache-2.0
#include "talkers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "t2/words.h"

namespace t2::top {
namespace {

std::uint64_t number(std::string_view cell) {
  std::uint64_t n = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), n);
  return n;
}

void add(Host& to, const Host& h) {
  to.flows += h.flows;
  to.packets += h.packets;
  to.sent += h.sent;
  to.received += h.received;
}

}  // namespace

Result<void> Talkers::columns(const std::vector<std::string_view>& names) {
  const auto at = [&](std::initializer_list<const char*> wanted) {
    for (const char* name : wanted) {
      const auto found = std::find(names.begin(), names.end(), name);
      if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    }
    return kNone;
  };
  const bool single = at({"pktNo"}) != kNone;
  src_ = at({"srcIP"});
  dst_ = at({"dstIP"});
  flow_ = at({"flowInd"});
  dir_ = single ? kNone : at({"dir"});
  packets_ = single ? kNone : at({"pktsSnt", "numPktsSnt"});
  bytes_at_ = single ? at({"pktLen"}) : at({"l7BytesSnt", "numBytesSnt"});
  const char* const labels[] = {"srcIPCC", "srcIPOrg", "dstIPCC", "dstIPOrg"};
  for (std::size_t i = 0; i < 4; ++i) label_[i] = at({labels[i]});
  if (src_ == kNone || dst_ == kNone || flow_ == kNone || (!single && dir_ == kNone))
    return Error{
        "the table has no columns srcIP, dstIP and flowInd: run 't2build basicFlow' and t2 again"};
  if (bytes_at_ == kNone)
    return Error{"the table has no numbers of bytes: run 't2build basicStats' and t2 again"};
  return {};
}

Host& Talkers::host(std::string_view address) {
  const std::string key(address);
  if (const auto found = hosts_.find(key); found != hosts_.end()) return found->second;
  if (hosts_.size() >= most_) forget_smaller_half();
  Host& h = hosts_[key];
  h.address = key;
  return h;
}

void Talkers::forget_smaller_half() {
  std::vector<const Host*> order;
  for (const auto& [address, h] : hosts_) order.push_back(&h);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
  std::nth_element(order.begin(), middle, order.end(), [](const Host* a, const Host* b) {
    return std::tie(a->sent, a->flows, a->address) > std::tie(b->sent, b->flows, b->address);
  });
  std::vector<std::string> gone;
  for (auto i = middle; i != order.end(); ++i) gone.push_back((*i)->address);
  for (const std::string& address : gone) {
    add(others_, hosts_[address]);
    hosts_.erase(address);
  }
  forgotten_ += gone.size();
}

void Talkers::row(const std::vector<std::string_view>& cells) {
  const auto cell = [&](std::size_t i) { return i < cells.size() ? cells[i] : std::string_view(); };
  if (cells.size() <= std::max(src_, dst_)) return;
  // Flows get their numbers in order: a larger one than all before is a new flow.
  const std::uint64_t index = number(cell(flow_));
  const bool opens = dir_ != kNone ? cell(dir_) == "A" : index > last_flow_;
  last_flow_ = std::max(last_flow_, index);
  const std::uint64_t size = number(cell(bytes_at_));
  const std::uint64_t count = packets_ != kNone ? number(cell(packets_)) : dir_ == kNone ? 1 : 0;
  flows_ += opens ? 1 : 0;
  bytes_ += size;
  const auto end_of_flow = [&](std::size_t address, std::size_t labels) -> Host& {
    Host& h = host(cell(address));
    if (h.flows == 0 && h.country.empty()) {
      h.country = cell(label_[labels]);
      h.organisation = unquoted(cell(label_[labels + 1]));
    }
    h.flows += opens ? 1 : 0;
    return h;
  };
  Host& sender = end_of_flow(src_, 0);
  sender.packets += count;
  sender.sent += size;
  if (cell(src_) == cell(dst_)) {
    sender.received += size;
    return;
  }
  end_of_flow(dst_, 2).received += size;
}

std::vector<Host> Talkers::first(std::size_t n, By by) const {
  std::vector<const Host*> order;
  for (const auto& [address, h] : hosts_) order.push_back(&h);
  const auto before = [by](const Host* a, const Host* b) {
    const auto key = [by](const Host& h) {
      return by == By::kBytes ? std::pair(h.sent, h.flows) : std::pair(h.flows, h.sent);
    };
    return key(*a) != key(*b) ? key(*a) > key(*b) : a->address < b->address;
  };
  n = std::min(n, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n), order.end(),
                    before);
  std::vector<Host> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(*order[i]);
  return out;
}

Host Talkers::others() const {
  Host h = others_;
  h.address = forgotten_ == 0 ? "" : fmt::format("({} others)", forgotten_);
  return h;
}

}  // namespace t2::top
