// SPDX-License-Identifier: Apache-2.0
// Hasher: SHA-256 in pieces (libcrypto).
#pragma once

#include <openssl/evp.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "t2/carve.h"

namespace t2 {

/// Bytes [from, to) of a file; empty: none.
struct HashRange {
  std::uint64_t from = 0, to = 0;
  bool empty() const { return from == to; }
};

class Hasher {
 public:
  Hasher();
  void add(const void* data, std::size_t n);
  void add_zeros(std::uint64_t n);
  /// Once; the hasher is used up.
  Sha256 finish();
  /// The digest of what was added, which is this range; the next range begins.
  DigestRange end(const HashRange& range);

 private:
  struct Free {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace t2
