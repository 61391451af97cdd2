# SPDX-License-Identifier: Apache-2.0
"""sqliteSink: what Python's sqlite3 reads equals txtSink's cells; views, runs, files, appending, refusals, faults."""
import ipaddress
import json
import sqlite3

import cells
from t2run import EXAMPLE, PLUGINS, Sandbox, main

if not list(PLUGINS.glob("*_sqliteSink.so")):
    raise SystemExit(77)

SIZES = {"H8": 8, "H16": 16, "H32": 32, "H64": 64}


def value_of(kind, v):
    """What cells.cell() takes, from what SQLite keeps."""
    if v is None:
        return float("nan") if kind in ("F", "D") else None
    if kind.endswith(":R") or len(cells.split_type(kind)) > 1:
        return cells.JsonReader(None).value(kind, json.loads(v, **cells.KEPT))
    if kind in ("U64", "H64"):
        return v % 2**64
    if kind == "IPX":
        return shortened(v)
    if kind == "MAC":
        return v.hex(":")
    if kind in ("S", "SC"):
        return v if isinstance(v, bytes) else v.encode()
    return v


def shortened(v):
    """An address as inet_ntop() writes it."""
    a = ipaddress.ip_address(v)
    if a.version == 6 and v[:12] in (bytes(12), bytes(10) + b"\xff\xff") and v[12:14] != bytes(2):
        return "::" + ("ffff:" if v[10] else "") + str(ipaddress.ip_address(v[12:]))
    return str(a)


