# SPDX-License-Identifier: Apache-2.0
"""Full disks, kill -9 and signals at any moment: what txtSink (CSV), jsonSink and sqliteSink leave can be read, and is whole rows.
Parquet: plugins/parquetSink/tests."""
import csv
import io
import json
import random
import resource
import signal
import sqlite3
import subprocess
import time

import cells
from t2run import PLUGINS, T2, Sandbox, main

FLOWS = 20000
SQLITE = bool(list(PLUGINS.glob("*_sqliteSink.so")))


def csv_rows(data):
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


class Faults(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "tcpStates", "txtSink", "jsonSink", *(["sqliteSink"] if SQLITE else []))
        cells.capture_of_flows(self.dir / "many.pcap", FLOWS)
        self.options = ["-r", "many.pcap", "--set", "txtSink.TFS_CSV=1"]
        self.t2(*self.options, "-w", "ref")
        self.whole = {name: (self.dir / f"ref_flows.{name}").read_bytes() for name in ("csv", "json")}

    def start(self, prefix, limit=None, **pipes):
        def bound():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        return subprocess.Popen([T2, "-p", self.plugins, *self.options, "-w", prefix], cwd=self.dir, env=self.env, text=True,
                                stdin=subprocess.DEVNULL, preexec_fn=bound, **(pipes or {"stdout": subprocess.DEVNULL}))

    def assert_readable(self, prefix, may_be_cut=False):
        """Each file is a prefix of the undisturbed one and ends behind a row; kill -9 may cut the last one."""
        rows = {}
        for name, whole in self.whole.items():
            path = self.dir / f"{prefix}_flows.{name}"
            data = path.read_bytes() if path.exists() else b""
            if may_be_cut:
                data = data[:data.rfind(b"\n") + 1]
            self.assertTrue(whole.startswith(data), name)
            self.assertTrue(data == b"" or data.endswith(b"\n"), name)
            rows[name] = len(csv_rows(data)) - 1 if name == "csv" else len([json.loads(x) for x in data.decode().split("\n")[:-1]])
        if SQLITE and (self.dir / f"{prefix}.sqlite").exists() and (self.dir / f"{prefix}.sqlite").stat().st_size:
            db = sqlite3.connect(self.dir / f"{prefix}.sqlite")
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            if db.execute("SELECT count(*) FROM sqlite_master WHERE name='flows'").fetchone()[0]:
                rows["sqlite"] = db.execute("SELECT count(*) FROM flows").fetchone()[0]
                numbers = [n for n, in db.execute("SELECT flowInd FROM flows ORDER BY rowid")]
                self.assertEqual(numbers, sorted(numbers))
            db.close()
        for path in self.dir.glob(f"{prefix}*"):
            path.unlink()
        return rows

    def test_disk_full(self):
        rng, cut = random.Random(1), set()
        for _ in range(8):
            limit = rng.randrange(60_000, len(self.whole["csv"]))
            p = self.start("full", limit, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            _, errors = p.communicate(timeout=60)
            self.assertEqual(p.returncode, 1)
            self.assertRegex(errors, r"^\[ERR\] Failed to write file 'full[._]\w+(\.\w+)?': [A-Za-z/ ]+\n$")
            cut.add(self.assert_readable("full")["csv"])
        self.assertGreater(len(cut), 2)

    def test_killed(self):
        rng, seen = random.Random(2), set()
        for _ in range(15):
            p = self.start("killed")
            time.sleep(rng.uniform(0.02, 0.25))
            p.kill()
            p.wait()
            seen.add(self.assert_readable("killed", may_be_cut=True)["json"])
        self.assertGreater(len(seen), 1)

    def test_signals_end_the_run_with_all_rows(self):
        rng = random.Random(3)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            p = self.start("asked")
            time.sleep(rng.uniform(0.05, 0.15))
            p.send_signal(number)
            status = p.wait(60)
            if status == -number:  # before it was heard
                continue
            self.assertEqual(status, 0)
            rows = self.assert_readable_prefix("asked")
            self.assertEqual(len(set(rows.values())), 1, rows)

    def assert_readable_prefix(self, prefix):
        """After a signal flows end early: rows differ, but all outputs have the same ones."""
        rows = {"csv": len(csv_rows((self.dir / f"{prefix}_flows.csv").read_bytes())) - 1,
                "json": len([json.loads(x) for x in (self.dir / f"{prefix}_flows.json").read_text().split("\n")[:-1]])}
        if SQLITE:
            db = sqlite3.connect(self.dir / f"{prefix}.sqlite")
            rows["sqlite"] = db.execute("SELECT count(*) FROM flows").fetchone()[0]
            self.assertIn(db.execute('SELECT "end" FROM runs').fetchone()[0], ("signal", "input"))
            db.close()
        for path in self.dir.glob(f"{prefix}*"):
            path.unlink()
        return rows


if __name__ == "__main__":
    main()
