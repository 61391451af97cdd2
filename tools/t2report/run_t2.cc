// SPDX-License-Identifier: Apache-2.0
#include "run_t2.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "carve/folder.h"
#include "carve/hash.h"
#include "common/catalogue.h"
#include "common/process.h"
#include "members.h"
#include "t2/file.h"

namespace t2::report {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMarker = ".t2report";

/// "301_ftpDecode.so" as 301 and "ftpDecode".
std::pair<int, std::string> plugin_of(const fs::path& file) {
  const std::string stem = file.stem();
  const std::size_t bar = stem.find('_');
  if (bar == std::string::npos || file.extension() != ".so") return {0, ""};
  return {std::atoi(stem.c_str()), stem.substr(bar + 1)};
}

/// Everything but the sinks, of which the report needs one: no servers, no files that nobody reads.
std::vector<std::string> chosen_plugins(const std::string& folder) {
  constexpr int kFirstSink = 900;
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto [number, name] = plugin_of(entry.path());
    if (!name.empty() && (number < kFirstSink || name == "txtSink")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

/// A folder of ours: new, empty, or marked by an earlier report.
Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  const bool taken = fs::exists(folder, error) && !fs::exists(folder + "/" + kMarker, error) &&
                     !fs::is_empty(folder, error);
  if (taken)
    return Error{
        fmt::format("'{}' exists and is not of t2report: name another page with '-o', or "
                    "remove it",
                    folder)};
  fs::create_directories(folder, error);
  if (error) return Error{fmt::format("Failed to make '{}': {}", folder, error.message())};
  ::chmod(folder.c_str(), S_IRWXU);
  if (!std::ofstream(folder + "/" + kMarker))
    return Error{fmt::format("Failed to write into '{}'", folder)};
  return {};
}

Result<void> write_lines(const std::string& path, const std::vector<std::string>& lines) {
  std::ofstream out(path);
  for (const std::string& l : lines) out << l << '\n';
  out.close();
  if (!out) return Error{fmt::format("Failed to write '{}'", path)};
  return {};
}

std::string name_of(const std::string& capture) {
  std::string name = fs::path(capture).filename();
  for (const char* end : {".gz", ".zst", ".pcap", ".pcapng", ".cap"})
    if (name.ends_with(end)) name.resize(name.size() - std::string_view(end).size());
  return name.empty() || name == "-" ? "capture" : name;
}

/// The words that name the input, and the name of the results.
struct Input {
  std::vector<std::string> words;
  std::string name;
};

Result<Input> input_of(const Options& o, const std::string& folder) {
  std::error_code error;
  if (!o.capture_list.empty()) return Input{{"-R", o.capture_list}, "captures"};
  const std::string& first = o.captures[0];
  const bool is_folder = fs::is_directory(first, error);
  if (o.captures.size() == 1)
    return Input{{is_folder ? "-R" : "-r", first}, is_folder ? "captures" : name_of(first)};
  std::vector<std::string> lines;
  for (const std::string& c : o.captures) {
    if (fs::is_directory(c, error))
      return Error{fmt::format("'{}' is a folder: name it alone, or its captures", c)};
    lines.push_back(fs::absolute(c, error));
  }
  const std::string list = folder + "/captures.txt";
  if (auto r = write_lines(list, lines); !r) return r.error();
  return Input{{"-R", list}, "captures"};
}

/// Settings that the environment would change, and the user's home with the configuration.
void forget_environment() {
  std::vector<std::string> names;
  for (char** e = environ; *e != nullptr; ++e) {
    const std::string_view entry = *e;
    for (const char* start : {"FTP_", "BFO_", "TFS_"})
      if (entry.starts_with(start)) names.emplace_back(entry.substr(0, entry.find('=')));
  }
  for (const std::string& n : names) ::unsetenv(n.c_str());
  ::setenv("HOME", "/nonexistent", 1);
}

}  // namespace

Result<std::string> shipped_plugins() {
  for (const std::string& folder : tools::shipped_folders()) {
    const auto names = chosen_plugins(folder);
    if (std::ranges::find(names, "basicFlow") != names.end()) return folder;
  }
  return Error{"No plugins are installed beside t2report: run './setup.sh'"};
}

std::string results_folder(const std::string& output) {
  const fs::path path(output);
  const fs::path stem =
      path.extension() == ".html" || path.extension() == ".json" ? path.stem() : path.filename();
  return (path.parent_path() / (stem.string() + "_files")).string();
}

namespace {

/// The captures that the manifest names without a digest; without a manifest those of the command
/// line.
std::vector<std::string> without_digest(const Options& o, const std::string& carved) {
  std::vector<std::string> out;
  std::ifstream manifest(manifest_in(carved));
  if (carved.empty() || !manifest) return o.captures;
  std::string line, last;
  while (std::getline(manifest, line)) last.swap(line);
  const Json end = Json::parse(last, nullptr, false);
  for (const Json& c : array_of(end, "captures")) {
    const Json *const digest = member(c, "sha256"), *const file = member(c, "file");
    const bool lacks = digest != nullptr && digest->is_null();
    if (lacks && file != nullptr && file->is_string()) out.push_back(*file);
  }
  return out;
}

CaptureDigests digests_of(const std::vector<std::string>& captures) {
  CaptureDigests out;
  for (const std::string& path : captures) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) continue;
    const std::uint64_t bytes = fs::file_size(path, error);
    const auto digest = hash_file(path, nullptr);
    if (!error && digest) out[path] = {bytes, to_hex(*digest)};
  }
  return out;
}

}  // namespace

