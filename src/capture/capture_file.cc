// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/decompress.h"
#include "capture/mapped_input.h"

namespace t2 {
namespace {

struct Opened {
  FileDescriptor fd;
  bool regular = false;
  std::uint64_t size = 0;
};

/// `head`: what there is of its first bytes.
Error not_a_capture(const std::string& path, Bytes head) {
  for (const auto& [magic, program] : {std::pair{"\xfd\x37zXZ", "xz"}, std::pair{"BZh", "bzip2"}}) {
    if (!as_text(head).starts_with(magic)) continue;
    return Error{fmt::format("File '{0}' is compressed with {1}. Try: {1} -dc '{0}' | t2 -r -",
                             path, program)};
  }
  return Error{fmt::format("File '{}' is not a valid PCAP/PCAP-NG file", path)};
}

Error is_empty(const std::string& path) {
  return Error{fmt::format("PCAP file '{}' is empty", path)};
}

Result<Opened> open_path(const std::string& path) {
  const bool standard_input = path == "-";
  Opened opened;
  opened.fd =
      FileDescriptor(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (opened.fd.get() < 0) return open_error(path, errno);
  struct stat status {};
  if (::fstat(opened.fd.get(), &status) != 0) return open_error(path, errno);
  if (S_ISDIR(status.st_mode)) {
    return Error{open_error(path, EISDIR).message + ". A folder of captures is read by -R"};
  }
  opened.regular = S_ISREG(status.st_mode);
  // Standard input has no size even if a file was redirected to it (spec core 1.3).
  if (opened.regular && !standard_input) {
    if (status.st_size == 0) return is_empty(path);
    opened.size = static_cast<std::uint64_t>(status.st_size);
  }
  return opened;
}

struct Head {
  std::string bytes;
  ByteStream::State state = ByteStream::State::kData;
};

/// Reads ahead what is_packed() needs.
Head read_head(ByteStream& stream) {
  Head head;
  while (head.bytes.size() < kPackedMagic) {
    std::uint8_t byte = 0;
    const auto got = stream.read(std::span(&byte, 1));
    head.state = got.state;
    if (got.state == ByteStream::State::kData) head.bytes += static_cast<char>(byte);
    if (got.state == ByteStream::State::kEnd || got.state == ByteStream::State::kError) break;
  }
  return head;
}

bool is_compressed(int fd) {
  std::array<std::uint8_t, kPackedMagic> head{};
  const ssize_t n = ::pread(fd, head.data(), head.size(), 0);
  return n > 0 && is_packed(Bytes(head).first(static_cast<std::size_t>(n)));
}

Result<std::unique_ptr<Input>> stream_input(const std::string& path,
                                            std::unique_ptr<ByteStream> stream) {
  const Head head = read_head(*stream);
  if (head.state == ByteStream::State::kError)
    return Error{fmt::format("Failed to open file '{}' for reading: {}", path, stream->error())};
  if (head.bytes.empty()) return is_empty(path);
  std::unique_ptr<ByteStream> whole =
      std::make_unique<RewoundStream>(head.bytes, std::move(stream));
  if (is_packed(as_bytes(head.bytes))) whole = decompress(as_bytes(head.bytes), std::move(whole));
  return std::unique_ptr<Input>(std::make_unique<StreamInput>(std::move(whole)));
}

/// Pieces of the input without a frame before the caller gets a chance to look at signals.
constexpr int kMostFills = 16;

}  // namespace

Error open_error(const std::string& path, int error_number) {
  return Error{
      fmt::format("Failed to open file '{}' for reading: {}", path, std::strerror(error_number))};
}

Result<std::unique_ptr<CaptureFile>> CaptureFile::open(const std::string& path, Reading reading) {
  auto opened = open_path(path);
  if (!opened) return opened.error();
  const std::uint64_t size = opened->size;
  if (reading == Reading::kMapped && size > 0 && !is_compressed(opened->fd.get())) {
    return start(path, size, std::make_unique<MappedInput>(std::move(opened->fd), size));
  }
  auto input =
      stream_input(path, std::make_unique<FdStream>(std::move(opened->fd), opened->regular));
  if (!input) return input.error();
  return start(path, size, std::move(*input));
}

Result<std::unique_ptr<CaptureFile>> CaptureFile::from_memory(Bytes bytes, std::size_t piece) {
  const std::string name = "memory";
  if (bytes.empty()) return is_empty(name);
  if (piece == 0 && !is_packed(bytes))
    return start(name, bytes.size(), std::make_unique<MemoryInput>(bytes));
  auto input =
      stream_input(name, std::make_unique<MemoryStream>(bytes, piece == 0 ? bytes.size() : piece));
  if (!input) return input.error();
  return start(name, bytes.size(), std::move(*input));
}

Result<std::unique_ptr<CaptureFile>> CaptureFile::start(std::string path, std::uint64_t size,
                                                        std::unique_ptr<Input> input) {
  std::unique_ptr<CaptureFile> file(new CaptureFile(std::move(path), size, std::move(input)));
  const auto fill = [&file](std::size_t want) {
    auto result = Input::Fill::kAgain;
    while (result == Input::Fill::kAgain) result = file->input_->fill(want);
    return result == Input::Fill::kMore;
  };

  if (file->input_->window().size() < kMinFileHeader && !fill(kMinFileHeader))
    return not_a_capture(file->path_, file->input_->window());
  file->parser_ = recognise(file->input_->window());
  if (file->parser_ == nullptr) return not_a_capture(file->path_, file->input_->window());

  for (;;) {
    const auto outcome = file->parser_->prepare(file->input_->window());
    file->input_->consume(outcome.used);
    if (outcome.stop != Parser::Stop::kNeedMore || !fill(outcome.need)) return file;
  }
}

CaptureFile::~CaptureFile() {
  if (scouts_ != nullptr) scouts_->rest();
}

void CaptureFile::send(Scouts& scouts) {
  if (parser_->scouting() == nullptr) return;
  scouts_ = &scouts;
  parser_->follow(scouts);
  scout();
}

/// In a window that has just come.
void CaptureFile::scout() {
  if (scouts_ != nullptr) scouts_->begin(input_->window(), input_->memory(), parser_->scouting());
}

CaptureFile::State CaptureFile::read(FrameBatch& batch) {
  batch.size = 0;
  batch.memory.reset();
  for (int fills = 0; fills < kMostFills; ++fills) {
    const auto outcome = parser_->parse(input_->window(), batch);
    if (input_->lost()) {
      batch.size = 0;
      return State::kEnd;
    }
    input_->consume(outcome.used);
    if (batch.size > 0) {
      batch.memory = input_->memory();
      return State::kFrames;
    }
    if (outcome.stop == Parser::Stop::kDamaged) return State::kEnd;
    const auto fill = input_->fill(outcome.need);
    scout();
    if (fill == Input::Fill::kAgain) return State::kAgain;
    if (fill == Input::Fill::kEnd && !parser_->end_of_input(input_->window())) return State::kEnd;
  }
  return State::kAgain;
}

std::string CaptureFile::problem() const {
  std::string text = parser_->problems();
  const auto add = [&text](const std::string& part) {
    if (part.empty()) return;
    if (!text.empty()) text += "; ";
    text += part;
  };
  // Behind damaged records nothing is read, so it does not matter how the input ends.
  if (!parser_->damaged()) {
    add(input_->problem());
    if (!input_->lost() && parser_->inside_record(input_->window().size()))
      add(fmt::format("cut short: the record at byte {} is incomplete", parser_->record_offset()));
  }
  if (text.empty()) return text;
  return fmt::format("File '{}': {}", path_, text);
}

}  // namespace t2
