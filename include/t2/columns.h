// SPDX-License-Identifier: Apache-2.0
// Columns: one line declares name, meaning and getter; the type follows from what the getter
// returns. Text, headers file, --describe, tawk -V and databases all read this declaration.
//
//   auto flow = flows.of<State>();
//   flow.add("ftpStat", "FTP status", &State::status, {{0, "FTP control port found"}});
//   packet.add("pktIAT", "...", [](const State& s, const t2::Flow&, const t2::Packet&) { ... });
//
// A getter is a pointer to a State member, or a callable of (State), (State, Flow), or for packet
// columns also (State, Flow, Packet) and (State, Flow, Packet, ShardPartBase), where it needs the
// part that keeps the State. Of an ordered part's State also (State, OrderedFlow). It may return:
//   integers, float, double, char       number or character
//   Hex8..Hex64, Timestamp, Duration, Mac, IpAddress, Direction
//   std::string / string_view           quoted string;   Text, OwnedText   unquoted
//   std::vector<T>, std::span<T>, generate<T>(n, at)
//                                       repetitive: elements joined by ';', empty cell when none
//   std::tuple<A, B...>                 compound: members joined by '_'
//   std::optional<T>                    empty cell when there is no value
//
// A packet column of an ordered part's State looks at (State) or (State, OrderedFlow): by the time
// its cell is made the Flow may have seen later packets.
//
// A State with `bool is_blank() const` is one that shows what a State just made shows, in all
// columns whose getters look at nothing else: most flows have nothing to show, and cost less so.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "t2/flow.h"
#include "t2/packet.h"
#include "t2/types.h"

namespace t2 {

enum class Kind : std::uint8_t {
  kI8,
  kI16,
  kI32,
  kI64,
  kU8,
  kU16,
  kU32,
  kU64,
  kH8,
  kH16,
  kH32,
  kH64,
  kFloat,
  kDouble,
  kChar,
  kDirection,
  kTimestamp,
  kDuration,
  kMac,
  kIp,
  kString,
  kText,
  kContent,
  kCompound,
};

/// The type of a column: a scalar, or a compound of `parts`; `repeated` and `optional` come on top.
struct Type {
  Kind kind = Kind::kU8;
  bool repeated = false;
  bool optional = false;
  std::vector<Type> parts;
};

/// Text of one bit of a bit field; `bit` counts from 0.
struct BitText {
  unsigned bit;
  const char* text;
  Severity severity = Severity::kNone;
};

/// Appends typed values to a row. Values stand back to back in native byte order: scalars raw,
/// strings as u32 length + bytes, repeated as u32 count + elements, optional as u8 flag + value.
class RowWriter {
 public:
  template <class T>
  void scalar(T v) {
    if (capacity_ - size_ < sizeof v) [[unlikely]]
      return grow_for(v);
    std::memcpy(data_.get() + size_, &v, sizeof v);
    size_ += sizeof v;
  }
  void text(std::string_view s) {
    const auto n = static_cast<std::uint32_t>(s.size());
    if (capacity_ - size_ < sizeof n + n) [[unlikely]]
      return grow_for_text(s);
    std::uint8_t* p = data_.get() + size_;
    size_ += sizeof n + n;
    std::memcpy(p, &n, sizeof n);
    if (n > 0) std::memcpy(p + sizeof n, s.data(), n);
  }

  Bytes bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }
  /// Bytes of another writer.
  void append(Bytes b) {
    if (capacity_ - size_ < b.size()) [[unlikely]]
      grow(b.size());
    std::memcpy(data_.get() + size_, b.data(), b.size());
    size_ += b.size();
  }
  void clear() { size_ = 0; }
  /// Forgets what was written from byte `size` on.
  void truncate(std::size_t size) { size_ = size; }
  /// Overwrites bytes written before.
  void patch(std::size_t at, const void* data, std::size_t n) {
    std::memcpy(data_.get() + at, data, n);
  }

 private:
  void grow(std::size_t n);
  /// Apart, so that a getter's code needs no stack frame.
  template <class T>
  [[gnu::noinline]] void grow_for(T v) {
    grow(sizeof v);
    scalar(v);
  }
  void grow_for_text(std::string_view s);

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0, capacity_ = 0;
};

