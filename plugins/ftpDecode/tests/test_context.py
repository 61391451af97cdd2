# SPDX-License-Identifier: Apache-2.0
"""Where a session may travel: tags, tunnels, fragments, one address for many clients, the same ports again."""
import struct

from ftpcap import FtpCase, Session, content
from packets import Capture, Tcp, ip_packets
from t2run import main

OUTER = ("192.0.2.1", "192.0.2.2")


def udp(port, payload):
    return ip_packets(*OUTER, struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload, 17)[0]


def ethernet(ip):
    return b"\2\0\0\0\0\3\2\0\0\0\0\4" + struct.pack("!H", 0x86DD if ip[0] >> 4 == 6 else 0x0800) + ip


TUNNELS = {
    "mpls": lambda ip: (0x8847, struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x140) + ip),
    "gre": lambda ip: (0x0800, ip_packets(*OUTER, struct.pack("!HH", 0, 0x86DD if ip[0] >> 4 == 6 else 0x0800) + ip, 47)[0]),
    "ip in ip": lambda ip: (0x0800, ip_packets(*OUTER, ip, 41 if ip[0] >> 4 == 6 else 4)[0]),
    "ip in ipv6": lambda ip: (0x86DD, ip_packets("2001:db8:1::1", "2001:db8:1::2", ip, 41 if ip[0] >> 4 == 6 else 4)[0]),
    "pppoe": lambda ip: (0x8864, struct.pack("!BBHHH", 0x11, 0, 7, len(ip) + 2, 0x57 if ip[0] >> 4 == 6 else 0x21) + ip),
    "vxlan": lambda ip: (0x0800, udp(4789, b"\x08\0\0\0\0\0\x2a\0" + ethernet(ip))),
    "geneve": lambda ip: (0x0800, udp(6081, struct.pack("!HHI", 0, 0x6558, 42 << 8) + ethernet(ip))),
    "gtp": lambda ip: (0x0800, udp(2152, struct.pack("!BBHI", 0x30, 0xFF, len(ip), 99) + ip)),
}


