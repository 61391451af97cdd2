# SPDX-License-Identifier: Apache-2.0
"""The figures that t2report's page shows, in Debian's chromium, against the same computed by gawk from the tables, for 46 filters on
three results; tawk's own counts; a sample's totals; the page against the end report."""
import os
import re
import subprocess
import unittest
from collections import Counter

import flow_tables
from browser import CHROMIUM, Browser
from t2run import BUILD, EXAMPLE, SOURCE, Sandbox, main, table

AWK = SOURCE / "tests" / "support" / "figures.awk"


def ns(text):
    seconds, _, rest = text.partition(".")
    return int(seconds) * 10**9 + int(rest.ljust(9, "0"))


# Filter of the page: the same in gawk, of conversation k.
FILTERS = {
    "": "1",
    "host 10.0.0.5": 'host(k, "10.0.0.5")',
    "host 67.180.72.76": 'host(k, "67.180.72.76")',
    "host 2001:DB8:0::5": 'host(k, "2001:db8::5")',
    "net 10.0.0.0/8": 'net(k, "10.0.0.0", 2)',
    "net 10.0.0.16/28 or net 2001:db8::10/124": 'net(k, "10.0.0.16", 7) || net(k, "2001:db8::10", 31)',
    "src 10.0.0.7": 'client[k] == "10.0.0.7"',
    "dst 192.0.2.0/24": "server_hex[k] ~ /^4c00002/",
    "port 21": "port(k, 21, 21)",
    "port 20-443": "port(k, 20, 443)",
    "dstport 443": "server_port[k] == 443",
    "proto tcp": "proto[k] == 6 && !l2[k]",
    "proto 17 and port 53": "proto[k] == 17 && port(k, 53, 53)",
    "proto icmp": "proto[k] == 1 && !l2[k]",
    "not proto tcp": "proto[k] != 6 || l2[k]",
    "service http": 'service[k] == "http"',
    "service ftp or service ssh": 'service[k] == "ftp" || service[k] == "ssh"',
    'service "tcp dynamic"': 'service[k] == "tcp dynamic"',
    "class web": "service[k] ~ /^http(s|-alt)?$/",
    "country us": 'in_text(countries[k], " us ")',
    "country DE and not country us": 'in_text(countries[k], " de ") && !in_text(countries[k], " us ")',
    "org beispiel": 'in_text(orgs[k], "beispiel")',
    "bytes > 1M": "bytes[k] > 1000000",
    "bytes = 0": "bytes[k] == 0",
    "bytes >= 1.5k bytes < 2M": "1500 <= bytes[k] && bytes[k] < 2000000",
    "packets = 1": "packets[k] == 1",
    "packets != 12": "packets[k] != 12",
    "packets >= 12 and packets <= 14": "12 <= packets[k] && packets[k] <= 14",
    "packets > 12 and packets < 14": "packets[k] == 13",
    "duration >= 10min": "us[k] >= 600000000",
    "duration < 5ms": "us[k] < 5000",
    "is ftp": 'flag(k, "ftpStat", 0) || flag(k, "ftpStat", 3)',
    "is ftp-data": 'flag(k, "ftpStat", 1) || flag(k, "ftpStat", 2)',
    "is leaving": "private(client_hex[k]) && !private(server_hex[k]) && !l2[k]",
    "is entering": "!private(client_hex[k]) && private(server_hex[k]) && !l2[k]",
    "is inside": "private(client_hex[k]) && private(server_hex[k])",
    "is answered": "answered[k]",
    "is unanswered and proto udp": "!answered[k] && proto[k] == 17",
    "is reset": 'flag(k, "tcpFlags", 2)',
    "flag ipFlags.11": 'flag(k, "ipFlags", 11)',
    "flag flowStat.51 or flag flowStat.33": 'flag(k, "flowStat", 51) || flag(k, "flowStat", 33)',
    'flag "checksum error"': 'flag(k, "ipFlags", 10) || flag(k, "ipFlags", 11)',
    "after 2023-11-14T22:20": "begin[k] >= 1700000400000000000",
    'before "2023-11-14 22:13:25.5"': "begin[k] < 1700000005500000000",
    "flow 12 or flow 100-120": "index_of[k] == 12 || 100 <= index_of[k] && index_of[k] <= 120",
    "not (port 53 or port 80) and (is answered or bytes > 1k)": "!port(k, 53, 53) && !port(k, 80, 80) && (answered[k] || bytes[k] > 1000)",
}
FIGURES = ("pairs", "rows", "hosts", "packets", "bytes")


