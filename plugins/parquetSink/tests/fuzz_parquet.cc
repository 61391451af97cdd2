// SPDX-License-Identifier: Apache-2.0
// parquetSink: tables whose types and rows the input chooses are written and read back; the input
// itself is given to the tests' reader, which must refuse it or read it.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "parquet_reader.h"
#include "random_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace t2::parquet_test;
  (void)read({reinterpret_cast<const char*>(data), size});
  std::size_t at = 0;
  const auto choose = [&](std::uint32_t n) {
    std::uint32_t v = at < size ? data[at++] : 0;
    if (n > 256) v = v << 8 | (at < size ? data[at++] : 0);
    return v % n;
  };
  const std::string path = "/dev/shm/t2_fuzz_parquet." + std::to_string(getpid());
  const std::string wrong = write_and_read(choose, path);
  if (!wrong.empty()) {
    std::fprintf(stderr, "%s\n", wrong.c_str());
    std::abort();
  }
  return 0;
}
