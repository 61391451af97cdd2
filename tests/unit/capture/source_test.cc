// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "capture/capture_file.h"
#include "capture/filter.h"
#include "capture/open.h"
#include "capture_builder.h"

namespace t2::test {
namespace {

using State = Source::State;

InputOptions options(InputOptions::Kind kind, const std::string& path) {
  InputOptions o;
  o.kind = kind;
  o.path = path;
  return o;
}
InputOptions file(const std::string& path) {
  return options(InputOptions::Kind::kFile, path);
}
InputOptions list(const std::string& path) {
  return options(InputOptions::Kind::kList, path);
}

std::string error_of(const InputOptions& o) {
  const auto source = open_source(o);
  return source ? "" : source.error().message;
}

/// An Ethernet frame with an IPv4 header and the ports of a UDP header.
std::string udp_frame(std::uint16_t destination_port) {
  Builder b(false);
  b.text(std::string(12, '\1')).u16(0x0800);
  b.u16(0x4500).u16(28).u16(1).u16(0).u16(0x4011).u16(0).u32(0x0a000001).u32(0x0a000002);
  b.u16(4444).u16(destination_port).u16(8).u16(0);
  return b.str();
}

std::string capture_with(std::initializer_list<std::string> frames, std::uint32_t link = 1) {
  Builder b;
  b.pcap_header(0xa1b2c3d4, 65535, link);
  std::uint32_t second = 0;
  for (const std::string& frame : frames) b.pcap_record(++second, 0, frame);
  return b.str();
}

/// Reads to the end; a `|PATH` entry for every new file.
std::vector<std::string> read_all(Source& source) {
  std::vector<std::string> seen;
  FrameBatch batch;
  for (;;) {
    switch (source.read(batch)) {
      case State::kEnd:
        return seen;
      case State::kIdle:
        break;
      case State::kNewFile:
        EXPECT_EQ(batch.size, 0u);
        seen.push_back("|" + source.file().path);
        break;
      case State::kFrames: {
        std::vector<Copy> frames;
        append(batch, frames);
        EXPECT_FALSE(frames.empty());
        for (const Copy& f : frames) seen.push_back(f.data);
      }
    }
  }
}

TEST(OpenFile, BadFilesAreRefusedInTheWordsOfTheSpecification) {
  const TempFolder folder;
  const std::string missing = folder.path("missing");
  EXPECT_EQ(error_of(file(missing)),
            "Failed to open file '" + missing + "' for reading: No such file or directory");
  ::mkdir(folder.path("dir").c_str(), 0700);
  EXPECT_EQ(error_of(file(folder.path("dir"))),
            "Failed to open file '" + folder.path("dir") +
                "' for reading: Is a directory. A folder of captures is "
                "read by -R");
  const std::string empty = folder.write("empty", "");
  EXPECT_EQ(error_of(file(empty)), "PCAP file '" + empty + "' is empty");
  for (const char* content : {"x", "not a capture, but long enough for its header"}) {
    const std::string other = folder.write("other", content);
    EXPECT_EQ(error_of(file(other)), "File '" + other + "' is not a valid PCAP/PCAP-NG file");
  }
}

TEST(OpenFile, FirstReadAnnouncesTheFileAndCountsAreExact) {
  const TempFolder folder;
  const std::string content = capture_with({"one", "two"}, 113);
  {
    const InputOptions o = file(folder.write("a.pcap", content));
    const auto source = open_source(o);
    ASSERT_TRUE(source.ok());
    FrameBatch batch;
    ASSERT_EQ((*source)->read(batch), State::kNewFile);
    const SourceFile& info = (*source)->file();
    EXPECT_EQ(info.path, o.path);
    EXPECT_EQ(info.link_type, 113);
    EXPECT_EQ(info.snap_length, 65535u);
    EXPECT_EQ(info.size, content.size());
    EXPECT_EQ(info.index, 1u);
    EXPECT_EQ(info.count, 1u);
    ASSERT_EQ((*source)->read(batch), State::kFrames);
    EXPECT_EQ(batch.size, 2u);
    EXPECT_EQ((*source)->bytes_read(), content.size());
    EXPECT_EQ((*source)->bytes_total(), content.size());
    EXPECT_EQ((*source)->bytes_of_files(), content.size());
    EXPECT_EQ((*source)->read(batch), State::kEnd);
    EXPECT_EQ((*source)->read(batch), State::kEnd);
    EXPECT_EQ((*source)->bytes_read(), content.size());
    EXPECT_FALSE((*source)->live());
    EXPECT_TRUE((*source)->take_warnings().empty());
  }
}

TEST(OpenFile, TruncationGivesOneWarning) {
  const TempFolder folder;
  std::string content = capture_with({"one", "two"});
  content.pop_back();
  const std::string path = folder.write("cut.pcap", content);
  const auto source = open_source(file(path));
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(read_all(**source), (std::vector<std::string>{"|" + path, "one"}));
  EXPECT_EQ((*source)->take_warnings(),
            std::vector<std::string>{"File '" + path +
                                     "': cut short: the record at byte 43 is incomplete"});
  EXPECT_TRUE((*source)->take_warnings().empty());
  EXPECT_EQ((*source)->bytes_read(), content.size());
}

TEST(OpenFile, FramesLargerThanTheWindowAndFilesOfSeveralWindows) {
  const TempFolder folder;
  Builder b;
  b.pcap_header(0xa1b2c3d4, 8 << 20);
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < 60; ++i) sizes.push_back(i % 20 == 7 ? 5 << 20 : i * 2011);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    b.pcap_record(1, 1, std::string(sizes[i], static_cast<char>('A' + i)));
  const std::string path = folder.write("large.pcap", b.str());
  const auto source = open_source(file(path));
  ASSERT_TRUE(source.ok());
  const auto seen = read_all(**source);
  ASSERT_EQ(seen.size(), sizes.size() + 1);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    ASSERT_EQ(seen[i + 1], std::string(sizes[i], static_cast<char>('A' + i)));
  EXPECT_EQ((*source)->bytes_read(), b.size());
}

TEST(CaptureFile, ThatIsShortenedWhileItIsReadEnds) {
  for (const auto reading : {CaptureFile::Reading::kBuffered, CaptureFile::Reading::kMapped}) {
    const TempFolder folder;
    Builder b;
    b.pcap_header(0xa1b2c3d4, 1 << 20);
    for (std::uint32_t i = 0; i < 80; ++i) b.pcap_record(i, 0, std::string(500000, 'x'));
    const std::string path = folder.write("shrinks.pcap", b.str());
    const auto capture = CaptureFile::open(path, reading);
    ASSERT_TRUE(capture.ok());
    FrameBatch batch;
    ASSERT_EQ((*capture)->read(batch), CaptureFile::State::kFrames);
    const std::size_t before = batch.size;
    ASSERT_EQ(::truncate(path.c_str(), 6 << 20), 0);
    std::size_t after = 0;
    while ((*capture)->read(batch) == CaptureFile::State::kFrames) after += batch.size;
    // What was mapped was given; buffers stop at the new end.
    const bool mapped = reading == CaptureFile::Reading::kMapped;
    EXPECT_EQ(after == 0, mapped);
    EXPECT_EQ(before + after, ((mapped ? 16U << 20 : 6U << 20) - 24) / 500016);
    EXPECT_NE((*capture)->problem().find("cut short"), std::string::npos);
  }
}

TEST(CaptureFile, FramesStayAsLongAsTheirMemoryIsHeld) {
  const TempFolder folder;
  Builder b;
  b.pcap_header(0xa1b2c3d4, 1 << 20);
  for (std::uint32_t i = 0; i < 2000; ++i)
    b.pcap_record(i, 0, std::string(1000, static_cast<char>('a' + i % 26)));
  const auto capture = CaptureFile::open(folder.write("many.pcap", b.str()));
  ASSERT_TRUE(capture.ok());
  std::vector<FrameBatch> batches(1);
  while ((*capture)->read(batches.back()) == CaptureFile::State::kFrames) batches.emplace_back();
  std::size_t n = 0;
  for (const FrameBatch& batch : batches) {
    for (std::size_t i = 0; i < batch.size; ++i, ++n)
      ASSERT_EQ(as_text(batch.frames[i].bytes), std::string(1000, static_cast<char>('a' + n % 26)));
  }
  EXPECT_EQ(n, 2000u);
}

/// Standard input replaced by the reading end of a pipe.
class StandardInput {
 public:
  StandardInput() {
    saved_ = ::dup(STDIN_FILENO);
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    write_ = ends[1];
  }
  ~StandardInput() {
    close();
    ::dup2(saved_, STDIN_FILENO);
    ::close(saved_);
  }
  void write(std::string_view s) const {
    EXPECT_EQ(::write(write_, s.data(), s.size()), static_cast<ssize_t>(s.size()));
  }
  void close() {
    if (write_ >= 0) ::close(write_);
    write_ = -1;
  }

