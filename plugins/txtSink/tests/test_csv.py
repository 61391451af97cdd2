# SPDX-License-Identifier: Apache-2.0
"""The flow file as CSV (TFS_CSV=1, RFC 4180), read by Python's csv module and compared with the text table."""
import csv
import io
import re

import cells
from t2run import EXAMPLE, Sandbox, main


class Csv(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "txtSink")

    def both(self, capture, *options):
        """The rows of the text table, those that csv reads, the types."""
        self.t2("-r", capture, "-w", self.dir / "t")
        self.t2("-r", capture, "-w", self.dir / "c", "--set", "txtSink.TFS_CSV=1", *options)
        names, rows = cells.text_rows(self.dir / "t_flows.txt")
        self.raw = (self.dir / "c_flows.csv").read_bytes()
        read = list(csv.reader(io.StringIO(self.raw.decode(), newline=""), strict=True))
        self.assertEqual(read[0], names)
        return rows, read[1:], cells.types(self.dir / "c_headers.txt")

    def assert_same(self, rows, read, types):
        self.assertEqual(len(read), len(rows))
        for row, other in zip(rows, read):
            for text, cell, kind in zip(row, other, types, strict=True):
                if kind == "S" and text:
                    text = text[1:-1]
                self.assertEqual(cell, text)

    def test_the_example(self):
        rows, read, types = self.both(EXAMPLE)
        self.assert_same(rows, read, types)
        self.assertEqual(self.raw.count(b"\r\n"), len(rows) + 1)
        self.assertFalse((self.dir / "c_flows.txt").exists())

    def test_every_type_and_hostile_values(self):
        (self.plugins / cells.ALL_TYPES.name).symlink_to(cells.ALL_TYPES)
        cells.capture_of_flows(self.dir / "many.pcap", 500)
        rows, read, types = self.both(self.dir / "many.pcap", "--set", "utils.TFS_EXTENDED_HEADER=1")
        self.assertEqual(len(rows), 500)
        self.assert_same(rows, read, types)
        self.assertEqual(self.raw.count(b"\n"), len(rows) + 1)  # a line is a row

    def test_an_empty_string_is_not_an_absent_one(self):
        (self.plugins / cells.ALL_TYPES.name).symlink_to(cells.ALL_TYPES)
        cells.capture_of_flows(self.dir / "many.pcap", 500)
        self.both(self.dir / "many.pcap")
        self.assertTrue(re.search(rb',"",', self.raw))
        self.assertTrue(re.search(rb",,", self.raw))

    def test_raw_strings_and_odd_settings_stay_one_cell(self):
        (self.plugins / cells.ALL_TYPES.name).symlink_to(cells.ALL_TYPES)
        cells.capture_of_flows(self.dir / "many.pcap", 300)
        self.t2("-r", self.dir / "many.pcap", "-w", self.dir / "c", "--set", "txtSink.TFS_CSV=1", "--set", "utils.TFS_SAN_UTF8=0",
                "--set", "utils.MAC_SEP=,", "--set", 'utils.B2T_NON_IP_STR="', "--set", "utils.SEP_CHR=|", "--set", "utils.HDR_CHR=#")
        text = (self.dir / "c_flows.csv").read_bytes().decode(errors="replace")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        self.assertEqual(rows[0][0], "dir")
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        self.assertEqual(len(rows), 301)

    def test_parts_gzip_and_standard_output(self):
        rows, read, _ = self.both(EXAMPLE)
        piped = self.t2("-r", EXAMPLE, "-w", "-", "--set", "txtSink.TFS_CSV=1").stdout
        self.assertEqual(list(csv.reader(io.StringIO(piped, newline="")))[1:], read)
        self.t2("-r", EXAMPLE, "-W", f"{self.dir}/p:3f", "--set", "txtSink.TFS_CSV=1", "--set", "txtSink.TFS_PRI_HDR_FW=1")
        parts = [list(csv.reader(io.StringIO(p.read_bytes().decode(), newline=""))) for p in sorted(self.dir.glob("p_flows.csv?"))]
        self.assertEqual([len(p) for p in parts], [4, 4, 3])
        self.assertEqual([row for p in parts for row in p[1:]], read)


if __name__ == "__main__":
    main()