class SqliteSink(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "tcpStates", "ftpDecode", "communityID", "txtSink", "sqliteSink")

    def with_all_types(self, flows=500):
        (self.plugins / cells.ALL_TYPES.name).symlink_to(cells.ALL_TYPES)
        cells.capture_of_flows(self.dir / "many.pcap", flows)
        return self.dir / "many.pcap"

    def query(self, sql, name="x"):
        db = sqlite3.connect(self.dir / f"{name}.sqlite")
        self.addCleanup(db.close)
        return db.execute(sql).fetchall()

    def test_a_column_names_its_plugin(self):
        self.t2("-r", EXAMPLE, "-w", "x")
        owners = dict(self.query("SELECT name, plugin FROM columns WHERE tbl='flows'"))
        self.assertEqual([owners[c] for c in ("flowInd", "srcIP", "pktsSnt", "ftpStat")],
                         ["tranalyzer2", "basicFlow", "basicStats", "ftpDecode"])

    def test_every_type_equals_the_table(self):
        self.t2("-r", self.with_all_types(), "-w", "x")
        names, text = cells.text_rows(self.dir / "x_flows.txt")
        kinds = cells.types(self.dir / "x_headers.txt")
        rows = self.query("SELECT * FROM flows ORDER BY rowid")
        self.assertEqual(len(rows), len(text))
        compared = replaced = 0
        for row, expected in zip(rows, text):
            self.assertEqual(row[0], 1)
            for kind, name, value, cell in zip(kinds, names, row[1:], expected, strict=True):
                if isinstance(value, str) and "\ufffd" in value and ":R" in kind + ":R" * (len(cells.split_type(kind)) > 1):
                    replaced += 1  # JSON holds no bytes that are no UTF-8
                    continue
                if value is None:
                    self.assertIn(cell, {"IPX": ("", "-"), "F": ("", "0"), "D": ("", "0.000000")}.get(kind, ("",)), name)
                else:
                    cell = "0" if (kind, cell) == ("F", "-0") else cell  # SQLite knows no -0
                    cell = "0.000000" if (kind, cell) == ("D", "-0.000000") and value == 0 else cell
                    self.assertEqual(cells.cell(kind, value_of(kind, value)), cell, name)
                compared += 1
        self.assertGreater(compared, 500 * 90)
        self.assertLess(replaced, compared / 20)

    def test_names_that_differ_by_capitals(self):
        self.t2("-r", self.with_all_types(9), "-w", "x")
        named = self.query("SELECT name, t2name, text FROM columns WHERE tbl='flows' AND lower(t2name) IN ('u8','order')")
        self.assertEqual(named, [("u8", "u8", "one"), ("U8_2", "U8", "the name of another column, but for capitals"),
                                 ("u8_3", "u8", "the name of another column"), ("order", "order", "an SQL word")])

    def test_views_show_what_the_table_shows(self):
        self.t2("-r", self.with_all_types(), "-w", "x", "-s")
        names, text = cells.text_rows(self.dir / "x_flows.txt")
        kinds = cells.types(self.dir / "x_headers.txt")
        rows = self.query("SELECT * FROM flows_text")
        shown = 0
        for row, expected in zip(rows, text, strict=True):
            for kind, value, cell in zip(kinds, row[1:], expected, strict=True):
                if kind in SIZES or kind in ("MAC", "IPX", "U64", "U64.U32"):
                    if value is None:
                        self.assertIn(cell, ("", "-"))
                    elif kind == "IPX":
                        self.assertEqual(ipaddress.ip_address(value), ipaddress.ip_address(cell))
                    elif kind == "U64.U32" and "T" in str(value):
                        self.assertEqual(cells.seconds(cells.ns_of(value)), cell)
                    else:
                        self.assertEqual(str(value), cell)
                    shown += 1
        self.assertGreater(shown, 500 * 25)
        packets = self.query("SELECT count(*), min(pktNo), max(pktNo) FROM packets_text")
        self.assertEqual(packets, [(500, 1, 500)])

    def test_the_run_and_what_was_carved(self):
        self.t2("-r", EXAMPLE, "-w", "x", "--set", "ftpDecode.FTP_SAVE=1", "--set", f"ftpDecode.FTP_F_PATH={self.dir}/carved")
        (command, end, report, settings), = self.query('SELECT command, "end", report, settings FROM runs')
        self.assertIn(str(EXAMPLE), command)
        self.assertEqual(end, "input")
        self.assertIn("Number of processed packets: 92", report)
        self.assertIn("ftpDecode: Number of files extracted: 1", report)
        self.assertEqual(json.loads(settings)["ftpDecode"]["FTP_SAVE"], "1")
        (file, packets, digest), = self.query("SELECT file, packets, sha256 FROM captures")
        self.assertEqual((file, packets), (str(EXAMPLE), 92))
        self.assertEqual(len(digest), 64)
        (name, size, complete, flow), = self.query("SELECT name, size, complete, data_flow FROM files WHERE record='content'")
        self.assertEqual((name, size, complete, flow), ("/funwithbill/Microsoft-1978.jpg", 64170, 1, 2))
        joined = self.query("SELECT f.dir FROM flows f JOIN files c ON f.flowInd = c.data_flow WHERE c.record='content'")
        self.assertEqual(joined, [("A",), ("B",)])
        self.assertEqual(self.query("SELECT text FROM bits WHERE tbl='flows' AND name='flowStat' AND bit=14"), [("IPv4 flow",)])

    def test_several_runs_in_one_file(self):
        self.t2("-r", EXAMPLE, "-w", "x")
        self.t2("-r", EXAMPLE, "-w", "x", "-s", "--set", "sqliteSink.SQLITE_APPEND=1")
        self.assertEqual(self.query("SELECT run, count(*) FROM flows GROUP BY run"), [(1, 8), (2, 8)])
        self.assertEqual(self.query("SELECT run, count(*) FROM packets GROUP BY run"), [(2, 92)])
        self.assertEqual(len(self.query("SELECT * FROM runs")), 2)
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])
        (self.plugins / next(PLUGINS.glob("*_communityID.so")).name).unlink()
        r = self.t2("-r", EXAMPLE, "-w", "x", "--set", "sqliteSink.SQLITE_APPEND=1", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("the table 'flows' that is there has other columns than this run", r.stderr)
        self.assertEqual(len(self.query("SELECT * FROM runs")), 2)
        self.t2("-r", EXAMPLE, "-w", "x")  # without the setting the file is made anew
        self.assertEqual(len(self.query("SELECT * FROM runs")), 1)

    def test_what_is_not_ours_stays(self):
        other = sqlite3.connect(self.dir / "x.sqlite")
        other.execute("CREATE TABLE precious (a)")
        other.commit()
        other.close()
        before = (self.dir / "x.sqlite").read_bytes()
        r = self.t2("-r", EXAMPLE, "-w", "x", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("File 'x.sqlite' is another program's database. Choose another prefix with '-w'", r.stderr)
        self.assertEqual((self.dir / "x.sqlite").read_bytes(), before)
        self.t2("-r", EXAMPLE, "-w", "y")
        db = sqlite3.connect(self.dir / "y.sqlite")
        db.execute("PRAGMA user_version=99")
        db.commit()
        db.close()
        r = self.t2("-r", EXAMPLE, "-w", "y", "--set", "sqliteSink.SQLITE_APPEND=1", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("its tables have version 99", r.stderr)

    def test_standard_output_is_no_place_for_it(self):
        r = self.t2("-r", EXAMPLE, "-w", "-", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("sqliteSink: a database cannot go to standard output", r.stderr)
        r = self.t2("-r", EXAMPLE, "-w", "-", "-W", "x")
        self.assertEqual(r.stdout.count("\n"), 9)
        self.assertEqual(self.query("SELECT count(*) FROM flows"), [(8,)])

    def test_no_indexes(self):
        self.t2("-r", EXAMPLE, "-w", "x", "--set", "sqliteSink.SQLITE_INDEX=0")
        self.assertEqual(self.query("SELECT name FROM sqlite_master WHERE type='index'"), [])
        self.t2("-r", EXAMPLE, "-w", "x")
        self.assertIn(("flows_srcIP",), self.query("SELECT name FROM sqlite_master WHERE type='index'"))
        self.assertEqual(sorted(p.name for p in self.dir.glob("x.sqlite*")), ["x.sqlite"])


if __name__ == "__main__":
    main()
