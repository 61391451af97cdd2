#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a plugin from a template: plugins/NAME with source, settings, README and a test, no edit elsewhere.
#   scripts/new-plugin.sh NAME [NUMBER]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

name=${1:-}
[[ $name =~ ^[a-z][A-Za-z0-9_]{0,30}$ ]] || {
  echo "Usage: scripts/new-plugin.sh NAME [NUMBER]; NAME begins with a small letter, e.g. httpHello" >&2
  exit 1
}
[ ! -e "plugins/$name" ] || { echo "plugins/$name exists already: choose another name" >&2; exit 1; }
number=${2:-}
if [ -z "$number" ]; then
  for number in $(seq 400 499); do
    grep -qsx "$number" plugins/*/NUMBER || break
  done
fi
[[ $number =~ ^[0-9]{3}$ ]] || { echo "NUMBER '$number' must have three digits" >&2; exit 1; }
class=${name^}
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

class $class final : public FlowPlugin<State> {
 public:
  PluginInfo info() const override { return {"$name", "0.1.0", "Payloads that start with a word", {}}; }
  Settings* settings() override { return &config_; }
  bool stands_alone() const override { return true; }  // flow columns need nothing but the State

  void columns(Cols& flow, Cols& packet) override {
    flow.add("${name}Stat", "Status", &State::status, {{0, "Word seen"}});
    flow.add("${name}Hits", "Payloads that start with ${flag}_WORD", &State::hits);
    packet.add("${name}Stat", "Status up to this packet", &State::status);
  }

  void on_packet(Flow&, State& s, const Packet& p) override {
    if (!p.text().starts_with(config_.${flag}_WORD.value())) return;
    ++s.hits;
    ++total_;
    s.status.set(0);
  }

  void report(Report& r) const override { r.count("Number of matching payloads", total_, r.totals().packets); }

 private:
  Config config_;
  std::uint64_t total_ = 0;
};

}  // namespace
}  // namespace t2::$name

T2_PLUGIN(t2::$name::$class)
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
echo "Made plugins/$name. Next: t2build $name && ctest --test-dir build/release -R $name"
