# SPDX-License-Identifier: Apache-2.0
"""Files that t2 writes, where it writes them, and what it reads: -w -W -l -m -R -D, pipes, compression."""
import gzip
import json
import os
import re
import shutil
import subprocess
import unittest

from packets import frame, pcap, tcp_frame, udp_frame
from t2run import EXAMPLE, SOURCE, T2, Sandbox, main, table


class Outputs(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "txtSink")
        self.t2("-r", EXAMPLE, "-w", self.dir / "ref")
        self.reference = (self.dir / "ref_flows.txt").read_text()

    def flows(self, name="o"):
        return (self.dir / f"{name}_flows.txt").read_text()

    def test_prefixes(self):
        capture = self.dir / "sub.dir" / "a.b.pcap"
        capture.parent.mkdir()
        shutil.copy(EXAMPLE, capture)
        self.t2("-r", capture)
        self.assertTrue((capture.parent / "a.b_flows.txt").exists())
        (self.dir / "results").mkdir()
        self.t2("-r", capture, "-w", "results")
        self.assertTrue((self.dir / "results" / "a.b_flows.txt").exists())
        self.t2("-r", capture, "-w", "new/deep/x")
        self.assertEqual((self.dir / "new" / "deep" / "x_flows.txt").read_text(), self.reference)

    def test_standard_output_holds_only_rows(self):
        shutil.copy(EXAMPLE, self.dir)
        before = sorted(self.dir.iterdir())
        r = self.t2("-r", EXAMPLE.name, "-w", "-")
        self.assertEqual(r.stdout, self.reference)
        self.assertIn("Number of processed packets: 92", r.stderr)
        self.assertEqual(sorted(self.dir.iterdir()), before, "something lies beside the capture")
        for option in ("-s", "-l", "-m"):  # these want files
            r = self.t2("-r", EXAMPLE.name, "-w", "-", option, check=False)
            self.assertEqual((r.returncode, r.stdout), (1, ""))
            self.assertEqual(r.stderr, f"[ERR] Option '{option}': its file has no name with '-w -'. Give a prefix with '-W PREFIX'\n")
        self.assertEqual(sorted(self.dir.iterdir()), before)
        r = self.t2("-r", EXAMPLE.name, "-w", "-", "-W", "p", "-s", "-l")
        self.assertEqual((r.stdout, r.stderr), (self.reference, ""))
        self.assertEqual(sorted(p.name for p in self.dir.glob("p_*")), ["p_headers.txt", "p_log.txt", "p_packets.txt"])

    def test_a_capture_is_not_overwritten(self):
        for suffix, options in (("_flows.txt", []), ("_packets.txt", ["-s"]), ("_headers.txt", []), ("_log.txt", ["-l"]),
                                ("_flows.txt0", ["-W", "x:10f"])):
            with self.subTest(suffix):
                capture = self.dir / f"x{suffix}"
                shutil.copy(EXAMPLE, capture)
                r = self.t2("-r", capture, "-w", "x", *options, check=False)
                self.assertEqual(r.returncode, 1)
                self.assertEqual(r.stderr, f"[ERR] Failed to open file 'x{suffix}' for writing: it is a capture. "
                                           "Choose another prefix with '-w'\n")
                self.assertEqual(capture.read_bytes(), EXAMPLE.read_bytes())
                capture.unlink()

    def test_no_kind_of_capture_is_overwritten(self):
        for magic in ("a1b2c3d4", "a1b23c4d", "a1b2cd34", "d4c3b2a1", "4d3cb2a1", "34cdb2a1", "0a0d0d0a 0000001c 1a2b3c4d"):
            data = bytes.fromhex(magic).ljust(28, b"\0")
            (self.dir / "x_flows.txt").write_bytes(data)
            r = self.t2("-r", EXAMPLE, "-w", "x", check=False)
            self.assertEqual((r.returncode, (self.dir / "x_flows.txt").read_bytes()), (1, data), magic)

    @unittest.skipIf(os.geteuid() != 0, "needs root to make another user's link")
    def test_another_users_link_is_not_followed(self):
        mine = self.dir / "mine"
        for suffix in ("_flows.txt", "_headers.txt", "_log.txt", "_packets.txt"):
            mine.write_text("notes\n")
            link = self.dir / f"o{suffix}"
            link.symlink_to(mine)
            os.lchown(link, 65534, 65534)
            r = self.t2("-s", "-l", "-r", EXAMPLE, "-w", "o", check=False)
            self.assertEqual((r.returncode, mine.read_text()), (1, "notes\n"))
            self.assertIn(f"Failed to open file 'o{suffix}' for writing: it is another user's link. Remove it", r.stderr)
            os.lchown(link, 0, 0)  # one's own
            self.t2("-s", "-l", "-r", EXAMPLE, "-w", "o")
            self.assertNotEqual(mine.read_text(), "notes\n")
            for path in self.dir.glob("o_*"):
                path.unlink()

    def test_a_start_that_is_refused_leaves_the_log(self):
        self.t2("-l", "-r", EXAMPLE, "-w", "o")
        before = (self.dir / "o_log.txt").read_bytes()
        self.activate("ftpDecode")
        (self.dir / "foreign").mkdir()
        (self.dir / "foreign" / "theirs").touch()
        r = self.t2("-l", "-r", EXAMPLE, "-w", "o", "--set", "ftpDecode.FTP_SAVE=1", "--set", "ftpDecode.FTP_F_PATH=foreign/", check=False)
        self.assertEqual((r.returncode, (self.dir / "o_log.txt").read_bytes()), (1, before))

    def test_log_and_monitoring_files(self):
        r = self.t2("-r", EXAMPLE, "-w", "o", "-l", "-m")
        self.assertEqual(r.stdout, "")
        self.assertIn("[INF] IPv4 flows", (self.dir / "o_log.txt").read_text())
        self.assertFalse((self.dir / "o_monitoring.txt").exists(), "an empty monitoring file stays")

    def test_headers_file_explains_every_column(self):
        lines = (self.dir / "ref_headers.txt").read_text().split("\n")
        start = lines.index("# Col No.\tType\tName\tDescription")
        rows = [line.split("\t") for line in lines[start + 1:] if line]
        self.assertEqual(["%" + rows[0][2]] + [r[2] for r in rows[1:]], self.reference.split("\n")[0].split("\t"))
        self.assertEqual([r[0] for r in rows], [str(i + 1) for i in range(len(rows))])
        self.assertEqual(rows[0][1:], ["C", "dir", "Flow direction"])
        self.assertEqual({r[2]: r[1] for r in rows}["hdrDesc"], "SC:R")
        self.assertTrue(all(r[3] for r in rows))
        for start in ("# Date: ", "# Tranalyzer 0.9.1", "# Core configuration: L2, IPv4, IPv6", "# SensorID: 666", "# PID: ",
                      "# Priority: ", "# Command line: ", "# HW info: ", "# SW info: libpcap", "#   01: basicFlow, version 0.9.1"):
            self.assertTrue(any(line.startswith(start) for line in lines), start)

    def test_gzip_output(self):
        self.t2("-r", EXAMPLE, "-w", "o", "--set", "txtSink.TFS_GZ_COMPRESS=1")
        self.assertEqual(gzip.decompress((self.dir / "o_flows.txt.gz").read_bytes()).decode(), self.reference)

    def test_split_by_rows(self):
        self.t2("-r", EXAMPLE, "-W", "o:3f,7")
        parts = [(self.dir / f"o_flows.txt{i}").read_text() for i in (7, 8, 9)]
        self.assertEqual("".join(parts), self.reference)
        self.assertEqual([p.count("\n") for p in parts], [4, 3, 2])
        self.assertFalse((self.dir / "o_flows.txt10").exists())
        self.t2("-r", EXAMPLE, "-W", "p:4f")
        self.assertFalse((self.dir / "p_flows.txt2").exists(), "an exact multiple leaves an empty part")

    def test_split_by_time(self):
        """From the first row of a part: every row comes later than a nanosecond after the one before, none after 100 hours."""
        self.t2("-r", EXAMPLE, "-W", "o:1e-9s,3")
        parts = [(self.dir / f"o_flows.txt{3 + i}").read_text() for i in range(8)]
        self.assertEqual("".join(parts), self.reference)
        self.assertEqual([p.count("\n") for p in parts], [2] + 7 * [1])
        self.assertEqual(len(list(self.dir.glob("o_flows.txt*"))), 8)
        self.t2("-r", EXAMPLE, "-W", "p:100h")
        self.assertEqual((self.dir / "p_flows.txt0").read_text(), self.reference)
        self.assertEqual(len(list(self.dir.glob("p_flows.txt*"))), 1)

    def test_split_by_bytes_with_headers(self):
        self.t2("-r", EXAMPLE, "-W", "o:0.5K", "--set", "txtSink.TFS_PRI_HDR_FW=1")
        parts = sorted(self.dir.glob("o_flows.txt*"))
        header = self.reference.split("\n")[0]
        self.assertGreater(len(parts), 3)
        for p in parts:
            text = p.read_text()
            self.assertTrue(text.startswith(header))
            self.assertGreater(text.count("\n"), 1)
        self.assertEqual(sum(p.read_text().count("\n") - 1 for p in parts), 8)

    def test_extended_header_and_separator(self):
        self.t2("-r", EXAMPLE, "-w", "o", "--set", "utils.TFS_EXTENDED_HEADER=1", "--set", "utils.SEP_CHR=,",
                "--set", "utils.HDR_CHR=#")
        lines = self.flows().split("\n")
        self.assertEqual(lines[0].split(), ["#", "8"])
        self.assertEqual(lines[1], "# 23")
        self.assertTrue(lines[2].startswith("# 24,10,16,25,25,26,"))
        self.assertTrue(lines[3].startswith("#dir,flowInd,flowStat,"))

    def test_inputs_give_the_same_flows(self):
        data = EXAMPLE.read_bytes()
        (self.dir / "c.gz").write_bytes(gzip.compress(data))
        self.t2("-r", "c.gz", "-w", "o")
        self.assertEqual(self.flows(), self.reference)
        with EXAMPLE.open("rb") as f:
            self.t2("-r", "-", "-w", "o", stdin=f)
        self.assertEqual(self.flows(), self.reference)
        with subprocess.Popen(["cat", EXAMPLE], stdout=subprocess.PIPE) as cat:
            r = self.t2("-r", "-", "-w", "o", stdin=cat.stdout)
        self.assertEqual(self.flows(), self.reference)
        self.assertNotIn("Percentage completed", r.stdout)
        self.assertNotIn("pcap bytes", r.stdout)
        swapped = subprocess.run(["tcpdump", "-r", EXAMPLE, "-w", "-", "--time-stamp-precision=nano"], capture_output=True)
        if swapped.returncode == 0:
            (self.dir / "nano.pcap").write_bytes(swapped.stdout)
            self.t2("-r", "nano.pcap", "-w", "o")
            self.assertEqual(self.flows(), self.reference)

    def split_capture(self, names):
        data = EXAMPLE.read_bytes()
        records, at = [], 24
        while at < len(data):
            size = int.from_bytes(data[at + 8:at + 12], "little")
            records.append(data[at:at + 16 + size])
            at += 16 + size
        step = -(-len(records) // len(names))
        for i, name in enumerate(names):
            (self.dir / name).write_bytes(data[:24] + b"".join(records[i * step:(i + 1) * step]))

    def test_list_of_captures(self):
        self.split_capture(["x1.pcap", "x2.pcap", "x3.pcap"])
        (self.dir / "list").write_text("# parts\nx1.pcap\r\n\nmissing.pcap\nx2.pcap\nx3.pcap\n")
        r = self.t2("-R", "list", "-w", "o")
        self.assertEqual(self.flows(), self.reference)
        self.assertIn("Checking list file", r.stdout)
        self.assertIn("Processing file no. 2 of 3: x2.pcap", r.stdout)
        self.assertIn("missing.pcap", r.stdout)
        self.assertIn("Number of processed packets: 92", r.stdout)

    def test_rotating_captures(self):
        self.split_capture(["y.pcap0", "y.pcap1", "y.pcap2"])
        self.t2("-D", "y.pcap0,2", "-w", "o")
        self.assertEqual(self.flows(), self.reference)

    def test_filter(self):
        self.t2("-r", EXAMPLE, "-w", "o", "port", "30012")
        _, rows = table(self.dir / "o_flows.txt")
        self.assertEqual({r["srcPort"] for r in rows}, {"4076", "30012"})
        (self.dir / "f.bpf").write_text("port # only\n30012\n\n")
        r = self.t2("-r", EXAMPLE, "-w", "p", "-F", "f.bpf", "port", "21")
        self.assertEqual(self.flows("p"), self.flows("o"))
        self.assertRegex(r.stdout, r"\[INF\] BPF: port +30012")
        self.assertIn("Number of processed packets: 72", r.stdout)

    def test_truncated_capture_gives_what_is_readable(self):
        data = EXAMPLE.read_bytes()
        for size in (24, 30, 78, 79, 100, 20000, len(data) - 1):
            (self.dir / "cut.pcap").write_bytes(data[:size])
            r = self.t2("-r", "cut.pcap", "-w", "o", "-s")
            whole, at = 0, 24
            while at + 16 <= size and at + 16 + int.from_bytes(data[at + 8:at + 12], "little") <= size:
                at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
                whole += 1
            found = re.search(r"Number of processed packets: (\d+)", r.stdout)
            self.assertEqual(int(found.group(1)) if found else 0, whole, size)
            self.assertEqual(r.stdout.count("[WRN]"), 0 if at == size else 1, r.stdout)
            self.assertEqual(len(table(self.dir / "o_packets.txt")[1]), whole)

    def test_same_input_same_output(self):
        self.t2("-s", "-r", EXAMPLE, "-w", "o")
        self.t2("-s", "-r", EXAMPLE, "-w", "p")
        for suffix in ("_flows.txt", "_packets.txt"):
            self.assertEqual((self.dir / ("o" + suffix)).read_bytes(), (self.dir / ("p" + suffix)).read_bytes())

    def test_packet_rows_have_all_cells_for_every_kind(self):
        frames = [udp_frame("10.0.0.1", 1000, "10.0.0.2", 53, b"a\tb\n\x1b"),
                  b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x08\x06" + bytes(28),
                  frame("10.0.0.1", "10.0.0.2", 1, bytes(8)),
                  tcp_frame("2001:db8::1", 1, "2001:db8::2", 2)]
        (self.dir / "k.pcap").write_bytes(pcap(frames))
        self.t2("-s", "-r", "k.pcap", "-w", "o")
        names, rows = table(self.dir / "o_packets.txt")
        self.assertEqual((names[0], names[1], names[-1]), ("pktNo", "flowInd", "l7Content"))
        self.assertEqual([r["l7Content"] for r in rows][:1], ["a\\tb\\n\\e"])
        self.assertEqual([r["srcPort"] for r in rows], ["1000", "", "", "1"])
        self.assertEqual([r["srcIP"] for r in rows], ["10.0.0.1", "", "10.0.0.1", "2001:db8::1"])
        self.assertEqual([r["l4Proto"] for r in rows], ["17", "", "1", "6"])

    def test_relative_times(self):
        """They count from the run's first packet, also if that one belongs to no flow."""
        frames = [bytes(5), udp_frame("10.0.0.1", 1000, "10.0.0.2", 2, b"a")]
        (self.dir / "k.pcap").write_bytes(pcap(frames, step=0.25))
        self.t2("-s", "-r", "k.pcap", "-w", "o", "--set", "tranalyzer2.RELTIME=1")
        self.assertEqual([r["relTime"] for r in table(self.dir / "o_packets.txt")[1] if r["flowInd"] != "0"], ["0.250000000"])

    def test_content_settings(self):
        self.t2("-s", "-r", EXAMPLE, "-w", "o", "--set", "tranalyzer2.SPKTMD_PCNTH=1", "--set", "tranalyzer2.SPKTMD_PCNTL=3",
                "--set", "tranalyzer2.SPKTMD_PKTNO=0")
        names, rows = table(self.dir / "o_packets.txt")
        self.assertEqual(names[0], "flowInd")
        self.assertEqual(names[-2:], ["l4HexContent", "l4Content"])
        self.assertTrue(rows[0]["l4HexContent"].startswith("0x0f 0xeb 0x00 0x15"))

    def test_describe(self):
        d = json.loads(self.t2("--describe").stdout)
        self.assertEqual([p["name"] for p in d["plugins"]], ["basicFlow", "tcpStates", "txtSink"])
        states = d["plugins"][1]["flowColumns"][0]
        self.assertEqual(states["name"], "tcpStatesAFlags")
        self.assertEqual(states["bits"][7]["text"], "Potential evil behavior (scan)")
        for p in d["plugins"]:
            for c in p["flowColumns"] + p["packetColumns"]:
                self.assertTrue(c["doc"], c)
            for s in p["settings"]:
                self.assertTrue(s["doc"], s)
        self.assertGreater(d["slotBytes"], 100)

    def test_memory_per_flow(self):
        """--describe states what each plugin keeps per direction; their READMEs say the same."""
        self.activate("tp0f", "basicStats", "tcpFlags", "ftpDecode")
        d = json.loads(self.t2("--describe").stdout)
        state = {p["name"]: p["stateBytes"] for p in d["plugins"]}
        self.assertEqual(state["txtSink"], 0)
        self.assertGreaterEqual(d["slotBytes"], sum(state.values()))
        for name in ("tp0f", "basicStats", "tcpFlags"):
            text = " ".join((SOURCE / "plugins" / name / "README.md").read_text().split())
            self.assertEqual(re.findall(r"(\d+) bytes per direction", text), [str(state[name])], name)
            plugin = next(p for p in d["plugins"] if p["name"] == name)
            said = re.search(r"(\d+) flow columns.*? (\d+) packet columns", text)
            self.assertEqual(said.groups(), (str(len(plugin["flowColumns"])), str(len(plugin["packetColumns"]))), name)

    def test_plugin_lists(self):
        (self.plugins / "plugins.txt").write_text("# some\n100_basicFlow.so\ntxtSink\n")
        r = self.t2("-r", EXAMPLE, "-w", "o")
        self.assertIn("02: txtSink", r.stdout)
        self.assertNotIn("tcpStates", r.stdout)
        (self.dir / "mine.txt").write_text("txtSink\n")
        r = self.t2("-r", EXAMPLE, "-w", "o", "-b", "mine.txt")
        self.assertEqual(self.flows().split("\n")[0], "%dir\tflowInd")

    def test_pipe_to_tcol(self):
        tcol = T2.with_name("tcol")
        r = subprocess.run([tcol, self.dir / "ref_flows.txt"], capture_output=True, text=True)
        lines = r.stdout.split("\n")
        self.assertTrue(lines[0].startswith("%dir  flowInd  flowStat            timeFirst             timeLast              duration"))
        self.assertTrue(all(line == line.rstrip() for line in lines))
        cells = [line.split("\t") for line in self.reference.split("\n") if line]
        for line, row in zip(lines, cells):
            at = 0
            for i, cell in enumerate(row):
                self.assertTrue(line[at:].startswith(cell))
                at += max(len(r[i]) for r in cells) + 2
        nasty = b"#comment\tx\n%a\tb\n\x1b[31m\t\xc3\xa9\n\n1\n"
        r = subprocess.run([tcol], input=nasty, capture_output=True)
        self.assertEqual(r.stdout.decode(), "#comment\\x09x\n%a        b\n\\x1b[31m  \u00e9\n1\n")
        r = subprocess.run([tcol, "/nonexistent"], capture_output=True, text=True)
        self.assertEqual(r.returncode, 1)
        self.assertIn("Failed to open file '/nonexistent' for reading: No such file", r.stderr)


class Flows(Sandbox):
    """Counters and rows agree on made-up traffic."""

    def test_report_totals_equal_sums_over_rows(self):
        self.activate("basicFlow", "txtSink")
        frames = []
        for i in range(200):
            frames.append(udp_frame(f"10.0.0.{i % 20}", 1000 + i % 7, "10.0.1.1", 53, b"x" * (i % 50)))
            if i % 3 == 0:
                frames.append(udp_frame("10.0.1.1", 53, f"10.0.0.{i % 20}", 1000 + i % 7, b"y"))
        (self.dir / "c.pcap").write_bytes(pcap(frames, step=1.0))
        r = self.t2("-s", "-r", "c.pcap", "-w", "o")
        _, rows = table(self.dir / "o_flows.txt")
        _, packets = table(self.dir / "o_packets.txt")
        number = lambda label: int(re.search(re.escape(label) + r": (\d+)", r.stdout).group(1))
        self.assertEqual(number("Number of processed packets"), len(frames))
        self.assertEqual(len(packets), len(frames))
        self.assertEqual(number("Number of processed      flows"), len(rows))
        self.assertEqual(number("Number of A packets") + number("Number of B packets"), len(frames))
        self.assertEqual({(p["flowInd"], p["flowStat"][-1]) for p in packets},
                         {(f["flowInd"], f["flowStat"][-1]) for f in rows})

    def test_a_cut_at_every_packet_adds_up(self):
        self.activate("basicFlow", "tcpStates", "txtSink")
        data = EXAMPLE.read_bytes()
        at, n = 24, 0
        while at < len(data):
            at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
            n += 1
            if n % 7 and n < 85:
                continue
            (self.dir / "c.pcap").write_bytes(data[:at])
            r = self.t2("-r", "c.pcap", "-w", "o")
            self.assertIn(f"Number of processed packets: {n}\n", r.stdout)
            self.assertNotIn("WRN", r.stdout)


if __name__ == "__main__":
    main()