class Context(FtpCase):
    def same_file(self, run, name, data):
        self.same_files(run, {name: data})
        self.assertTrue(run.record(name)["complete"], run.record(name))

    def test_tunnels(self):
        for name, tunnel in TUNNELS.items():
            for client, server in (("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")):
                for how in ("EPSV", "EPRT"):
                    with self.subTest(tunnel=name, client=client, how=how):
                        cap = Capture(tunnel=tunnel)
                        s = Session(cap, client, server)
                        s.transfer(how, b"RETR f", content(5000))
                        s.transfer(how, b"STOR g", content(3000, 2))
                        run = self.run_on(cap)
                        self.same_files(run, {"f_2_B": content(5000), "g_3_A": content(3000, 2)})
                        self.assertTrue(all(m["complete"] for m in run.contents()))

    def test_tags_of_every_depth(self):
        for vlans in ((1,), (100, 200), (100, 200, 300)):
            with self.subTest(vlans=vlans):
                cap = Capture(vlans=vlans)
                Session(cap).transfer("PASV", b"RETR f", content(5000))
                self.same_file(self.run_on(cap), "f_2_B", content(5000))

    def test_the_same_addresses_in_two_vlans(self):
        """Two customers use the same private addresses and ports: nobody gets the other's file."""
        cap = Capture()
        sessions = []
        for vlan in (10, 20):
            cap.vlans = (vlan,)
            sessions.append(Session(cap))
        for vlan, s in zip((10, 20), sessions):
            cap.vlans = (vlan,)
            s.cmd(b"PASV", b"227 (10,0,0,2,200,1)")
            s.cmd(b"RETR f%d" % vlan, b"150 x")
        for vlan, s in reversed(list(zip((10, 20), sessions))):
            cap.vlans = (vlan,)
            d = Tcp(cap, s.client, 42000, s.server, 51201)
            d.down(content(2000, vlan))
            d.close(1)
        run = self.run_on(cap)
        self.same_files(run, {"f20_3_B": content(2000, 20), "f10_4_B": content(2000, 10)})
        self.assertEqual((run.record("f10_4_B")["control_flow"], run.record("f20_3_B")["control_flow"]), (1, 2))

    def test_fragments_of_control_and_data(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"PASV", b"227 Entering Passive Mode (10,0,0,2,200,1).")
        s.up(b"RETR a-long-name-that-takes-several-fragments.bin\r\n", fragment=24)
        d = Tcp(cap, s.client, 42000, s.server, 51201)
        s.down(b"150 opening\r\n", fragment=24)
        d.down(content(9000), fragment=104)
        d.close(1)
        s.down(b"226 done\r\n")
        self.same_file(self.run_on(cap), "a-long-name-that-takes-several-fragments.bin_2_B", content(9000))

    def test_lost_fragment_is_a_gap(self):
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 x")
        d.down(content(3000)[:1000])
        before = len(cap.frames)
        d.down(content(3000)[1000:2000], fragment=504)
        del cap.frames[before + 1]  # TCP header and 484 bytes came with the first one
        d.down(content(3000)[2000:])
        d.close(1)
        run = self.run_on(cap)
        m = run.record("f_2_B")
        self.assertFalse(m["complete"])
        self.assertEqual([tuple(x) for x in m["missing"]][0][0], 1484)
        for a, b in m["missing"]:
            self.assertTrue(1484 <= a < b <= 2000)

    def test_many_clients_behind_one_address(self):
        """NAT: the sessions differ in their ports only, and all want data at once, on ports that were used before."""
        cap = Capture()
        sessions = [Session(cap, cport=40000 + k) for k in range(12)]
        for turn in range(3):
            waiting = []
            for k, s in enumerate(sessions):
                s.cmd(b"PASV", b"227 (10,0,0,2,200,%d)" % (k + 1))
                s.cmd(b"RETR f%d" % k, b"150 x")
                waiting.append(s)
            for k, s in reversed(list(enumerate(waiting))):
                d = Tcp(cap, s.client, 42000 + 100 * turn + k, s.server, 51200 + k + 1)
                d.down(content(300 + k, turn))
                d.close(1)
                s.down(b"226 x\r\n")
        run = self.run_on(cap)
        self.assertEqual(len(run.files), 36)
        for m in run.contents():
            k = m["client"]["port"] - 40000
            self.assertEqual((m["argument"], m["size"], m["control_flow"], m["complete"]), (f"f{k}", 300 + k, k + 1, True))

    def test_port_used_again_by_another_session(self):
        """The server gives the next client the port that the one before had; the old flow is still in memory."""
        cap = Capture()
        for k in range(4):
            s = Session(cap, client=f"10.0.0.{10 + k % 2}", cport=40000 + k)
            s.cmd(b"PASV", b"227 (10,0,0,2,200,1)")
            s.cmd(b"RETR f%d" % k, b"150 x")
            d = Tcp(cap, s.client, 42000, s.server, 51201, isn=(1000 + 100000 * k, 5000 + 300000 * k))
            d.down(content(800, k))
            d.close(1)
            s.down(b"226 x\r\n")
            s.cmd(b"QUIT", b"221 x")
            s.close()
        run = self.run_on(cap)
        self.assertEqual(len(run.files), 4)
        for m in run.contents():
            k = int(m["argument"][1:])
            self.assertEqual((self.dir / "files" / m["file"]).read_bytes(), content(800, k))
            self.assertEqual((m["client"]["port"], m["complete"]), (40000 + k, True))

    def test_mapped_addresses(self):
        """EPRT through a socket that shows IPv4 as ::ffff:a.b.c.d."""
        cap = Capture()
        s = Session(cap)
        s.cmd(b"EPRT |2|::ffff:10.0.0.1|51201|", b"200 ok")
        s.cmd(b"RETR f", b"150 x")
        d = Tcp(cap, s.server, 20, s.client, 51201)
        d.up(content(700))
        d.close(0)
        self.same_file(self.run_on(cap), "f_2_B", content(700))


main()
