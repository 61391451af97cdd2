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

/// A file that a run made, as its record names it.
struct Named {
  std::optional<std::string> name;
  std::optional<std::uint64_t> size;
  bool whole = false;  // something follows: neither is cut
  bool known() const { return name && size; }
};

/// Takes names and sizes of files out of a record: `file` with `size`, and the index of a
/// transcript, `lines` with `lines_size`. Stops at the first key behind them.
class Record final : public nlohmann::json_sax<Json> {
 public:
  const Named& file() const { return file_; }
  const Named& index() const { return index_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t n) override {
    if (depth_ == 1 && key_ == "size" && !file_.size) file_.size = n;
    if (depth_ == 1 && key_ == "lines_size" && !index_.size) index_.size = n;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& s) override {
    Named* const named = key_ == "file" ? &file_ : key_ == "lines" ? &index_ : nullptr;
    if (depth_ == 1 && named != nullptr && !named->name) named->name = std::move(s);
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool end_object() override {
    if (depth_ == 1) settle();
    return leave();
  }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool key(string_t& k) override {
    if (depth_ != 1) return true;
    settle();
    key_ = std::move(k);
    return !file_.known() || key_ == "sha256" || key_.starts_with("lines");
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  void settle() {
    for (Named* n : {&file_, &index_}) n->whole = n->known();
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
  std::string key_;
  Named file_, index_;
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

void Leftovers::consider(const std::string& line, const struct stat& manifest) {
  Record r;
  Json::sax_parse(line, &r);
  for (const Named& n : {r.file(), r.index()}) {
    if (n.whole) consider(*n.name, *n.size, manifest);
  }
}

/// A file that was written to after the manifest is not as the run left it.
void Leftovers::consider(const std::string& name, std::uint64_t size, const struct stat& manifest) {
  // One component, and no zero byte behind which another name would be checked.
  if (name.empty() || name == marker_ ||
      name.find_first_of(std::string_view("/\0", 2)) != name.npos) {
    return;
  }
  struct stat st {};
  if (!regular(folder_, name, st) || static_cast<std::uint64_t>(st.st_size) != size) return;
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
