// SPDX-License-Identifier: Apache-2.0
// LabelStore: all label sources behind one look-up (spec basicFlow C, D.4). Layers, first hit wins:
// user lists, built-in special ranges, MaxMind-format databases, libloc, country lists.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "t2/label.h"
#include "t2/result.h"

namespace t2 {

class LabelStore final : public Labels {
 public:
  LabelStore();

  Result<void> load_list(const std::string& path) override;
  std::uint32_t find(const IpAddress& a) override;
  const Label& get(std::uint32_t id) const override { return labels_[id]; }

  /// Looks for the databases on this machine (spec basicFlow D.4) and loads them.
  void load_databases();
  /// What could not be loaded, without prefix; each line once.
  std::vector<std::string> take_warnings();
  /// Text behind "[INF] ": `IPv4 Ver: 5, Rev: 09082023, Range Mode: 0, subnet ranges loaded: N`.
  std::string summary(Family family) const;

 private:
  std::vector<Label> labels_;
};

}  // namespace t2
