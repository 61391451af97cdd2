// SPDX-License-Identifier: Apache-2.0
// Saver: items -> files with names, records in the manifest, pieces of one representation merged.
// Fed in packet order with values that own what they say (item.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "item.h"
#include "mime.h"
#include "ranges.h"
#include "t2/content.h"

namespace t2::http {

class Saver {
 public:
  /// `wanted`: what is saved, by its declared type. `no_name`: for contents without a name.
  Saver(std::unique_ptr<Contents> contents, const ClassSet& wanted, std::string no_name)
      : contents_(std::move(contents)),
        wanted_(wanted),
        no_name_(std::move(no_name)),
        ranges_(*contents_) {}

  /// False if it is not wanted, or no file can be made.
  bool begin(ItemStart start);
  void append(std::uint64_t key, Bytes data);
  void gap(std::uint64_t key, std::uint64_t length);
  /// The verdict on the item.
  Lack end(std::uint64_t key, ItemEnd end);
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

  std::string file_name(const ItemStart& s) const;

  std::unique_ptr<Contents> contents_;
  const ClassSet wanted_;
  const std::string no_name_;
  Ranges ranges_;
  std::unordered_map<std::uint64_t, Open> open_;
};

}  // namespace t2::http
