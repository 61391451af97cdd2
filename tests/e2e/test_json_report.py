# SPDX-License-Identifier: Apache-2.0
"""The end report as JSON (tranalyzer2.JSON_REPORT) says what the text says."""
import json
import os
import re
import signal
import subprocess

from packets import pcap, udp_frame
from t2run import EXAMPLE, PLUGINS, T2, Sandbox, main, stop

WITH = ("--set", "tranalyzer2.JSON_REPORT=1")
# Lines of the text that differ from run to run.
VARYING = re.compile(r"^(T2\+\+ |Finished |Memory usage|Dump start)")


def key_of(label):
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


class JsonReport(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate(*(p.name[4:-3] for p in sorted(PLUGINS.glob("*.so")) if int(p.name[:3]) < 900), "txtSink")

    def report(self, name="o"):
        text = (self.dir / f"{name}_report.json").read_text()
        self.assertEqual(text.count("\n"), 1)
        return json.loads(text)

    def mixed(self):
        """IPv4, IPv6, ARP, a fragment, all of TCP and UDP."""
        path = self.dir / "mixed.pcap"
        frames = [udp_frame("10.0.0.1", 1000, "10.0.0.2", 2000, b"x" * 40),
                  udp_frame("10.0.0.2", 2000, "10.0.0.1", 1000, b"y"),
                  b"\xff" * 6 + b"\2" * 6 + b"\x08\x06" + bytes(28), b"\2" * 12 + b"\x86\xdd" + b"\x60" + bytes(39)]
        path.write_bytes(pcap(frames))
        return path

    def test_every_number_of_the_text_is_in_it(self):
        for capture in (EXAMPLE, self.mixed()):
            with self.subTest(capture.name):
                text = self.t2("-r", capture, "-w", "o", *WITH).stdout
                report = self.report()
                counts = {**report["packets"], **report["protocols"], **report["flows"], **report["limits"]}
                found = 0
                for label, n in re.findall(r"^Number of ([^:\n]*): (\d+)(?= |$)(?!\.)", text, re.M):
                    if "/" in label:  # ratios
                        continue
                    self.assertEqual(counts[key_of(label)], int(n), label)
                    found += 1
                self.assertGreater(found, 12)
                plugins = {p["name"]: p for p in report["plugins"]}
                self.assertEqual(list(plugins), [w for w in re.findall(r"^    \d\d: (\w+), ", text, re.M)])
                for name, column, bits in re.findall(r"^(\w+): Aggregated (\w+)=(0x[0-9a-f]+)$", text, re.M):
                    self.assertEqual(plugins[name]["bits"][column], bits)
                for name, line in re.findall(r"^(\w+): (.*)$", text, re.M):
                    if name in plugins and not line.startswith("Aggregated "):
                        label, _, rest = line.partition(": ")
                        own = line in plugins[name]["lines"]
                        self.assertTrue(own or str(plugins[name]["counts"].get(key_of(label))) == rest.split(" ")[0], line)
                self.assertIn(f"Aggregated flowStat={report['limits']['flow_stat']}\n", text)
                self.assertIn(report["last"], text)
                self.assertEqual((report["format"], report["ended"]), (1, "input"))

    def test_the_text_is_the_same_with_and_without(self):
        def plain(output):
            return [line for line in output.split("\n") if not VARYING.match(line)]
        self.assertEqual(plain(self.t2("-r", EXAMPLE, "-w", "a", *WITH).stdout), plain(self.t2("-r", EXAMPLE, "-w", "b").stdout))
        self.assertFalse((self.dir / "b_report.json").exists())

    def test_what_did_not_happen_is_there_as_zero(self):
        self.t2("-r", EXAMPLE, "-w", "o", *WITH)
        r = self.report()
        self.assertEqual((r["packets"]["ipv6_packets"], r["protocols"]["sctp_packets"], r["limits"]["fragment_entries_evicted"]), (0, 0, 0))
        (self.dir / "none.pcap").write_bytes(pcap([]))
        self.t2("-r", "none.pcap", "-w", "o", *WITH)
        r = self.report()
        self.assertEqual((r["flows"]["processed_flows"], r["packets"]["processed_packets"], "first" in r), (0, 0, False))

    def test_also_when_nothing_is_printed(self):
        r = self.t2("-r", EXAMPLE, "-w", "o", *WITH, "--set", "tranalyzer2.VERBOSE=0", "--set", "tranalyzer2.REPORT_SUFFIX=.end")
        self.assertEqual((r.stdout, r.stderr), ("", ""))
        self.assertEqual(json.loads((self.dir / "o.end").read_text())["packets"]["processed_packets"], 92)

    def test_carving_is_in_it(self):
        self.t2("-r", EXAMPLE, "-w", "o", "--carve", "c", *WITH)
        self.assertIn("Carved to", self.report()["carving"][0])

    def test_it_needs_a_name(self):
        r = self.t2("-r", EXAMPLE, "-w", "-", *WITH, check=False)
        self.assertEqual((r.returncode, r.stdout), (1, ""))
        self.assertEqual(r.stderr, "[ERR] Setting 'tranalyzer2.JSON_REPORT': its file has no name with '-w -'. Give a prefix with '-W PREFIX'\n")
        self.t2("-r", EXAMPLE, "-w", "-", "-W", "p", *WITH)
        self.assertEqual(self.report("p")["packets"]["processed_packets"], 92)

    def test_a_run_that_fails_leaves_none(self):
        data = EXAMPLE.read_bytes()
        (self.dir / "bad.pcap").write_bytes(data[:24] + b"\xff" * 400)
        r = self.t2("-r", "bad.pcap", "-w", "o", *WITH, check=False)
        left = self.dir / "o_report.json"
        self.assertEqual(left.exists(), r.returncode == 0)
        self.assertEqual(self.t2("-r", EXAMPLE, "-w", "o", *WITH, "--set", "tranalyzer2.REPORT_SUFFIX=_flows.txt", check=False).returncode, 1)

    def test_inputs_that_were_refused_are_counted(self):
        (self.dir / "none.txt").write_text("no capture")
        (self.dir / "list").write_text(f"{EXAMPLE}\nnone.txt\nnowhere.pcap\n")
        self.t2("-R", "list", "-w", "o", *WITH)
        self.assertEqual(self.report()["inputs_refused"], 2)

    def test_a_signal_is_named(self):
        reader, writer = os.pipe()
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", "-", "-w", "o", *WITH], cwd=self.dir, env=self.env, stdin=reader,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(stop, p)
        os.close(reader)
        os.write(writer, EXAMPLE.read_bytes()[:2000])
        self.wait_until_idle(p.pid)
        p.send_signal(signal.SIGTERM)
        os.close(writer)
        p.wait(60)
        self.assertEqual(self.report()["ended"], "signal")


if __name__ == "__main__":
    main()
