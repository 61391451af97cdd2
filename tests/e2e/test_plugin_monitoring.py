# SPDX-License-Identifier: Apache-2.0
"""What tp0f, basicStats and tcpFlags say in monitoring reports: a capture comes through a pipe that stays open."""
import signal
import subprocess
import time

from packets import ACK, RST, SYN, Talk, write_pcap
from t2run import T2, Sandbox, main, table

LIMIT = 60  # seconds until a report that does not come is an error


class PluginMonitoring(Sandbox):
    def start(self, *settings):
        """t2 after the first five packets, with the last one still to come."""
        t = Talk().send("A", 100, 0, SYN, options=bytes.fromhex("020405b4")).send("A", 100, 0, SYN, gap=0.95).send("A", 100, 0, SYN)
        t.send("B", 0, 101, RST | ACK).send("A", 101, 1, payload=9, at=1000)
        write_pcap(self.dir / "in.pcap", t.frames)
        self.activate("basicFlow", "tp0f", "basicStats", "tcpFlags", "tcpStates", "txtSink")
        more = [word for s in settings for word in ("--set", s)]
        command = [T2, "-p", self.plugins, "-r", "-", "-w", self.dir / "o", "-m", *more]
        with (self.dir / "stdout").open("w") as log:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, env=self.env)
        self.addCleanup(lambda: (process.kill(), process.stdin.close(), process.wait()))
        process.stdin.write((self.dir / "in.pcap").read_bytes())
        process.stdin.flush()
        self.wait_for(lambda: "Snapshot length" in (self.dir / "stdout").read_text())
        return process

    def wait_for(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), end, (self.dir / "stdout").read_text())
            time.sleep(0.05)

    def report(self, process, complete):
        """Asks for reports until one is `complete`, that is, has seen all packets; returns the monitoring file."""
        path = self.dir / "o_monitoring.txt"

        def asked():
            process.send_signal(signal.SIGUSR1)
            return path.exists() and complete(path)
        self.wait_for(asked)
        process.stdin.close()
        self.assertEqual(process.wait(LIMIT), 0)
        return path

    def test_columns(self):
        def complete(path):
            text = path.read_text()
            return text.endswith("\n") and any(r["numPkts"] == "5" for r in table(path)[1])
        names, rows = table(self.report(self.start("tranalyzer2.MACHINE_REPORT=1"), complete))
        wanted = "ipFlags tcpFStat tcpFlags tcpAnomaly tcpScan tcpSuccScan tcpSynRetries tcpSeqRetries".split()
        first = names.index(wanted[0])
        self.assertEqual(names[first:first + len(wanted)], wanted)
        self.assertEqual([n for n in names if n.startswith(("tp0f", "pkts", "l7Bytes"))], [])
        row = next(r for r in rows if r["numPkts"] == "5")
        self.assertEqual([row[n] for n in wanted], ["0x40", "0x11", "0x416", "0x1001", "1", "0", "1", "0"])

    def test_lines(self):
        """The lines of the end report, of flows that have ended so far."""
        last = "tcpFlags: Number of TCP SYN retries, seq retries: 1, 0\n"
        text = self.report(self.start("tp0f.TP0FRULES=0"), lambda path: last in path.read_text()).read_text()
        for line in ("basicStats: Flow max(pktload): 0\n", "basicStats: Biggest L3 flow talker: 10.0.0.1: 3 [60.00%] packets\n",
                     "tcpFlags: Aggregated tcpFlags=0x0416\n"):
            self.assertIn(line, text)
        self.assertNotIn("tp0f: ", text)  # nothing to say


if __name__ == "__main__":
    main()
