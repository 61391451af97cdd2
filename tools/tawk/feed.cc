// SPDX-License-Identifier: Apache-2.0
#include "tawk/feed.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/device.h"
#include "common/messages.h"
#include "common/table_text.h"

namespace t2::tawk {
namespace {

using Block = std::array<char, 65536>;

ssize_t read_some(int fd, Block& block) {
  ssize_t n = 0;
  do n = read(fd, block.data(), block.size());
  while (n < 0 && errno == EINTR);
  return n;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t n = write(fd, data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

/// The header in the text so far, and what is known behind it.
std::optional<Head> find_head(const std::string& taken, const InputStyle& style, bool last) {
  Head head;
  std::string text;
  if (style.csv) {
    CsvReader reader = *style.csv;
    reader.add(taken, text);
    if (last) (void)reader.finish(text).ok();  // the feeder says what is wrong
    head.line_end = reader.line_end();
  }
  std::string_view rest;
  const auto header = find_header(style.csv ? text : taken, style.rule, last, rest);
  if (!header) return {};
  head.header = *header;
  const std::size_t end = rest.find(style.rule.row_end);
  if (end != std::string_view::npos) head.first_row = rest.substr(0, end);
  return head;
}

/// Reads until the header is complete; `taken` gets the text of all that was read, `sound` whether
/// it could be unpacked.
Result<Head> look(int fd, const InputStyle& style, tools::TableText& table, std::string& taken,
                  bool& sound) {
  Block block;
  for (;;) {
    const ssize_t n = read_some(fd, block);
    if (n < 0) return Error{std::strerror(errno)};
    sound = table.add({block.data(), static_cast<std::size_t>(n)}, taken);
    const bool last = n == 0 || !sound || taken.size() >= kMaxHeader;
    if (auto head = find_head(taken, style, last)) return std::move(*head);
    if (last) return Head{};
  }
}

/// Text on its way to gawk.
class Stream {
 public:
  Stream(int to, const InputStyle& style) : to_(to), csv_(style.csv) {}

  /// False if nobody reads any more.
  bool put(std::string_view text) {
    if (csv_) {
      csv_->add(text, row_);
      return write();
    }
    row_ += text;
    // The row that damage cuts short is not given away.
    const std::size_t end = row_.rfind('\n');
    if (end == std::string::npos) return true;
    std::string rest = row_.substr(end + 1);
    row_.resize(end + 1);
    const bool read = write();
    row_ = std::move(rest);
    return read;
  }
  /// The end; `sound`: of undamaged input.
  Result<void> finish(bool sound) {
    Result<void> done;
    if (csv_) done = csv_->finish(row_);
    if (sound) (void)write();
    return done;
  }

 private:
  bool write() {
    const bool read = write_all(to_, row_.data(), row_.size());
    row_.clear();
    return read;
  }

  int to_;
  std::optional<CsvReader> csv_;
  std::string row_;
};

/// In a child process: writes `taken`, then the text of what follows in `fd`, and ends with the
/// status of a feeder.
[[noreturn]] void hand_over(int fd, Stream to, const std::string& taken, tools::TableText& table,
                            bool sound, const std::string& name) {
  // A reader behind gawk must not wait for us.
  close(STDOUT_FILENO);
  std::signal(SIGPIPE, SIG_DFL);
  Block block;
  std::string text = taken;
  ssize_t n = 1;
  while (to.put(text) && sound && n > 0) {
    n = read_some(fd, block);
    text.clear();
    if (n >= 0) sound = table.add({block.data(), static_cast<std::size_t>(n)}, text);
  }
  const Result<void> whole = to.finish(n >= 0 && sound);
  const char* const problem = n < 0    ? std::strerror(errno)
                              : !sound ? tools::kDamaged
                              : !whole ? whole.error().message.c_str()
                                       : nullptr;
  if (problem == nullptr) _exit(0);
  tools::complain(fmt::format("Failed to read {}: {}", name, problem));
  _exit(1);
}

/// Starts a feeder; `body` runs in it with the end to write to.
template <class Body>
Result<Feeder> start_feeder(bool inherited, Body body) {
  int ends[2];
  if (pipe2(ends, inherited ? 0 : O_CLOEXEC) != 0)
    return Error{fmt::format("Failed to make a pipe: {}", std::strerror(errno))};
  const pid_t pid = fork();
  if (pid < 0) return Error{fmt::format("Failed to start a process: {}", std::strerror(errno))};
  if (pid == 0) {
    close(ends[0]);
    body(ends[1]);
  }
  close(ends[1]);
  return Feeder{pid, ends[0]};
}

/// Only a file: a pipe that is opened loses what is read.
bool is_packed(const std::string& path) {
  struct stat st {};
  if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<std::uint8_t, kPackedMagic> head{};
  const ssize_t n = read(fd, head.data(), head.size());
  close(fd);
  return n > 0 && t2::is_packed(Bytes(head).first(static_cast<std::size_t>(n)));
}

}  // namespace

Result<std::string> readable_file(const std::string& path, const InputStyle& style,
                                  std::vector<Feeder>& feeders) {
  if (!style.csv && !is_packed(path)) return path;
  auto feeder = start_feeder(true, [&](int to) {
    tools::TableText table;
    hand_over(open(path.c_str(), O_RDONLY), Stream(to, style), "", table, true,
              fmt::format("file '{}'", path));
  });
  if (!feeder) return feeder.error();
  feeders.push_back(*feeder);
  return fmt::format("/dev/fd/{}", feeder->fd);
}

Result<Head> head_of_file(const std::string& path, const InputStyle& style) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error{
        fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(errno))};
  if (tools::is_endless_device(fd)) {
    close(fd);
    return Error{fmt::format("Failed to read file '{}': it is a device, not a table", path)};
  }
  std::string taken;
  bool sound = true;
  tools::TableText table;
  auto head = look(fd, style, table, taken, sound);
  close(fd);
  if (!head) return Error{fmt::format("Failed to read file '{}': {}", path, head.error().message)};
  return head;
}

Result<Head> head_of_input(const InputStyle& style, std::vector<Feeder>& feeders) {
  std::string taken;
  bool sound = true;
  if (tools::is_endless_device(STDIN_FILENO))
    return Error{"Failed to read standard input: it is a device, not a table"};
  const off_t start = lseek(STDIN_FILENO, 0, SEEK_CUR);
  tools::TableText table;
  auto head = look(STDIN_FILENO, style, table, taken, sound);
  if (!head) return Error{fmt::format("Failed to read standard input: {}", head.error().message)};
  if (start >= 0 && !table.packed() && !style.csv) {
    lseek(STDIN_FILENO, start, SEEK_SET);
    return head;
  }
  auto feeder = start_feeder(false, [&](int to) {
    hand_over(STDIN_FILENO, Stream(to, style), taken, table, sound, "standard input");
  });
  if (!feeder) return feeder.error();
  dup2(feeder->fd, STDIN_FILENO);
  close(feeder->fd);
  // One that only hands bytes on has nothing to tell.
  if (table.packed() || style.csv) feeders.push_back({feeder->pid, STDIN_FILENO});
  return head;
}

bool input_is_pipe_with_data() {
  struct stat st {};
  if (fstat(STDIN_FILENO, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
    return false;
  pollfd fd{STDIN_FILENO, POLLIN, 0};
  return poll(&fd, 1, -1) == 1 && (fd.revents & POLLIN) != 0;
}

}  // namespace t2::tawk