/// A repetitive value made element by element while the row is written, without a container.
template <class T, class At>
struct Generated {
  std::size_t n;
  At at;  // T at(std::size_t i), i < n
};
template <class T, class At>
Generated<T, At> generate(std::size_t n, At at) {
  return {n, at};
}

namespace detail {

/// Kind and encoding of each C++ type.
template <class T, class = void>
struct Codec;

template <class T, Kind kKind>
struct ScalarCodec {
  static Type type() { return {kKind, false, false, {}}; }
  static void put(RowWriter& w, T v) { w.scalar(v); }
};
// clang-format off
template <> struct Codec<std::int8_t> : ScalarCodec<std::int8_t, Kind::kI8> {};
template <> struct Codec<std::int16_t> : ScalarCodec<std::int16_t, Kind::kI16> {};
template <> struct Codec<std::int32_t> : ScalarCodec<std::int32_t, Kind::kI32> {};
template <> struct Codec<std::int64_t> : ScalarCodec<std::int64_t, Kind::kI64> {};
template <> struct Codec<std::uint8_t> : ScalarCodec<std::uint8_t, Kind::kU8> {};
template <> struct Codec<std::uint16_t> : ScalarCodec<std::uint16_t, Kind::kU16> {};
template <> struct Codec<std::uint32_t> : ScalarCodec<std::uint32_t, Kind::kU32> {};
template <> struct Codec<std::uint64_t> : ScalarCodec<std::uint64_t, Kind::kU64> {};
template <> struct Codec<Hex8> : ScalarCodec<Hex8, Kind::kH8> {};
template <> struct Codec<Hex16> : ScalarCodec<Hex16, Kind::kH16> {};
template <> struct Codec<Hex32> : ScalarCodec<Hex32, Kind::kH32> {};
template <> struct Codec<Hex64> : ScalarCodec<Hex64, Kind::kH64> {};
template <> struct Codec<float> : ScalarCodec<float, Kind::kFloat> {};
template <> struct Codec<double> : ScalarCodec<double, Kind::kDouble> {};
template <> struct Codec<char> : ScalarCodec<char, Kind::kChar> {};
template <> struct Codec<Direction> : ScalarCodec<Direction, Kind::kDirection> {};
template <> struct Codec<Timestamp> : ScalarCodec<Timestamp, Kind::kTimestamp> {};
template <> struct Codec<Duration> : ScalarCodec<Duration, Kind::kDuration> {};
template <> struct Codec<Mac> : ScalarCodec<Mac, Kind::kMac> {};
template <> struct Codec<IpAddress> : ScalarCodec<IpAddress, Kind::kIp> {};
// clang-format on

template <>
struct Codec<std::string_view> {
  static Type type() { return {Kind::kString, false, false, {}}; }
  static void put(RowWriter& w, std::string_view v) { w.text(v); }
};
template <>
struct Codec<std::string> : Codec<std::string_view> {};
template <>
struct Codec<Text> {
  static Type type() { return {Kind::kText, false, false, {}}; }
  static void put(RowWriter& w, Text v) { w.text(v.view); }
};
template <>
struct Codec<OwnedText> : Codec<Text> {
  static void put(RowWriter& w, const OwnedText& v) { w.text(v.text); }
};
template <>
struct Codec<Content> {
  static Type type() { return {Kind::kContent, false, false, {}}; }
  static void put(RowWriter& w, Content v) { w.text(as_text(v.bytes)); }
};

template <class T>
struct RepeatedCodec {
  static Type type() {
    Type t = Codec<T>::type();
    t.repeated = true;
    return t;
  }
  template <class Range>
  static void put(RowWriter& w, const Range& values) {
    w.scalar(static_cast<std::uint32_t>(values.size()));
    if (!values.empty()) put_elements(w, values);
  }

