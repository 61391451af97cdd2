// SPDX-License-Identifier: Apache-2.0
// A p0f signature file (either format), then an observation made of the input's last bytes, which
// is looked up in it.
#include <cstdlib>

#include "database.h"

namespace {

using namespace t2;
using namespace t2::tp0f;

Observation observation(Bytes bytes) {
  Cursor c(bytes);
  Observation o;
  const std::uint8_t bits = c.u8();
  o.syn_ack = (bits & 1) != 0;
  o.v6 = (bits & 2) != 0;
  o.payload = (bits & 4) != 0;
  o.timestamps = (bits & 8) != 0;
  o.corrupt = (bits & 16) != 0;
  o.ttl = c.u8();
  o.scale = c.u8();
  o.ip_options = c.u8();
  o.mss = c.be16();
  o.window = c.be16();
  o.headers = c.u8();
  o.quirks = c.be32();
  while (c.left() > 0 && o.layout.push(c.u8())) {
  }
  o.layout_hash = o.layout.hash();
  return o;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input(data, size);
  const Database rules = Database::parse(as_text(input));
  if (rules.size() > Database::kMaxRules) std::abort();
  const Observation o = observation(input.subspan(size - std::min<std::size_t>(size, 24)));
  for (const bool fuzzy : {false, true}) {
    const Rule* found = rules.find(o, fuzzy);
    if (found == nullptr) continue;
    const Fit fit = compare(found->signature, o);
    if (fit == Fit::kNo || (fit == Fit::kFuzzy && !fuzzy)) std::abort();
    if (rules.label(*found).program.size() > size) std::abort();
  }
  return 0;
}
