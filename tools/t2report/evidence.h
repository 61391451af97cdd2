// SPDX-License-Identifier: Apache-2.0
// What the carving folder tells: captures, files, logins, control connections. Read from the
// manifest (docs/spec/manifest.md) and the files that it names; all of it may be hostile.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cells.h"
#include "t2/result.h"

namespace t2::report {

/// By the name of the capture.
struct CaptureDigest {
  std::uint64_t bytes = 0;  // 0: not known
  std::string sha256;
};
using CaptureDigests = std::map<std::string, CaptureDigest>;

struct CapturedFile {
  nlohmann::json record;  // of the manifest, without passwords
  std::string name;       // as the protocol called it
  std::string is;         // by its first bytes
  std::string preview, hex;
  std::string picture;     // media type, if it may be shown
  std::string no_picture;  // why a picture is not shown
  std::uint32_t width = 0, height = 0;
  std::string bytes;  // of the picture
  bool program = false, macros = false, unlike_name = false, unlike_type = false;
};

struct Login {
  std::uint64_t flow = 0;
  std::string protocol, client, server, user, password, reply;
  int ok = -1;  // 1, 0; -1: the capture does not tell
  Nanoseconds at = 0;
};

inline constexpr std::size_t kMostLogins = 20'000;  // of each source

struct SessionLine {
  bool from_client = true, hidden = false, timed = false;
  std::string text;
  std::uint64_t packet = 0, length = 0;  // length: of the whole line, if it was cut
  Nanoseconds at = 0;
};

struct Session {
  std::uint64_t flow = 0;
  std::string protocol, client, server, user;
  std::uint64_t server_port = 0;
  bool complete = false, guessed = false;  // guessed: the order of the two sides
  std::uint64_t lines_in_all = 0;
  Nanoseconds first = 0;
  std::vector<SessionLine> lines;
  std::vector<std::string> bounces;
  std::string client_file, server_file;  // transcripts
  std::string client_index, server_index;
};

struct EvidenceOptions {
  bool passwords = false;
  enum class Pictures { kShow, kCover, kNone } pictures = Pictures::kShow;
};

struct Evidence {
  bool has_manifest = false;
  std::string folder;
  nlohmann::json run, end;  // records; null if they are not there
  std::vector<CapturedFile> files;
  std::vector<Login> logins;
  std::vector<Session> sessions;
  std::uint64_t contents = 0, complete = 0, bytes = 0;  // also of files that are not listed
  std::uint64_t not_listed = 0, lines_damaged = 0, conflicts = 0;
};

/// The manifest of a folder: of t2 --carve, else of FTP_SAVE=1.
std::string manifest_in(const std::string& folder);

/// Fills in what the end record lacks, for captures of the same size; makes one if there is none.
void add_digests(Evidence& e, const CaptureDigests& digests);

/// Those that the flow table tells; their passwords as the options say.
void add_logins(Evidence& e, const std::vector<Login>& logins, const EvidenceOptions& options);

/// Reads the manifest of `folder`. Without a manifest `has_manifest` is false; an error only for
/// one that cannot be read.
Result<Evidence> read_evidence(const std::string& folder, const EvidenceOptions& options);

}  // namespace t2::report
