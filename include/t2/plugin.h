// SPDX-License-Identifier: Apache-2.0
// Plugins. A plugin is one class derived from FlowPlugin<State>, one State per flow direction, and
// T2_PLUGIN(Class) at the end of its .cc. The core lays the States of all active plugins side by
// side in one slot per direction, calls the handlers in the order of the plugins' numbers, and
// reads the columns when a row is made. Everything runs on the working thread, but for what
// stands_alone() allows; no handler may throw.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "t2/api_digest.h"
#include "t2/captures.h"
#include "t2/columns.h"
#include "t2/content.h"
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

/// What the plugin says of itself. `name` at most 31, `version` at most 15 characters.
struct PluginInfo {
  std::string name;
  std::string version;
  std::string doc;
  std::vector<std::string> needs;  // plugins that must be loaded with a lower number
};

class Plugin;

/// Why a run came to its end.
enum class RunEnd : std::uint8_t {
  kInput,   // everything was read
  kSignal,  // somebody stopped it
  kError,   // it could not go on
};

/// What the core offers. Valid from start() on.
class Services {
 public:
  virtual ~Services() = default;

  /// Tells the core an idle time that set_timeout will use (affects only output order).
  virtual void register_timeout(Nanoseconds t) = 0;
  /// From now on `consumer` gets on_stream for this direction, beginning with the packet at hand.
  /// False if not TCP, if the plugin has no on_stream, or if others were given bytes already. The
  /// first of several plugins chooses `use`. `first_seq`: the sequence number of the direction's
  /// first byte, for who waited until something told that the bytes are wanted and saw the SYN.
  virtual bool open_stream(Flow& flow, const Plugin& consumer, StreamUse use = StreamUse::kBulk,
                           std::optional<std::uint32_t> first_seq = {}) = 0;
  /// No more on_stream of this direction for `consumer`. With the last one buffered bytes are
  /// dropped.
  virtual void close_stream(Flow& flow, const Plugin& consumer) = 0;
  virtual StreamStats stream_stats(const Flow& flow) const = 0;
  /// The flow, if it has not ended.
  virtual Flow* find(FlowRef ref) = 0;
  virtual Labels& labels() = 0;
  /// Makes the flow's labels known, for who needs them before a row is made. From on_flow_start to
  /// on_flow_end.
  virtual void find_labels(Flow& flow) = 0;
  virtual Expectations& expectations() = 0;
  /// Called in start() by a plugin that verifies checksums of whole packets: has them verified
  /// where that costs the working thread nothing, see Packet::checked.
  virtual void verify_checksums() = 0;
  /// Whether the user asked for the contents of all protocols (--carve): then no folder of a plugin
  /// is used. From start() on.
  virtual bool carving() const = 0;
  /// In start(): access to the run's carved files for a protocol, `ftp`; null if it is not wanted.
  virtual std::unique_ptr<Contents> run_contents(const std::string& protocol) = 0;
  virtual const TextSettings& text_settings() const = 0;
  virtual const RunInfo& run_info() const = 0;
  /// The files read so far, the one that is being read last; empty for live capture. For the
  /// working thread and for Sink::close(); an entry's name for any.
  virtual const Captures& captures() const = 0;
  /// Where packet `number` of the run (Packet::number) lies. For the packet at hand and all before
  /// it, at any time, on the working thread; costs a binary search. Null: live capture, or a
  /// filter has left more gaps than are kept (2 million).
  virtual std::optional<CapturePosition> capture_position(std::uint64_t number) const = 0;
  /// Time of the run's first packet; from that packet on.
  virtual Nanoseconds run_start() const = 0;
  /// A manifest that this run has begun (content.h); for the working thread.
  virtual void note_manifest(const std::string& path) = 0;
  /// All of them. In Sink::close() they are complete.
  virtual const std::vector<std::string>& manifests() const = 0;
  /// Whether packet rows are written (-s).
  virtual bool packet_mode() const = 0;
  /// Whether a signal asked for the end of the run: what takes long is not worth waiting for. For
  /// any thread.
  virtual bool interrupted() const = 0;
  /// In Plugin::finish() and later.
  virtual RunEnd run_end() const = 0;
  /// The plugin cannot write its files any more: the run ends as for a full disk, exit status 1.
  /// The message names the file; the first one counts.
  virtual void fail(const std::string& why) = 0;
  /// One line of the start-up log, without mark: "NAME: 197 rules loaded".
  virtual void info(std::string_view text) = 0;
  /// The same for what the user should mend.
  virtual void warn(std::string_view text) = 0;
};

/// The base of all plugins, as the host sees it. Derive from FlowPlugin instead.
class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual PluginInfo info() const = 0;
  /// The plugin's settings group, or null.
  virtual Settings* settings() { return nullptr; }
  /// After all settings have their values and columns are declared; files may be read, not written.
  /// An output folder of its own may be made, for the rest of the run may lack the right to.
  virtual Result<void> start() { return {}; }
  /// Not null for a plugin that writes rows.
  virtual Sink* sink() { return nullptr; }
  /// Folders that the plugin makes files in, apart from what its sink opens before the first row.
  /// Asked after start(); the sandbox refuses all others.
  virtual std::vector<std::string> output_folders() const { return {}; }
  /// True for a plugin that shows passwords or other credentials, as it is set: all files of the
  /// run are then readable by their owner alone. Asked after start().
  virtual bool shows_credentials() const { return false; }
  /// True for a plugin whose State stands alone once on_flow_end has returned for both directions:
  /// its destructor, and the getters of flow columns, look at nothing but the flow, its opposite,
  /// their States, labels, and what does not change after start(). They then run on the writing
  /// thread, if this holds for all plugins of the run.
  virtual bool stands_alone() const { return false; }
  virtual void report(Report&) const {}
  virtual void monitor(Monitor&) const {}
  /// After the last flow has ended, before the report.
  virtual void finish() {}

  virtual void declare_columns(ColumnList& flow, ColumnList& packet) = 0;

  Services& services() const { return *services_; }
  /// A core setting (NAME `tranalyzer2`) by name, null if there is none. Known from columns() on.
  const Setting* core_setting(std::string_view name) const { return core_->find(name); }
  /// Whether a core setting is 1.
  bool core_flag(std::string_view name) const {
    const Setting* s = core_setting(name);
    return s != nullptr && s->text() == "1";
  }
  void attach_core(const Settings& core) { core_ = &core; }
  void attach(Services& s, std::size_t state_offset) {
    services_ = &s;
    state_offset_ = state_offset;
  }
  std::size_t state_offset() const { return state_offset_; }

 protected:
  void* raw_state(Flow& f) const { return reinterpret_cast<std::byte*>(&f) + state_offset_; }

 private:
  Services* services_ = nullptr;
  const Settings* core_ = nullptr;
  std::size_t state_offset_ = 0;
};