 private:
  int saved_ = -1;
  int write_ = -1;
};

TEST(StandardInputSource, GivesFramesAsTheyComeAndIsIdleInBetween) {
  StandardInput input;
  const std::string content = capture_with({"one", "two"});
  input.write(content.substr(0, 24));
  const auto source = open_source(file("-"));
  ASSERT_TRUE(source.ok()) << source.error().message;
  FrameBatch batch;
  ASSERT_EQ((*source)->read(batch), State::kNewFile);
  EXPECT_EQ((*source)->file().path, "-");
  EXPECT_EQ((*source)->file().size, 0u);
  EXPECT_EQ((*source)->read(batch), State::kIdle);
  input.write(content.substr(24, 21));
  ASSERT_EQ((*source)->read(batch), State::kFrames);
  ASSERT_EQ(batch.size, 1u);
  EXPECT_EQ(as_text(batch.frames[0].bytes), "one");
  EXPECT_EQ((*source)->read(batch), State::kIdle);
  input.write(content.substr(45));
  input.close();
  ASSERT_EQ((*source)->read(batch), State::kFrames);
  EXPECT_EQ((*source)->read(batch), State::kEnd);
  EXPECT_EQ((*source)->bytes_total(), 0u);
  EXPECT_EQ((*source)->bytes_of_files(), 0u);
  EXPECT_TRUE((*source)->take_warnings().empty());
}

TEST(StandardInputSource, BadInputIsRefused) {
  {
    StandardInput input;
    input.close();
    EXPECT_EQ(error_of(file("-")), "PCAP file '-' is empty");
  }
  StandardInput input;
  input.write("this is no capture file at all");
  input.close();
  EXPECT_EQ(error_of(file("-")), "File '-' is not a valid PCAP/PCAP-NG file");
}

TEST(OpenList, SkipsCommentsAndBadEntriesAndKeepsTheOrder) {
  const TempFolder folder;
  const std::string a = folder.write("a.pcap", capture_with({"a1", "a2"}));
  const std::string b = folder.write("b.pcap", capture_with({"b1"}, 113));
  const std::string bad = folder.write("bad.pcap", "no capture file, though long enough");
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0600), 0);
  const std::string missing = folder.path("missing");
  InputOptions o =
      list(folder.write("list", "# comment\n\n" + b + "\r\n" + missing + "\n" + bad + "\n\r\n" +
                                    folder.path("fifo") + "\n-\n" + a /* without line end */));
  std::vector<std::string> lines;
  o.on_list_line = [&lines](const std::string& line, bool warning) {
    lines.push_back((warning ? "[WRN] " : "") + line);
  };
  const auto source = open_source(o);
  ASSERT_TRUE(source.ok()) << source.error().message;
  const std::string in_list = "' in list '" + o.path + "' is not a regular file";
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "Checking list file", "    checking file '" + b + "'",
                       "    checking file '" + missing + "'",
                       "[WRN] Failed to open file '" + missing +
                           "' for reading: No such file or directory",
                       "    checking file '" + bad + "'",
                       "[WRN] File '" + bad + "' is not a valid PCAP/PCAP-NG file",
                       "    checking file '" + folder.path("fifo") + "'",
                       "[WRN] File '" + folder.path("fifo") + in_list, "    checking file '-'",
                       "[WRN] File '-" + in_list, "    checking file '" + a + "'"}));

  const std::uint64_t total = std::filesystem::file_size(a) + std::filesystem::file_size(b);
  EXPECT_EQ((*source)->bytes_total(), total);
  FrameBatch batch;
  ASSERT_EQ((*source)->read(batch), State::kNewFile);
  EXPECT_EQ((*source)->file().link_type, 113);
  EXPECT_EQ((*source)->file().index, 1u);
  EXPECT_EQ((*source)->file().count, 2u);
  EXPECT_EQ((*source)->bytes_of_files(), std::filesystem::file_size(b));
  ASSERT_EQ((*source)->read(batch), State::kFrames);
  EXPECT_EQ(batch.frames[0].link_type, 113);
  ASSERT_EQ((*source)->read(batch), State::kNewFile);
  EXPECT_EQ((*source)->file().path, a);
  EXPECT_EQ((*source)->file().index, 2u);
  EXPECT_EQ((*source)->file().link_type, 1);
  ASSERT_EQ((*source)->read(batch), State::kFrames);
  EXPECT_EQ(batch.size, 2u);
  EXPECT_EQ((*source)->read(batch), State::kEnd);
  EXPECT_EQ((*source)->bytes_read(), total);
  EXPECT_EQ((*source)->bytes_of_files(), total);
}

