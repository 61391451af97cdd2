# SPDX-License-Identifier: Apache-2.0
"""Captures of your own, which never are in this tree: T2_CAPTURES names a folder. Every capture below it is read; where there
is `cases/expected.json` with `tools/check_cases.py`, the values it wants are compared, too."""
import os
import pathlib
import subprocess
import sys
import unittest

from t2run import BUILD, Sandbox, main, table

FOLDER = pathlib.Path(os.environ.get("T2_CAPTURES", ""))
ENDINGS = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcap.zst")


@unittest.skipUnless(os.environ.get("T2_CAPTURES"), "T2_CAPTURES names no folder of captures")
class GivenCaptures(Sandbox):
    def test_each_is_read(self):
        self.activate("basicFlow", "basicStats", "tcpFlags", "tcpStates", "ftpDecode", "txtSink")
        captures = sorted(p for p in FOLDER.rglob("*") if p.name.endswith(ENDINGS) and p.stat().st_size < 50_000_000)
        self.assertTrue(captures, f"no capture below {FOLDER}")
        for capture in captures:
            with self.subTest(capture=capture.relative_to(FOLDER)):
                r = self.t2("-s", "-r", capture, "-w", self.dir / "o", check=False)
                self.assertIn(r.returncode, (0, 1), r.stderr)  # 1: refused in one line
                if r.returncode == 0:
                    table(self.dir / "o_packets.txt")  # which wants whole rows

    def test_cases(self):
        checker, cases = FOLDER / "tools" / "check_cases.py", FOLDER / "cases"
        if not (checker.exists() and (cases / "expected.json").exists()):
            self.skipTest(f"no cases/expected.json or tools/check_cases.py in {FOLDER}")
        (self.dir / ".tranalyzer").mkdir()
        (self.dir / ".tranalyzer" / "plugins").symlink_to(BUILD / "plugins")
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        r = subprocess.run([sys.executable, checker, cases / "expected.json", cases], env=self.env, cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)


if __name__ == "__main__":
    main()
