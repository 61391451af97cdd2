// SPDX-License-Identifier: Apache-2.0
// Contents: what a protocol found in streams and wants to keep as files, with proof of where it
// came from. A plugin makes files, hands their bytes over, and ends with a ContentRecord each; one
// place writes, hashes, limits and records them (manifest, format 2: docs/spec/manifest.md).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "t2/carve.h"
#include "t2/json.h"
#include "t2/result.h"
#include "t2/types.h"

namespace t2 {

class RunCore;
class RunFacts;
class StartUp;
class String;

/// A packet of the run.
struct Moment {
  Nanoseconds time = 0;
  std::uint64_t packet = 0;  // Packet::number; 0: none
  bool operator<(const Moment& o) const { return packet < o.packet; }
};

/// One end of a connection.
struct HostEnd {
  IpAddress ip;
  std::uint16_t port = 0;
};

/// How the end of a content is proven; kNone: it is not.
enum class EndProof : std::uint8_t {
  kNone,
  kFin,       // the FIN of the sender, in order
  kDeclared,  // as many bytes as the protocol announced, however that is read
  kMarker,    // the protocol's own
};

/// What stands against calling a content complete; the first that applies.
enum class Lack : std::uint8_t {
  kNothing,
  kFile,      // nothing was written: encrypted, or it could not be made
  kRefused,   // the protocol refused it before it began
  kAborted,   // ... or ended it early
  kWrongWay,  // sent against the transfer's direction: an answer, or the bytes of a stranger
  kLimit,     // a limit cut it, or an I/O error
  kFraming,   // the structure around it was lost
  kBytes,     // bytes between start and end are missing
  kEnd,       // no proof of the end
  kLength,    // it ends before the smallest reading of the declared length
  kStart,     // no proof of the start
};
/// "fin"; empty for kNone.
std::string_view name(EndProof e);
/// "no proof of the end"; empty for kNothing.
std::string_view text(Lack l);

/// What the protocol claims of a content.
struct Claims {
  std::optional<std::uint64_t> declared;           // its length, under the largest reading
  std::optional<std::uint64_t> declared_smallest;  // ... and the smallest
  bool length_counts = false;  // it is the number of these very bytes, so that it can prove the end
  bool refused = false;
  bool wrong_way = false;
  std::string aborted;           // what ended it early
  std::string aborted_if_short;  // ... unless all of the declared length is there
};

/// What a protocol knows of a content besides its bytes. It may learn more until the record is
/// written.
class ContentFacts {
 public:
  virtual ~ContentFacts() = default;
  virtual Claims claims() const { return {}; }
  /// A copy of what is known now; null: nothing will change any more.
  virtual std::shared_ptr<const ContentFacts> frozen() const { return nullptr; }
  /// The members of the record that are the protocol's own.
  virtual void write(JsonWriter& j) const = 0;
};

/// Everything the manifest says of one content, or of one direction of a connection that talks.
struct ContentRecord {
  std::uint64_t id = 0;   // see Contents::number(); 0: the next one when it is written
  std::uint64_t of = 0;   // the content that this is a part or piece of; 0: none
  CarveOutcomePtr file;   // null: not written
  CarveOutcomePtr lines;  // index of the lines of a transcript; null: none
  std::string_view protocol;
  bool control = false;  // a transcript, else content
  std::uint64_t size = 0;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> missing;  // [from, to) in the file
  bool missing_cut = false;                                      // there were more
  std::uint32_t conflicts = 0;  // overlapping segments with other bytes
  Moment first, last;
  std::uint64_t flow_index = 0, control_index = 0;
  char direction = 'A';
  HostEnd sender, receiver, client, server;
  bool fin = false, end_marker = false;
  bool reset = false;        // a RST ended the connection
  bool closing_ends = true;  // the end of the connection may be that of the content
  bool started_at_syn = true;
  bool announced_start = false;   // the protocol said that it begins here
  bool declared_reached = false;  // as many bytes came as were announced, whatever became of them
  bool framing_lost = false, truncated = false, encrypted = false;
  /// Null: nothing is known but the bytes.
  std::shared_ptr<const ContentFacts> facts;

  bool complete() const { return lack() == Lack::kNothing; }
  /// Nothing only for a content of which no byte is missing between a known start and a proven end,
  /// in a transfer that went as it should (spec manifest, "complete").
  Lack lack() const { return lack(claims()); }
  Lack lack(const Claims& c) const;
  EndProof end_proof(const Claims& c) const;
  /// Why it did not come to its end: "426", "ABOR", "reset"; empty if that is not known.
  std::string aborted(const Claims& c) const;

