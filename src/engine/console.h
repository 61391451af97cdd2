// SPDX-License-Identifier: Apache-2.0
// Console: every line for the user goes through here, to the terminal or to the log file (-l).
// Colour only where the target is a terminal. What a message quotes (names of files, settings,
// answers of servers) may hold anything: here it becomes printable (t2/unicode.h).
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "t2/output.h"
#include "t2/result.h"

namespace t2 {

class Console {
 public:
  Console();

  /// From now on ordinary lines go to the file, which is made anew. Errors stay on stderr.
  Result<void> log_to(const std::string& path, OutputAccess access);
  /// From now on ordinary lines go to standard error, for standard output holds rows.
  void log_to_standard_error();
  /// Goes on in a file of the same name, if the old one was moved away (log rotation).
  Result<void> reopen();
  /// Whether everything printed has reached the file or the terminal.
  Result<void> check();
  /// From now on ordinary lines are kept as well, without colours.
  void keep_lines() { kept_.emplace(); }
  /// Those that were kept; from now on no more.
  std::string take_lines() { return *std::exchange(kept_, std::nullopt); }
  /// No ordinary lines at all.
  void silence() { silent_ = true; }
  /// Whether a progress line makes sense: stderr is a terminal.
  bool interactive() const { return interactive_; }

  void line(std::string_view text);
  /// As it is, line ends included.
  void text(std::string_view text);
  void info(std::string_view text) { tagged("INF", "34", text); }
  void warn(std::string_view text) { tagged("WRN", "33", text); }
  /// `[ERR] text` on stderr.
  void error(std::string_view text);
  /// `NAME: text`, the name in bold.
  void plugin_line(std::string_view name, std::string_view text);
  void flush();

  /// One line on the terminal that the next one overwrites; never in files.
  void progress(std::string_view text);

 private:
  struct CloseFile {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };

  void put_line(const std::string& line);
  void keep(std::string_view line);
  void tagged(const char* tag, const char* colour, std::string_view text);
  void clear_progress();

  std::unique_ptr<std::FILE, CloseFile> log_;
  std::string path_;
  std::optional<std::string> kept_;
  OutputAccess access_ = OutputAccess::kUmask;
  std::FILE* out_;
  bool colour_;
  bool error_colour_;
  bool interactive_;
  bool silent_ = false;
  bool progress_shown_ = false;
};

}  // namespace t2