TEST(OpenList, WithoutAnyValidFileIsAnError) {
  const TempFolder folder;
  const std::string path = folder.write("list", "# nothing\n\n/does/not/exist\n");
  EXPECT_EQ(error_of(list(path)), "No valid files found in " + path);
  EXPECT_EQ(error_of(list(folder.path("none"))), "Failed to open file '" + folder.path("none") +
                                                     "' for reading: No such file or directory");
}

TEST(OpenList, FileThatVanishesAfterTheCheckIsReported) {
  const TempFolder folder;
  const std::string a = folder.write("a.pcap", capture_with({"a1"}));
  const std::string b = folder.write("b.pcap", capture_with({"b1"}));
  const auto source = open_source(list(folder.write("list", a + "\n" + b + "\n")));
  ASSERT_TRUE(source.ok());
  ::unlink(a.c_str());
  EXPECT_EQ(read_all(**source), (std::vector<std::string>{"|" + b, "b1"}));
  EXPECT_EQ((*source)->take_warnings().size(), 1u);
}

TEST(Filtering, OnlyMatchingFramesComeOut) {
  const TempFolder folder;
  InputOptions o =
      file(folder.write("a.pcap", capture_with({udp_frame(53), udp_frame(80), udp_frame(53)})));
  o.filter = "udp dst port 53";
  const auto source = open_source(o);
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(read_all(**source),
            (std::vector<std::string>{"|" + o.path, udp_frame(53), udp_frame(53)}));
}

