// SPDX-License-Identifier: Apache-2.0
// What tawk must know of an awk program: the names it uses, and numbers that awk would round.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace t2::tawk {

struct Script {
  std::string text;  // the program, long hexadecimal numbers as text (exact in bit tests)
  std::set<std::string> names;     // identifiers that are not called
  std::set<std::string> fields;    // those that stand behind a `$`
  std::set<std::string> assigned;  // variables that the program gives a value to
  std::set<std::string> called;    // functions it calls
  std::set<std::string> defined;   // functions of its own
  std::string bad_number;          // the first one such as 0xzz, which awk would take for 0
};

/// Reads one program text; several (-f, -i) may be read into the same Script, whose text grows.
void scan(std::string_view program, Script& script);

/// Whether gawk forbids this name for a variable.
bool is_awk_word(std::string_view name);

}  // namespace t2::tawk
