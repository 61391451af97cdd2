// SPDX-License-Identifier: Apache-2.0
// Plugins. A plugin is one class derived from Plugin, which is constant once packets come, up to
// two parts with what changes, and T2_PLUGIN(Class, Parts...) at the end of its .cc:
//
// - A ShardPart has one State per flow direction, gets all packets, and concerns itself with one
//   pair of directions at a time. One day there are several of it, each with its share of the
//   pairs.
// - The OrderedPart, one per run, looks across flows, numbers things, writes files. It gets what
//   happens to the flows it wants, in packet order, and messages of its shard parts.
//
// The core lays the States of all parts side by side in one slot per direction and calls the
// handlers in the order of the plugins' numbers, for each packet first those of the shard parts,
// then those of the ordered ones. Rows are made when a pair has ended, on another thread: getters
// of columns look at nothing but the flow, its opposite, their States, labels and the plugin. No
// handler may throw.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "t2/api_digest.h"
#include "t2/captures.h"
#include "t2/columns.h"
#include "t2/content.h"
#include "t2/end_order.h"
#include "t2/expect.h"
#include "t2/flow.h"
#include "t2/label.h"
#include "t2/packet.h"
#include "t2/report.h"
#include "t2/result.h"
#include "t2/settings.h"
#include "t2/sink.h"
#include "t2/stream.h"
#include "t2/text.h"

namespace t2 {

struct CoreSettings;

namespace detail {
class Host;
template <class>
struct PostOffice;
}  // namespace detail

/// What the plugin says of itself. `name` at most 31, `version` at most 15 characters.
struct PluginInfo {
  std::string name;
  std::string version;
  std::string doc;
  std::vector<std::string> needs;  // plugins that must be loaded with a lower number
};

/// Why a run came to its end.
enum class RunEnd : std::uint8_t {
  kInput,   // everything was read
  kSignal,  // somebody stopped it
  kError,   // it could not go on
};

/// What is known of the run. For any thread, if nothing else is said.
class RunFacts {
 public:
  virtual const TextSettings& text_settings() const = 0;
  virtual const RunInfo& run_info() const = 0;
  /// Whether packet rows are written (-s).
  virtual bool packet_mode() const = 0;
  /// Whether the user asked for the contents of all protocols (--carve): then no folder of a plugin
  /// is used.
  virtual bool carving() const = 0;
  virtual Labels& labels() const = 0;
  /// Time of the run's first packet; from that packet on.
  virtual Nanoseconds run_start() const = 0;
  /// The files read so far, the one that is being read last; empty for live capture. For handlers
  /// of parts and for Sink::close(); an entry's name for any thread.
  virtual const Captures& captures() const = 0;
  /// Where packet `number` of the run (Packet::number) lies. For handlers of parts: of the packet
  /// at hand and all before it; costs a binary search. Nothing: live capture, or a filter has left
  /// more gaps than are kept (2 million).
  virtual std::optional<CapturePosition> capture_position(std::uint64_t number) const = 0;
  /// The manifests that this run has begun (content.h). In Sink::close() they are complete.
  virtual const std::vector<std::string>& manifests() const = 0;
  /// Whether a signal asked for the end of the run: what takes long is not worth waiting for.
  virtual bool interrupted() const = 0;
  /// In OrderedPart::finish() and later.
  virtual RunEnd run_end() const = 0;

 protected:
  ~RunFacts() = default;
};

/// What may be asked for in start().
class StartUp {
 public:
  /// Tells the core an idle time that Flow::set_timeout will be given (affects only output order).
  virtual void register_timeout(Nanoseconds t) = 0;
  /// For a plugin that verifies checksums of whole packets: has them verified where that costs its
  /// handlers nothing, see Packet::checked.
  virtual void verify_checksums() = 0;
  /// Access to the run's carved files (--carve) for a protocol, `ftp`; null if it is not wanted.
  virtual std::unique_ptr<Contents> run_contents(const std::string& protocol) = 0;
  /// One line of the start-up log, without mark: "NAME: 197 rules loaded".
  virtual void info(std::string_view text) = 0;
  /// The same for what the user should mend.
  virtual void warn(std::string_view text) = 0;