TEST(Filtering, FilterThatMatchesNothingEndsCleanly) {
  const TempFolder folder;
  Builder b;
  b.pcap_header();
  for (int i = 0; i < 2000; ++i) b.pcap_record(1, 1, udp_frame(53));
  InputOptions o = file(folder.write("a.pcap", b.str()));
  for (const char* filter : {"udp dst port 54", "tcp and udp"}) {
    o.filter = filter;
    const auto source = open_source(o);
    ASSERT_TRUE(source.ok()) << source.error().message;
    EXPECT_EQ(read_all(**source), (std::vector<std::string>{"|" + o.path}));
  }
}

TEST(Filtering, BadExpressionIsRefused) {
  const TempFolder folder;
  InputOptions o = file(folder.write("a.pcap", capture_with({"x"})));
  o.filter = "no such filter";
  EXPECT_EQ(error_of(o).find("pcap_compile failed: 'no such filter' is not a valid BPF: "), 0u)
      << error_of(o);
  o = list(folder.write("list", o.path));
  o.filter = "no such filter";
  EXPECT_EQ(error_of(o).find("pcap_compile failed: "), 0u);
}

TEST(Filtering, EveryLinkTypeHasItsOwnProgram) {
  const std::string ip = udp_frame(53).substr(14);
  Builder b;
  b.section().interface(1).interface(101).interface(9999);
  b.enhanced(0, 1, udp_frame(53)).enhanced(1, 2, ip).enhanced(2, 3, "unknown link type");
  b.enhanced(1, 4, udp_frame(80).substr(14)).enhanced(2, 5, "again").enhanced(0, 6, udp_frame(53));
  const TempFolder folder;
  InputOptions o = file(folder.write("a.pcapng", b.str()));
  o.filter = "udp port 53";
  const auto source = open_source(o);
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(read_all(**source),
            (std::vector<std::string>{"|" + o.path, udp_frame(53), ip, udp_frame(53)}));
  EXPECT_EQ((*source)->take_warnings().size(), 1u);
}

