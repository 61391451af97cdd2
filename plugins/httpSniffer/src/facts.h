// SPDX-License-Identifier: Apache-2.0
// ItemFacts: what HTTP knows of a carved content: the members of its record that are HTTP's own.
#pragma once

#include <cstdint>
#include <vector>

#include "item.h"
#include "t2/content.h"

namespace t2::http {

class ItemFacts final : public ContentFacts {
 public:
  ItemFacts(ItemStart start, ItemEnd end, std::vector<std::uint64_t> flows = {})
      : start_(std::move(start)), end_(std::move(end)), flows_(std::move(flows)) {}

  Claims claims() const override;
  void write(JsonWriter& j) const override;

 private:
  const ItemStart start_;
  const ItemEnd end_;
  const std::vector<std::uint64_t> flows_;
};

}  // namespace t2::http