 protected:
  ~StartUp() = default;
};

class ShardPartBase;
class OrderedPartBase;

/// What the core offers shard parts.
class ShardCore {
 public:
  /// From now on `consumer` gets on_stream for this direction, beginning with the packet at hand.
  /// False if not TCP, if the part has no on_stream, or if other shard parts were given bytes
  /// already. The first of several chooses `use`. `first_seq`: the sequence number of the
  /// direction's first byte, for who waited until something told that the bytes are wanted and saw
  /// the SYN.
  virtual bool open_stream(Flow& flow, const ShardPartBase& consumer,
                           StreamUse use = StreamUse::kBulk,
                           std::optional<std::uint32_t> first_seq = {}) = 0;
  /// No more on_stream of this direction for `consumer`. With the last one buffered bytes are
  /// dropped.
  virtual void close_stream(Flow& flow, const ShardPartBase& consumer) = 0;
  virtual StreamStats stream_stats(const Flow& flow) const = 0;
  /// Makes the flow's labels known, for who needs them before a row is made. From on_flow_start to
  /// on_flow_end.
  virtual void find_labels(Flow& flow) = 0;
  /// In on_flow_end: of the pair that ends. For counters of which the first of equals counts, so
  /// that merge() can tell which one that was.
  virtual EndOrder end_order() const = 0;
  /// A part has posted a message (ShardPart::post).
  virtual void note_posted() = 0;

 protected:
  ~ShardCore() = default;
};

/// What the core offers ordered parts.
class RunCore {
 public:
  virtual const RunFacts& run() const = 0;
  /// The flow, if it has not ended.
  virtual OrderedFlow* find(OrderedRef ref) = 0;
  virtual Expectations& expectations() = 0;
  // As for shard parts, whose streams are others.
  virtual bool open_stream(OrderedFlow& flow, const OrderedPartBase& consumer,
                           StreamUse use = StreamUse::kBulk,
                           std::optional<std::uint32_t> first_seq = {}) = 0;
  virtual void close_stream(OrderedFlow& flow, const OrderedPartBase& consumer) = 0;
  virtual StreamStats stream_stats(const OrderedFlow& flow) const = 0;
  /// No more packets of this direction for `part`, and no stream of the direction opens for it any
  /// more; its State stays.
  virtual void rest(OrderedFlow& flow, const OrderedPartBase& part) = 0;
  /// A manifest that this run has begun (content.h).
  virtual void note_manifest(const std::string& path) = 0;
  /// Files cannot be written any more: the run ends as for a full disk, exit status 1. The message
  /// names the file; the first one counts.
  virtual void fail(const std::string& why) = 0;
  /// As StartUp::info and warn.
  virtual void info(std::string_view text) = 0;
  virtual void warn(std::string_view text) = 0;

 protected:
  ~RunCore() = default;
};

/// What does not change once packets come.
class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual PluginInfo info() const = 0;
  /// The plugin's settings group, or null.
  virtual Settings* settings() { return nullptr; }
  /// Declares columns; the settings have their final values.
  virtual void columns(ColumnSet& /*flow*/, ColumnSet& /*packet*/) {}
  /// After that; files may be read, not written.
  virtual Result<void> start(StartUp&) { return {}; }
  /// Which flows the ordered part sees. Asked once for each direction.
  virtual bool wants_flow(const FlowKey&) const { return true; }
  /// Not null for a plugin that writes rows.
  virtual Sink* sink() { return nullptr; }
  /// Folders that files are made in, apart from what a sink opens before the first row. Asked after
  /// start(); the sandbox refuses all others.
  virtual std::vector<std::string> output_folders() const { return {}; }
  /// True for a plugin that shows passwords or other credentials, as it is set: all files of the
  /// run are then readable by their owner alone. Asked after start().
  virtual bool shows_credentials() const { return false; }

  /// From start() on.
  const RunFacts& run() const { return *run_; }
  /// The settings of the core (t2/core_settings.h), from columns() on.
  const CoreSettings& core_settings() const { return *core_; }

 protected:
  /// The State of either part, for getters of flow columns that show both.
  template <class State>
  const State& state(const Flow& f) const {
    const StatePlace& place = &detail::kStateId<State> == shard_.id ? shard_ : ordered_;
    return *static_cast<const State*>(detail::behind(f, place.offset));
  }

 private:
  friend class detail::Host;
  /// Where the State of a part lies behind a Flow.
  struct StatePlace {
    const void* id = nullptr;  // detail::kStateId
    std::size_t offset = 0;
  };
  const RunFacts* run_ = nullptr;
  const CoreSettings* core_ = nullptr;
  StatePlace shard_, ordered_;
};

