// SPDX-License-Identifier: Apache-2.0
#include "hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

namespace t2::report {
namespace {

std::uint64_t volume(const Host& h) {
  return h.sent + h.received;
}

using Entry = std::pair<const std::string, Host>;

bool larger(const Entry* a, const Entry* b) {
  const auto key = [](const Entry* e) {
    return std::tuple(volume(e->second), e->second.conversations);
  };
  return key(a) != key(b) ? key(a) > key(b) : a->first < b->first;
}

}  // namespace

Hosts::Hosts() {
  for (Dictionary* d : {&countries_, &orgs_, &macs_, &systems_}) d->of("");
}

Host& Hosts::at(const std::string& address) {
  if (const auto found = hosts_.find(address); found != hosts_.end()) return found->second;
  met_[std::hash<std::string>()(address) % met_.size()] = true;
  if (hosts_.size() >= kMost) forget_smaller_half();
  return hosts_[address];
}

void Hosts::label(Host& h, std::string_view country, std::string_view org, std::string_view mac) {
  if (h.country == 0 && country != "-") h.country = countries_.of(country.substr(0, 8));
  if (h.org == 0 && org != "-") h.org = orgs_.of(org.substr(0, 80));
  if (h.mac == 0) h.mac = macs_.of(mac.substr(0, 24));
}

void Hosts::note_system(Host& h, const RowLabels& labels) {
  if (labels.tp0f_program.empty() || labels.tp0f_program == "unknown") return;
  const std::string_view version = labels.tp0f_version;
  const bool known = !version.empty() && version != "unknown";
  const std::string name = fmt::format("{}{}{}", labels.tp0f_program.substr(0, 40),
                                       known ? " " : "", known ? version.substr(0, 40) : "");
  const std::uint32_t number = systems_.of(name);
  for (Host::System& s : h.systems) {
    if (s.count > 0 && s.name != number) continue;
    s.name = number;
    ++s.count;
    return;
  }
}

void Hosts::add(const Row& r) {
  const bool ip = r.source.find_first_of(".:") != std::string_view::npos;
  if (!ip) return;
  Host& source = at(std::string(r.source.substr(0, 45)));
  label(source, r.labels.source_country, r.labels.source_org, r.labels.source_mac);
  // SYN or SYN-ACK rule: TTL guesses are no recognition.
  if ((r.side.tp0f_stat & 3) != 0) note_system(source, r.labels);
  Host& destination = at(std::string(r.destination.substr(0, 45)));
  label(destination, r.labels.destination_country, r.labels.destination_org,
        r.labels.destination_mac);
}

void Hosts::add(const Conversation& c) {
  Host& client = at(c.client);
  ++client.conversations;
  client.sent += c.c.bytes;
  client.received += c.s.bytes;
  if (c.client == c.server) {
    client.sent += c.s.bytes;
    client.received += c.c.bytes;
    return;
  }
  Host& server = at(c.server);
  ++server.conversations;
  server.sent += c.s.bytes;
  server.received += c.c.bytes;
}

std::size_t Hosts::count() const {
  if (forgotten_ == 0) return hosts_.size();
  const auto all = static_cast<double>(met_.size());
  const auto empty = static_cast<double>(std::ranges::count(met_, false));
  return static_cast<std::size_t>(-all * std::log(std::max(empty, 1.0) / all));
}

const Host* Hosts::find(const std::string& address) const {
  const auto found = hosts_.find(address);
  return found == hosts_.end() ? nullptr : &found->second;
}

void Hosts::forget_smaller_half() {
  std::vector<const Entry*> order;
  order.reserve(hosts_.size());
  for (const Entry& e : hosts_) order.push_back(&e);
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(order.size() / 2);
  std::nth_element(order.begin(), middle, order.end(), larger);
  std::vector<std::string> gone;
  for (auto i = middle; i != order.end(); ++i) {
    forgotten_bytes_ = std::max(forgotten_bytes_, volume((*i)->second));
    gone.push_back((*i)->first);
  }
  for (const std::string& address : gone) hosts_.erase(address);
  forgotten_ += gone.size();
}

std::vector<std::string> Hosts::largest(std::size_t most) const {
  std::vector<const Entry*> order;
  order.reserve(hosts_.size());
  for (const Entry& e : hosts_) order.push_back(&e);
  most = std::min(most, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                    larger);
  std::vector<std::string> out;
  out.reserve(most);
  for (std::size_t i = 0; i < most; ++i) out.push_back(order[i]->first);
  return out;
}

std::string Hosts::system_of(const Host& h) const {
  const auto* best = std::ranges::max_element(h.systems, {}, &Host::System::count);
  if (best->count == 0) return "";
  const auto several =
      std::ranges::count_if(h.systems, [](const Host::System& s) { return s.count > 0; });
  return systems_.text(best->name) + (several > 1 ? " ?" : "");
}

}  // namespace t2::report
