// SPDX-License-Identifier: Apache-2.0
#include "carve/leftovers.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "carve/directory.h"

namespace t2 {
namespace {

using Json = nlohmann::json;

// What a record says first, its file's name and size, fits in however the name is escaped.
constexpr std::size_t kMostOfLine = 4096;
constexpr std::string_view kFirstKey = R"({"record":"run")";

bool later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/// Takes the name and the size of a file out of a record, and stops behind them.
class Record final : public nlohmann::json_sax<Json> {
 public:
  /// Both were found, and whole.
  bool done() const { return done_; }
  const std::string& file() const { return *file_; }
  std::uint64_t size() const { return *size_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t n) override {
    if (depth_ == 1 && key_ == "size" && !size_) size_ = n;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& s) override {
    if (depth_ == 1 && key_ == "file" && !file_) file_ = std::move(s);
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override { return go_on() && leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& k) override {
    if (depth_ == 1) key_ = std::move(k);
    return go_on();
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  bool go_on() {
    done_ = file_ && size_;
    return !done_;
  }
  bool enter() {
    ++depth_;
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  bool done_ = false;
  std::string key_;
  std::optional<std::string> file_;
  std::optional<std::uint64_t> size_;
};

/// Calls `each` with the beginning of every line that is whole.
template <class Each>
void for_lines(int fd, Each each) {
  std::vector<char> buffer(1 << 16);
  std::string line;
  while (true) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    std::string_view rest(buffer.data(), static_cast<std::size_t>(n));
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      line.append(rest.substr(0, std::min(end, kMostOfLine - line.size())));
      if (end == rest.npos) break;
      each(line);
      line.clear();
      rest.remove_prefix(end + 1);
    }
  }
}

/// An empty one was begun by a run that was killed.
bool begins_like_a_manifest(int fd) {
  std::array<char, kFirstKey.size()> start{};
  const ssize_t n = pread(fd, start.data(), start.size(), 0);
  return n == 0 ||
         (n > 0 && std::string_view(start.data(), static_cast<std::size_t>(n)) == kFirstKey);
}

}  // namespace

Leftovers::Identity::Identity(const struct stat& st)
    : device(st.st_dev), inode(st.st_ino), size(st.st_size), changed(st.st_mtim) {}

bool Leftovers::Identity::is(const struct stat& st) const {
  return st.st_dev == device && st.st_ino == inode && st.st_size == size &&
         st.st_mtim.tv_sec == changed.tv_sec && st.st_mtim.tv_nsec == changed.tv_nsec;
}

Leftovers::Leftovers(int folder, const CarveOptions& options)
    : folder_(folder), marker_(options.marker) {
  std::vector<std::string> manifests;
  for_entries(folder_, [&](const char* name) {
    if (is_manifest_name(name, options.manifest)) manifests.emplace_back(name);
  });
  for (const std::string& name : manifests) read_manifest(name);
  for_entries(folder_, [&](const char* name) {
    others_ += name == marker_ || files_.contains(name) ? 0 : 1;
  });
}

void Leftovers::read_manifest(const std::string& name) {
  // O_NONBLOCK: it may be a pipe.
  const Descriptor file(
      openat(folder_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat st {};
  if (file.get() < 0 || fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return;
  if (!begins_like_a_manifest(file.get())) return;
  files_.emplace(name, st);
  for_lines(file.get(), [&](const std::string& line) { consider(line, st); });
}

/// A file that was written to after the manifest is not as the run left it.
void Leftovers::consider(const std::string& line, const struct stat& manifest) {
  Record r;
  Json::sax_parse(line, &r);
  if (!r.done()) return;
  const std::string& name = r.file();
  // One component, and no zero byte behind which another name would be checked.
  if (name.empty() || name == marker_ ||
      name.find_first_of(std::string_view("/\0", 2)) != name.npos) {
    return;
  }
  struct stat st {};
  if (!regular(folder_, name, st) || static_cast<std::uint64_t>(st.st_size) != r.size()) return;
  if (!later(st.st_mtim, manifest.st_mtim)) files_.emplace(name, st);
}

int Leftovers::remove() {
  for (const auto& [name, identity] : files_) {
    struct stat st {};
    if (!regular(folder_, name, st) || !identity.is(st)) continue;
    if (unlinkat(folder_, name.c_str(), 0) != 0 && errno != ENOENT) return errno;
  }
  return 0;
}

}  // namespace t2
