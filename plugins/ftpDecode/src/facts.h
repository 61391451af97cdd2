// SPDX-License-Identifier: Apache-2.0
// What FTP knows of a carved file, and of a control connection: the members of their records that
// are FTP's own, and what the transfer claims.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ftpDecode.h"
#include "session.h"
#include "t2/content.h"

namespace t2::ftp {

class TransferFacts final : public ContentFacts {
 public:
  /// `r`: the record it will belong to, with its ends. The configuration must outlive it.
  TransferFacts(const Config& config, TransferPtr transfer, const ContentRecord& r);

  Claims claims() const override;
  std::shared_ptr<const ContentFacts> frozen() const override;
  void write(JsonWriter& j) const override;

 private:
  bool wrong_way() const;

  const Config& config_;
  TransferPtr transfer_;
  IpAddress client_, server_, sender_, receiver_;
};

/// Of the client's direction of a control connection; of the server's the user alone.
struct ControlFacts final : public ContentFacts {
  ControlFacts(const Config& config, const RunFacts& run) : config_(config), run_(run) {}

  void write(JsonWriter& j) const override;

  std::string user;
  std::vector<Login> logins;
  std::vector<Bounce> bounces;
  std::uint64_t not_kept = 0;  // logins and bounces that there was no room for

 private:
  void put_login(JsonWriter& j, const Login& l) const;

  const Config& config_;
  const RunFacts& run_;
};

}  // namespace t2::ftp
