# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=x.cc -DPAGE=dir -P embed.cmake: the sources of the page as C++ arrays; the parts of the
# script are joined in the order of their names.
function(t2_embed name)
  set(text "")
  foreach(file IN LISTS ARGN)
    file(READ ${file} part HEX)
    string(APPEND text "${part}")
  endforeach()
  # Lines begin with a tab for two spaces: the only bytes that go without loss for a reader.
  set(before "")
  while(NOT before STREQUAL text)
    set(before "${text}")
    string(REGEX REPLACE "0a((09)*)2020" "0a\\109" text "${text}")
  endwhile()
  string(REGEX REPLACE "(............................)" "\\1\n" lines "${text}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${lines}")
  file(APPEND ${OUT}.new "std::string_view page_${name}() {\n  static constexpr char kText[] = {\n${bytes}};\n  return {kText, sizeof kText};\n}\n")
endfunction()

file(GLOB scripts ${PAGE}/*.js)
list(SORT scripts)
file(WRITE ${OUT}.new "// Made by embed.cmake.\n#include \"page.h\"\nnamespace t2::report {\n")
t2_embed(template ${PAGE}/page.html)
t2_embed(style ${PAGE}/page.css)
t2_embed(script ${scripts})
file(APPEND ${OUT}.new "}  // namespace t2::report\n")
file(RENAME ${OUT}.new ${OUT})
