# SPDX-License-Identifier: Apache-2.0
"""Community IDs against an implementation of their specification, public vectors, and tshark."""
import base64
import hashlib
import ipaddress
import shutil
import struct
import subprocess

from packets import frame, pcap, tcp_frame, udp_frame
from t2run import EXAMPLE, Sandbox, main, table

ICMP = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 10: 9, 9: 10, 17: 18, 18: 17}
ICMPV6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 139: 140, 140: 139, 144: 145, 145: 144}


def community_id(src, dst, proto, sport=None, dport=None, seed=0):
    """https://github.com/corelight/community-id-spec, version 1; of ICMP the ports are type and code."""
    a, b = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
    answers, one_way = {1: ICMP, 58: ICMPV6}.get(proto), False
    if answers is not None:
        one_way = sport not in answers
        dport = answers.get(sport, dport)
    if not one_way and (b, dport or 0) < (a, sport or 0):
        a, b, sport, dport = b, a, dport, sport
    data = struct.pack("!H", seed) + a + b + bytes([proto, 0])
    if sport is not None:
        data += struct.pack("!HH", sport, dport)
    return "1:" + base64.b64encode(hashlib.sha1(data).digest()).decode()


class CommunityId(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "communityID", "txtSink")

    def ids(self, frames, *settings, packets=False):
        (self.dir / "in.pcap").write_bytes(pcap(frames))
        args = [a for s in settings for a in ("--set", f"communityID.{s}")]
        self.t2(*args, *(["-s"] if packets else []), "-r", self.dir / "in.pcap", "-w", self.dir / "o")
        _, rows = table(self.dir / ("o_packets.txt" if packets else "o_flows.txt"))
        return rows

    def test_public_vectors(self):
        """What other tools print: the reference implementation's own test values."""
        self.assertEqual(community_id("128.232.110.120", "66.35.250.204", 6, 34855, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=")
        self.assertEqual(community_id("192.168.1.52", "8.8.8.8", 17, 54585, 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ=")
        self.t2("-r", EXAMPLE, "-w", self.dir / "o")
        _, rows = table(self.dir / "o_flows.txt")
        self.assertIn("1:qbuam8XuhTRY91UV1yf01Ci4ye8=", [r["communityID"] for r in rows if r["srcPort"] == "4075"])
        self.assertEqual(len({r["communityID"] for r in rows if r["flowInd"] == "1"}), 1)

    def test_all_protocols(self):
        for src, dst in (("10.0.0.1", "10.0.0.2"), ("10.0.0.2", "10.0.0.1"), ("2001:db8::1", "2001:db8::2"), ("10.0.0.1", "10.0.0.1")):
            icmp = 58 if ":" in src else 1
            cases = [(6, 1000, 80, tcp_frame(src, 1000, dst, 80)), (17, 99, 53, udp_frame(src, 99, dst, 53)),
                     (132, 7, 9, frame(src, dst, 132, struct.pack("!HHII", 7, 9, 0, 0) + bytes(16))),
                     (89, None, None, frame(src, dst, 89, bytes(24)))]
            for kind in (*range(20), *range(128, 146)):
                cases.append((icmp, kind, 3, frame(src, dst, icmp, bytes([kind, 3, 0, 0]) + bytes(8))))
            for seed in (0, 1, 65535):
                rows = self.ids([frame for *_, frame in cases], f"COMMUNITYID_SEED={seed}", packets=True)
                for row, (proto, sport, dport, _) in zip(rows, cases, strict=True):
                    self.assertEqual(row["communityID"], community_id(src, dst, proto, sport, dport, seed), (src, dst, proto, sport))

    def test_both_directions_and_packets(self):
        frames = [tcp_frame("10.0.0.9", 50000, "10.0.0.2", 80, flags=2), tcp_frame("10.0.0.2", 80, "10.0.0.9", 50000, flags=18),
                  frame("10.0.0.1", "10.0.0.2", 1, bytes([8, 0, 0, 0, 0, 1, 0, 1])),
                  frame("10.0.0.2", "10.0.0.1", 1, bytes([0, 0, 0, 0, 0, 1, 0, 1])),
                  frame("10.0.0.2", "10.0.0.1", 1, bytes([3, 1, 0, 0, 0, 0, 0, 0]))]
        one, two = community_id("10.0.0.9", "10.0.0.2", 6, 50000, 80), community_id("10.0.0.1", "10.0.0.2", 1, 8, 0)
        self.assertEqual([r["communityID"] for r in self.ids(frames)], [one, one, two, two])
        self.assertEqual([r["communityID"] for r in self.ids(frames, packets=True)],
                         [one, one, two, two, community_id("10.0.0.2", "10.0.0.1", 1, 3, 1)])

    def test_flows_without_ip_have_none(self):
        arp = b"\xff" * 6 + b"\x02\0\0\0\0\x01\x08\x06" + bytes(46)
        self.assertEqual([r["communityID"] for r in self.ids([arp])], [""])

    def test_seed_out_of_range(self):
        r = self.t2("-r", EXAMPLE, "-w", self.dir / "o", "--set", "communityID.COMMUNITYID_SEED=65536", check=False)
        self.assertEqual(r.returncode, 1)

    @staticmethod
    def tshark_knows_it():
        if shutil.which("tshark") is None:
            return False
        r = subprocess.run(["tshark", "-G", "protocols"], capture_output=True, text=True)
        return "communityid" in r.stdout

    def test_as_tshark(self):
        if not self.tshark_knows_it():
            self.skipTest("no tshark with Community IDs here")
        r = subprocess.run(["tshark", "--enable-protocol", "communityid", "-r", EXAMPLE, "-T", "fields", "-e", "communityid"],
                           capture_output=True, text=True, check=True)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "o")
        _, rows = table(self.dir / "o_packets.txt")
        self.assertEqual([row["communityID"] for row in rows], r.stdout.split())


if __name__ == "__main__":
    main()
