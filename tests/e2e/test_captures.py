# SPDX-License-Identifier: Apache-2.0
"""Runs over several captures: which file a packet came from, tawk -x over all of them, folders and lists."""
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess

from packets import Talk, write_pcap
from t2run import BUILD, EXAMPLE, Sandbox, main, table


def records(capture):
    """(nanoseconds, bytes on the wire, bytes) of every packet of a pcap file that we or t2 have written."""
    data = pathlib.Path(capture).read_bytes()
    unit = {0xa1b23c4d: 1, 0xa1b2c3d4: 1000}[struct.unpack_from("<I", data)[0]]
    at, out = 24, []
    while at < len(data):
        seconds, fraction, captured, wire = struct.unpack_from("<IIII", data, at)
        out.append((seconds * 10**9 + fraction * unit, wire, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return out


def talks():
    """Frames of two conversations in turn, 22 packets in one second; `.of` tells which one each belongs to."""
    one, two = Talk(sport=1111), Talk(sport=2222, b="10.0.0.3")
    for i, talk in enumerate((one, two)):
        talk.clock = i * 0.0001
        talk.handshake()
        for n in range(8):
            talk.send("AB"[n % 2], 101 + n, 901, payload=10 + n, gap=0.1)
    return sorted([(at, frame, 1) for at, frame in one.frames] + [(at, frame, 2) for at, frame in two.frames])


class Several(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "txtSink")
        self.env["PATH"] = f"{BUILD / 'bin'}:{self.env['PATH']}"
        self.frames = talks()

    def write(self, *sizes, names=None):
        """The frames in files of so many packets, the last one with the rest; their names."""
        at = 0
        names = names or [f"c.pcap{i}" for i in range(len(sizes) + 1)]
        for name, size in zip(names, (*sizes, None)):
            end = len(self.frames) if size is None else at + size
            path = self.dir / name
            path.parent.mkdir(exist_ok=True)
            write_pcap(path, [(t, frame) for t, frame, _ in self.frames[at:end]])
            at = end
        return names

    def tawk(self, *args, status=0, cwd=None):
        r = subprocess.run(["tawk", *map(str, args)], env=self.env, cwd=cwd or self.dir, capture_output=True, text=True)
        self.assertEqual(r.returncode, status, r.stderr)
        return r

    def expected(self, talk):
        return [(1_600_000_000 * 10**9 + round(t * 10**9), len(f), f) for t, f, of in self.frames if of == talk]

    def section(self, prefix="r"):
        """The captures as the headers file lists them."""
        text = (self.dir / f"{prefix}_headers.txt").read_text()
        return text[text.index("#\n# Captures read: "):] if "Captures read" in text else ""


class Cut(Several):
    def cut_both(self, *args, capture=(), cwd=None):
        for talk in (1, 2):
            out = self.dir / "out.pcap"
            out.unlink(missing_ok=True)
            r = self.tawk("-x", out, *capture, "-b", f"flow({talk})", *args, cwd=cwd)
            self.assertEqual(r.stdout, f"11 packets written to '{out}'\n")
            self.assertEqual(records(out), self.expected(talk))

    def test_list(self):
        # The second file is empty, the third one packet long: both conversations span them.
        names = self.write(7, 0, 1)
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-s", "-w", "r")
        self.assertEqual(self.section(), "#\n# Captures read: 4\n# First packet\tPackets\tCapture\n"
                         "#   1\t7\tc.pcap0\n#   0\t0\tc.pcap1\n#   8\t1\tc.pcap2\n#   9\t14\tc.pcap3\n")
        self.cut_both("r_flows.txt")
        # The first part of a run that the rows do not need may be gone.
        (self.dir / "c.pcap0").unlink()
        r = self.tawk("-x", "p.pcap", "-P", "packet(9)", "r_packets.txt")
        self.assertEqual(records(self.dir / "p.pcap"), [(1_600_000_000 * 10**9 + round(self.frames[8][0] * 10**9),
                                                         len(self.frames[8][1]), self.frames[8][1])], r.stderr)
        r = self.tawk("-x", "q.pcap", "-b", "flow(1)", "r_flows.txt", status=1)
        self.assertIn("Failed to open file 'c.pcap0'", r.stderr)
        self.assertFalse((self.dir / "q.pcap").exists())

    def test_rotating(self):
        self.write(5, 5)
        self.t2("-D", "c.pcap0,2", "-s", "-w", "r")
        self.assertIn("# Captures read: 3\n", self.section())
        self.cut_both("r_flows.txt")

    def test_filter(self):
        names = self.write(10)
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-s", "-w", "r", "host", "10.0.0.3")
        self.assertEqual(self.section(), "#\n# Captures read: 2\n# Filter: host 10.0.0.3\n# First packet\tPackets\tCapture\n"
                         "#   1\t5\tc.pcap0\n#   6\t6\tc.pcap1\n")
        self.tawk("-x", "out.pcap", "-b", "flow(1)", "r_flows.txt")
        self.assertEqual(records(self.dir / "out.pcap"), self.expected(2))

    def test_several_link_types(self):
        names = self.write(7)
        # Raw IP: what an Ethernet header stood before.
        packets = b"".join(struct.pack("<IIII", *divmod(t, 10**9), wire - 14, len(frame) - 14) + frame[14:]
                           for t, wire, frame in records(self.dir / names[1]))
        (self.dir / names[1]).write_bytes(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 101) + packets)
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-s", "-w", "r")
        r = self.tawk("-x", "out.pcap", "-b", "flow(1)", "r_flows.txt", status=1)
        self.assertFalse((self.dir / "out.pcap").exists())
        hint = re.fullmatch(r"-x: packet \d+ of the run, in 'c.pcap1', has another link type than those before, and a pcap file "
                            r"holds one; cut the packets by number, for instance: tawk (.*)\n", r.stderr)
        self.assertTrue(hint, r.stderr)
        self.tawk(*shlex.split(hint[1]))  # what it says does it
        self.assertEqual(len(records(self.dir / "NEW.pcap")), 7)

    def test_captures_that_were_moved(self):
        names = self.write(9, names=["in/a.pcap", "in/b.pcap"])
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-s", "-w", "r")
        (self.dir / "elsewhere").mkdir()
        (self.dir / "in").rename(self.dir / "elsewhere" / "in")
        self.cut_both("../r_flows.txt", capture=("-r", "."), cwd=self.dir / "elsewhere")
        self.cut_both("r_flows.txt", capture=("-r", "elsewhere/in"))
        r = self.tawk("-x", "q.pcap", "-r", "elsewhere/in/a.pcap", "-b", "flow(1)", "r_flows.txt", status=1)
        self.assertIn("The run read 2 captures, named in 'r_headers.txt': leave -r out, or name the folder", r.stderr)

    def test_another_capture_of_that_name(self):
        names = self.write(9)
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-s", "-w", "r")
        self.frames = [(t + 1, frame, of) for t, frame, of in self.frames]
        self.write(9)
        self.assertIn("it is another capture", self.tawk("-x", "q.pcap", "-b", "flow(1)", "r_flows.txt", status=1).stderr)
        self.frames = self.frames[:9]
        self.write(9)
        self.assertFalse((self.dir / "q.pcap").exists())

    def test_names_are_exact(self):
        names = self.write(9, names=["a\ttab \\x0a\u00e9.pcap", "b.pcap"])
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-s", "-w", "r")
        self.assertIn("#   1\t9\ta\\x09tab \\x5cx0a\u00e9.pcap\n", self.section())
        self.cut_both("r_flows.txt")

    def test_one_capture_is_named_by_the_user(self):
        self.write()
        (self.dir / "list").write_text("c.pcap0\n")
        for args in (("-r", "c.pcap0"), ("-R", "list"), ("-D", "c.pcap0,0")):
            self.t2(*args, "-s", "-w", "r")
            self.assertEqual(self.section(), "")
            self.cut_both("r_flows.txt", capture=("-r", "c.pcap0"))
            self.assertIn("name the capture with -r", self.tawk("-x", "q.pcap", "flow(1)", "r_flows.txt", status=1).stderr)


class Column(Several):
    def test_capture_of_the_first_packet(self):
        names = self.write(3, 9)
        (self.dir / "list").write_text("\n".join(names))
        self.t2("-R", "list", "-w", "r", "--set", "basicFlow.BFO_CAPTURE=1")
        columns, rows = table(self.dir / "r_flows.txt")
        self.assertEqual(columns[2:4], ["captureFirst", "flowStat"])
        # B of both begins with its SYN-ACK, the third and fourth packet.
        self.assertEqual({(r["flowInd"], r["dir"]): r["captureFirst"] for r in rows},
                         {("1", "A"): '"c.pcap0"', ("2", "A"): '"c.pcap0"', ("1", "B"): '"c.pcap0"', ("2", "B"): '"c.pcap1"'})
        self.assertIn("S\tcaptureFirst\tCapture file of first packet\n", (self.dir / "r_headers.txt").read_text())

    def test_is_off_by_default(self):
        self.write()
        self.t2("-r", "c.pcap0", "-w", "r")
        self.assertNotIn("captureFirst", (self.dir / "r_flows.txt").read_text())

    def test_standard_input(self):
        self.write()
        with open(self.dir / "c.pcap0") as capture:
            self.t2("-r", "-", "-w", "r", "--set", "basicFlow.BFO_CAPTURE=1", stdin=capture)
        self.assertEqual({r["captureFirst"] for r in table(self.dir / "r_flows.txt")[1]}, {'"-"'})


class Listed(Several):
    """-R: a folder, standard input, and captures in the wrong order."""

    def order(self, result):
        return re.findall(r"Processing file no\. \d+ of \d+: (.*)", result.stdout)

    def warnings(self, result):
        return [line[6:] for line in result.stdout.splitlines() if line.startswith("[WRN] Capture")]

    def rows(self, prefix="r"):
        return sorted((self.dir / f"{prefix}_flows.txt").read_text().split("\n"))

    def whole(self):
        write_pcap(self.dir / "whole", [(t, frame) for t, frame, _ in self.frames])
        self.t2("-r", "whole", "-w", "whole")
        return self.rows("whole")

    def test_folder_in_order_of_time(self):
        self.write(7, 8, names=["case/z.pcap", "case/m.pcap", "case/a.pcap"])
        write_pcap(self.dir / "case/empty.pcap", [])
        (self.dir / "case/notes.txt").write_text("what was seen on that day, longer than a header of a capture\n")
        (self.dir / "case/below").mkdir()
        shutil.copy(EXAMPLE, self.dir / "case/below/not-this.pcap")
        for given in ("case", "case/"):
            r = self.t2("-R", given, "-w", "r")
            self.assertEqual(self.order(r), ["case/z.pcap", "case/m.pcap", "case/a.pcap", "case/empty.pcap"])
            self.assertEqual(r.stdout.count("notes.txt"), 2)
            self.assertIn("[WRN] File 'case/notes.txt' is not a valid PCAP/PCAP-NG file\n", r.stdout)
            self.assertIn(f"Processing folder: {given}\n", r.stdout)
            self.assertEqual((self.warnings(r), self.rows()), ([], self.whole()))
        (self.dir / "none").mkdir()
        r = self.t2("-R", "none", check=False)
        self.assertEqual((r.returncode, r.stderr), (1, "[ERR] No valid files found in none\n"))

    def test_own_outputs_are_passed_over(self):
        self.activate("jsonSink", "sqliteSink", "parquetSink")
        self.write(7, names=["case/z.pcap", "case/a.pcap"])
        before = set(os.listdir(self.dir / "case"))
        for name in sorted(before):
            self.t2("-r", f"case/{name}", "-s", "-l", "--set", "tranalyzer2.JSON_REPORT=1")  # without -w: beside the capture
        self.t2("-r", "case/a.pcap", "-w", "case/parts", "-W", "case/parts:2f")
        self.t2("-r", "case/a.pcap", "-w", "case/packed", "--set", "txtSink.TFS_GZ_COMPRESS=1")
        self.t2("-r", "case/a.pcap", "-w", "case/csv", "--set", "txtSink.TFS_CSV=1")
        made = set(os.listdir(self.dir / "case")) - before
        self.assertGreater(len(made), 16, made)
        r = self.t2("-R", "case", "-w", "r")
        self.assertEqual([line for line in r.stdout.splitlines() if "[WRN]" in line or "checking" in line],
                         ["    checking file 'case/a.pcap'", "    checking file 'case/z.pcap'"])
        # What only looks like one is told; what is a capture is read, whatever its name.
        for name in ("a_flows.pcap", "flows.txt", "a_flows.txt.pcap"):
            (self.dir / "case" / name).write_text("no capture, but longer than a header of one\n")
        os.rename(self.dir / "case/z.pcap", self.dir / "case/z_flows.txt")
        r = self.t2("-R", "case", "-w", "r")
        self.assertEqual(r.stdout.count("is not a valid PCAP/PCAP-NG file"), 3)
        self.assertEqual(set(self.order(r)), {"case/a.pcap", "case/z_flows.txt"})

    def test_names_of_output_files_of_a_folder(self):
        self.write(7, names=["case.1/z.pcap", "case.1/a.pcap"])
        self.t2("-R", "case.1/")
        self.assertTrue((self.dir / "case.1_flows.txt").exists())
        (self.dir / "out").mkdir()
        self.t2("-R", "case.1", "-w", "out")
        self.assertTrue((self.dir / "out/case.1_flows.txt").exists())
        (self.dir / "sub").mkdir()
        shutil.copy(EXAMPLE, self.dir / "sub")
        subprocess.run([BUILD / "bin/t2", "-p", self.plugins, "-R", "."], cwd=self.dir / "sub", env=self.env, check=True,
                       capture_output=True)
        self.assertTrue((self.dir / "sub/captures_flows.txt").exists())

    def test_standard_input(self):
        names = self.write(7, 8)
        (self.dir / "list").write_text("# by find\n" + "\n".join(names) + "\n")
        with open(self.dir / "list") as listing:
            r = self.t2("-R", "-", "-w", "r", stdin=listing)
        self.assertEqual((self.order(r), self.rows()), (names, self.whole()))
        r = self.t2("-R", "-", "-w", "r", check=False)
        self.assertEqual((r.returncode, r.stderr), (1, "[ERR] No valid files found in standard input\n"))

    def test_a_capture_is_no_list(self):
        self.write()
        r = self.t2("-R", "c.pcap0", check=False)
        self.assertEqual((r.returncode, r.stderr), (1, "[ERR] 'c.pcap0' is a capture, no list of captures: read it with -r\n"))

    def test_backwards(self):
        names = self.write(7, 8)
        (self.dir / "list").write_text("\n".join(reversed(names)))
        r = self.t2("-R", "list", "-w", "r")
        said = "Capture '{}' begins before 'c.pcap2', which was read earlier: flows see time run backwards; list captures " \
               "by time, or name their folder with -R"
        self.assertEqual(self.warnings(r), [said.format("c.pcap1"), said.format("c.pcap0")])
        first, last = self.frames[0][0], self.frames[-1][0]
        self.assertIn(f"Total dump duration: {last - first:.9f} sec\n", r.stdout)
        self.assertIn(f"Earliest packet: {1_600_000_000 + first:.9f}"[:30], r.stdout)
        self.assertIn("<Bandwidth>", r.stdout)
        self.assertEqual(self.warnings(self.t2("-r", "c.pcap0", "-w", "r")), [])

    def test_overlap(self):
        write_pcap(self.dir / "a", [(t, f) for t, f, _ in self.frames[:12]])
        write_pcap(self.dir / "b", [(t, f) for t, f, _ in self.frames[10:]])
        write_pcap(self.dir / "later", [(t + 9, f) for t, f, _ in self.frames])
        (self.dir / "list").write_text("a\nb\nlater\n")
        for bpf in ((), ("port", "9")):  # which leaves nothing
            r = self.t2("-R", "list", "-w", "r", *bpf)
            self.assertEqual(self.warnings(r), ["Capture 'b' begins before 'a' ends: they overlap in time, packets may be "
                                                "there twice"])
            self.assertNotIn("Earliest packet", r.stdout)

    def test_many_that_overlap(self):
        """Captures of many sensors are no flood of warnings."""
        for n in range(9):
            write_pcap(self.dir / f"s{n}", [(t + n / 100, f) for t, f, _ in self.frames])
        (self.dir / "list").write_text("".join(f"s{n}\n" for n in range(9)))
        r = self.t2("-R", "list", "-w", "r")
        self.assertEqual([w[:11] for w in self.warnings(r)], ["Capture 's1", "Capture 's2", "Capture 's3"])
        self.assertIn("[WRN] 5 more captures begin before the end of one read earlier\n", r.stdout)

    def test_time_within_a_capture(self):
        """One file whose packets run backwards by years."""
        write_pcap(self.dir / "x", [(-100_000_000 * n, f) for n, (_, f, _) in enumerate(self.frames[:4])])
        self.assertIn("Total dump duration: 300000000.000000000 sec", self.t2("-r", "x", "-w", "r").stdout)


if __name__ == "__main__":
    if shutil.which("gawk") is None:
        raise SystemExit(77)
    main()
