# SPDX-License-Identifier: Apache-2.0
"""parquetSink: what DuckDB, hyparquet and chdb (ClickHouse) read equals txtSink's cells; faults leave whole row groups.
The readers are npm packages: T2_NODE_MODULES names the folder of their node_modules
(npm install @duckdb/node-api hyparquet hyparquet-compressors chdb)."""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

import cells
from t2run import EXAMPLE, T2, Sandbox, main

HERE = pathlib.Path(__file__).parent
MODULES = pathlib.Path(os.environ.get("T2_NODE_MODULES", HERE.parent.parent.parent))
READERS = [r for r, package in (("duckdb", "@duckdb/node-api"), ("hyparquet", "hyparquet-compressors"), ("chdb", "chdb"))
           if shutil.which("node") and (MODULES / "node_modules" / package).is_dir()]


def value_of(kind, v):
    """What cells.cell() takes, from what a reader gave."""
    if v is None:
        return None
    if kind.endswith(":R"):
        return [value_of(kind[:-2], x) for x in v]
    members = cells.split_type(kind[1:-1] if kind.startswith("(") else kind)
    if len(members) > 1:
        return [value_of(k, x) for k, x in zip(members, v, strict=True)]
    if kind in ("F", "D"):
        return float(v)
    if kind in ("S", "SC"):
        return v.encode()
    return v if kind in ("C", "MAC", "IPX") else int(v)


def text_in(v):
    """All text in a value, without numbers that are shown as text."""
    if isinstance(v, list):
        return "".join(map(text_in, v))
    return v if isinstance(v, str) and not re.fullmatch("0x[0-9a-f]+", v) else ""


