// SPDX-License-Identifier: Apache-2.0
// Thrift's compact protocol, as far as Parquet's metadata need it: written, never read
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace t2::parquet {

/// Calls must nest as the structs do; fields come in the order of their numbers.
class Thrift {
 public:
  void i32(int field, std::int32_t v) { number(field, kI32, v); }
  void i64(int field, std::int64_t v) { number(field, kI64, v); }
  void i8(int field, std::int8_t v) {
    head(field, kByte);
    out_ += static_cast<char>(v);
  }
  void flag(int field, bool v) { head(field, v ? kTrue : kFalse); }
  void binary(int field, std::string_view v) {
    head(field, kBinary);
    element(v);
  }
  void begin_struct(int field) {
    head(field, kStruct);
    begin_element();
  }
  /// A struct in a list, or the outermost one.
  void begin_element() { last_.push_back(0); }
  void end_struct() {
    out_ += '\0';
    last_.pop_back();
  }
  void list_of_structs(int field, std::size_t n) { list(field, kStruct, n); }
  void list_of_numbers(int field, std::size_t n) { list(field, kI32, n); }
  void list_of_binaries(int field, std::size_t n) { list(field, kBinary, n); }
  void element(std::int32_t v) { varint(zigzag(v)); }
  void element(std::string_view v) {
    varint(v.size());
    out_ += v;
  }

  const std::string& bytes() const { return out_; }
  void append(std::string_view structs) { out_ += structs; }

 private:
  enum : std::uint8_t {
    kTrue = 1,
    kFalse = 2,
    kByte = 3,
    kI32 = 5,
    kI64 = 6,
    kBinary = 8,
    kList = 9,
    kStruct = 12
  };

  static std::uint64_t zigzag(std::int64_t v) {
    const std::uint64_t doubled = static_cast<std::uint64_t>(v) << 1;
    return v < 0 ? ~doubled : doubled;
  }
  void varint(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) out_ += static_cast<char>(v | 0x80);
    out_ += static_cast<char>(v);
  }
  void head(int field, std::uint8_t type) {
    const int step = field - last_.back();
    last_.back() = field;
    if (step > 0 && step <= 15) {
      out_ += static_cast<char>(step << 4 | type);
    } else {
      out_ += static_cast<char>(type);
      varint(zigzag(field));
    }
  }
  void number(int field, std::uint8_t type, std::int64_t v) {
    head(field, type);
    varint(zigzag(v));
  }
  void list(int field, std::uint8_t type, std::size_t n) {
    head(field, kList);
    if (n < 15) {
      out_ += static_cast<char>(n << 4 | type);
    } else {
      out_ += static_cast<char>(0xf0 | type);
      varint(n);
    }
  }

  std::string out_;
  std::vector<int> last_;  // number of the last field, of each open struct
};

}  // namespace t2::parquet
