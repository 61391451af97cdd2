# SPDX-License-Identifier: Apache-2.0
"""Properties that hold for any traffic: the same bytes every time, cuts that add up, rows that do not depend on how flows
interleave, live and offline alike."""
import contextlib
import hashlib
import os
import random
import re
import signal
import subprocess
import time
import unittest

from packets import ACK, SYN, pcap, tcp_frame
import floods
from t2run import EXAMPLE, T2, TUTORIAL_PLUGINS, Sandbox, main, table

ALL = (*TUTORIAL_PLUGINS, "basicStats", "tcpFlags", "tp0f")


def packets_of(data):
    """(header, records) of a little-endian pcap file."""
    at, out = 24, []
    while at < len(data):
        size = int.from_bytes(data[at + 8:at + 12], "little")
        out.append(data[at:at + 16 + size])
        at += 16 + size
    return data[:24], out


class Models(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate(*ALL)

    def run_on(self, data, *options):
        (self.dir / "c.pcap").write_bytes(data)
        r = self.t2("-r", "c.pcap", "-w", "o", *options)
        return table(self.dir / "o_flows.txt")[1], r.stdout

    def number(self, report, label):
        found = re.search(re.escape(label) + r": (\d+)", report)
        return int(found.group(1)) if found else 0

    def check_sums(self, rows, report, packets):
        self.assertEqual(self.number(report, "Number of processed packets"), packets)
        self.assertEqual(self.number(report, "Number of processed      flows"), len(rows))
        for label, flag in (("A", "A"), ("B", "B")):
            mine = [row for row in rows if row["dir"] == flag]
            self.assertEqual(sum(int(row["pktsSnt"]) for row in mine), self.number(report, f"Number of {label} packets"))

    def test_the_same_bytes_every_time(self):
        floods.write("sequence", 3000, self.dir / "c.pcap")
        for name in ("o", "p"):
            self.t2("-s", "-r", "c.pcap", "-w", name)
        for suffix in ("_flows.txt", "_packets.txt"):
            self.assertEqual((self.dir / f"o{suffix}").read_bytes(), (self.dir / f"p{suffix}").read_bytes())

    def test_a_cut_at_every_packet_and_inside_adds_up(self):
        head, records = packets_of(EXAMPLE.read_bytes())
        rng = random.Random(1)
        for n in sorted(rng.sample(range(1, len(records)), 30)) + [len(records)]:
            whole = head + b"".join(records[:n])
            self.check_sums(*self.run_on(whole), n)
            if n < len(records):
                rows, report = self.run_on(whole + records[n][:rng.randrange(1, len(records[n]))])
                self.check_sums(rows, report, n)
                self.assertEqual(report.count("[WRN] "), 1, report)

    def test_interleaving_does_not_matter(self):
        """Two conversations, mixed in any order at the same times: the same rows but for number and order."""
        def talk(sport, text):
            a, b = "10.0.0.1", "10.0.0.2"
            out = [tcp_frame(a, sport, b, 8000, 10, 0, SYN), tcp_frame(b, 8000, a, sport, 50, 11, 18)]
            for i, data in enumerate(text):
                out.append(tcp_frame(a, sport, b, 8000, 11 + 5 * i, 51, ACK, data))
            return out
        one, two = talk(1001, [b"hello"] * 6), talk(1002, [b"world"] * 9)
        rng, seen = random.Random(4), set()
        for _ in range(15):
            order = [0] * len(one) + [1] * len(two)
            rng.shuffle(order)
            left = [list(one), list(two)]
            frames = [left[which].pop(0) for which in order]
            (self.dir / "c.pcap").write_bytes(pcap(frames, times=[1_600_000_000] * len(frames)))
            self.t2("-r", "c.pcap", "-w", "o")
            rows = table(self.dir / "o_flows.txt")[1]
            # Which of two flows that begin together comes first depends on the order, as do the numbers.
            seen.add(tuple(sorted(tuple(v for k, v in row.items() if k not in ("flowInd", "tcpBtm")) for row in rows)))
        self.assertEqual(len(seen), 1)


def can_capture():
    probe = subprocess.run(["unshare", "-n", "sh", "-c", "ip link set lo up"], capture_output=True)
    return os.geteuid() == 0 and probe.returncode == 0


@unittest.skipUnless(can_capture(), "needs root and network namespaces")
class LiveAndOffline(Sandbox):
    """What t2 hears is recorded by tcpdump, too; the recording gives the same rows, times included, and the same files."""

    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "basicStats", "ftpDecode", "txtSink")

    def test_they_agree(self):
        self.assertEqual(self.heard(EXAMPLE), (8, 4))

    def test_they_agree_when_sockets_share_the_packets(self):
        """Among them: data connections that control connections announce, fragments, whose packets come to several sockets."""
        shared = ("--set", "tranalyzer2.LIVE_SOCKETS=4")
        self.assertEqual(self.heard(EXAMPLE, "-j", "4", *shared), (8, 4))
        capture = self.dir / "sent.pcap"
        for kind in ("files", "fragments", "short"):
            floods.write(kind, 1500, capture)
            rows, files = self.heard(capture, *shared)
            self.assertGreater(rows, 20, kind)
            self.assertTrue(files > 0 or kind != "files")
            self.assertIn("[INF] Capture: 4 sockets share the packets", self.text("stdout"))

    def text(self, name):
        return (self.dir / name).read_text() if (self.dir / name).exists() else ""

    def contents(self, folder):
        return sorted(hashlib.sha256(f.read_bytes()).hexdigest() for f in (self.dir / folder).rglob("*")
                      if f.is_file() and f.name != "manifest.jsonl")

    def heard(self, capture, *options):
        """Sends the packets of a capture to an interface, compares, and gives the numbers of rows and of carved files."""
        for name in ("live", "offline"):
            subprocess.run(["rm", "-rf", self.dir / f"carved_{name}"], check=True)
        (self.dir / "dump").unlink(missing_ok=True)
        replay = ("import socket, time\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\ns.bind(('from', 0))\n"
                  f"d = open('{capture}', 'rb').read()\nat = 24\n"
                  "while at < len(d):\n n = int.from_bytes(d[at+8:at+12], 'little')\n s.send(d[at+16:at+16+n])\n at += 16 + n\n"
                  " time.sleep(0.0005)\n")
        setup = ("ip link add from type veth peer name to; for i in from to; do sysctl -qw net.ipv6.conf.$i.disable_ipv6=1; "
                 "ip link set $i up; done; ")
        script = setup + ('folder=$1 t2=$2; shift 2; tcpdump -q -B 32768 -i to --time-stamp-precision=nano -U -w "$folder/heard.pcap" '
                          '2>"$folder/dump" & echo $! >"$folder/pid"; '
                          'exec "$t2" -p "$folder/plugins" -i to -w "$folder/live" --carve "$folder/carved_live" "$@"')
        with (self.dir / "stdout").open("w") as log:
            p = subprocess.Popen(["unshare", "-n", "sh", "-c", script, "sh", str(self.dir), str(T2), *options], stdout=log,
                                 stderr=log, env=self.env)
        def clean_up():
            p.kill()
            p.wait()
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(self.text("pid")), signal.SIGKILL)
        self.addCleanup(clean_up)
        end = time.monotonic() + 30
        while "Snapshot length" not in self.text("stdout") or "listening" not in self.text("dump"):
            self.assertLess(time.monotonic(), end, self.text("stdout") + self.text("dump"))
            time.sleep(0.05)
        time.sleep(0.3)
        subprocess.run(["nsenter", "-n", "-t", str(p.pid), "python3", "-c", replay], check=True)
        self.wait_until_idle(p.pid, int(self.text("pid")))
        os.kill(int(self.text("pid")), signal.SIGTERM)
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(20), 0, self.text("stdout"))
        self.assertIn("Number of packets dropped by the kernel: 0 [", self.text("stdout"))
        self.t2("-r", "heard.pcap", "-w", "offline", "--carve", "carved_offline")
        # Flows that end by the clock of a quiet line end earlier, so rows have another order.
        live, offline = (sorted(self.text(f"{n}_flows.txt").splitlines()[1:]) for n in ("live", "offline"))
        self.assertEqual(live, offline)
        self.assertEqual(self.contents("carved_live"), self.contents("carved_offline"))
        return len(live), len(self.contents("carved_live"))


if __name__ == "__main__":
    main()