class ParquetSink(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "tcpStates", "ftpDecode", "communityID", "txtSink", "jsonSink", "parquetSink")

    def with_all_types(self, flows=500):
        (self.plugins / cells.ALL_TYPES.name).symlink_to(cells.ALL_TYPES)
        cells.capture_of_flows(self.dir / "many.pcap", flows)
        return self.dir / "many.pcap"

    def read(self, reader, file):
        r = subprocess.run(["node", HERE / "read_parquet.mjs", reader, self.dir / file], capture_output=True,
                           env={**self.env, "T2_NODE_MODULES": str(MODULES)})
        if reader != "chdb":  # its threads may crash when it ends, behind the last row
            self.assertEqual(r.returncode, 0, r.stderr.decode()[-1500:])
        return [json.loads(line) for line in r.stdout.decode().split("\n")[:-1]]

    @unittest.skipUnless(READERS, "neither DuckDB nor hyparquet nor chdb is there")
    def test_every_type_equals_the_table(self):
        self.t2("-r", self.with_all_types(), "-w", "x", "-s", "--set", "parquetSink.PARQUET_ROWS=150")
        names, text = cells.text_rows(self.dir / "x_flows.txt")
        kinds = cells.types(self.dir / "x_headers.txt")
        objects = [json.loads(line) for line in (self.dir / "x_flows.json").read_text("utf-8").splitlines()]
        for reader in READERS:
            compared = 0
            rows = self.read(reader, "x_flows.parquet")
            self.assertEqual(len(rows), len(text))
            for row, expected, obj in zip(rows, text, objects):
                for kind, name, value, cell in zip(kinds, cells.unique(names), row, expected, strict=True):
                    if "\ufffd" in text_in(value):  # bytes that are no UTF-8 became this, in JSON likewise
                        self.assertEqual(text_in(value), text_in(obj[name]), (reader, name))
                    elif reader == "chdb" and cell == "" and value == [None, None]:
                        pass  # ClickHouse's tuples are always there
                    elif value is None:
                        self.assertIn(cell, ("", "-") if kind == "IPX" else ("",), (reader, name))
                    else:
                        self.assertEqual(cells.cell(kind, value_of(kind, value)), cell, (reader, name))
                    compared += 1
            self.assertGreater(compared, 500 * 90)
            self.assertEqual(len(self.read(reader, "x_packets.parquet")), 500)

    @unittest.skipUnless("duckdb" in READERS, "DuckDB is not there")
    def test_duckdb_sees_types_statistics_and_metadata(self):
        self.t2("-r", EXAMPLE, "-w", "x")
        script = """
          const { createRequire } = await import('node:module');
          const d = createRequire(process.env.T2_NODE_MODULES + '/x.js')('@duckdb/node-api');
          const c = await (await d.DuckDBInstance.create(':memory:')).connect();
          for (const q of process.argv.slice(1)) console.log(JSON.stringify((await c.runAndReadAll(q)).getRowsJson()));"""
        asked = ["SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM 'x_flows.parquet')",
                 "SELECT stats_min_value, stats_max_value FROM parquet_metadata('x_flows.parquet') WHERE path_in_schema='srcPort'",
                 "SELECT decode(key), decode(value) FROM parquet_kv_metadata('x_flows.parquet')",
                 "SELECT count(*) FROM 'x_flows.parquet' WHERE srcIP = '67.180.72.76' AND list_contains(ftpCC, 'RETR')"]
        r = subprocess.run(["node", "--input-type=module", "-e", script, *asked], capture_output=True, text=True, cwd=self.dir,
                           env={**self.env, "T2_NODE_MODULES": str(MODULES)})
        types, ports, metadata, count = (json.loads(line) for line in r.stdout.splitlines())
        types = dict(types)
        self.assertEqual([types[n] for n in ("flowInd", "flowStat", "timeFirst", "srcIP", "numHdrs", "l4Proto", "avgIAT")],
                         ["UBIGINT", "UBIGINT", "TIMESTAMP_NS", "VARCHAR", "USMALLINT[]", "UTINYINT", "FLOAT"])
        names, rows = cells.text_rows(self.dir / "x_flows.txt")
        all_ports = [int(row[names.index("srcPort")]) for row in rows]
        self.assertEqual(ports, [[str(min(all_ports)), str(max(all_ports))]])
        metadata = dict(metadata)
        self.assertEqual(metadata["t2.schema_version"], "1")
        self.assertIn("ftp-dpic.pcap", json.loads(metadata["t2.run"])["command"])
        status = next(c for c in json.loads(metadata["t2.columns"]) if c["name"] == "flowStat")
        self.assertEqual((status["type"], status["bits"][14]["text"]), ("H64", "IPv4 flow"))
        self.assertEqual(count, [["1"]])

    def test_standard_output_is_no_place_for_it(self):
        r = self.t2("-r", EXAMPLE, "-w", "-", check=False)
        self.assertEqual(r.returncode, 1)
        (self.plugins / "903_jsonSink.so").unlink()
        r = self.t2("-r", EXAMPLE, "-w", "-", check=False)
        self.assertIn("parquetSink: Parquet cannot go to standard output. Give a prefix with '-W PREFIX'", r.stderr)
        (self.dir / "x_flows.parquet").symlink_to("/dev/full")
        r = self.t2("-r", EXAMPLE, "-w", "x", check=False)
        self.assertIn("Parquet must be a file", r.stderr)

    def limited(self, size, *args):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return subprocess.run([str(T2), "-p", str(self.plugins), *map(str, args)], cwd=self.dir, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, preexec_fn=limit)

    @unittest.skipUnless(READERS, "neither DuckDB nor hyparquet nor chdb is there")
    def test_a_full_disk_leaves_whole_row_groups(self):
        for other in ("901_txtSink.so", "903_jsonSink.so"):
            (self.plugins / other).unlink()
        cells.capture_of_flows(self.dir / "many.pcap", 3000)
        groups = ["--set", "parquetSink.PARQUET_ROWS=500"]
        self.t2("-r", self.dir / "many.pcap", "-w", "ref", *groups)
        whole = self.read(READERS[0], "ref_flows.parquet")
        size = (self.dir / "ref_flows.parquet").stat().st_size
        rng, seen = random.Random(3), set()
        for limit in [rng.randrange(12000, size) for _ in range(12)]:
            r = self.limited(limit, "-r", self.dir / "many.pcap", "-w", "o", *groups)
            self.assertEqual(r.returncode, 1)
            self.assertRegex(r.stderr, r"^\[ERR\] Failed to write file 'o_flows.parquet': File too large\n$")
            rows = self.read(READERS[0], "o_flows.parquet")
            self.assertEqual(rows, whole[:len(rows)])
            self.assertEqual(len(rows) % 500, 0)
            seen.add(len(rows))
        self.assertGreater(len(seen), 2)

    @unittest.skipUnless(READERS, "neither DuckDB nor hyparquet nor chdb is there")
    def test_killed_at_any_moment_it_is_readable(self):
        for other in ("901_txtSink.so", "903_jsonSink.so"):
            (self.plugins / other).unlink()
        cells.capture_of_flows(self.dir / "many.pcap", 20000)
        rng, seen = random.Random(5), set()
        for _ in range(12):
            p = subprocess.Popen([T2, "-p", self.plugins, "-r", self.dir / "many.pcap", "-w", "k", "--set",
                                  "parquetSink.PARQUET_ROWS=1000"], cwd=self.dir, env=self.env, stdout=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.03, 0.15))
            p.kill()
            p.wait()
            if not (self.dir / "k_flows.parquet").exists() or (self.dir / "k_flows.parquet").stat().st_size == 0:
                continue
            rows = self.read(READERS[0], "k_flows.parquet")
            self.assertEqual(len(rows) % 1000, 0)
            seen.add(len(rows))
            (self.dir / "k_flows.parquet").unlink()
        self.assertTrue(seen)


if __name__ == "__main__":
    main()
