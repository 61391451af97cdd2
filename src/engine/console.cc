// SPDX-License-Identifier: Apache-2.0
#include "engine/console.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "t2/output.h"
#include "t2/unicode.h"

namespace t2 {
namespace {

bool wants_colour(std::FILE* f) {
  return isatty(fileno(f)) && std::getenv("NO_COLOR") == nullptr;
}

void print(std::FILE* f, const std::string& s) {
  std::fwrite(s.data(), 1, s.size(), f);
}

/// The monitoring report is a table.
constexpr std::string_view kOwn = "\t";

std::string tag_line(const char* tag, const char* colour, std::string_view raw, bool coloured) {
  const std::string text = printable(raw, kOwn);
  if (!coloured) return fmt::format("[{}] {}\n", tag, text);
  return fmt::format("\033[1;{0}m[{1}]\033[0m \033[{0}m{2}\033[0m\n", colour, tag, text);
}

}  // namespace

Console::Console()
    : out_(stdout),
      colour_(wants_colour(stdout)),
      error_colour_(wants_colour(stderr)),
      interactive_(isatty(STDERR_FILENO) != 0) {}

Result<void> Console::log_to(const std::string& path, OutputAccess access) {
  const auto file = create_output_stream(path, access);
  if (!file) return file.error();
  log_.reset(*file);
  out_ = log_.get();
  path_ = path;
  access_ = access;
  colour_ = false;
  return {};
}

void Console::log_to_standard_error() {
  out_ = stderr;
  colour_ = error_colour_;
}

Result<void> Console::reopen() {
  if (!log_) return {};
  struct stat ours {
  }, there{};
  const bool moved = fstat(fileno(log_.get()), &ours) != 0 || stat(path_.c_str(), &there) != 0 ||
                     ours.st_ino != there.st_ino || ours.st_dev != there.st_dev;
  if (!moved) return {};
  const auto next = create_output_stream(path_, access_);
  if (!next) return next.error();
  flush();
  log_.reset(*next);
  out_ = log_.get();
  return {};
}

Result<void> Console::check() {
  const bool flushed = std::fflush(out_) == 0;
  if (flushed && std::ferror(out_) == 0) return {};
  const std::string what = log_             ? fmt::format("file '{}'", path_)
                           : out_ == stderr ? "standard error"
                                            : "standard output";
  return Error{fmt::format("Failed to write {}: {}", what,
                           flushed ? "some lines are lost" : std::strerror(errno))};
}

void Console::text(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out_);
}

void Console::line(std::string_view text) {
  put_line(printable(text, kOwn));
}

void Console::put_line(const std::string& line) {
  keep(line);
  if (silent_) return;
  clear_progress();
  print(out_, line + '\n');
}

void Console::keep(std::string_view line) {
  if (kept_) kept_->append(line).append("\n");
}

void Console::tagged(const char* tag, const char* colour, std::string_view text) {
  keep(fmt::format("[{}] {}", tag, printable(text)));
  if (silent_) return;
  clear_progress();
  print(out_, tag_line(tag, colour, text, colour_));
}

void Console::error(std::string_view text) {
  clear_progress();
  flush();
  print(stderr, tag_line("ERR", "31", text, error_colour_));
}

void Console::plugin_line(std::string_view name, std::string_view text) {
  const std::string plain = fmt::format("{}: {}", printable(name), printable(text, kOwn));
  if (!colour_) return put_line(plain);
  keep(plain);
  if (silent_) return;
  clear_progress();
  print(out_, fmt::format("\033[1m{}\033[0m: {}\n", printable(name), printable(text, kOwn)));
}

void Console::flush() {
  std::fflush(out_);
}

void Console::progress(std::string_view text) {
  if (!interactive_) return;
  flush();
  print(stderr, fmt::format("\r\033[K{}", printable(text)));
  std::fflush(stderr);
  progress_shown_ = true;
}

void Console::clear_progress() {
  if (!progress_shown_) return;
  print(stderr, "\r\033[K");
  std::fflush(stderr);
  progress_shown_ = false;
}

}  // namespace t2
