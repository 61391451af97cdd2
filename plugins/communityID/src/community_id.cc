// SPDX-License-Identifier: Apache-2.0
#include "community_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include "t2/protocols.h"

namespace t2::community_id {
namespace {

using namespace ip_protocol;

constexpr std::size_t kSha1 = 20;

/// A type of message and the one that answers it.
using Pair = std::pair<std::uint8_t, std::uint8_t>;
constexpr Pair kIcmpPairs[] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
constexpr Pair kIcmpv6Pairs[] = {{128, 129}, {133, 134}, {135, 136},
                                 {130, 131}, {139, 140}, {144, 145}};

std::optional<std::uint8_t> counterpart(std::span<const Pair> pairs, std::uint16_t type) {
  for (const auto& [a, b] : pairs) {
    if (type == a) return b;
    if (type == b) return a;
  }
  return {};
}

/// What the hash is made of; at most 2 + 2 * 16 + 2 + 2 * 2 bytes.
class Input {
 public:
  void put(std::uint8_t b) { bytes_[size_++] = b; }
  void put16(std::uint16_t n) {
    put(static_cast<std::uint8_t>(n >> 8));
    put(static_cast<std::uint8_t>(n));
  }
  void put(const IpAddress& a) {
    const std::size_t n = a.is_v4() ? 4 : 16;
    for (std::size_t i = 0; i < n; ++i) put(a.bytes[i]);
  }
  std::array<unsigned char, kSha1> sha1() const {
    // Fetched once: OpenSSL 3 looks the algorithm up anew otherwise.
    static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kAlgorithm(
        EVP_MD_fetch(nullptr, "SHA1", nullptr), &EVP_MD_free);
    std::array<unsigned char, kSha1> digest{};
    EVP_Digest(bytes_.data(), size_, digest.data(), nullptr, kAlgorithm.get(), nullptr);
    return digest;
  }

 private:
  std::array<unsigned char, 40> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace

std::string community_id(std::uint16_t seed, std::uint8_t protocol, Endpoint source,
                         Endpoint destination) {
  const bool icmp = protocol == kIcmp || protocol == kIcmpv6;
  const bool ports = icmp || protocol == kTcp || protocol == kUdp || protocol == kSctp;
  bool one_way = false;
  if (icmp) {
    const std::span<const Pair> pairs =
        protocol == kIcmp ? std::span<const Pair>(kIcmpPairs) : kIcmpv6Pairs;
    const auto answer = counterpart(pairs, source.port);
    one_way = !answer;  // then the code stays in the destination's place
    if (answer) destination.port = *answer;
  }
  const bool ordered = source.ip != destination.ip ? source.ip.bytes < destination.ip.bytes
                                                   : !ports || source.port < destination.port;
  if (!one_way && !ordered) std::swap(source, destination);
  Input in;
  in.put16(seed);
  in.put(source.ip);
  in.put(destination.ip);
  in.put(protocol);
  in.put(std::uint8_t{0});
  if (ports) {
    in.put16(source.port);
    in.put16(destination.port);
  }
  const auto digest = in.sha1();
  std::array<unsigned char, 32> base64{};
  const int n = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return "1:" + std::string(base64.begin(), base64.begin() + n);
}

}  // namespace t2::community_id
