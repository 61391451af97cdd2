// SPDX-License-Identifier: Apache-2.0
#include "kinds.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "t2/unicode.h"

namespace t2::report {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::size_t at;
  std::string_view bytes;
  const char* name;
  const char* media;
  const char* family;
  Danger danger = Danger::kNone;
};

constexpr Magic kMagic[] = {
    {0, "\xff\xd8\xff"sv, "JPEG picture", "image/jpeg", "jpg"},
    {0, "\x89PNG\r\n\x1a\n"sv, "PNG picture", "image/png", "png"},
    {0, "GIF87a"sv, "GIF picture", "image/gif", "gif"},
    {0, "GIF89a"sv, "GIF picture", "image/gif", "gif"},
    {0, "MZ"sv, "Windows program", "", "exe", Danger::kProgram},
    {0,
     "\x7f"
     "ELF"sv,
     "Linux program", "", "elf", Danger::kProgram},
    {0, "\xfe\xed\xfa\xce"sv, "macOS program", "", "macho", Danger::kProgram},
    {0, "\xcf\xfa\xed\xfe"sv, "macOS program", "", "macho", Danger::kProgram},
    {0, "\xca\xfe\xba\xbe"sv, "Java class or macOS program", "", "class", Danger::kProgram},
    {0, "#!"sv, "script", "", "script", Danger::kProgram},
    {0, "dex\n03"sv, "Android program", "", "dex", Danger::kProgram},
    {0, "%PDF-"sv, "PDF document", "", "pdf"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "old Office document", "", "ole"},
    {0, "{\\rtf"sv, "RTF document", "", "rtf"},
    {0, "PK\x03\x04"sv, "ZIP archive", "", "zip"},
    {0, "PK\x05\x06"sv, "ZIP archive, empty", "", "zip"},
    {0, "\x1f\x8b"sv, "gzip data", "", "gz"},
    {0, "BZh"sv, "bzip2 data", "", "bz2"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "xz data", "", "xz"},
    {0, "\x28\xb5\x2f\xfd"sv, "zstd data", "", "zst"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "7z archive", "", "7z"},
    {0, "Rar!\x1a\x07"sv, "RAR archive", "", "rar"},
    {257, "ustar"sv, "tar archive", "", "tar"},
    {0, "\xd4\xc3\xb2\xa1"sv, "packet capture", "", "pcap"},
    {0, "\x0a\x0d\x0d\x0a"sv, "packet capture (pcapng)", "", "pcap"},
    {0, "SQLite format 3"sv, "SQLite database", "", "sqlite"},
    {0, "ID3"sv, "MP3 audio", "", "mp3"},
    {0, "\xff\xfb"sv, "MP3 audio", "", "mp3"},
    {0, "OggS"sv, "Ogg media", "", "ogg"},
    {0, "fLaC"sv, "FLAC audio", "", "flac"},
    {4, "ftyp"sv, "MPEG-4 media", "", "mp4"},
    {0, "BM"sv, "BMP picture", "", "bmp"},
    {0, "II*\0"sv, "TIFF picture", "", "tif"},
    {0, "MM\0*"sv, "TIFF picture", "", "tif"},
    {8, "WEBP"sv, "WebP picture", "", "webp"},
    {8, "WAVE"sv, "WAV audio", "", "wav"},
    {8, "AVI "sv, "AVI video", "", "avi"},
    {0, "-----BEGIN "sv, "key or certificate", "", "pem"},
    {0, "wOFF"sv, "web font", "", "woff"},
    {0, "wOF2"sv, "web font", "", "woff"},
};

struct Extension {
  const char* extension;
  const char* families;  // separated by blanks
};
constexpr Extension kExtensions[] = {
    {"jpg", "jpg"},      {"jpeg", "jpg"},        {"png", "png"},      {"gif", "gif"},
    {"pdf", "pdf"},      {"doc", "ole rtf zip"}, {"xls", "ole zip"},  {"ppt", "ole zip"},
    {"docx", "zip ole"}, {"xlsx", "zip ole"},    {"pptx", "zip ole"}, {"zip", "zip"},
    {"jar", "zip"},      {"gz", "gz"},           {"tgz", "gz"},       {"bz2", "bz2"},
    {"xz", "xz"},        {"7z", "7z"},           {"rar", "rar"},      {"mp3", "mp3"},
    {"mp4", "mp4"},      {"exe", "exe"},         {"dll", "exe"},      {"bmp", "bmp"},
    {"webp", "webp"},    {"wav", "wav"},         {"avi", "avi"},      {"tif", "tif"},
    {"tiff", "tif"},     {"rtf", "rtf"}};

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string extension_of(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? "" : lower(name.substr(dot + 1));
}

bool is_text(std::string_view head) {
  std::size_t odd = 0;
  for (std::string_view rest = head; !rest.empty();) {
    char32_t c = 0;
    const std::size_t n = character_length(rest, c);
    const bool control = n == 1 && c < 0x20 && c != '\t' && c != '\n' && c != '\r';
    // The head may end inside a character.
    if ((n == 0 && rest.size() > 3) || control) ++odd;
    rest.remove_prefix(n == 0 ? 1 : n);
  }
  return !head.empty() && odd * 50 <= head.size();
}

