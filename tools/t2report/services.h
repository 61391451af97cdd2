// SPDX-License-Identifier: Apache-2.0
// What a conversation was about: a service by ftpStat, else by the server's port, else by the
// protocol; and its class, which is its colour.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "conversation.h"

namespace t2::report {

enum class Class : std::uint8_t {
  kFtp,
  kFiles,
  kWeb,
  kMail,
  kNames,
  kRemote,
  kService,
  kTcp,
  kUdp,
  kOther
};
inline constexpr std::size_t kClasses = 10;
const char* class_name(std::size_t c);

struct Service {
  std::string name;
  Class cls = Class::kOther;
};

/// Numbers services in the order in which they are met.
class Services {
 public:
  std::uint32_t of(const Conversation& c);
  const std::vector<Service>& all() const { return all_; }

 private:
  std::uint32_t number(std::string name, Class cls);

  std::vector<Service> all_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace t2::report
