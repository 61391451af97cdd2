# SPDX-License-Identifier: Apache-2.0
"""The figures that t2report's page shows, in Debian's chromium, against the same computed here from the tables, for 44 filters on
three results; tawk's own counts; a sample's totals; the page against the end report."""
import ipaddress
import os
import re
import subprocess
import unittest
from collections import Counter

import flow_tables
from browser import CHROMIUM, Browser
from t2run import BUILD, EXAMPLE, Sandbox, main, table

MORE = {"k": 10**3, "M": 10**6, "min": 60 * 10**6, "s": 10**6, "ms": 10**3}


def ns(text):
    seconds, _, rest = text.partition(".")
    return int(seconds) * 10**9 + int(rest.ljust(9, "0"))


def ip(text):
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128")]
KNOWN = {20: "ftp-data", 21: "ftp", 22: "ssh", 53: "dns", 80: "http", 443: "https", 8080: "http-alt"}


class Conversation:
    """Computed from the rows by the words of docs/report.md, without the tool's code."""

    def __init__(self, rows):
        self.rows = rows
        first = rows[0]
        flipped = first["dir"] == "B" or int(first["flowStat"], 16) & 1
        ends = [(first[k + "IP"] if ip(first[k + "IP"]) else "mac " + first[k + "Mac"].split(";")[0], int(first[k + "Port"] or 0)) for k in ("src", "dst")]
        self.client, self.server = ends[::-1] if flipped else ends
        self.index, self.proto = int(first["flowInd"]), int(first["l4Proto"])
        self.l2 = self.client[0].startswith("mac ")
        self.begin = min(ns(r["timeFirst"]) for r in rows)
        self.us = (max(ns(r["timeLast"]) for r in rows) - self.begin) // 1000
        self.packets = sum(int(r["pktsSnt"]) for r in rows)
        self.bytes = sum(int(r["l7BytesSnt"]) for r in rows)
        self.answered = len(rows) == 2 and all(int(r["pktsSnt"]) > 0 for r in rows)
        self.countries = {r[k].lower() for r in rows for k in ("srcIPCC", "dstIPCC")}
        self.orgs = {r[k].lower() for r in rows for k in ("srcIPOrg", "dstIPOrg")}

    def bit(self, column, bit):
        return any(int(r[column], 16) >> bit & 1 for r in self.rows)

    def hosts(self):
        return {self.client[0], self.server[0]}

    def private(self, end):
        a = ip(end[0])
        return a is not None and any(a in n for n in PRIVATE if n.version == a.version)

    def within(self, net):
        return any(ip(h) in net for h in self.hosts() if ip(h) and ip(h).version == net.version)

    def service(self):
        if self.bit("ftpStat", 0) or self.bit("ftpStat", 3):
            return "ftp"
        if self.bit("ftpStat", 1) or self.bit("ftpStat", 2):
            return "ftp-data"
        if self.l2 or self.proto not in (6, 17):
            return "other"
        low = {6: "tcp", 17: "udp"}[self.proto]
        return KNOWN.get(self.server[1]) or (self.server[1] >= 1024 and KNOWN.get(self.client[1])) or \
            (low + " dynamic" if self.server[1] >= 32768 else f"{low} {self.server[1]}")


def conversations(path):
    groups = {}
    for row in table(path)[1]:
        groups.setdefault(row["flowInd"], []).append(row)
    return [Conversation(g) for g in groups.values()]


def host(text):
    return lambda c: any(ip(h) == ip(text) for h in c.hosts())


