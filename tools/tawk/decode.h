// SPDX-License-Identifier: Apache-2.0
// -V and -L: what a column and its bits or values mean; columns and bits as their plugin declares
// them, names of values and units from values.txt (spec tools 3.3, 3.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/catalogue.h"

namespace t2::tawk {

class Explainer {
 public:
  /// `terminal` adds colours and the rule line.
  Explainer(const tools::Catalogue& catalogue, std::string values, bool terminal)
      : catalogue_(catalogue), values_(std::move(values)), terminal_(terminal) {}

  bool knows(std::string_view column) const;
  /// Whether its values have bits or names.
  bool has_table(std::string_view column) const;
  std::vector<std::string> names() const;

  /// Appends the explanation of `NAME` or `NAME=VALUE` to `out`; VALUE may be several of them
  /// separated by `;`.
  Result<void> explain(std::string_view query, std::string& out) const;

  /// Explains every NAME=VALUE of a report that names a column with a table; false if there was
  /// none.
  bool explain_report(std::string_view report, std::string& out) const;

 private:
  const tools::Catalogue& catalogue_;
  std::string values_;
  bool terminal_;
};

}  // namespace t2::tawk
