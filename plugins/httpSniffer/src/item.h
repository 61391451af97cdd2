// SPDX-License-Identifier: Apache-2.0
// What the part that reads streams posts to the part that saves: values that own all they say, or
// share what nobody can change any more, for the two run on different threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "t2/bytes.h"
#include "t2/content.h"
#include "t2/types.h"

namespace t2::http {

struct Head;

/// What a request asks for. Shared by all that belongs to it, on both threads, hence constant.
struct Request {
  explicit Request(const Head& h);

  const std::string method, host, target, user_agent, referrer;

  /// Bytes that it takes in memory, about.
  std::size_t footprint() const;
};
using RequestPtr = std::shared_ptr<const Request>;
static_assert(!std::is_copy_assignable_v<Request> && !std::is_move_assignable_v<Request>);

/// Bytes [from, to) of a representation of `total` bytes (RFC 9110 14.4).
struct ByteRange {
  std::uint64_t from = 0, to = 0;
  std::optional<std::uint64_t> total;
};
/// "bytes 0-99/1234"; nothing if it is none or cannot be true.
std::optional<ByteRange> parse_content_range(std::string_view value);

enum class ItemKind : std::uint8_t { kBody, kPart, kRangePiece, kRangeMerged };
std::string_view name(ItemKind k);

/// A content whose first byte has come.
struct ItemStart {
  std::uint32_t number = 0;  // of the content in its flow direction, from 1
  std::uint32_t of = 0;      // the one that this is a part of, which is still open; 0: none
  bool http2 = false;
  bool start_known = true;  // its head was seen
  ItemKind kind = ItemKind::kBody;
  bool upload = false;
  RequestPtr request;   // null: it is not known
  unsigned status = 0;  // of the response that it came with; 0: none
  std::string name, media_type;
  std::string field;                      // of a form
  std::optional<std::uint64_t> declared;  // length
  std::optional<ByteRange> range;
  std::string validator;   // ETag, or Last-Modified
  std::uint64_t flow = 0;  // flowInd, for the part that saves
  char direction = 'A';
  HostEnd sender, receiver;
  Moment first;

  /// Bytes that it takes in memory without its request, about.
  std::size_t footprint() const;
};

/// How it ended.
struct ItemEnd {
  bool declared = false;      // as many bytes as announced came, or are known to be missing
  bool marker = false;        // the protocol's own end
  bool fin = false;           // the connection's end in order ...
  bool closing_ends = false;  // ... which is the content's
  bool framing_lost = false, truncated = false, reset = false;
  std::string aborted;
  std::uint32_t conflicts = 0;
  Moment last;
  std::vector<std::string> encodings;  // taken off, outermost first
  bool counts = false;                 // the declared length is that of the bytes saved
  std::string detected;                // media type by the first bytes
};

/// The next bytes of an item, by its number.
struct ItemBytes {
  std::uint32_t number = 0;
  std::vector<std::uint8_t> bytes;
};
struct ItemGap {
  std::uint32_t number = 0;
  std::uint64_t length = 0;
};
struct ItemFinish {
  std::uint32_t number = 0;
  ItemEnd end;
};
/// What a flow direction that has ended came to, for the report.
struct DirectionEnd {
  Hex16 stat;
  std::uint64_t requests = 0, responses = 0;
  std::uint32_t refused = 0;
};
using Message = std::variant<std::unique_ptr<ItemStart>, ItemBytes, ItemGap,
                             std::unique_ptr<ItemFinish>, DirectionEnd>;

/// Who is told of the items of the flow direction at hand. What one packet may release is limited:
/// the holes of a stream that close, and bombs, release much at once.
class ItemSink {
 public:
  /// Whether the item is to be saved at all. If not, nothing more is told of it.
  virtual bool wants(const ItemStart& start) const = 0;
  /// False: the limit is reached, the item does not begin.
  virtual bool begin(const ItemStart& start) = 0;
  /// False: the limit is reached, the bytes are not taken.
  virtual bool append(std::uint32_t number, Bytes data) = 0;
  virtual void gap(std::uint32_t number, std::uint64_t length) = 0;
  virtual void end(std::uint32_t number, ItemEnd end) = 0;

 protected:
  ~ItemSink() = default;
};

}  // namespace t2::http
