// SPDX-License-Identifier: Apache-2.0
// decode_seeds FOLDER: the frames of the decoder's unit tests as inputs of fuzz_decode.
#include <algorithm>
#include <fstream>
#include <iostream>

#include "link_types.h"
#include "samples.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: decode_seeds FOLDER\n";
    return 1;
  }
  const auto types = t2::fuzz::supported_link_types();
  int number = 0;
  for (const t2::test::Sample& s : t2::test::all_samples()) {
    const auto at = std::find(types.begin(), types.end(), s.link_type);
    if (at == types.end()) continue;
    std::ofstream out(std::string(argv[1]) + "/sample" + std::to_string(++number),
                      std::ios::binary);
    out.put(static_cast<char>(at - types.begin())).put('\0');
    out.write(reinterpret_cast<const char*>(s.bytes.data()),
              static_cast<std::streamsize>(s.bytes.size()));
  }
  std::cout << number << " seeds\n";
  return number > 0 ? 0 : 1;
}
