# SPDX-License-Identifier: Apache-2.0
"""Several shards with Join behind them (docs/many-cores.md): whatever the number of shards, the size of blocks, and the
order in which stages are worked on, what comes out is what one lane gives, to the byte."""
import hashlib
import random
import re
import subprocess

import floods
from packets import pcap, tcp_frame, udp_frame
from t2run import BUILD, SOURCE, Sandbox, main

PLUGINS = ("basicFlow", "communityID", "timeBins", "tp0f", "basicStats", "tcpFlags", "tcpStates", "ftpDecode", "httpSniffer",
           "txtSink")
LANES = BUILD / "tests" / "t2_lanes"
# Of the run, not of what it found.
OWN_LINES = re.compile(r"Elapsed time|unloading flow memory|emory|PID: ")


class Lanes(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate(*(p for p in PLUGINS if list((BUILD / "plugins").glob(f"*_{p}.so"))))

    def outcome(self, program, arguments):
        """Everything that a run leaves, but for what tells of the run itself."""
        folder = self.dir / "run"
        folder.mkdir()
        command = [*map(str, program), "-p", str(self.plugins), "-w", "o", "--carve", "carved",
                   *map(str, arguments)]
        r = subprocess.run(command, cwd=folder, env=self.env, capture_output=True, text=True, errors="replace", timeout=300)
        found = {"status": r.returncode, "errors": r.stderr,
                 "report": [line for line in r.stdout.splitlines() if not OWN_LINES.search(line)]}
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or path.name == "o_headers.txt":
                continue
            data = path.read_bytes()
            if path.suffix == ".jsonl":
                data = b"\n".join(x for x in data.split(b"\n") if b'"record":"run"' not in x and b'"record":"end"' not in x)
            found[str(path.relative_to(folder))] = hashlib.sha256(data).hexdigest()
        subprocess.run(["rm", "-r", folder], check=True)
        return found

    def compare(self, capture, *options, seeds=3, read="-r"):
        arguments = (read, capture, *options)
        one = self.outcome([BUILD / "bin" / "t2"], arguments)
        self.assertEqual(one["status"], 0, one["errors"])
        dice = random.Random(str(capture.name))
        ways = [(dice.choice([2, 3, 8, 64]), 0, dice.randint(1, 8), dice.choice([1, 2, 7, 100, 4096]), dice.randint(0, 10**6))
                for _ in range(seeds)]
        for way in [*ways, (4, 2, 8, 50, 0)]:  # the last one with threads
            with self.subTest(capture=capture.name, shards_threads_window_block_seed=way):
                self.assertEqual(self.outcome([LANES, *way], arguments), one)
        return one

    def test_examples(self):
        for name in ("ftp-dpic.pcap", "http.pcap"):
            found = self.compare(SOURCE / "examples" / name)
            self.assertGreater(len(found), 6, "nothing was carved")

    def test_floods(self):
        """Many flows, files, fragments, tunnels, pipelined requests."""
        for kind in ("normal", "transfer", "files", "short", "fragments", "teardrop", "pieces", "tunnels", "holes", "web", "uploads",
                     "ranges"):
            capture = self.dir / f"{kind}.pcap"
            floods.write(kind, 300, capture)
            self.compare(capture, seeds=2)

    def test_flows_that_end_in_between(self):
        """Idle times shorter than a block, and a limit of their duration, also where time jumps."""
        dice = random.Random(5)
        frames, times, now = [], [], 1_600_000_000.0
        for i in range(4000):
            src, dst, sport = f"10.0.{dice.randint(0, 3)}.{dice.randint(1, 9)}", "10.9.0.1", 1000 + dice.randint(0, 20)
            now += dice.choice([0, 0, 0.01, 0.5, 70]) if i % 50 else dice.choice([-300, 200])
            a, b = ((src, sport), (dst, 80)) if dice.random() < 0.6 else ((dst, 80), (src, sport))
            make = tcp_frame if dice.random() < 0.7 else udp_frame
            frames.append(make(a[0], a[1], b[0], b[1], payload=b"x" * dice.randint(0, 30)))
            times.append(now)
        capture = self.dir / "jumps.pcap"
        capture.write_bytes(pcap(frames, times=times))
        for options in ((), ("--set", "tranalyzer2.FDURLIMIT=60"),
                        ("--set", "tranalyzer2.FDURLIMIT=60", "--set", "tranalyzer2.FDLSFINDEX=1"),
                        ("--set", "tranalyzer2.FLOW_TIMEOUT=2")):
            self.compare(capture, *options)

    def test_several_captures_as_one(self):
        for i, kind in enumerate(("transfer", "web")):
            floods.write(kind, 60, self.dir / f"{i}.pcap")
        listed = self.dir / "list.txt"
        listed.write_text(f"{self.dir}/0.pcap\n{self.dir}/1.pcap\n")
        one = self.compare(listed, read="-R")
        self.assertTrue(any("Processing file no. 2" in line for line in one["report"]))


if __name__ == "__main__":
    main()