  /// What is missing behind the last byte: from there on to `to`, or nobody knows how far.
  struct Tail {
    std::uint64_t from = 0;
    std::optional<std::uint64_t> to;
  };
  std::optional<Tail> missing_tail(const Claims& c) const;

  Claims claims() const { return facts != nullptr ? facts->claims() : Claims{}; }
  bool has_gap() const { return !missing.empty() || framing_lost; }
  void add_missing(std::uint64_t from, std::uint64_t length);
};

/// The members "packet", "time", and, where it is known, "capture" and "in_capture".
void put_moment(JsonWriter& j, const Moment& m, const RunFacts& run);

/// A default folder lies where everybody may make it first: if somebody did, the setting becomes
/// one beside it that is the user's, and `plugin` says so.
Result<void> use_own_folder(String& folder, StartUp& core, std::string_view plugin);

/// Whether a manifest of a plugin's folder may be called so; `setting` is for the message.
Result<void> check_manifest_name(std::string_view setting, const std::string& name,
                                 std::string_view marker);

struct ContentOptions {
  std::string plugin;                    // who carves: for messages and the run's record
  std::vector<std::string> media_types;  // wanted, "image/png" or "image/*"; empty: all
  CarveOptions folder;
  std::string manifest;                 // its name; empty: none is written
  bool capture_digests = false;         // SHA-256 of the captures, in a second pass beside the run
  std::uint64_t most_held = 64u << 20;  // see Contents::hold
};

class ContentStore;

/// A protocol's access to carved files and their manifest: to a folder of its own, or to its part
/// of the one that the run's protocols share (--carve, StartUp::run_contents). For ordered
/// parts.
class Contents {
 public:
  /// With a folder of its own.
  explicit Contents(RunCore& core);
  /// Into a subfolder of a folder that others carve into as well; the store outlives this object.
  Contents(ContentStore& store, std::string subfolder);
  ~Contents();
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;

  // What has a folder of its own starts and finishes it. For a shared one the run does: then the
  // three do nothing.

  /// Makes or takes the folder, and warns of what emptying it leaves there.
  Result<void> start(ContentOptions options);
  /// Empties the folder and begins the manifest. Nothing is carved if it fails.
  void prepare();

  /// A file for a content; null if it cannot be made. It must not outlive this object. If it turns
  /// out to be smaller than what the run wants, it goes, and write() takes no record of it.
  std::unique_ptr<CarveFile> create(const std::string& name);
  /// One that is no content: a transcript, an index.
  std::unique_ptr<CarveFile> create_beside(const std::string& name);
  /// An id for a record that others will refer to before it is written.
  std::uint64_t number();
  /// Appends a part of an earlier file, which is closed, to another one. False if it cannot be
  /// read.
  bool copy(const CarveOutcome& from, std::uint64_t offset, std::uint64_t length, CarveFile& to);
  /// Puts the record into the manifest, as soon as its file, which is closed, is written; records
  /// keep their order.
  void write(ContentRecord r);
  /// Waits until the record's file, which is closed, is written, and notes what became of it.
  void await(ContentRecord& r);
  /// After the last flow: completes the manifest.
  void finish();

  /// Whether the run wants contents of this media type, as the sender declared it.
  bool wants(std::string_view media_type) const;

  /// Room for bytes that are held back while it is not known what they are, of all connections
  /// together. False: there is none.
  bool hold(std::uint64_t bytes);
  void release(std::uint64_t bytes);
  /// Bytes for which there was no room.
  void add_not_kept(std::uint64_t bytes);
  /// Room for what is noted for records.
  bool note(std::uint64_t bytes);
  void forget_notes(std::uint64_t bytes);

  /// Contents made.
  std::uint64_t files() const { return files_; }
  /// What went wrong first, for the end report; empty if nothing did, or if the run tells it.
  const std::string& error() const;
  /// Carving cannot go on; a limit that was reached is no such thing.
  bool broken() const;

 private:
  std::unique_ptr<ContentStore> own_;  // null: the store is shared
  ContentStore& store_;
  const std::string prefix_;  // of file names: "", "ftp/"
  std::uint64_t files_ = 0;
};

}  // namespace t2