/// Old Office documents name their streams in UTF-16 (MS-CFB, section 2.6).
Kind ole_kind(const Magic& m, std::string_view head) {
  constexpr std::string_view kProject = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"sv;
  if (head.find(kProject) == std::string_view::npos) return {m.name, m.media, m.family, m.danger};
  return {"old Office document with macros", "", "ole", Danger::kMacros};
}

/// A name inside the first local header, or any name in the head: Office files are ZIP archives.
Kind zip_kind(std::string_view head) {
  const auto has = [&](std::string_view s) { return head.find(s) != std::string_view::npos; };
  if (has("vbaProject.bin")) return {"Office document with macros", "", "zip", Danger::kMacros};
  if (has("word/")) return {"Word document", "", "zip"};
  if (has("xl/")) return {"Excel workbook", "", "zip"};
  if (has("ppt/")) return {"PowerPoint document", "", "zip"};
  if (has("META-INF/MANIFEST.MF")) return {"Java archive", "", "zip", Danger::kProgram};
  if (has("AndroidManifest.xml")) return {"Android package", "", "zip", Danger::kProgram};
  return {"ZIP archive", "", "zip"};
}

Kind text_kind(std::string_view head) {
  const std::string start = lower(head.substr(0, 512));
  const auto has = [&](std::string_view s) { return start.find(s) != std::string::npos; };
  Kind k{"text", "", "", Danger::kNone, true};
  if (has("<!doctype html") || has("<html"))
    k.name = "HTML page";
  else if (has("<svg"))
    k.name = "SVG drawing";
  else if (has("<?xml"))
    k.name = "XML";
  return k;
}

std::uint32_t big(std::string_view s, std::size_t at, std::size_t bytes) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    v = v << 8 | static_cast<std::uint8_t>(at + i < s.size() ? s[at + i] : 0);
  return v;
}

/// Walks the segments to the frame header (ITU-T T.81, B.2.2).
std::optional<PictureSize> jpeg_size(std::string_view f) {
  for (std::size_t at = 2; at + 9 < f.size();) {
    if (static_cast<std::uint8_t>(f[at]) != 0xff) return {};
    const std::uint32_t marker = big(f, at + 1, 1);
    if (marker == 0xff) {
      ++at;
      continue;
    }
    const bool frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) return PictureSize{big(f, at + 7, 2), big(f, at + 5, 2)};
    const std::uint32_t length = big(f, at + 2, 2);
    if (length < 2) return {};
    at += 2 + length;
  }
  return {};
}

std::optional<PictureSize> png_size(std::string_view f) {
  if (f.size() < 24 || f.substr(12, 4) != "IHDR") return {};
  return PictureSize{big(f, 16, 4), big(f, 20, 4)};
}

std::optional<PictureSize> gif_size(std::string_view f) {
  if (f.size() < 10) return {};
  const auto little = [&](std::size_t at) { return big(f, at, 1) | big(f, at + 1, 1) << 8; };
  return PictureSize{little(6), little(8)};
}

}  // namespace

Kind kind_of(std::string_view head) {
  if (head.empty()) return {"empty"};
  for (const Magic& m : kMagic) {
    if (head.size() < m.at + m.bytes.size() || head.substr(m.at, m.bytes.size()) != m.bytes)
      continue;
    if (std::string_view(m.family) == "zip") return zip_kind(head);
    if (std::string_view(m.family) == "ole") return ole_kind(m, head);
    const bool riff = m.at == 8 && !head.starts_with("RIFF");
    // Two letters prove little: the rest must look like the header that belongs to them.
    const bool weak = m.bytes.size() == 2 && m.at == 0 && m.danger == Danger::kProgram &&
                      m.bytes == "MZ" && (head.size() < 64 || is_text(head));
    const bool bmp = m.bytes == "BM" && (head.size() < 26 || is_text(head));
    if (riff || weak || bmp) continue;
    return {m.name, m.media, m.family, m.danger};
  }
  if (is_text(head)) return text_kind(head);
  return {"data"};
}

bool name_fits(std::string_view name, const Kind& kind) {
  const std::string extension = extension_of(name);
  const auto* e = std::ranges::find(kExtensions, extension, &Extension::extension);
  if (e == std::end(kExtensions)) return true;
  const std::string_view family = kind.family;
  if (family.empty()) return !kind.text || extension == "doc" || extension == "xls";
  const std::string families = std::string(" ") + e->families + " ";
  return families.find(" " + std::string(family) + " ") != std::string::npos;
}

std::optional<PictureSize> picture_size(std::string_view f) {
  const Kind k = kind_of(f.substr(0, kHead));
  const std::string_view media = k.media;
  std::optional<PictureSize> size;
  if (media == "image/jpeg") size = jpeg_size(f);
  if (media == "image/png") size = png_size(f);
  if (media == "image/gif") size = gif_size(f);
  if (size && (size->width == 0 || size->height == 0)) return {};
  return size;
}

}  // namespace t2::report
