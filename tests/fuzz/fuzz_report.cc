// SPDX-License-Identifier: Apache-2.0
// What t2report reads: the first byte chooses a flow table, a manifest with a carved file and a
// transcript, or the headers file; the rest is its bytes.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "contract.h"
#include "findings/contents.h"
#include "page.h"

namespace {

using namespace t2::report;

std::string g_folder;  // of this process

}  // namespace

/// Made once; gone when the process ends.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  g_folder = "/tmp/t2fuzzXXXXXX";
  if (mkdtemp(g_folder.data()) == nullptr) std::abort();
  std::atexit([] {
    for (const char* name : {"x_flows.txt", ".manifest.jsonl", "f", "x_headers.txt"})
      ::unlink((g_folder + "/" + name).c_str());
    ::rmdir(g_folder.c_str());
  });
  return 0;
}

namespace {

std::string put(const char* name, std::string_view bytes) {
  std::string path = g_folder + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

constexpr std::string_view kTable =
    "%dir\tflowInd\ttimeFirst\ttimeLast\tsrcIP\tdstIP\nA\t1\t1\t2\t::1\t::2\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int what = data[0] % 5;
  const std::string table = put("x_flows.txt", what == 0 ? bytes : kTable);
  put(".manifest.jsonl", what == 1 ? bytes : std::string_view());
  put("f", bytes);
  put("x_headers.txt", what == 2 ? bytes : std::string_view());
  put("x_report.json", what == 3 ? bytes : std::string_view());
  put("x_timeBins.txt", what == 4 ? bytes : std::string_view());
  Analysis analysis(100, 50);
  const auto fd = open_to_read(table, true);
  if (!fd) std::abort();
  LineReader lines(*fd, table, 1 << 16);
  if (!analysis.read(lines, "%", '\t')) return 0;
  auto evidence = read_evidence(g_folder, {});
  if (!evidence) return 0;
  const RunFacts facts = read_facts(table);
  const Options options;
  Case c{options, analysis, *evidence, facts, nullptr, "f", "x_flows.txt", {}, {}};
  analysis.findings(c.findings);
  for (auto* rule :
       {password_guessing, programs_moved, unlike_their_name, direction_marks, not_whole})
    rule(*evidence, c.findings);
  order(c.findings);
  const std::string page = make_page(c, write_chunks(c));
  // Whatever was read, the markup is ours.
  std::size_t scripts = 0;
  for (std::size_t at = 0; (at = page.find("<script", at)) != std::string::npos; ++at) ++scripts;
  if (scripts > 5) std::abort();
  return 0;
}
