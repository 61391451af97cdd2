// SPDX-License-Identifier: Apache-2.0
// Names of types for the headers file.
#include <string>

#include "t2/text.h"

namespace t2 {
namespace {

struct KindName {
  const char* name;
  int number;
};

KindName kind_name(Kind kind) {
  switch (kind) {
    case Kind::kCompound:
      return {"", 0};
    case Kind::kI8:
      return {"I8", 1};
    case Kind::kI16:
      return {"I16", 2};
    case Kind::kI32:
      return {"I32", 3};
    case Kind::kI64:
      return {"I64", 4};
    case Kind::kU8:
      return {"U8", 7};
    case Kind::kU16:
      return {"U16", 8};
    case Kind::kU32:
      return {"U32", 9};
    case Kind::kU64:
      return {"U64", 10};
    case Kind::kH8:
      return {"H8", 13};
    case Kind::kH16:
      return {"H16", 14};
    case Kind::kH32:
      return {"H32", 15};
    case Kind::kH64:
      return {"H64", 16};
    case Kind::kFloat:
      return {"F", 19};
    case Kind::kDouble:
      return {"D", 20};
    case Kind::kChar:
      return {"C", 22};
    case Kind::kString:
      return {"S", 23};
    case Kind::kDirection:
      return {"C", 24};
    case Kind::kTimestamp:
      return {"U64.U32", 25};
    case Kind::kDuration:
      return {"U64.U32", 26};
    case Kind::kMac:
      return {"MAC", 27};
    case Kind::kIp:
      return {"IPX", 30};
    case Kind::kText:
    case Kind::kContent:
      return {"SC", 31};
  }
  return {"?", 0};
}

std::string describe(const Type& type, bool numbers, bool nested) {
  std::string out;
  if (type.kind != Kind::kCompound) {
    const KindName k = kind_name(type.kind);
    out = numbers ? std::to_string(k.number) : k.name;
  } else {
    for (const Type& part : type.parts) {
      if (!out.empty()) out += '_';
      out += describe(part, numbers, true);
    }
    if (nested) out = "(" + out + ")";
  }
  return type.repeated ? out + ":R" : out;
}

}  // namespace

std::string type_name(const Type& type) {
  return describe(type, false, false);
}
std::string type_number(const Type& type) {
  return describe(type, true, false);
}

}  // namespace t2