/// The state of a part that keeps nothing per flow.
struct NoState {};
/// The message of parts that have nothing to say to each other.
struct NoMessage {};

/// What parts of both kinds have. `Core`: what the core offers the kind.
template <class Core>
class PartBase {
 public:
  virtual ~PartBase() = default;
  /// After the last flow has ended, before the report. As for report() and monitor(): of the shard
  /// part that all others were merged into, then of the ordered part.
  virtual void finish() {}
  /// Lines of the end report.
  virtual void report(Report&) const {}
  virtual void monitor(Monitor&) const {}

 protected:
  const Plugin& base_plugin() const { return *plugin_; }
  Core& core() const { return *core_; }

 private:
  friend class detail::Host;
  const Plugin* plugin_ = nullptr;
  Core* core_ = nullptr;
};

/// A shard part as the host sees it. Derive from ShardPart.
class ShardPartBase : public PartBase<ShardCore> {
 public:
  /// After Plugin::start: may take over what it needs often of the plugin.
  virtual Result<void> begin() { return {}; }
};

/// Derived from with the plugin's class, what is kept per direction, and what is posted. A part
/// with members of its own, counters of the run, has a function `void merge(const Part& other)`
/// that adds what another part of the same plugin has counted; the order must not matter.
template <class PluginClass, class StateType, class MessageType = NoMessage>
class ShardPart : public ShardPartBase {
 public:
  using State = StateType;
  using Message = MessageType;

  /// First packet of a direction. The opposite direction, if any, is linked already.
  virtual void on_flow_start(Flow&, State&, const Packet&) {}
  /// Every packet of the direction, the first one included, before its packet row is written.
  virtual void on_packet(Flow&, State&, const Packet&) {}
  /// Ordered bytes of a direction opened with ShardCore::open_stream; before on_packet of the
  /// packet that completed them.
  virtual void on_stream(Flow&, State&, const Chunk&) {}
  /// Last computing before the row is written: first A, then B; both still exist during both calls.
  virtual void on_flow_end(Flow&, State&) {}

 protected:
  const PluginClass& plugin() const { return static_cast<const PluginClass&>(base_plugin()); }
  /// For the ordered part, which gets it when all shard parts are done with the packet, or with the
  /// end of the pair, before anything else of that.
  void post(Flow& flow, Message message) {
    core().note_posted();
    posted_.push_back({&detail::ordered_of(flow), std::move(message)});
  }

 private:
  template <class>
  friend struct detail::PostOffice;
  struct Posted {
    OrderedFlow* flow;
    Message message;
  };
  std::vector<Posted> posted_;
};

/// Which packets of a direction on_packet of an ordered part has a use for.
enum class PacketUse : std::uint8_t {
  kAll,
  kSyn,  // its first one, and those of TCP with SYN; for parts without on_stream
};

/// An ordered part as the host sees it. Derive from OrderedPart.
class OrderedPartBase : public PartBase<RunCore> {
 public:
  /// After the plugin's. An output folder may be made, for the rest of the run may lack the right
  /// to.
  virtual Result<void> start(StartUp&) { return {}; }
  /// The same whatever the settings. Others come or do not, as it suits.
  virtual PacketUse packet_use() const { return PacketUse::kAll; }

 protected:
  void* raw_state(OrderedFlow& f) const { return detail::behind(f, state_offset_); }

 private:
  friend class detail::Host;
  std::size_t state_offset_ = 0;  // from the OrderedFlow
};

/// Handlers are those of shard parts, for flows that Plugin::wants_flow names, until the direction
/// rests.
template <class PluginClass, class StateType, class MessageType = NoMessage>
class OrderedPart : public OrderedPartBase {
 public:
  using State = StateType;
  using Message = MessageType;

  virtual void on_flow_start(OrderedFlow&, State&, const Packet&) {}
  virtual void on_packet(OrderedFlow&, State&, const Packet&) {}
  virtual void on_stream(OrderedFlow&, State&, const Chunk&) {}
  virtual void on_message(OrderedFlow&, State&, Message&&) {}
  virtual void on_flow_end(OrderedFlow&, State&) {}

 protected:
  const PluginClass& plugin() const { return static_cast<const PluginClass&>(base_plugin()); }
  /// This part's state of any flow that has not ended.
  State& state_of(OrderedFlow& f) const { return *static_cast<State*>(raw_state(f)); }
};

