# SPDX-License-Identifier: Apache-2.0
"""What plugins' parts may not do does not compile (include/t2/plugin.h); a whole plugin is a page."""
import re
import subprocess

from t2run import EXAMPLE, Sandbox, main, plugin_compiler, table

WHOLE = """
#include "t2/plugin.h"

namespace {

using namespace t2;

struct State {
  std::uint32_t hits = 0;
};

class Hits final : public Plugin {
 public:
  PluginInfo info() const override { return {"hits", "0.1.0", "Payloads of a kind", {}}; }
  void columns(ColumnSet& flow, ColumnSet&) override {
    flow.of<State>().add("hits", "Payloads that begin with RETR", &State::hits);
  }
  std::string word;
};

class Counter final : public ShardPart<Hits, State> {
 public:
  void on_packet(Flow& f, State& s, const Packet& p) override {
    if (!p.text().starts_with("RETR")) return;
    ++s.hits;
    ++all_;
    (void)f;
    // HERE
  }
  void merge(const Counter& other) { all_ += other.all_; }
  void report(Report& r) const override { r.count("Hits", all_); }

 private:
  std::uint64_t all_ = 0;
};

}  // namespace

T2_PLUGIN(Hits, Counter)
"""
ORDERED = (WHOLE.replace("ShardPart", "OrderedPart").replace("on_packet(Flow&", "on_packet(OrderedFlow&")
           .replace("  void merge(const Counter& other) { all_ += other.all_; }\n", ""))
MESSAGES = """
#include "t2/plugin.h"
using namespace t2;
struct A { int n = 0; };
struct B { int n = 0; };
class P final : public Plugin { PluginInfo info() const override { return {}; } };
class S final : public ShardPart<P, A, int> {
 public:
  void on_packet(Flow& f, A&, const Packet&) override { post(f, 1); }
};
class O final : public OrderedPart<P, B, int> {
 public:
  void on_message(OrderedFlow&, B& s, int&& n) override { s.n += n; }
};
T2_PLUGIN(P, S, O)
"""


def here(line, text=WHOLE):
    return text.replace("// HERE", line)