 private:
  /// Apart: most lists are empty.
  template <class Range>
  [[gnu::noinline]] static void put_elements(RowWriter& w, const Range& values) {
    for (const T& v : values) Codec<T>::put(w, v);
  }
};
template <class T, class A>
struct Codec<std::vector<T, A>> : RepeatedCodec<T> {};
template <class T, std::size_t kN>
struct Codec<std::span<T, kN>> : RepeatedCodec<std::remove_const_t<T>> {};

template <class T, class At>
struct Codec<Generated<T, At>> {
  static Type type() { return RepeatedCodec<T>::type(); }
  static void put(RowWriter& w, const Generated<T, At>& values) {
    w.scalar(static_cast<std::uint32_t>(values.n));
    for (std::size_t i = 0; i < values.n; ++i) Codec<T>::put(w, values.at(i));
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static Type type() {
    Type t = Codec<T>::type();
    t.optional = true;
    return t;
  }
  static void put(RowWriter& w, const std::optional<T>& v) {
    w.scalar(static_cast<std::uint8_t>(v.has_value()));
    if (v) Codec<T>::put(w, *v);
  }
};

template <class... Ts>
struct Codec<std::tuple<Ts...>> {
  static Type type() { return {Kind::kCompound, false, false, {Codec<Ts>::type()...}}; }
  static void put(RowWriter& w, const std::tuple<Ts...>& v) {
    std::apply([&w](const Ts&... parts) { (Codec<Ts>::put(w, parts), ...); }, v);
  }
};

}  // namespace detail

class ShardPartBase;
namespace detail {
class Host;
}

/// What a getter may look at. `packet` is null for flow columns; `part` is the shard part of the
/// column's plugin, null for flow columns and if it has none.
struct RowContext {
  const Flow& flow;
  const void* state;
  const Packet* packet;
  const ShardPartBase* part;
};

/// Appends the cell of a column to a row: a callable of (RowContext, RowWriter) that is reached
/// with all it looks at in registers. Copies share the callable.
class Encoder {
 public:
  template <std::invocable<const RowContext&, RowWriter&> Function>
  Encoder(Function function)  // NOLINT(google-explicit-constructor): a column is given a lambda
      : call_(&call<Function>), function_(std::make_shared<const Function>(std::move(function))) {}

  void operator()(const RowContext& c, RowWriter& w) const {
    call_(function_.get(), c.flow, c.state, c.packet, c.part, w);
  }

 private:
  template <class Function>
  static void call(const void* function, const Flow& flow, const void* state, const Packet* packet,
                   const ShardPartBase* part, RowWriter& w) {
    (*static_cast<const Function*>(function))(RowContext{flow, state, packet, part}, w);
  }

  void (*call_)(const void* function, const Flow& flow, const void* state, const Packet* packet,
                const ShardPartBase* part, RowWriter& w);
  std::shared_ptr<const void> function_;
};

/// The cell of a State that is_blank().
struct BlankCell {
  bool (*is_blank)(const void* state) = nullptr;  // null: the State does not tell
  std::vector<std::uint8_t> bytes = {};
};

/// Whose State a column shows.
enum class Lane : std::uint8_t { kNone, kShard, kOrdered };
/// What its getter looks at besides; kFlow: the Flow, perhaps also the packet and the part.
enum class Sees : std::uint8_t { kState, kFlow, kOrderedFlow };

struct Column {
  std::string name;
  std::string doc;
  Type type;
  std::vector<BitText> bits;
  std::string plugin;  // its name; "tranalyzer2": the core's
  Encoder encode;
  Lane lane = Lane::kNone;
  Sees sees = Sees::kFlow;
  BlankCell blank = {};

  /// Its cell is made where flows are looked at in the order of the run.
  bool is_ordered() const { return lane == Lane::kOrdered || sees == Sees::kOrderedFlow; }
  /// False: it looks at both sides, one of which has gone on when the other is at a packet.
  bool fits_packets() const {
    return !is_ordered() || (lane != Lane::kShard && sees != Sees::kFlow);
  }
};

/// Collects the columns of one table of one plugin.
class ColumnList {
 public:
  ColumnList() = default;
  explicit ColumnList(std::string plugin) : plugin_(std::move(plugin)) {}