/// The API, as these headers are, compiler and build type: a plugin built otherwise is refused at
/// load.
#ifdef NDEBUG
#define T2_BUILD_TYPE "release"
#else
#define T2_BUILD_TYPE "debug"
#endif
#define T2_BUILD_STAMP "t2-api-" T2_API_DIGEST " " __VERSION__ " " T2_BUILD_TYPE
inline constexpr const char* kBuildStamp = T2_BUILD_STAMP;
/// Where the host finds the stamp in the file, without loading it (src/plugin/library_file.h).
#define T2_STAMP_SECTION ".t2_stamp"

namespace detail {

/// What the host knows of a part's type without knowing the type. A null handler is never called.
template <class Part, class AnyFlow>
struct PartType {
  Part* (*create)() = nullptr;  // null: the plugin has no such part
  StateType state;
  void (*on_flow_start)(Part&, AnyFlow&, void* state, const Packet&) = nullptr;
  void (*on_packet)(Part&, AnyFlow&, void* state, const Packet&) = nullptr;
  void (*on_stream)(Part&, AnyFlow&, void* state, const Chunk&) = nullptr;
  void (*on_flow_end)(Part&, AnyFlow&, void* state) = nullptr;
};

struct PluginType {
  const char* stamp = nullptr;  // must equal build_stamp() of the program
  Plugin* (*create)() = nullptr;
  PartType<ShardPartBase, Flow> shard;
  PartType<OrderedPartBase, OrderedFlow> ordered;
  void (*merge)(ShardPartBase& into, const ShardPartBase& from) = nullptr;  // null: keeps nothing
  /// How many messages wait. Null, as the next ones: it posts nothing.
  std::size_t (*posted)(const ShardPartBase& from) = nullptr;
  /// Hands over all that was posted; the states lie `state_offset` bytes behind the OrderedFlow.
  void (*deliver)(ShardPartBase& from, OrderedPartBase& to, std::size_t state_offset) = nullptr;
  /// The same in two steps, for whoever delivers later.
  std::shared_ptr<void> (*take)(ShardPartBase& from) = nullptr;
  void (*deliver_taken)(void* taken, std::size_t first, std::size_t count, OrderedPartBase& to,
                        std::size_t state_offset) = nullptr;
};

/// Builds the handler table of part P, derived from Base; a handler that P does not override stays
/// null.
template <class P, class Base, class AnyPart, class AnyFlow>
PartType<AnyPart, AnyFlow> part_type() {
  using State = typename P::State;
  PartType<AnyPart, AnyFlow> t;
  t.create = []() -> AnyPart* { return new P; };
  t.state = state_type<State>();
  if constexpr (!std::is_same_v<decltype(&P::on_flow_start), decltype(&Base::on_flow_start)>) {
    t.on_flow_start = [](AnyPart& p, AnyFlow& f, void* s, const Packet& k) {
      static_cast<P&>(p).P::on_flow_start(f, *static_cast<State*>(s), k);
    };
  }
  if constexpr (!std::is_same_v<decltype(&P::on_packet), decltype(&Base::on_packet)>) {
    t.on_packet = [](AnyPart& p, AnyFlow& f, void* s, const Packet& k) {
      static_cast<P&>(p).P::on_packet(f, *static_cast<State*>(s), k);
    };
  }
  if constexpr (!std::is_same_v<decltype(&P::on_stream), decltype(&Base::on_stream)>) {
    t.on_stream = [](AnyPart& p, AnyFlow& f, void* s, const Chunk& c) {
      static_cast<P&>(p).P::on_stream(f, *static_cast<State*>(s), c);
    };
  }
  if constexpr (!std::is_same_v<decltype(&P::on_flow_end), decltype(&Base::on_flow_end)>) {
    t.on_flow_end = [](AnyPart& p, AnyFlow& f, void* s) {
      static_cast<P&>(p).P::on_flow_end(f, *static_cast<State*>(s));
    };
  }
  return t;
}

/// Hands over what shard part P has posted.
template <class P>
struct PostOffice {
  using Messages = std::vector<typename P::Posted>;