CaptureDigests noted_digests(const std::string& table) {
  CaptureDigests out;
  const fs::path folder = fs::path(table).parent_path();
  const auto text = read_regular_file(folder / "captures.sha256", std::size_t{1} << 20);
  std::error_code error;
  if (!text || !fs::exists(folder / kMarker, error)) return out;
  constexpr std::size_t kDigits = 64;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const std::string digest = line.substr(0, kDigits);
    const bool hex = digest.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (hex && line.size() > kDigits + 2) out[line.substr(kDigits + 2)] = {0, digest};
  }
  return out;
}

Result<RunResult> run_t2(const Options& o) {
  const auto plugins = shipped_plugins();
  if (!plugins) return plugins.error();
  const std::string folder = results_folder(o.output);
  if (auto r = make_folder(folder); !r) return r.error();
  const auto names = chosen_plugins(*plugins);
  const std::string list = folder + "/plugins.txt";
  if (auto r = write_lines(list, names); !r) return r.error();
  const auto input = input_of(o, folder);
  if (!input) return input.error();

  RunResult result;
  const std::string prefix = folder + "/" + input->name;
  result.table = prefix + "_flows.txt";
  std::vector<std::string> words = {
      tools::own_folder() + "/t2", "-p", *plugins, "-b", list, "-l", "--set",
      "tranalyzer2.JSON_REPORT=1"};
  if (o.packets) words.emplace_back("-s");
  if (o.carve) {
    result.carved = o.carved.empty() ? folder + "/carved" : o.carved;
    words.insert(words.end(), {"--carve", result.carved, "--set", "ftpDecode.FTP_LINES=1"});
  }
  words.insert(words.end(), input->words.begin(), input->words.end());
  words.emplace_back("-w");
  words.push_back(prefix);
  forget_environment();
  if (const int status = tools::run_here(words); status != 0)
    return Error{fmt::format("t2 failed ({}): see '{}_log.txt'", status, prefix)};
  result.digests = digests_of(without_digest(o, result.carved));
  // For sha256sum -c, and for a page that is made from the table later.
  std::vector<std::string> lines;
  for (const auto& [file, d] : result.digests) lines.push_back(d.sha256 + "  " + file);
  const std::string digests = folder + "/captures.sha256";
  if (lines.empty()) {  // the manifest has them; what an earlier run wrote is of other captures
    std::error_code error;
    fs::remove(digests, error);
  } else if (auto r = write_lines(digests, lines); !r) {
    return r.error();
  }
  return result;
}

}  // namespace t2::report
