// SPDX-License-Identifier: Apache-2.0
// Data connections in the modes B, C and Z: the first byte chooses mode and type, the second how
// the rest is cut. Cut or whole, with the same bytes the same file must come out.
#include <array>
#include <cstdlib>

#include "mode.h"

namespace {

using namespace t2;
using namespace t2::ftp;

/// What came out, without keeping it: deflate makes a thousand bytes of one.
class Digest : public DecodedSink {
 public:
  void on_data(Bytes data) override {
    if (data.empty()) std::abort();
    for (const std::uint8_t byte : data) sum = sum * 31 + byte + 1;
    length += data.size();
  }
  void on_hole(std::uint64_t n) override {
    if (n == 0) std::abort();
    length += n;
    sum = sum * 31 + n;
  }
  void on_file_end() override { ++files; }

  bool operator==(const Digest& o) const {
    return sum == o.sum && length == o.length && files == o.files;
  }

  std::uint64_t sum = 0, length = 0, files = 0;
};

struct Decoded {
  Digest digest;
  bool lost = false;
};

Decoded decode(std::uint8_t choice, Bytes data, std::size_t piece) {
  constexpr std::array<char, 4> kModes{'B', 'C', 'Z', 'S'};
  Decoded d;
  ModeDecoder decoder(kModes[choice % kModes.size()], (choice & 4) != 0 ? 'A' : 'I');
  while (!data.empty()) {
    const Bytes part = first(data, piece);
    decoder.feed(part, d.digest);
    data = data.subspan(part.size());
  }
  if ((choice & 8) != 0) {
    decoder.gap(3, d.digest);
    const std::array<std::uint8_t, 5> more{0x80, 0, 2, 'o', 'k'};
    decoder.feed(more, d.digest);
  }
  d.lost = decoder.lost();
  return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes rest(data + 2, size - 2);
  const Decoded whole = decode(data[0], rest, rest.size());
  const Decoded cut = decode(data[0], rest, 1 + data[1] % 17);
  if (!(whole.digest == cut.digest) || whole.lost != cut.lost) std::abort();
  return 0;
}
