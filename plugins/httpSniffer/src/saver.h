// SPDX-License-Identifier: Apache-2.0
// Saver: items -> files with names, records in the manifest, pieces of one representation merged.
// Fed in packet order with values that own what they say (item.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "item.h"
#include "ranges.h"
#include "t2/content.h"

namespace t2::http {

class Saver {
 public:
  /// `no_name`: for contents without a name.
  Saver(std::unique_ptr<Contents> contents, std::string no_name)
      : contents_(std::move(contents)), no_name_(std::move(no_name)), ranges_(*contents_) {}

  /// An item of a flow direction. What is told of one for which no file can be made is dropped.
  struct Key {
    std::uint64_t flow = 0;  // flowInd
    char direction = 'A';
    std::uint32_t number = 0;
    bool operator==(const Key&) const = default;
  };

  void begin(ItemStart start);
  void append(const Key& key, Bytes data);
  void gap(const Key& key, std::uint64_t length);
  /// The verdict on the item, if it is one of its own and its file is kept.
  std::optional<Lack> end(const Key& key, ItemEnd end);
  void finish();

  Contents& contents() { return *contents_; }
  const Contents& contents() const { return *contents_; }
  std::uint64_t merged() const { return ranges_.merged(); }

 private:
  struct Open {
    ItemStart start;
    std::unique_ptr<CarveFile> file;
    ContentRecord record;
  };

  struct Hash {
    std::size_t operator()(const Key& k) const {
      return (k.flow * 2 + (k.direction == 'B' ? 1 : 0)) * 0x9e3779b97f4a7c15 + k.number;
    }
  };

  std::string file_name(const ItemStart& s) const;

  std::unique_ptr<Contents> contents_;
  const std::string no_name_;
  Ranges ranges_;
  std::unordered_map<Key, Open, Hash> open_;
};

}  // namespace t2::http