# Filter of the page: the same in Python.
FILTERS = {
    "": lambda c: True,
    "host 10.0.0.5": host("10.0.0.5"),
    "host 67.180.72.76": host("67.180.72.76"),
    "host 2001:DB8:0::5": host("2001:db8::5"),
    "net 10.0.0.0/8": lambda c: c.within(ipaddress.ip_network("10.0.0.0/8")),
    "net 10.0.0.16/28 or net 2001:db8::10/124": lambda c: c.within(ipaddress.ip_network("10.0.0.16/28")) or c.within(ipaddress.ip_network("2001:db8::10/124")),
    "src 10.0.0.7": lambda c: c.client[0] == "10.0.0.7",
    "dst 192.0.2.0/24": lambda c: ip(c.server[0]) in ipaddress.ip_network("192.0.2.0/24") if ip(c.server[0]) and ip(c.server[0]).version == 4 else False,
    "port 21": lambda c: 21 in (c.client[1], c.server[1]),
    "port 20-443": lambda c: any(20 <= p <= 443 for p in (c.client[1], c.server[1])),
    "dstport 443": lambda c: c.server[1] == 443,
    "proto tcp": lambda c: c.proto == 6 and not c.l2,
    "proto 17 and port 53": lambda c: c.proto == 17 and 53 in (c.client[1], c.server[1]),
    "proto icmp": lambda c: c.proto == 1 and not c.l2,
    "not proto tcp": lambda c: c.proto != 6 or c.l2,
    "service http": lambda c: c.service() == "http",
    "service ftp or service ssh": lambda c: c.service() in ("ftp", "ssh"),
    'service "tcp dynamic"': lambda c: c.service() == "tcp dynamic",
    "class web": lambda c: c.service() in ("http", "https", "http-alt"),
    "country us": lambda c: "us" in c.countries,
    "country DE and not country us": lambda c: "de" in c.countries and "us" not in c.countries,
    "org beispiel": lambda c: any("beispiel" in o for o in c.orgs),
    "bytes > 1M": lambda c: c.bytes > 10**6,
    "bytes = 0": lambda c: c.bytes == 0,
    "bytes >= 1.5k bytes < 2M": lambda c: 1500 <= c.bytes < 2 * 10**6,
    "packets = 1": lambda c: c.packets == 1,
    "packets != 12": lambda c: c.packets != 12,
    "duration >= 10min": lambda c: c.us >= 600 * 10**6,
    "duration < 5ms": lambda c: c.us < 5000,
    "is ftp": lambda c: c.bit("ftpStat", 0) or c.bit("ftpStat", 3),
    "is ftp-data": lambda c: c.bit("ftpStat", 1) or c.bit("ftpStat", 2),
    "is leaving": lambda c: c.private(c.client) and not c.private(c.server) and not c.l2,
    "is entering": lambda c: not c.private(c.client) and c.private(c.server) and not c.l2,
    "is inside": lambda c: c.private(c.client) and c.private(c.server),
    "is answered": lambda c: c.answered,
    "is unanswered and proto udp": lambda c: not c.answered and c.proto == 17,
    "is reset": lambda c: c.bit("tcpFlags", 2),
    "flag ipFlags.11": lambda c: c.bit("ipFlags", 11),
    "flag flowStat.51 or flag flowStat.33": lambda c: c.bit("flowStat", 51) or c.bit("flowStat", 33),
    'flag "checksum error"': lambda c: c.bit("ipFlags", 10) or c.bit("ipFlags", 11),
    "after 2023-11-14T22:20": lambda c: c.begin >= 1700000400 * 10**9,
    'before "2023-11-14 22:13:25.5"': lambda c: c.begin < 1700000005_500000000,
    "flow 12 or flow 100-120": lambda c: c.index == 12 or 100 <= c.index <= 120,
    "not (port 53 or port 80) and (is answered or bytes > 1k)": lambda c: not {53, 80} & {c.client[1], c.server[1]} and (c.answered or c.bytes > 1000),
}


def figures(chosen):
    return {"pairs": len(chosen), "rows": sum(len(c.rows) for c in chosen), "hosts": len({h for c in chosen for h in c.hosts()}),
            "packets": sum(c.packets for c in chosen), "bytes": sum(c.bytes for c in chosen)}


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
        with_rows = Counter()
        for page, path in self.results():
            everything = conversations(path)
            self.browser.open(f"file://{self.dir}/{page}")
            for words, test in FILTERS.items():
                with self.subTest(page=page, filter=words):
                    said = self.browser.filter(words)
                    chosen = [c for c in everything if test(c)]
                    with_rows[words] += len(chosen)
                    shown = self.browser.figures()
                    self.assertEqual({k: int(shown[k]) for k in figures([])}, figures(chosen), said)
                    flags = Counter(f"flag.{column}.{bit}" for c in chosen for column in ("flowStat", "ipFlags", "tcpFlags", "tcpAnomaly", "ftpStat")
                                    for bit in range(64) if c.bit(column, bit))
                    for name, n in flags.items():
                        if name in shown:
                            self.assertEqual(int(shown[name]), n, name)
                    services = Counter()
                    for c in chosen:
                        services[c.service()] += c.bytes
                    for name, n in services.items():
                        if "bar." + name in shown:
                            self.assertEqual(int(shown["bar." + name]), n, name)
                    self.assertEqual(sum(int(v) for k, v in shown.items() if re.fullmatch(r"class\.\d\.bytes", k)), sum(c.bytes for c in chosen))
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
        everything = conversations(self.dir / "t_flows.txt")
        self.report("t_flows.txt", "-o", "all.html")
        self.report("t_flows.txt", "-o", "sample.html", "--rows", 400)
        self.browser.open(f"file://{self.dir}/all.html")
        whole = self.browser.figures()
        self.browser.open(f"file://{self.dir}/sample.html")
        shown = self.browser.figures()
        self.assertEqual(self.browser.run("Data.n"), 200)
        self.assertEqual({k: int(shown[k]) for k in figures([])}, figures(everything))
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