def recomputed(path, filters=FILTERS):
    """Filter: name and value of each figure, by gawk from the table."""
    cases = "".join(f"  if (f == {i}) return {test}\n" for i, test in enumerate(filters.values()))
    program = f"function filters() {{ return {len(filters)} }}\nfunction chosen(f, k) {{\n{cases}}}\n"
    r = subprocess.run(["gawk", "-M", "-f", AWK, "-e", program, path], capture_output=True, text=True, timeout=300)
    assert (r.returncode, r.stderr) == (0, ""), r.stderr
    out = {words: {} for words in filters}
    names = list(filters)
    for line in r.stdout.splitlines():
        number, name, value = line.split("\t")
        out[names[int(number)]][name] = int(value)
    return out


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Figures(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        browser = Browser()
        self.addCleanup(browser.__exit__)
        self.browser = browser

    def report(self, *args):
        r = subprocess.run(["t2report", *map(str, args)], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(r.returncode, 0, r.stderr)

    def results(self):
        """Page, its flow table."""
        self.report("-r", EXAMPLE, "-o", "example.html")
        yield "example.html", self.dir / "example_files" / "ftp-dpic_flows.txt"
        for name, count, seed in (("small", 150, 7), ("large", 1500, 1)):
            flow_tables.write(self.dir / f"{name}_flows.txt", count, seed)
            self.report(f"{name}_flows.txt", "-o", f"{name}.html")
            yield f"{name}.html", self.dir / f"{name}_flows.txt"

    def test_every_figure_of_every_filter(self):
        with_rows, bars, flags = Counter(), 0, 0
        for page, path in self.results():
            wanted = recomputed(path)
            self.browser.open(f"file://{self.dir}/{page}")
            for words in FILTERS:
                with self.subTest(page=page, filter=words):
                    said, figures = self.browser.filter(words), wanted[words]
                    with_rows[words] += figures["pairs"]
                    shown = self.browser.figures()
                    self.assertEqual({k: int(shown[k]) for k in FIGURES}, {k: figures[k] for k in FIGURES}, said)
                    for name, value in shown.items():
                        if name.startswith("flag."):
                            flags += 1
                            self.assertEqual(int(value), figures.get(name, 0), name)
                    for name in figures:
                        if name.startswith("bar.") and name in shown:
                            bars += 1
                            self.assertEqual(int(shown[name]), figures[name], name)
                    self.assertEqual(sum(int(v) for k, v in shown.items() if re.fullmatch(r"class\.\d\.bytes", k)), figures["bytes"])
        self.assertGreater(min(bars, flags), 500)
        self.assertEqual(self.browser.complaints(), [])
        never = [words for words, n in with_rows.items() if n == 0]
        self.assertEqual(never, [], "a filter that never matches proves nothing")

    def test_tawk_says_the_same(self):
        flow_tables.write(self.dir / "t_flows.txt", 1500, 3)
        self.report("t_flows.txt", "-o", "t.html")
        self.browser.open(f"file://{self.dir}/t.html")
        compared = 0
        for words in FILTERS:
            self.browser.filter(words)
            expression = self.browser.run("View.tree ? (tawkOf(View.tree) || '') : ''")
            if not expression:
                continue
            compared += 1
            with self.subTest(filter=words, tawk=expression):
                r = subprocess.run(["tawk", f"!hdr() && {expression} {{ seen[$flowInd] }} END {{ print length(seen) }}", "t_flows.txt"], env=self.env, cwd=self.dir,
                                   capture_output=True, text=True, timeout=60)
                self.assertEqual((r.stderr, r.stdout.split("\n")[-2]), ("", self.browser.figures()["pairs"]))
        self.assertGreater(compared, 12)

    def test_a_sample_keeps_all_totals(self):
        flow_tables.write(self.dir / "t_flows.txt", 3000, 5)
        everything = recomputed(self.dir / "t_flows.txt", {"": "1"})[""]
        self.report("t_flows.txt", "-o", "all.html")
        self.report("t_flows.txt", "-o", "sample.html", "--rows", 400)
        self.browser.open(f"file://{self.dir}/all.html")
        whole = self.browser.figures()
        self.browser.open(f"file://{self.dir}/sample.html")
        shown = self.browser.figures()
        self.assertEqual(self.browser.run("Data.n"), 200)
        self.assertEqual({k: int(shown[k]) for k in FIGURES}, {k: everything[k] for k in FIGURES})
        self.assertEqual({k: v for k, v in shown.items() if not k.startswith("bar.")}, {k: v for k, v in whole.items() if not k.startswith("bar.")})
        self.assertIn("200 of them are embedded", self.browser.run("document.querySelector('.banner').textContent"))
        self.assertIn("of 200 embedded conversations", self.browser.filter("proto tcp"))

    def test_the_timeline_is_counted_from_the_packets(self):
        """Bars of the time line against the times of the packets; a flow alone tells when it began and ended."""
        self.report("-r", EXAMPLE, "-o", "report.html", "--packets")
        self.browser.open(f"file://{self.dir}/report.html")
        _, packets = table(self.dir / "report_files" / "ftp-dpic_packets.txt")
        stretches = self.browser.run("axis.map(s => [s.from + Data.baseSeconds, s.to + Data.baseSeconds, s.n])")
        self.assertEqual(len(stretches), 1)
        first, last, n = stretches[0]
        for measure, amount in (("packets", lambda p: 1), ("bytes", lambda p: int(p["l7Len"]))):
            wanted = [0] * n
            for p in packets:  # in milliseconds, as the run counted them; a bar holds those whose middle lies in it
                middle = ns(p["time"]) // 10**6 / 1000 + 0.0005
                wanted[min(n - 1, max(0, int((middle - first) / (last - first) * n)))] += amount(p)
            shown = self.browser.run(f"[...timeSums('{measure}')[0]].map(v => Math.round(v * 1e6) / 1e6)")
            classes = self.browser.run("Data.core.classes.length")
            bars = [round(sum(shown[i * classes:(i + 1) * classes])) for i in range(n)]
            self.assertEqual(bars, wanted)
        self.assertIn("counted from the packets", self.browser.run("document.getElementById('time-body').textContent"))
        self.browser.filter("port 21")
        self.assertIn("spread evenly", self.browser.run("document.getElementById('time-body').textContent"))
        # Of a table that lacks rows the bins are not used.
        flows = self.dir / "report_files" / "ftp-dpic_flows.txt"
        flows.write_text("".join(flows.read_text().splitlines(keepends=True)[:-2]))
        self.report(flows, "-o", "less.html")
        self.browser.open(f"file://{self.dir}/less.html")
        self.assertIn("spread evenly", self.browser.run("document.getElementById('time-body').textContent"))
        self.assertIn("The time bins are of other packets", self.browser.run("document.getElementById('evidence').textContent"))

    def test_the_page_checks_itself_against_the_run(self):
        self.report("-r", EXAMPLE, "-o", "report.html")
        self.browser.open(f"file://{self.dir}/report.html")
        self.assertEqual(self.browser.run("document.getElementById('selfcheck').dataset.state"), "ok")
        # One packet less in the table, and the page says so.
        flows = self.dir / "report_files" / "ftp-dpic_flows.txt"
        names, rows = table(flows)
        lines = flows.read_text().split("\n")
        cells = lines[1].split("\t")
        cells[names.index("pktsSnt")] = str(int(cells[names.index("pktsSnt")]) - 1)
        flows.write_text("\n".join([lines[0], "\t".join(cells), *lines[2:]]))
        self.report(flows, "-o", "changed.html")
        self.browser.open(f"file://{self.dir}/changed.html")
        self.assertEqual(self.browser.run("document.getElementById('selfcheck').dataset.state"), "bad")
        self.assertIn("packets 91 here, 92 there", self.browser.run("document.getElementById('selfcheck').textContent"))


if __name__ == "__main__":
    main()
