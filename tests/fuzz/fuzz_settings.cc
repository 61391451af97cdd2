// SPDX-License-Identifier: Apache-2.0
// A settings file, line by line, into a group with every kind of setting; then the whole input as
// the argument of --set and -W. A value that was taken must lie in its range and read back as is.
#include <cstdlib>

#include "output/prefix.h"
#include "settings/resolver.h"

namespace {

using namespace t2;

struct Group : Settings {
  Flag FLAG{this, "FLAG", true, "a flag"};
  Int INT{this, "INT", 5, {-3, 1e6}, "a number"};
  Real REAL{this, "REAL", 1.5, {0, 1e9}, "a real number"};
  String STRING{this, "STRING", "text", "a text", kEnv};
};

void require(bool condition) {
  if (!condition) std::abort();
}

void assign(Settings& group, const ConfigLine& l) {
  Setting* s = group.find(l.name);
  if (s == nullptr) {
    require(did_you_mean(l.name, {"FLAG", "INT", "REAL", "STRING"}).size() < 100);
    return;
  }
  if (!s->assign(l.value, "file")) return;
  const std::string shown = s->text();
  if (s->type() == Setting::Type::kString) return;
  require(s->assign(shown, "file").ok());
  require(s->text() == shown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Group group;
  if (const auto lines = parse_config(text, "file")) {
    for (const ConfigLine& l : *lines) assign(group, l);
  }
  require(group.INT >= -3 && group.INT <= 1'000'000);
  require(group.REAL >= 0.0 && group.REAL <= 1e9);
  if (const auto o = parse_override(text)) {
    require(!o->owner.empty() && !o->flag.empty());
    assign(group, {o->flag, o->value, 1});
  }
  if (const auto o = parse_split(std::string(text))) require(o->size > 0 && !o->prefix.empty());
  return 0;
}
