# SPDX-License-Identifier: Apache-2.0
"""Captures that come through pipes, slowly or in pieces: rows come out meanwhile, signals are heard, nothing is read twice."""
import contextlib
import json
import os
import signal
import subprocess
import time

from packets import pcap, udp_frame
from t2run import EXAMPLE, SOURCE, T2, TUTORIAL_PLUGINS, Sandbox, main, stop, table

LIMIT = 60  # seconds: a guard against hanging
AT_ONCE = ("--set", "tranalyzer2.FLOW_TIMEOUT=0")  # every packet is a flow that ends with the next one


def record(n):
    """The n-th packet of a capture, each of a flow of its own, as a record of the file."""
    return pcap([udp_frame("10.0.0.1", 1024 + n, "10.0.0.2", 53, b"x")], start=1_000_000_000 + n)[24:]


class Pipes(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate(*TUTORIAL_PLUGINS)

    def start(self, *options, **kw):
        p = subprocess.Popen([T2, "-p", self.plugins, *options], cwd=self.dir, env=self.env, stdin=subprocess.PIPE,
                             stdout=kw.get("stdout", subprocess.DEVNULL), stderr=subprocess.PIPE)
        self.addCleanup(stop, p)
        return p

    def feed(self, p, n):
        p.stdin.write(record(n))
        p.stdin.flush()
        time.sleep(0.01)

    def rows(self):
        path = self.dir / "o_flows.txt"
        return path.read_text().count("\n") - 1 if path.exists() else 0

    def check_carved(self, p):
        self.assertEqual(p.wait(LIMIT), 0, p.stderr.read())
        picture, = self.dir.glob("files/*Microsoft-1978.jpg*")
        self.assertEqual(picture.read_bytes(), (SOURCE / "examples" / "Microsoft-1978.jpg").read_bytes())
        end = json.loads((self.dir / "files" / ".manifest.jsonl").read_text().splitlines()[-1])
        self.assertEqual(end["ended"], "input")
        self.assertEqual([c["sha256"] for c in end["captures"]], [None])

    def test_carving_leaves_the_pipe_alone(self):
        """The capture's digest is of files only: a second reader would take bytes away from the first."""
        p = self.start("-r", "/dev/stdin", "-w", "o", "--set", "ftpDecode.FTP_SAVE=1", "--set", "ftpDecode.FTP_F_PATH=files/")
        data = EXAMPLE.read_bytes()
        for at in range(0, len(data), 5000):
            p.stdin.write(data[at:at + 5000])
            p.stdin.flush()
            time.sleep(0.05)
        p.stdin.close()
        self.check_carved(p)

    def test_carving_from_a_pipe_whose_writer_is_gone(self):
        os.mkfifo(self.dir / "fifo")
        p = self.start("-r", "fifo", "-w", "o", "--set", "ftpDecode.FTP_SAVE=1", "--set", "ftpDecode.FTP_F_PATH=files/")
        (self.dir / "fifo").write_bytes(EXAMPLE.read_bytes())
        self.check_carved(p)

    def test_signal_while_the_filter_takes_every_packet_away(self):
        p = self.start("-r", "-", "-w", "o", "port", "9")
        p.stdin.write(pcap([]))
        for n in range(50):
            self.feed(p, n)
        p.send_signal(signal.SIGINT)
        end = time.monotonic() + 15  # packets that the pipe may still bring: far less than a reader's patience once was
        n = 50
        with contextlib.suppress(BrokenPipeError):
            while p.poll() is None and time.monotonic() < end:
                self.feed(p, n)
                n += 1
        self.assertEqual(p.wait(LIMIT), 0, p.stderr.read())
        self.assertLess(n, 1000)

    def test_rows_come_out_while_packets_keep_coming(self):
        p = self.start("-r", "-", "-w", "o", *AT_ONCE)
        p.stdin.write(pcap([]))
        n = 0
        while self.rows() < 1:
            self.feed(p, n)
            n += 1
            self.assertLess(n, 250)
        p.stdin.close()
        self.assertEqual(p.wait(LIMIT), 0, p.stderr.read())
        self.assertEqual(len(table(self.dir / "o_flows.txt")[1]), n)

    def test_rows_come_out_when_packets_pause(self):
        p = self.start("-r", "-", "-w", "o", *AT_ONCE)
        p.stdin.write(pcap([]) + b"".join(record(n) for n in range(10)))
        p.stdin.flush()
        end = time.monotonic() + LIMIT
        while self.rows() < 9:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_rows_on_standard_output_are_rows_only(self):
        """The dots that show the waiting for a file are for people."""
        with (self.dir / "stdout").open("wb") as out:
            p = self.start("-D", "part.pcap0,0", "-w", "-", "--set", "tranalyzer2.POLLTM=0.05", stdout=out)
            time.sleep(1)
            (self.dir / "new").write_bytes(EXAMPLE.read_bytes())
            (self.dir / "new").rename(self.dir / "part.pcap0")
            end = time.monotonic() + LIMIT
            while (self.dir / "stdout").stat().st_size == 0:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
            p.send_signal(signal.SIGINT)
            self.assertEqual(p.wait(LIMIT), 0, p.stderr.read())
        names, rows = table(self.dir / "stdout")
        self.assertEqual((names[0], len(rows)), ("dir", 8))


if __name__ == "__main__":
    main()
