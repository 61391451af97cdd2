# SPDX-License-Identifier: Apache-2.0
"""A sink that is not ours, tests/sink/jsonLines.cc: what the core offers any sink (include/t2/sink.h)."""
import json
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, Sandbox, SOURCE, main, table

TEST_PLUGINS = BUILD / "tests" / "plugins"


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


class ASinkOfOthers(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "txtSink")
        (self.plugins / "999_jsonLines.so").symlink_to(TEST_PLUGINS / "999_jsonLines.so")

    def assert_same(self, text_rows, json_rows):
        """Columns that look alike in both."""
        self.assertEqual(len(text_rows), len(json_rows))
        for text, obj in zip(text_rows, json_rows):
            self.assertEqual(list(text), list(obj))
            for name in ("flowInd", "flowStat", "srcIP", "srcPort", "dstIP", "dstMac_srcMac_numP", "numHdrs"):
                if name in obj and not isinstance(obj[name], list):
                    self.assertEqual(text[name], str(obj[name]), name)

    def test_rows_of_both_tables(self):
        self.t2("-r", EXAMPLE, "-w", self.dir / "x", "-s")
        flows = lines((self.dir / "x_flows.jsonl").read_text())
        self.assert_same(table(self.dir / "x_flows.txt")[1], flows)
        self.assertEqual([f["dir"] for f in flows[:2]], ["A", "B"])
        ftp = [f["ftpCC"] for f in flows if f["ftpCC"]]
        self.assertEqual(ftp[0], ["TYPE", "PASV", "SIZE", "RETR"])
        if shutil.which("zstd"):
            packed = subprocess.run(["zstd", "-dcq", self.dir / "x_packets.jsonl.zst"], capture_output=True, check=True)
            self.assert_same(table(self.dir / "x_packets.txt")[1], lines(packed.stdout.decode()))

    def test_parts(self):
        self.t2("-r", EXAMPLE, "-W", f"{self.dir}/x:3f,2")
        self.assertEqual([(p.name, len(lines(p.read_text()))) for p in sorted(self.dir.glob("x_flows.jsonl*"))],
                         [("x_flows.jsonl2", 3), ("x_flows.jsonl3", 3), ("x_flows.jsonl4", 2)])

    def test_standard_output(self):
        (self.plugins / "901_txtSink.so").unlink()
        self.assertEqual(len(lines(self.t2("-r", EXAMPLE, "-w", "-").stdout)), 8)

    def test_two_sinks_want_standard_output(self):
        r = self.t2("-r", EXAMPLE, "-w", "-", check=False)
        self.assertEqual((r.returncode, r.stdout), (1, ""))
        self.assertEqual(r.stderr, "[ERR] Option '-w -': txtSink and jsonLines both write rows to standard output. Run "
                                   "'t2build -u jsonLines', or name other plugins with '-p'\n")
        self.assertEqual(list(self.dir.glob("*_*")), [])

    def test_a_full_disk_ends_the_run(self):
        (self.plugins / "901_txtSink.so").unlink()
        (self.dir / "x_flows.jsonl").symlink_to("/dev/full")
        done = self.t2("-r", EXAMPLE, "-w", self.dir / "x", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("x_flows.jsonl': No space left on device", done.stdout + done.stderr)

    def test_it_is_short(self):
        source = (SOURCE / "tests" / "sink" / "jsonLines.cc").read_text().splitlines()
        code = [line for line in source if line.strip() and not line.startswith(("//", "#include"))]
        self.assertLessEqual(len(code), 60)


if __name__ == "__main__":
    main()