  static std::size_t posted(const ShardPartBase& from) {
    return static_cast<const P&>(from).posted_.size();
  }
  static std::shared_ptr<void> take(ShardPartBase& from) {
    return std::make_shared<Messages>(std::exchange(static_cast<P&>(from).posted_, {}));
  }
  template <class Ordered>
  static void deliver(std::span<typename P::Posted> messages, OrderedPartBase& to,
                      std::size_t offset) {
    for (auto& p : messages) {
      auto& state = *static_cast<typename Ordered::State*>(behind(*p.flow, offset));
      static_cast<Ordered&>(to).Ordered::on_message(*p.flow, state, std::move(p.message));
    }
  }
  template <class Ordered>
  static void deliver(ShardPartBase& from, OrderedPartBase& to, std::size_t offset) {
    Messages& posted = static_cast<P&>(from).posted_;
    deliver<Ordered>(std::span(posted), to, offset);
    posted.clear();
  }
  template <class Ordered>
  static void deliver_taken(void* taken, std::size_t first, std::size_t count, OrderedPartBase& to,
                            std::size_t offset) {
    deliver<Ordered>(std::span(*static_cast<Messages*>(taken)).subspan(first, count), to, offset);
  }
};

template <class Class, class Part>
void add_part(PluginType& t) {
  if constexpr (std::is_base_of_v<ShardPartBase, Part>) {
    using Base = ShardPart<Class, typename Part::State, typename Part::Message>;
    static_assert(std::is_base_of_v<Base, Part>, "a part names its plugin: ShardPart<PLUGIN, ...>");
    t.shard = part_type<Part, Base, ShardPartBase, Flow>();
    constexpr bool kMerges = requires(Part & a, const Part& b) {
      a.merge(b);
    };
    static_assert(kMerges || sizeof(Part) == sizeof(Base),
                  "a shard part with members needs merge(): there will be several of it");
    if constexpr (kMerges) {
      t.merge = [](ShardPartBase& into, const ShardPartBase& from) {
        static_cast<Part&>(into).merge(static_cast<const Part&>(from));
      };
    }
  } else {
    static_assert(std::is_base_of_v<OrderedPartBase, Part>, "T2_PLUGIN(PLUGIN, PARTS...)");
    using Base = OrderedPart<Class, typename Part::State, typename Part::Message>;
    static_assert(std::is_base_of_v<Base, Part>, "a part names its plugin: OrderedPart<PLUGIN...>");
    t.ordered = part_type<Part, Base, OrderedPartBase, OrderedFlow>();
  }
}

template <class Shard, class Ordered>
void connect(PluginType& t) {
  static_assert(
      std::is_base_of_v<ShardPartBase, Shard> && std::is_base_of_v<OrderedPartBase, Ordered>,
      "T2_PLUGIN(PLUGIN, SHARD_PART, ORDERED_PART)");
  static_assert(std::is_same_v<typename Shard::Message, typename Ordered::Message>,
                "both parts name the same message");
  static_assert(!std::is_same_v<typename Shard::State, typename Ordered::State>,
                "each part has a State of its own");
  if constexpr (!std::is_same_v<typename Shard::Message, NoMessage>) {
    using Office = PostOffice<Shard>;
    t.posted = &Office::posted;
    t.deliver = [](ShardPartBase& from, OrderedPartBase& to, std::size_t offset) {
      Office::template deliver<Ordered>(from, to, offset);
    };
    t.take = &Office::take;
    t.deliver_taken = &Office::template deliver_taken<Ordered>;
  }
}

template <class Class, class... Parts>
PluginType plugin_type() {
  static_assert(std::is_base_of_v<Plugin, Class>);
  static_assert(sizeof...(Parts) <= 2, "one shard part and one ordered part at most");
  PluginType t;
  t.stamp = kBuildStamp;
  t.create = []() -> Plugin* { return new Class; };
  (add_part<Class, Parts>(t), ...);
  if constexpr (sizeof...(Parts) == 2) connect<Parts...>(t);
  return t;
}

}  // namespace detail

/// T2_PLUGIN(PLUGIN[, SHARD_PART][, ORDERED_PART]): the one function a plugin library exports,
/// besides its stamp.
#define T2_PLUGIN(...)                                                                         \
  extern "C" {                                                                                 \
  extern const char t2_plugin_stamp[];                                                         \
  [[gnu::used, gnu::section(T2_STAMP_SECTION)]] const char t2_plugin_stamp[] = T2_BUILD_STAMP; \
  }                                                                                            \
  extern "C" void t2_plugin_type(t2::detail::PluginType& type) {                               \
    type = t2::detail::plugin_type<__VA_ARGS__>();                                             \
  }

}  // namespace t2