/// The state of a plugin that keeps nothing per flow.
struct NoState {};

template <class StateType>
class FlowPlugin : public Plugin {
 public:
  using State = StateType;
  using Cols = Columns<State>;

  /// Declares columns; the settings have their final values.
  virtual void columns(Cols& /*flow*/, Cols& /*packet*/) {}
  /// First packet of a direction. The opposite direction, if any, is linked already.
  virtual void on_flow_start(Flow&, State&, const Packet&) {}
  /// Every packet of the direction, the first one included, before its packet row is written.
  virtual void on_packet(Flow&, State&, const Packet&) {}
  /// Ordered bytes of a direction opened with Services::open_stream; before on_packet of the packet
  /// that completed them.
  virtual void on_stream(Flow&, State&, const Chunk&) {}
  /// Last computing before the row is written: first A, then B; both still exist during both calls.
  virtual void on_flow_end(Flow&, State&) {}

  void declare_columns(ColumnList& flow, ColumnList& packet) final {
    Cols f(flow), p(packet);
    columns(f, p);
  }

 protected:
  /// This plugin's state of another flow.
  State& state_of(Flow& f) const { return *static_cast<State*>(raw_state(f)); }
  /// This plugin's state of the opposite direction; null when it was not seen.
  State* peer(Flow& f) const { return f.opposite ? &state_of(*f.opposite) : nullptr; }
};

/// What the host knows of a plugin type without knowing the type. A null handler is never called.
struct PluginType {
  const char* stamp = nullptr;  // must equal build_stamp() of the program
  Plugin* (*create)() = nullptr;
  std::size_t state_size = 0, state_align = 1;
  void (*construct)(void* state) = nullptr;
  void (*destroy)(void* state) = nullptr;  // null if the State is trivially destructible
  void (*on_flow_start)(Plugin&, Flow&, void* state, const Packet&) = nullptr;
  void (*on_packet)(Plugin&, Flow&, void* state, const Packet&) = nullptr;
  void (*on_stream)(Plugin&, Flow&, void* state, const Chunk&) = nullptr;
  void (*on_flow_end)(Plugin&, Flow&, void* state) = nullptr;
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

/// Builds the handler table of class P; a handler that P does not override stays null.
template <class P>
PluginType plugin_type() {
  using State = typename P::State;
  using Base = FlowPlugin<State>;
  static_assert(std::is_base_of_v<Base, P>);
  PluginType t;
  t.stamp = kBuildStamp;
  t.create = []() -> Plugin* { return new P; };
  if constexpr (!std::is_empty_v<State>) {
    t.state_size = sizeof(State);
    t.state_align = alignof(State);
    t.construct = [](void* s) { new (s) State; };
    if constexpr (!std::is_trivially_destructible_v<State>) {
      t.destroy = [](void* s) { static_cast<State*>(s)->~State(); };
    }
  }
  if constexpr (!std::is_same_v<decltype(&P::on_flow_start), decltype(&Base::on_flow_start)>) {
    t.on_flow_start = [](Plugin& p, Flow& f, void* s, const Packet& k) {
      static_cast<P&>(p).P::on_flow_start(f, *static_cast<State*>(s), k);
    };
  }
  if constexpr (!std::is_same_v<decltype(&P::on_packet), decltype(&Base::on_packet)>) {
    t.on_packet = [](Plugin& p, Flow& f, void* s, const Packet& k) {
      static_cast<P&>(p).P::on_packet(f, *static_cast<State*>(s), k);
    };
  }
  if constexpr (!std::is_same_v<decltype(&P::on_stream), decltype(&Base::on_stream)>) {
    t.on_stream = [](Plugin& p, Flow& f, void* s, const Chunk& c) {
      static_cast<P&>(p).P::on_stream(f, *static_cast<State*>(s), c);
    };
  }
  if constexpr (!std::is_same_v<decltype(&P::on_flow_end), decltype(&Base::on_flow_end)>) {
    t.on_flow_end = [](Plugin& p, Flow& f, void* s) {
      static_cast<P&>(p).P::on_flow_end(f, *static_cast<State*>(s));
    };
  }
  return t;
}

}  // namespace detail

/// The one function a plugin library exports, besides its stamp.
#define T2_PLUGIN(Class)                                                                       \
  extern "C" {                                                                                 \
  extern const char t2_plugin_stamp[];                                                         \
  [[gnu::used, gnu::section(T2_STAMP_SECTION)]] const char t2_plugin_stamp[] = T2_BUILD_STAMP; \
  }                                                                                            \
  extern "C" void t2_plugin_type(t2::PluginType& type) {                                       \
    type = t2::detail::plugin_type<Class>();                                                   \
  }

}  // namespace t2