  const std::vector<Column>& all() const { return columns_; }
  void push(Column c) {
    c.plugin = plugin_;
    columns_.push_back(std::move(c));
  }

 private:
  std::string plugin_;
  std::vector<Column> columns_;
};

/// Adds columns whose getters see a State of the plugin's parts.
template <class State>
class Columns {
 public:
  Columns(ColumnList& list, Lane lane) : list_(list), lane_(lane) {}

  template <class Getter>
  void add(std::string name, std::string doc, Getter getter, std::vector<BitText> bits = {}) {
    using Value = std::remove_cvref_t<decltype(get(getter, std::declval<const RowContext&>()))>;
    using Codec = detail::Codec<Value>;
    list_.push({std::move(name),
                std::move(doc),
                Codec::type(),
                std::move(bits),
                {},
                [getter](const RowContext& c, RowWriter& w) { Codec::put(w, get(getter, c)); },
                lane_,
                kSees<Getter>,
                blank<Codec>(getter)});
  }

 private:
  /// One function for all columns of the State.
  static bool is_blank(const void* state) { return static_cast<const State*>(state)->is_blank(); }
  template <class Codec, class Getter>
  static BlankCell blank(const Getter& getter) {
    constexpr bool kTells = requires(const State& s) {
      { s.is_blank() } -> std::same_as<bool>;
    };
    constexpr bool kAlone = std::is_invocable_v<const Getter&, const State&>;
    if constexpr (kTells && kAlone) {
      const State fresh;
      RowWriter w;
      Codec::put(w, std::invoke(getter, fresh));
      return {&is_blank, {w.bytes().begin(), w.bytes().end()}};
    }
    return {};
  }

  template <class Getter>
  static constexpr Sees kSees =
      std::is_invocable_v<const Getter&, const State&>                       ? Sees::kState
      : std::is_invocable_v<const Getter&, const State&, const Flow&>        ? Sees::kFlow
      : std::is_invocable_v<const Getter&, const State&, const OrderedFlow&> ? Sees::kOrderedFlow
                                                                             : Sees::kFlow;

  template <class Getter>
  static decltype(auto) get(const Getter& getter, const RowContext& c) {
    const State& state = *static_cast<const State*>(c.state);
    if constexpr (std::is_member_object_pointer_v<Getter>) {
      return (state.*getter);
    } else if constexpr (std::is_invocable_v<const Getter&, const State&>) {
      return getter(state);
    } else if constexpr (std::is_invocable_v<const Getter&, const State&, const Flow&>) {
      return getter(state, c.flow);
    } else if constexpr (std::is_invocable_v<const Getter&, const State&, const OrderedFlow&>) {
      return getter(state, detail::ordered_of(c.flow));
    } else if constexpr (std::is_invocable_v<const Getter&, const State&, const Flow&,
                                             const Packet&>) {
      return getter(state, c.flow, *c.packet);
    } else {
      return getter(state, c.flow, *c.packet, *c.part);
    }
  }

  ColumnList& list_;
  Lane lane_;
};

/// What the columns of a plugin in one table are added to, the flow table or the packet table.
class ColumnSet {
 public:
  /// For columns whose getters see the State of one of the plugin's parts. NoState, for those that
  /// need none, is always there.
  template <class State>
  Columns<State> of() {
    return {list_, lane(&detail::kStateId<State>, std::is_empty_v<State>)};
  }

 private:
  friend class detail::Host;
  /// `shard`, `ordered`: the States of the plugin's parts (detail::kStateId), null without one.
  ColumnSet(ColumnList& list, const void* shard, const void* ordered)
      : list_(list), shard_(shard), ordered_(ordered) {}
  Lane lane(const void* state, bool empty) {
    if (state == shard_) return Lane::kShard;
    if (state == ordered_) return Lane::kOrdered;
    misplaced_ |= !empty;
    return Lane::kNone;
  }

  ColumnList& list_;
  const void* shard_;
  const void* ordered_;
  bool misplaced_ = false;  // columns of a State that no part keeps: they cannot be shown
};

}  // namespace t2