TEST(FilterFile, CommentsAreBlankedAndLinesJoined) {
  const TempFolder folder;
  const auto read = [&folder](std::string_view text) {
    const auto r = read_filter_file(folder.write("filter", text));
    return r ? *r : "error: " + r.error().message;
  };
  EXPECT_EQ(read("tcp port 80\n"), "tcp port 80");
  EXPECT_EQ(read("tcp # only tcp\r\nand port 80  \r\n\n"), "tcp  and port 80");
  EXPECT_EQ(read("tcp"), "tcp");
  const std::string nothing = "error: BPF file '" + folder.path("filter") + "' holds no filter";
  EXPECT_EQ(read(""), nothing);
  EXPECT_EQ(read("# only a comment\n \n"), nothing);
  EXPECT_EQ(
      read_filter_file(folder.path("none")).error().message,
      "Failed to open file '" + folder.path("none") + "' for reading: No such file or directory");
}

TEST(LiveCapture, MissingInterfaceIsAnError) {
  EXPECT_EQ(error_of(options(InputOptions::Kind::kLive, "no-such-if0"))
                .find("Failed to open interface 'no-such-if0' for capture: "),
            0u);
}

class LoopbackCapture : public testing::TestWithParam<unsigned> {};

TEST_P(LoopbackCapture, GivesPacketsWithFilterAndStatistics) {
  InputOptions o = options(InputOptions::Kind::kLive, "lo");
  o.sockets = GetParam();
  std::string sharing;
  o.on_sharing = [&](const std::string& line) { sharing = line; };
  o.filter = "udp dst port 47808";
  const auto source = open_source(o);
  if (!source) GTEST_SKIP() << source.error().message;
  EXPECT_TRUE((*source)->live());
  EXPECT_EQ(sharing, GetParam() == 1 ? "" : "Capture: 3 sockets share the packets");
  FrameBatch batch;
  ASSERT_EQ((*source)->read(batch), State::kNewFile);
  EXPECT_EQ((*source)->file().path, "lo");
  EXPECT_EQ((*source)->file().snap_length, 65535u);
  EXPECT_EQ((*source)->file().link_type, 1);
  EXPECT_EQ((*source)->read(batch), State::kIdle);

  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::vector<Copy> frames;
  for (const std::uint16_t port : {47808, 47809, 47808}) {
    to.sin_port = htons(port);
    ::sendto(socket.get(), "payload", 7, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  for (int round = 0; round < 50 && frames.size() < 2; ++round) {
    (*source)->read(batch);
    append(batch, frames);
  }
  ASSERT_EQ(frames.size(), 2u);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  for (const Copy& f : frames) {
    EXPECT_EQ(f.data.size(), 49u);
    EXPECT_EQ(f.data.substr(42), "payload");
    EXPECT_EQ(f.wire, 49u);
    EXPECT_LT(std::abs(f.time - std::chrono::nanoseconds(now).count()), 60 * kSecond);
  }
  EXPECT_GE((*source)->kernel_stats().received, 2u);
  (*source)->stop();
}

INSTANTIATE_TEST_SUITE_P(Sockets, LoopbackCapture, testing::Values(1, 3));

}  // namespace
}  // namespace t2::test
