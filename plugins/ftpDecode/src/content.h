// SPDX-License-Identifier: Apache-2.0
// Content: what one direction of a data connection carries, on its way into files. Holds the bytes
// back while it is not known what they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "host.h"
#include "mode.h"
#include "session.h"
#include "t2/content.h"
#include "t2/held.h"
#include "t2/stream.h"

namespace t2::ftp {

/// The name of what is transferred: the command's parameter, or what the server chose, or
/// FTP_NONAME.
std::string transfer_name(const Transfer& t, const Config& config);

/// When a chunk came; the end of a stream: when its FIN or RST did, which is believed later.
Moment moment_of(const Host& host, const OrderedFlow& f, const Chunk& c);

class Content final : private DecodedSink {
 public:
  /// `host` saves: it has contents().
  explicit Content(Host& host) : host_(host), held_(*host.contents()) {}

  void on_chunk(OrderedFlow& f, Side& d, const Chunk& c);
  /// A packet of the direction that carries payload: bytes that wait for a hole to close are told
  /// from their packets when the flow ends.
  void on_payload(const Packet& p) {
    last_payload_ = {p.time, p.number};
    if (first_payload_.packet == 0) first_payload_ = last_payload_;
  }
  /// The transfer became known, or nothing more will be known of it: what was held back goes its
  /// way.
  void settle(OrderedFlow& f, Side& d);
  /// Sets or clears the bits of ftpStat that speak of the file.
  void evaluate(Side& d);
  /// The last word: corrects them if the file could not be written.
  void conclude(Side& d);

 private:
  static constexpr std::uint64_t kMostHeld = 1 << 20;           // data connections
  static constexpr std::uint64_t kMostHeldCandidate = 1 << 18;  // those that may become one

  bool hold(const Chunk& c);
  void release();
  void begin();
  void restart();
  void pass_on(Bytes data, std::uint64_t length);
  bool looks_encrypted(Bytes data) const;
  void new_record();
  void set_transfer(const TransferPtr& t);
  bool open_file();
  void close_file();

  void on_data(Bytes data) override;
  void on_hole(std::uint64_t length) override;
  void on_file_end() override;

  Host& host_;
  OrderedFlow* flow_ = nullptr;  // of the call at hand
  Side* direction_ = nullptr;
  HeldBytes held_;
  std::unique_ptr<ModeDecoder> decoder_;  // there is one from the first byte passed on
  std::unique_ptr<CarveFile> file_;
  ContentRecord record_;      // of the file at hand, or the last one
  bool record_open_ = false;  // not handed on yet
  Moment first_, last_;       // packets that completed chunks
  Moment first_payload_, last_payload_;
  std::uint32_t files_ = 0;       // of this connection
  std::uint32_t connection_ = 0;  // number of the DataConnection this works for
  std::uint32_t over_ = 0;        // number of the one that is over
  bool ended_ = false, fin_ = false, reset_ = false;
  bool encrypted_ = false;
  bool ignore_ = false;  // not to be saved
};

}  // namespace t2::ftp
