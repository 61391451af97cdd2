// SPDX-License-Identifier: Apache-2.0
// What tawk must know of an awk program: the names it uses; and where awk would silently do
// something else than what is meant: columns without `$`, hexadecimal cells compared with numbers,
// numbers that awk would round.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "t2/result.h"

namespace t2::tawk {

struct Script {
  std::set<std::string> names;     // identifiers that are not called
  std::set<std::string> fields;    // those that stand behind a `$`
  std::set<std::string> assigned;  // variables that the program gives a value to
  std::set<std::string> called;    // functions it calls
  std::set<std::string> defined;   // functions of its own
  std::string bad_number;          // the first one such as 0xzz, which awk would take for 0
  bool redirects = false;          // print > FILE, print | COMMAND
};

/// Reads one program text; several (-f, -i) may be read into the same Script.
void scan(std::string_view program, Script& script);

/// What the names of a program stand for.
struct Meaning {
  std::set<std::string> columns;          // but for those that the program gives a value to
  std::set<std::string> hexadecimal;      // columns whose cells are, or may be, 0x...
  std::set<std::string> value_functions;  // functions whose arguments are values
};

/// The program as gawk must get it: in arguments of value functions a column's name stands for its
/// value; a comparison of a hexadecimal cell with a number compares numbers; long hexadecimal
/// numbers become text, which bit tests and comparisons take exactly. An error where a column's
/// number is compared with a constant or printed: the value is meant.
Result<std::string> rewrite(std::string_view program, const Meaning& meaning);

/// Whether gawk forbids this name for a variable.
bool is_awk_word(std::string_view name);

}  // namespace t2::tawk
