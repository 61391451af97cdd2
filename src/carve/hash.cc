// SPDX-License-Identifier: Apache-2.0
#include "carve/hash.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "carve/folder.h"

namespace t2 {

namespace {

/// Fetched once: OpenSSL 3 looks the algorithm up anew otherwise, which costs more than a short
/// file's hash.
const EVP_MD* sha256() {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kAlgorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), &EVP_MD_free);
  return kAlgorithm.get();
}

}  // namespace

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(context_.get(), sha256(), nullptr);
}

void Hasher::add(const void* data, std::size_t n) {
  EVP_DigestUpdate(context_.get(), data, n);
}

void Hasher::add_zeros(std::uint64_t n) {
  static constexpr std::size_t kBlock = 1 << 16;
  static const std::vector<char> kZeros(kBlock);
  for (; n > 0; n -= std::min<std::uint64_t>(n, kBlock)) {
    add(kZeros.data(), static_cast<std::size_t>(std::min<std::uint64_t>(n, kBlock)));
  }
}

Sha256 Hasher::finish() {
  Sha256 digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  return digest;
}

DigestRange Hasher::end(const HashRange& range) {
  const DigestRange r{range.from, range.to, finish()};
  EVP_DigestInit_ex(context_.get(), sha256(), nullptr);
  return r;
}

std::string to_hex(const Sha256& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string s;
  s.reserve(2 * digest.size());
  for (const std::uint8_t b : digest) {
    s += kDigits[b >> 4];
    s += kDigits[b & 15];
  }
  return s;
}

std::optional<Sha256> hash_file(const std::string& path, const std::atomic<bool>* give_up) {
  // Without waiting: the writer of a pipe may be gone.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  struct stat about {};
  const bool regular = ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
  Hasher hash;
  std::vector<char> block(1 << 18);
  ssize_t n = regular ? 1 : -1;
  while (n > 0) {
    const bool go_on = give_up == nullptr || !give_up->load(std::memory_order_relaxed);
    n = go_on ? ::read(fd, block.data(), block.size()) : -1;
    if (n > 0) hash.add(block.data(), static_cast<std::size_t>(n));
  }
  ::close(fd);
  if (n < 0) return {};
  return hash.finish();
}

}  // namespace t2
