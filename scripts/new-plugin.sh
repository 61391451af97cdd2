#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a plugin from a template: plugins/NAME with source, settings, README and a test, no edit elsewhere.
#   scripts/new-plugin.sh [-t TREE] [-x NNN_NAME]... NAME [NUMBER]
# TREE (default: this source tree) gets the folder; it is made a project of its own if it is none. -x: what is taken
# elsewhere. t2plugin -c runs this.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")

fail() { echo "$1" >&2; exit 1; }

tree=$here/.. taken=()
while getopts t:x: option; do
  case $option in
    t) tree=$OPTARG ;;
    x) taken+=("$OPTARG") ;;
    *) exit 1 ;;
  esac
done
shift $((OPTIND - 1))
api=$here/../include/t2
[ -d "$api" ] || api=$here/../../../include/t2

name=${1:-}
[[ $name =~ ^[a-z][A-Za-z0-9_]{0,30}$ ]] ||
  fail "Usage: scripts/new-plugin.sh NAME [NUMBER]; NAME begins with a small letter, e.g. httpHello"
class=${name^}
for path in "$tree"/plugins/*/NUMBER; do
  [ -f "$path" ] && taken+=("$(head -n 1 "$path")_$(basename "$(dirname "$path")")")
done
[ ! -e "$tree/plugins/$name" ] || fail "plugins/$name exists already: choose another name"
for entry in "${taken[@]}"; do
  [ "${entry:4}" != "$name" ] || fail "There is a plugin $name already: choose another name"
done
case $name in
  alignas|alignof|and|and_eq|asm|auto|bitand|bitor|bool|break|case|catch|char|char8_t|char16_t|char32_t|class|compl|\
  concept|const|consteval|constexpr|constinit|const_cast|continue|co_await|co_return|co_yield|decltype|default|delete|\
  do|double|dynamic_cast|else|enum|explicit|export|extern|false|float|for|friend|goto|if|inline|int|long|mutable|\
  namespace|new|noexcept|not|not_eq|nullptr|operator|or|or_eq|private|protected|public|register|reinterpret_cast|\
  requires|return|short|signed|sizeof|static|static_assert|static_cast|struct|switch|template|this|thread_local|throw|\
  true|try|typedef|typeid|typename|union|unsigned|using|virtual|void|volatile|wchar_t|while|xor|xor_eq|linux|unix)
    fail "'$name' is a word of C++: choose another name" ;;
  all|clean|core|depend|edit_cache|help|install|list_install_components|package|rebuild_cache|t2*|tawk|tcol|test|\
  tranalyzer2|unit_*|utils)
    fail "'$name' is taken by T2++ or by CMake: choose another name" ;;
esac
# The plugin's namespace and class lie beside what the API declares.
if sed 's|//.*||' "$api"/*.h | grep -wE "$name|$class" >/dev/null; then
  fail "'$name' is a word of the API: choose another name"
fi

number=${2:-}
if [ -z "$number" ]; then
  for number in $(seq 400 499); do
    [[ " ${taken[*]}" == *" ${number}_"* ]] || break
  done
fi
[[ $number =~ ^[0-9]{3}$ ]] || fail "NUMBER must have three digits, such as 450"
for entry in "${taken[@]}"; do
  [ "${entry:0:3}" != "$number" ] || fail "NUMBER $number is taken by ${entry:4}: choose another one"
done

if [ ! -e "$tree/CMakeLists.txt" ]; then
  mkdir -p "$tree"
  cat >"$tree/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(plugins LANGUAGES CXX)
find_package(T2 REQUIRED)
t2_plugins()
EOF
fi
cd "$tree"
flag=$(echo "$name" | sed 's/\([A-Z]\)/_\1/g' | tr '[:lower:]' '[:upper:]')

mkdir -p "plugins/$name/src" "plugins/$name/tests"
echo "$number" >"plugins/$name/NUMBER"
cat >"plugins/$name/src/$name.h" <<EOF
// SPDX-License-Identifier: Apache-2.0
// $name: say here what it is for.
#pragma once

#include "t2/settings.h"

namespace t2::$name {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  String ${flag}_WORD{this, "${flag}_WORD", "USER", "payload prefix to look for"};
};

}  // namespace t2::$name
EOF
cat >"plugins/$name/src/$name.cc" <<EOF
// SPDX-License-Identifier: Apache-2.0
#include "$name.h"

#include "t2/plugin.h"

namespace t2::$name {
namespace {

struct State {
  std::uint32_t hits = 0;  // payloads that start with the word
  Hex8 status;
};

class $class final : public Plugin {
 public:
  PluginInfo info() const override { return {"$name", "0.1.0", "Payloads that start with a word", {}}; }
  Settings* settings() override { return &config_; }
  const Config& config() const { return config_; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    auto flow = flows.of<State>();
    flow.add("${name}Stat", "Status", &State::status, {{0, "Word seen"}});
    flow.add("${name}Hits", "Payloads that start with ${flag}_WORD", &State::hits);
    packets.of<State>().add("${name}Stat", "Status up to this packet", &State::status);
  }

 private:
  Config config_;
};

class Words final : public ShardPart<$class, State> {
 public:
  void on_packet(Flow&, State& s, const Packet& p) override {
    if (!p.text().starts_with(plugin().config().${flag}_WORD.value())) return;
    ++s.hits;
    ++total_;
    s.status.set(0);
  }
  void merge(const Words& other) { total_ += other.total_; }
  void report(Report& r) const override { r.count("Number of matching payloads", total_, r.totals().packets); }

 private:
  std::uint64_t total_ = 0;
};

}  // namespace
}  // namespace t2::$name

T2_PLUGIN(t2::$name::$class, t2::$name::Words)
EOF
cat >"plugins/$name/README.md" <<EOF
# $name
What it finds out, which columns it adds, what it costs per packet.
EOF
cat >"plugins/$name/tests/test_$name.py" <<EOF
# SPDX-License-Identifier: Apache-2.0
"""$name on the example capture."""
from t2run import EXAMPLE, Sandbox, main, table


class Test(Sandbox):
    def test_example(self):
        self.activate("basicFlow", "$name", "txtSink")
        report = self.t2("-r", EXAMPLE, "-w", self.dir / "o", "--set", "$name.${flag}_WORD=RETR").stdout
        self.assertIn("$name: Number of matching payloads: 1 [1.09%]", report)
        _, rows = table(self.dir / "o_flows.txt")
        self.assertEqual([r["${name}Hits"] for r in rows].count("1"), 1)


if __name__ == "__main__":
    main()
EOF
echo "Made $(pwd -P)/plugins/$name. Next: t2build $name && t2plugin -t $name"
