// SPDX-License-Identifier: Apache-2.0
#include "t2conf/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "common/process.h"
#include "settings/resolver.h"
#include "t2/file.h"

namespace t2::tools {
namespace {

namespace fs = std::filesystem;

/// Holds the lock of a folder while it lives.
class Lock {
 public:
  explicit Lock(const std::string& folder)
      : fd_(open((folder + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    while (fd_ >= 0 && flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }
  bool held() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error write_error(const std::string& path) {
  return {fmt::format("Failed to write '{}': {}", path, std::strerror(errno))};
}

std::string name_in(std::string_view line) {
  const auto from = line.find_first_not_of(" \t");
  if (from == std::string_view::npos || line[from] == '#' || line[from] == '%') return "";
  const std::string_view name = line.substr(from, line.find_first_of(" \t=", from) - from);
  return std::string(name);
}

}  // namespace

Result<void> write_atomically(const std::string& path, const std::string& text) {
  std::string temporary = path + ".XXXXXX";
  const int fd = mkstemp(temporary.data());
  if (fd < 0) return write_error(path);
  bool good = fchmod(fd, 0644) == 0;
  for (std::size_t at = 0; good && at < text.size();) {
    const ssize_t n = write(fd, text.data() + at, text.size() - at);
    good = n > 0 || (n < 0 && errno == EINTR);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  good = good && fsync(fd) == 0;
  good = close(fd) == 0 && good;
  if (good && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const Error error = write_error(path);
  unlink(temporary.c_str());
  return error;
}

std::string constant(const std::string& value) {
  static const std::map<std::string_view, const char*> names{
      {"INT8_MAX", "127"},
      {"UINT8_MAX", "255"},
      {"INT16_MAX", "32767"},
      {"UINT16_MAX", "65535"},
      {"INT32_MAX", "2147483647"},
      {"UINT32_MAX", "4294967295"},
      {"INT64_MAX", "9223372036854775807"},
      {"UINT64_MAX", "18446744073709551615"}};
  const auto found = names.find(value);
  return found == names.end() ? value : found->second;
}

std::string changed_text(const std::string& text, const Change& change) {
  std::string out;
  bool settings = false, done = change.value.empty();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    const std::string name = name_in(line);
    if (name == change.flag) {
      if (done) continue;  // removed, or a second line of that name
      line = fmt::format("{} = {}", change.flag, change.value);
      done = true;
    }
    settings = settings || !name.empty();
    out += line + '\n';
  }
  if (!done) {
    if (out.empty()) out = fmt::format("# :name: {}\n", change.owner);
    out += fmt::format("{} = {}\n", change.flag, change.value);
    settings = true;
  }
  return settings ? out : std::string();
}

void Store::resolve(Owner& owner, std::vector<std::string>& warnings) const {
  const std::string file = path(owner.name);
  std::error_code error;
  if (fs::exists(file, error)) {
    auto text = read_regular_file(file, kLargestText);
    auto lines = text ? parse_config(*text, file) : Result<std::vector<ConfigLine>>(text.error());
    if (!lines) {
      warnings.push_back(lines.error().message);
      return;
    }
    for (const ConfigLine& l : *lines) {
      const std::string where = fmt::format("{}:{}", file, l.line);
      SettingEntry* entry = owner.find(l.name);
      if (entry == nullptr) {
        warnings.push_back(fmt::format("{}: unknown setting '{}'", where, l.name));
      } else if (auto r = entry->value->assign(l.value, where); !r) {
        warnings.push_back(r.error().message);
      }
    }
  }
  for (SettingEntry& s : owner.settings) {
    const char* value = s.value->env() ? std::getenv(s.value->name()) : nullptr;
    if (value == nullptr) continue;
    if (auto r = s.value->assign(value, "environment"); !r) warnings.push_back(r.error().message);
  }
}

Result<void> Store::apply(const std::vector<Change>& changes) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return Error{fmt::format("Failed to make folder '{}': {}", folder_, error.message())};
  const Lock lock(folder_);
  if (!lock.held()) return write_error(folder_ + "/.lock");
  std::map<std::string, std::string> texts;
  for (const Change& c : changes) {
    const std::string file = path(c.owner);
    if (!texts.contains(c.owner)) {
      const bool there = fs::exists(file, error);
      auto text =
          there ? read_regular_file(file, kLargestText) : Result<std::string>(std::string());
      if (!text) return text.error();
      texts[c.owner] = *text;
    }
    texts[c.owner] = changed_text(texts[c.owner], c);
  }
  // Every owner beyond the first could still fail on a full disk; the settings of one call belong
  // to one plugin and, rarely, to a shared group.
  for (const auto& [owner, text] : texts) {
    if (text.empty()) {
      if (unlink(path(owner).c_str()) != 0 && errno != ENOENT) return write_error(path(owner));
    } else if (auto r = write_atomically(path(owner), text); !r) {
      return r;
    }
  }
  return {};
}

Result<void> Store::reset(const std::vector<std::string>& owners) const {
  std::error_code error;
  if (!fs::exists(folder_, error)) return {};
  const Lock lock(folder_);
  if (!lock.held()) return write_error(folder_ + "/.lock");
  for (const std::string& owner : owners) {
    if (unlink(path(owner).c_str()) != 0 && errno != ENOENT) return write_error(path(owner));
  }
  return {};
}

std::string configuration(const Owner& owner, bool origins) {
  std::string out = fmt::format("# :name: {}\n", owner.name);
  for (const SettingEntry& s : owner.settings) {
    const Setting& v = *s.value;
    std::string allowed;
    if (v.type() == Setting::Type::kFlag) allowed = " [yes / no]";
    const Range any;
    const bool limited = v.range().lowest != any.lowest || v.range().highest != any.highest;
    if (v.type() != Setting::Type::kFlag && v.type() != Setting::Type::kString && limited) {
      allowed = fmt::format(" [{} - {}]", v.range().lowest, v.range().highest);
    }
    if (origins && v.origin() != "default")
      allowed += fmt::format(", default {}, from {}", v.default_text(), v.origin());
    out += fmt::format("\n# {}{}\n{} = {}\n", v.doc(), allowed, v.name(), v.text());
  }
  return out;
}

}  // namespace t2::tools
