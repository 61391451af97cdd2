# SPDX-License-Identifier: Apache-2.0
"""make_real: captures repeated as those of other hosts (bench/copies.h)."""
import collections
import shutil
import struct
import subprocess

import packets as wire
from t2run import BUILD, EXAMPLE, Sandbox, main, table

EXAMPLE_PACKETS = 92
MAC = bytes.fromhex("021122334455")
OTHER = [  # one flow each
    wire.ether(wire.ipv6("2001:db8::1", "2001:db8::2", 17, wire.udp("2001:db8::1", "2001:db8::2", 5000, 53, b"q"))),
    wire.ether(wire.ipv6("fe80::211:22ff:fe33:4455", "ff02::fb", 17, wire.udp("fe80::211:22ff:fe33:4455", "ff02::fb", 5353, 5353, b"m"))),
    wire.ether(wire.ipv4("192.168.1.255", "192.168.9.99", 17, wire.udp("192.168.1.255", "192.168.9.99", 7, 9, b"odd", check=0))),
    wire.ether(wire.ipv4("10.1.1.1", "10.1.1.2", 4, wire.ipv4("172.16.0.1", "172.16.0.2", 6, wire.tcp(
        "172.16.0.1", "172.16.0.2", 1024, 80, 1, 0, wire.SYN)))),
    b"\xff" * 6 + MAC + b"\x88\xb5" + bytes(46),
    wire.ether(wire.ipv4("10.1.1.1", "10.1.1.9", 17, wire.udp("10.1.1.1", "10.1.1.9", 1, 2, check=0x1234))),  # a wrong one
]
SUM_WRONG = 0x0400 | 0x0800  # ipFlags: of layer 3, of layer 4


class RealTraffic(Sandbox):
    def setUp(self):
        super().setUp()
        self.captures = self.dir / "captures"
        (self.captures / "below").mkdir(parents=True)
        shutil.copy(EXAMPLE, self.captures / "example.pcap")
        (self.captures / "below" / "other.pcap").write_bytes(wire.pcap(OTHER))
        (self.captures / "raw.pcap").write_bytes(wire.pcap([wire.ipv4("1.2.3.4", "1.2.3.5", 6, b"")], link_type=101))
        (self.captures / "again.pcap.gz").write_bytes(b"")
        (self.captures / "notes.txt").write_text("no capture\n")
        self.activate("basicFlow", "tcpFlags", "ftpDecode", "txtSink")

    def make(self, wanted, name="real.pcap"):
        program = BUILD / "bench" / "make_real"
        made = subprocess.run([program, self.dir / name, str(wanted), self.captures], capture_output=True, text=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        return made.stdout

    def flows(self, wanted):
        self.make(wanted)
        self.t2("-r", self.dir / "real.pcap", "-w", self.dir / "o", "--set", "tcpFlags.IPCHECKSUM=2", "--set", "ftpDecode.FTP_SAVE=1",
                "--set", f"ftpDecode.FTP_F_PATH={self.dir}/carved/")
        return table(self.dir / "o_flows.txt")[1]

    def carved(self):
        return sum(path.is_file() and not path.name.startswith(".") for path in (self.dir / "carved").rglob("*"))

    def records(self):
        data, at = (self.dir / "real.pcap").read_bytes(), 24
        while at < len(data):
            seconds, micros, size, length = struct.unpack_from("<4I", data, at)
            yield seconds * 1000000 + micros, data[at + 16:at + 16 + size], length
            at += 16 + size

    def test_says_what_it_is(self):
        said = self.make(1)
        self.assertIn("98 packets in 1 repetitions of 2 captures (98 packets", said)
        self.assertIn("left out: 1 of other link types, 1 unreadable, 1 compressed", said)
        self.assertIn("1 packets announce an FTP address", said)

    def test_the_first_copy_is_the_captures(self):
        """Each frame is there, as it was, once."""
        self.make(1)
        original = collections.Counter(OTHER)
        data, at = EXAMPLE.read_bytes(), 24
        for _ in range(EXAMPLE_PACKETS):
            size = struct.unpack_from("<I", data, at + 8)[0]
            original[data[at + 16:at + 16 + size]] += 1
            at += 16 + size
        # The second capture begins as a copy, so that like ones do not share their hosts.
        kept = sum((original & collections.Counter(frame for _, frame, _ in self.records())).values())
        self.assertGreaterEqual(kept, len(OTHER))
        self.assertEqual(sorted(map(len, original.elements())), sorted(len(frame) for _, frame, _ in self.records()))

    def test_same_bytes(self):
        self.make(1000, "a")
        self.make(1000, "b")
        self.assertEqual((self.dir / "a").read_bytes(), (self.dir / "b").read_bytes())

    def test_times(self):
        """Captures begin one after another and overlap; the whole goes forward."""
        self.make(1000)
        times = [t for t, _, _ in self.records()]
        self.assertEqual(len(times), 11 * 98)
        self.assertEqual(times, sorted(times))
        self.assertLess(times[-1] - times[0], 60_000_000)

    def test_announced_addresses(self):
        """A server in passive mode names itself, whoever it is in this copy."""
        self.make(1000)
        servers = set()
        for _, frame, _ in self.records():
            if b"227 Entering" not in frame:
                continue
            own = ",".join(map(str, frame[26:30]))
            self.assertIn(f"({own},117,60)".encode(), frame)
            servers.add(own)
        self.assertEqual(len(servers), 11)

    def test_flows_scale(self):
        """Every copy is of other flows, and is decoded like the first: commands, files, checksums, right and wrong."""
        def described(rows):
            return collections.Counter((r["dir"], r["hdrDesc"], r["l4Proto"], r["ftpStat"], r["ftpCC"],
                                        int(r["ipFlags"], 16) & SUM_WRONG) for r in rows)
        once = described(self.flows(1))
        carved = self.carved()
        self.assertGreater(carved, 0)
        self.assertEqual(sum(n for key, n in once.items() if key[-1]), 1)
        self.assertEqual(sum(once.values()), 8 + len(OTHER))
        shutil.rmtree(self.dir / "carved")
        copies = 30  # more than there are third numbers of one digit
        many = described(self.flows(copies * 98))
        self.assertEqual(many, collections.Counter({key: copies * n for key, n in once.items()}))
        self.assertEqual(self.carved(), copies * carved)


if __name__ == "__main__":
    main()