class Parts(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "txtSink")

    def errors(self, text):
        """What the compiler says; empty if it takes it."""
        (self.dir / "plugin.cc").write_text(text)
        r = subprocess.run([*plugin_compiler(), "-fsyntax-only", "plugin.cc"], cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(r.returncode == 0, "error" not in r.stderr, r.stderr)
        return r.stderr

    def refused(self, text, why):
        self.assertRegex(self.errors(text), why)

    def each_refused(self, lines, text, why):
        """Each of these lines, in a handler."""
        source = here("\n".join(lines), text)
        said = self.errors(source)
        first = source[:source.index(lines[0])].count("\n") + 1
        for number, line in enumerate(lines, first):
            self.assertRegex(said, f"plugin.cc:{number}:[0-9]+: error: [^\n]*{why}", line)

    def test_what_is_allowed(self):
        for text in (MESSAGES, here("f.set_timeout(kSecond); core().open_stream(f, *this); (void)f.has_stream();"),
                     here("core().expectations(); s.hits += f.index; core().find(ref(f));", ORDERED)):
            self.assertEqual(self.errors(text), "")

    def test_a_shard_part_sees_one_pair(self):
        self.each_refused(("s.hits = f.index;", "core().expectations();", "core().find({});", 'core().fail("x");', "core().note_manifest({});"),
                          WHOLE, "no member named")

    def test_an_ordered_part_sees_no_flow(self):
        self.refused(ORDERED.replace("on_packet(OrderedFlow&", "on_packet(Flow&"), "override")
        self.each_refused(("f.set_timeout(kSecond);", "f.last_seen = 0;", "core().find_labels(f);"), ORDERED, "no member named")

    def test_what_the_core_keeps_of_a_flow_is_not_there(self):
        for text in (WHOLE, ORDERED):
            self.each_refused(("f.slot = 1;", "f.generation = 1;", "f.schedule_next = 1;", "f.last_ip_id = 1;", "f.seen_by = 1;"),
                              text, "no member named")
            self.each_refused(("f.stream_ = nullptr;", "f.streaming_ = true;", "f.consumers_ = 1;"), text, "private")
        self.each_refused(("f.timeout_changed_ = true;",), WHOLE, "protected")
        self.each_refused(("f.generation_ = 1;", "f.inverted_ = true;"), ORDERED, "protected")

    def test_what_the_host_does_is_not_for_plugins(self):
        for text in (WHOLE, ORDERED):
            self.each_refused(("plugin_ = nullptr;", "core_ = nullptr;", "ColumnSet(*(ColumnList*)this, nullptr, nullptr);", "ColumnSet::misplaced_;"),
                              text, "private|constructor")
            self.each_refused(("attach(plugin(), core());", "PluginType t;"), text, "not declared|undeclared|unknown type|was not")
        self.each_refused(("plugin().run_ = nullptr;", "plugin().shard_;"), WHOLE, "private")

    def test_core_settings_are_checked_by_the_compiler(self):
        include = '#include "t2/core_settings.h"\n'
        typed = here("const bool on = plugin().core_settings().RELTIME; const std::int64_t n = plugin().core_settings().PACKETLENGTH; (void)on, (void)n;")
        self.assertEqual(self.errors(include + typed), "")
        self.refused(include + here("(void)plugin().core_settings().RELTIMES;"), "no member named|RELTIMES")
        self.refused(include + here('(void)plugin().core_settings().RELTIME.assign("1", "x");'), "const|discards")

    def test_parts_do_not_change_the_plugin(self):
        for text in (WHOLE, ORDERED):
            self.refused(here('plugin().word = "x";', text), "const|discards|no match")

    def test_several_shard_parts_merge(self):
        self.refused(re.sub(r"  void merge.*\n", "", WHOLE), "needs merge")

    def test_parts_fit_together(self):
        self.refused(MESSAGES.replace("P, B, int", "P, A, int").replace("B& s", "A& s"), "State of its own")
        self.refused(MESSAGES.replace("P, B, int", "P, B, long").replace("int&& n", "long&& n"), "same message")
        self.refused(MESSAGES.replace("T2_PLUGIN(P, S, O)", "T2_PLUGIN(P, O, S)"), "SHARD_PART, ORDERED_PART")
        other = 'class Q final : public Plugin { PluginInfo info() const override { return {}; } };\nT2_PLUGIN(Q, S)'
        self.refused(MESSAGES.replace("T2_PLUGIN(P, S, O)", other), "names its plugin")

    def run_with(self, text):
        (self.dir / "plugin.cc").write_text(text)
        subprocess.run([*plugin_compiler(), "-o", self.plugins / "150_hits.so", "plugin.cc"], cwd=self.dir, check=True)
        return self.t2("-r", EXAMPLE, "-w", "o", check=False)

    def test_a_whole_plugin_is_a_page_and_runs_as_either_part(self):
        self.assertLessEqual(len(WHOLE.strip().split("\n")), 45)
        for text in (WHOLE, ORDERED):
            r = self.run_with(text)
            self.assertIn("hits: Hits: 1\n", r.stdout)
            self.assertEqual(sum(int(row["hits"]) for row in table(self.dir / "o_flows.txt")[1]), 1)

    def test_columns_of_a_state_that_nobody_keeps(self):
        r = self.run_with(WHOLE.replace("class Hits", "struct Lost { std::uint32_t n = 0; };\nclass Hits")
                          .replace("of<State>()", "of<Lost>()").replace("&State::hits", "&Lost::n"))
        self.assertEqual(r.stderr, "[ERR] hits: columns show a State that none of the plugin's parts keeps\n")
        self.assertEqual(r.returncode, 1)

    def test_packet_columns_look_at_one_side(self):
        """When an ordered part is at a packet, the Flow may have seen later ones."""
        show = "ColumnSet&) override {", "ColumnSet& packets) override {"
        column = '    packets.of<State>().add("now", "", [](const State& s, const {}& f) {{ return s.hits + (f.is_tcp() ? 1U : 0U); }});\n'
        place = '    flow.of<State>().add("hits"'
        for text, seen, fine in ((WHOLE, "Flow", True), (WHOLE, "OrderedFlow", False), (ORDERED, "Flow", False), (ORDERED, "OrderedFlow", True)):
            r = self.run_with(text.replace(*show).replace(place, column.format(seen) + place))
            self.assertEqual(r.stderr, "" if fine else "[ERR] hits: packet column 'now' shows both a Flow, or a State of the shard part, "
                             "and what belongs to the ordered part: let it show one of them\n")
            self.assertEqual(r.returncode, 0 if fine else 1)


if __name__ == "__main__":
    main()
