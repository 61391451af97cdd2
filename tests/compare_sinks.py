#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what jsonSink, sqliteSink, parquetSink and CSV hold with txtSink's tables, cell by cell.

  compare_sinks.py BUILD CAPTURES... [--jq N]

CAPTURES are files and folders. Every capture is run with seven plugins, communityID and -s. JSON is read by Python (and
by jq, every Nth capture), CSV and SQLite by Python, Parquet by the readers of T2_NODE_MODULES in turn (see
plugins/parquetSink/tests). Prints what differs, then the sums; status 1 if anything differed."""
import argparse
import csv
import importlib.util
import io
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent
PLUGINS = "basicFlow tp0f basicStats tcpFlags tcpStates ftpDecode communityID txtSink".split()
SINKS = "jsonSink sqliteSink parquetSink".split()
SHOWN = 40  # differences


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build", type=pathlib.Path)
    p.add_argument("captures", nargs="+", type=pathlib.Path)
    p.add_argument("--jq", type=int, default=10, metavar="N", help="jq reads every Nth capture (10), 0: none")
    return p.parse_args()


ARGS = arguments()
os.environ["T2_BUILD"] = str(ARGS.build.resolve())
sys.path.insert(0, str(TREE / "tests" / "support"))
import cells  # noqa: E402


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    m = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(m)
    return m


SQLITE = module(TREE / "plugins/sqliteSink/tests/test_sqliteSink.py")
PARQUET = module(TREE / "plugins/parquetSink/tests/test_parquetSink.py")


class Sums:
    def __init__(self):
        self.compared, self.differ, self.replaced, self.shown = {}, {}, {}, 0

    def note(self, sink, ok, *what):
        self.compared[sink] = self.compared.get(sink, 0) + 1
        if ok:
            return
        self.differ[sink] = self.differ.get(sink, 0) + 1
        self.shown += 1
        if self.shown <= SHOWN:
            print(sink, *map(repr, what), flush=True)

    def not_utf8(self, sink):
        self.replaced[sink] = self.replaced.get(sink, 0) + 1


def captures():
    for given in ARGS.captures:
        files = sorted(given.rglob("*")) if given.is_dir() else [given]
        yield from (f for f in files if re.search(r"\.(pcap|pcapng|cap|trace)(\.gz)?$", f.name))


def plugin_folder(at, names):
    at.mkdir()
    for name in names:
        (at / f"{name}.so").symlink_to(next(ARGS.build.resolve().glob(f"plugins/[0-9]*_{name}.so")))
    for link in list(at.iterdir()):
        link.rename(at / link.resolve().name)
    return at


def is_content(table, name):
    """Captured bytes, which only the table and JSON show as the same text."""
    return table == "packets" and name.endswith("Content") and "Hex" not in name


def type_in(table, kind):
    """Strings stand without quotation marks in the packet table."""
    if table == "packets" and kind in ("S", "S:R"):
        return kind.replace("S", "SC")
    return kind


def check_json(sums, where, kind, name, cell, row, content, absent):
    if name not in row:
        return sums.note("json", cell in absent, *where, cell, None)
    v = row[name]
    ok = v == cell if content else cells.cell(kind, cells.JsonReader(row.get(name + "_hex")).value(kind, v)) == cell
    sums.note("json", ok, *where, cell, v)


def check_sqlite(sums, where, kind, cell, v, absent):
    if isinstance(v, str) and "\ufffd" in v and kind.endswith(":R"):
        return sums.not_utf8("sqlite")
    if v is None:
        return sums.note("sqlite", cell in absent or (kind in "FD" and cell in ("0", "0.000000")), *where, cell, v)
    wanted = (cell, cell.lstrip("-")) if kind in "FD" else (cell,)  # SQLite has no negative zero
    sums.note("sqlite", cells.cell(kind, SQLITE.value_of(kind, v)) in wanted, *where, cell, v)


def check_parquet(sums, where, kind, cell, v, content, absent):
    if content:
        return sums.note("parquet", (v or "") == cell, *where, cell, v)
    if "\ufffd" in PARQUET.text_in(v):
        return sums.not_utf8("parquet")
    ok = cell in absent if v is None else cells.cell(kind, PARQUET.value_of(kind, v)) == cell
    sums.note("parquet", ok, *where, cell, v)


def parquet_rows(file, reader):
    r = subprocess.run(["node", TREE / "plugins/parquetSink/tests/read_parquet.mjs", reader, file], capture_output=True)
    if r.returncode:
        print("parquet", reader, file, r.stderr.decode()[-300:], flush=True)
    return [json.loads(line) for line in r.stdout.decode().split("\n")[:-1]]


def same_for_jq(a, b):
    """Numbers are doubles to jq."""
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or abs(a - b) <= abs(a) * 1e-15
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_for_jq, a, b))
    return a == b


def check_jq(sums, capture, table, file):
    r = subprocess.run(["jq", "-c", ".", file], capture_output=True)
    ours, theirs = (text.split("\n")[:-1] for text in (file.read_text("utf-8"), r.stdout.decode()))
    sums.note("jq", len(ours) == len(theirs), capture, table, "rows")
    for line, other in zip(ours, theirs):
        a, b = json.loads(line), json.loads(other)
        for name in a.keys() | b.keys():
            sums.note("jq", same_for_jq(a.get(name), b.get(name)), capture, table, name, a.get(name), b.get(name))


def compare(sums, capture, out, reader, jq):
    db = sqlite3.connect(out / "o.sqlite")
    for table in ("flows", "packets"):
        names, text = cells.text_rows(out / f"o_{table}.txt")
        kinds = [k for k, in db.execute("SELECT type FROM columns WHERE tbl = ? ORDER BY position", (table,))]
        columns = list(zip(kinds, cells.unique(names), strict=True))
        lines = (out / f"o_{table}.json").read_text("utf-8").split("\n")[:-1]
        in_json = [json.loads(line, **cells.KEPT) for line in lines]
        in_sqlite = db.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
        in_parquet = parquet_rows(out / f"o_{table}.parquet", reader)
        in_csv = None
        if table == "flows":
            whole = io.StringIO((out / "c_flows.csv").open(newline="", encoding="utf-8").read(), newline="")
            in_csv = list(csv.reader(whole, strict=True))[1:]
        for sink, rows in (("json", in_json), ("sqlite", in_sqlite), ("parquet", in_parquet), ("csv", in_csv or text)):
            sums.note(sink, len(rows) == len(text), str(capture), table, "rows", len(text), len(rows))
        if jq:
            check_jq(sums, str(capture), table, out / f"o_{table}.json")
        for i, row in enumerate(text[:min(map(len, (in_json, in_sqlite, in_parquet)))]):
            for j, ((declared, name), cell) in enumerate(zip(columns, row, strict=True)):
                where = (str(capture), table, name, i)
                kind, content = type_in(table, declared), is_content(table, name)
                absent = ("", "-") if kind == "IPX" else ("",)
                check_json(sums, where, kind, name, cell, in_json[i], content, absent)
                if not content:
                    check_sqlite(sums, where, kind, cell, in_sqlite[i][j + 1], absent)
                check_parquet(sums, where, kind, cell, in_parquet[i][j], content, absent)
                if in_csv is not None:
                    bare = cell[1:-1] if kind == "S" and cell else cell
                    sums.note("csv", in_csv[i][j] == bare, *where, cell, in_csv[i][j])
    db.close()


def main():
    sums, runs, refused, rows = Sums(), 0, 0, 0
    readers = PARQUET.READERS
    if not readers:
        sys.exit("compare_sinks.py: no reader of Parquet. Set T2_NODE_MODULES, see plugins/parquetSink/tests.")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        all_sinks = plugin_folder(work / "all", PLUGINS + SINKS)
        text_only = plugin_folder(work / "text", PLUGINS)
        t2 = [ARGS.build.resolve() / "bin/t2", "-p"]
        env = {**os.environ, "HOME": folder}
        for capture in captures():
            out = work / "out"
            subprocess.run(["rm", "-rf", out], check=True)
            out.mkdir()
            r = subprocess.run([*t2, all_sinks, "-r", capture, "-w", out / "o", "-s", "--set", "jsonSink.JSON_EXACT=1",
                                "--set", "sqliteSink.SQLITE_INDEX=0"], env=env, capture_output=True)
            if r.returncode:
                refused += 1
                print("refused", capture, r.stderr.decode(errors="replace").strip()[:200], flush=True)
                continue
            subprocess.run([*t2, text_only, "-r", capture, "-w", out / "c", "--set", "txtSink.TFS_CSV=1"], env=env,
                           capture_output=True, check=True)
            runs += 1
            compare(sums, capture, out, readers[runs % len(readers)], ARGS.jq and runs % ARGS.jq == 0)
            if runs % 50 == 0:
                print(runs, "captures", sums.compared, flush=True)
    print(f"captures {runs}, refused {refused}, readers of Parquet {' '.join(readers)}")
    for sink, n in sums.compared.items():
        print(f"{sink}: {n} compared, {sums.differ.get(sink, 0)} differ, {sums.replaced.get(sink, 0)} not UTF-8")
    sys.exit(1 if sums.differ or not runs else 0)


if __name__ == "__main__":
    main()
