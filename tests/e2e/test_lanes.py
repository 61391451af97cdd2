# SPDX-License-Identifier: Apache-2.0
"""Several shards with Join behind them (docs/many-cores.md): whatever the number of shards, the size of blocks, and the
order in which stages are worked on, what comes out is what one lane gives, to the byte."""
import hashlib
import random
import re
import subprocess

import floods
from packets import ipv4, pcap, radiotap, snap, subframes, tcp_frame, udp, udp_frame, wlan
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

    def compare(self, capture, *options, seeds=3, read="-r", capacity=0):
        """`capacity`: directions in the flow table, in place of 262144."""
        arguments = (read, capture, *options)
        one = self.outcome([LANES, 0, 0, 0, 0, 0, capacity] if capacity else [BUILD / "bin" / "t2", "-j", 1], arguments)
        self.assertEqual(one["status"], 0, one["errors"])
        dice = random.Random(str(capture.name))
        ways = [(dice.choice([2, 3, 8, 16]), 0, dice.randint(1, 8), dice.choice([1, 2, 7, 100, 4096]), dice.randint(0, 10**6))
                for _ in range(seeds)]
        for way in [*ways, (4, 2, 8, 50, 0), (5, 3, 6, 20, 7)]:  # the last two with threads
            with self.subTest(capture=capture.name, shards_threads_window_block_seed=way):
                self.assertEqual(self.outcome([LANES, *way, capacity], arguments), one)
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

    def test_the_budget_of_http(self):
        """What is refused for want of room depends on flows of the same group alone, which one shard reads."""
        for kind in ("heads", "backlog", "windows", "openings"):
            capture = self.dir / f"{kind}.pcap"
            floods.write(kind, 4000, capture)
            one = self.compare(capture, "--set", "httpSniffer.HTTP_MAXHELD=1")
            self.assertTrue(any("given up at a limit" in line for line in one["report"]), kind)

    def test_rows_of_packets(self):
        """Their cells show a flow as it was at the packet, and its number, which other flows decide."""
        content = [x for name in ("PCNTH", "PCNTC") for x in ("--set", f"tranalyzer2.SPKTMD_{name}=1")]
        for options in ((), content):
            one = self.compare(SOURCE / "examples" / "ftp-dpic.pcap", "-s", *options)
            self.assertIn("o_packets.txt", one)
        for kind in ("normal", "fragments", "teardrop", "tunnels", "web"):
            capture = self.dir / f"{kind}.pcap"
            floods.write(kind, 300, capture)
            self.compare(capture, "-s", seeds=2)
        self.compare(capture, "-s", seeds=2, capacity=13)

    def test_large_frames(self):
        """Blocks end early, so that what is on its way stays little."""
        frames = [udp_frame("10.0.0.1", 1000 + i % 7, "10.0.0.2", 53, payload=bytes([i]) * 60000) for i in range(250)]
        capture = self.dir / "large.pcap"
        capture.write_bytes(pcap(frames))
        self.compare(capture, "-s", seeds=1)

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

    def test_what_only_some_of_a_flow_is_wanted_for(self):
        """tp0f waits for a SYN behind other packets, and for nothing else; what it finds stands in the row."""
        dice = random.Random(3)
        frames = []
        for i in range(1500):
            client, server = (f"10.0.0.{i % 97}", 1000), ("10.9.0.1", 80)
            a, b = (client, server) if dice.random() < 0.6 else (server, client)
            syn = i > 300 and dice.random() < 0.1
            frames.append(tcp_frame(*a, *b, flags=2 if syn else 16, seq=i, window=65535 if syn else 100, payload=b"" if syn else b"x"))
        capture = self.dir / "late.pcap"
        capture.write_bytes(pcap(frames))
        self.compare(capture)

    def test_flows_that_end_with_one_frame(self):
        """Several packets in a frame (A-MSDU) are the last ones of several flows, which no number tells apart."""
        dice = random.Random(9)
        frames = []
        for _ in range(400):
            bodies = []
            for _ in range(dice.randint(2, 5)):
                src, dst = f"10.0.{dice.randint(0, 9)}.{dice.randint(1, 99)}", f"10.9.0.{dice.randint(1, 9)}"
                src, dst = (src, dst) if dice.random() < 0.7 else (dst, src)
                bodies.append(snap(ipv4(src, dst, 17, udp(src, dst, 5000, 6000, b"x"))))
            frames.append(radiotap(wlan(subframes(*bodies), "8801", qos="8000")))
        capture = self.dir / "aggregates.pcap"
        capture.write_bytes(pcap(frames, step=0.1, link_type=127))
        for options in ((), ("--set", "tranalyzer2.FLOW_TIMEOUT=3")):
            self.compare(capture, *options)
        for capacity in (8, 13, 64):
            self.compare(capture, capacity=capacity)

    def test_full_flow_table(self):
        """Whose pair goes when the table is full is decided over all shards, packet by packet."""
        dice = random.Random(7)
        frames = []
        for _ in range(3000):
            client, server = f"10.0.{dice.randint(0, 3)}.{dice.randint(1, 60)}", f"10.9.0.{dice.randint(1, 3)}"
            a, b = ((client, 1000 + dice.randint(0, 3)), (server, 80))
            a, b = (a, b) if dice.random() < 0.6 else (b, a)
            make = tcp_frame if dice.random() < 0.7 else udp_frame
            frames.append(make(a[0], a[1], b[0], b[1], payload=b"x" * dice.randint(0, 30)))
        capture = self.dir / "many.pcap"
        times = [1_600_000_000 + 0.05 * i for i in range(len(frames))]
        capture.write_bytes(pcap(frames, times=times))
        for capacity in (8, 13, 64, 500):
            for options in ((), ("--set", "tranalyzer2.FLOW_TIMEOUT=3"), ("--set", "tranalyzer2.FDURLIMIT=2")):
                one = self.compare(capture, *options, seeds=2, capacity=capacity)
                full = any("main HashMap full" in line for line in one["report"])
                self.assertTrue(full or capacity > 13, one["report"])

    def test_full_stream_memory(self):
        """Bytes behind holes of many connections: which of them are given up is decided over all shards."""
        frames = []
        connections = range(30)
        for c in connections:
            a, b = (f"10.0.0.{c + 1}", 4000 + c), ("10.9.0.1", 80)
            request = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % c
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
            frames += [tcp_frame(*a, *b, flags=2, seq=99), tcp_frame(*b, *a, flags=18, seq=499, ack=100),
                       tcp_frame(*a, *b, flags=24, seq=100, ack=500, payload=request),
                       tcp_frame(*b, *a, flags=24, seq=500, ack=100 + len(request), payload=head)]
        for i in range(1, 60):  # the first 1400 bytes of each body are missing
            for c in connections:
                a, b = (f"10.0.0.{c + 1}", 4000 + c), ("10.9.0.1", 80)
                frames.append(tcp_frame(*b, *a, flags=16, seq=500 + len(head) + 1400 * i, ack=140, payload=bytes([c, i]) * 700))
        capture = self.dir / "holes.pcap"
        capture.write_bytes(pcap(frames))
        one = self.compare(capture, "--set", "tranalyzer2.STREAM_MEMORY=1")
        self.assertTrue(any("STREAM_MEMORY full" in line for line in one["report"]), one["report"])

    def test_jobs(self):
        """As users ask for it; and where there is one thread whatever they ask for."""
        floods.write("web", 300, self.dir / "web.pcap")
        arguments = ("-r", self.dir / "web.pcap")
        one = self.outcome([BUILD / "bin" / "t2", "-j", 1], arguments)
        for jobs in (0, 1, 2, 5, 64):
            self.assertEqual(self.outcome([BUILD / "bin" / "t2", "-j", jobs], arguments), one, jobs)
        self.assertEqual(self.outcome([BUILD / "bin" / "t2"], arguments), one, "by default")

    def test_several_captures_as_one(self):
        for i, kind in enumerate(("transfer", "web")):
            floods.write(kind, 60, self.dir / f"{i}.pcap")
        listed = self.dir / "list.txt"
        listed.write_text(f"{self.dir}/0.pcap\n{self.dir}/1.pcap\n")
        one = self.compare(listed, read="-R")
        self.assertTrue(any("Processing file no. 2" in line for line in one["report"]))


if __name__ == "__main__":
    main()
