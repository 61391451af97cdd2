#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files whose segments travel in IP fragments: every order, overlap and repetition in which they may be captured."""
import struct
import unittest

from ftpcap import CLIENT, SERVER, FtpCase, Session, content
from packets import Capture, checksum

DATA = content(9000)


def put16(data, at, value):
    return data[:at] + struct.pack("!H", value) + data[at + 2:]


def fragment4(ip, begin, end, forge=0, more=None):
    """Bytes `begin` to `end` behind the header; `forge` changes them."""
    body = ip[20:][begin:end]
    if forge:
        body = bytes(b ^ forge for b in body)
    more = begin + len(body) < len(ip) - 20 if more is None else more
    head = put16(put16(put16(ip[:20], 2, 20 + len(body)), 6, (0x2000 if more else 0) | begin // 8), 10, 0)
    return put16(head, 10, checksum(head)) + body


class Fragments(Capture):
    """`shape` makes fragments of the IP packets that carry more than 500 bytes, or of all with `least`."""

    def __init__(self, shape, least=500, **kw):
        super().__init__(**kw)
        self.shape, self.least, self.ident = shape, least, 0

    def add(self, ip):
        if len(ip) < self.least:
            return super().add(ip)
        self.ident += 1
        if ip[0] >> 4 == 4:
            ip = put16(ip, 4, self.ident)
        for f in self.shape(self, ip):
            super().add(f)


def pieces(ip, *cuts):
    bounds = [0, *cuts, len(ip) - 20]
    return [fragment4(ip, a, b) for a, b in zip(bounds, bounds[1:])]


def split6(ip, before=b"", before_type=44, behind=b"", behind_type=6, cuts=(), ident=1):
    """IPv6: extension headers `before` the fragment header, and `behind` it in the part that is cut."""
    body = behind + ip[40:]
    bounds = [0, *cuts, len(body)]
    out = []
    for a, b in zip(bounds, bounds[1:]):
        frag = struct.pack("!BBHI", behind_type, 0, a | (b < len(body)), ident)
        payload = before + frag + body[a:b]
        out.append(ip[:4] + struct.pack("!HB", len(payload), before_type) + ip[7:40] + payload)
    return out


class TestFragments(FtpCase):
    def session(self, cap, data=DATA, client=CLIENT, server=SERVER):
        s = Session(cap, client=client, server=server)
        s.transfer("EPSV", b"RETR a.bin", data)
        return s

    def carved(self, shape, settings=(), **kw):
        cap = Fragments(shape, **kw)
        self.session(cap)
        run = self.run_on(cap, *settings)
        (m,) = run.contents()
        self.same(run.files[m["file"]], DATA)
        self.assertEqual((m["complete"], m["missing"]), (True, []))
        self.assertEqual(len(run.rows), 4 + self.strays(run), "both directions of two connections")
        return run

    @staticmethod
    def strays(run):
        """Flows of fragments that came before the first one of their datagram."""
        return sum(int(r["flowStat"], 16) >> 38 & 1 and r["srcPort"] == "0" for r in run.rows)

    def test_in_order(self):
        run = self.carved(lambda c, ip: pieces(ip, 104, 504))
        self.assertEqual(self.strays(run), 0)

    def test_backwards(self):
        run = self.carved(lambda c, ip: pieces(ip, 104, 504)[::-1])
        self.assertEqual(self.strays(run), 1)

    def test_the_first_one_in_the_middle(self):
        self.carved(lambda c, ip: [pieces(ip, 104, 504)[i] for i in (1, 0, 2)])

    def test_first_fragments_shorter_than_the_tcp_header(self):
        for cut in (8, 16):
            with self.subTest(cut):
                run = self.carved(lambda c, ip: pieces(ip, cut, 504))
                self.assertEqual(self.strays(run), 0, "their ports are in the first eight bytes")
                self.setUp()

    def test_everything_in_eight_bytes_backwards(self):
        self.carved(lambda c, ip: pieces(ip, *range(8, len(ip) - 20, 8))[::-1])

    def test_overlaps_of_the_same_bytes(self):
        self.carved(lambda c, ip: [fragment4(ip, 0, 400), fragment4(ip, 304, 704), fragment4(ip, 504, len(ip))])

    def test_overlaps_of_other_bytes_change_nothing(self):
        def shape(c, ip):
            return [fragment4(ip, 0, 400), fragment4(ip, 200, 400, forge=1), fragment4(ip, 304, 704, forge=0),
                    fragment4(ip, 504, len(ip))]

        run = self.carved(shape)
        self.assertIn("Number of fragments in conflict with earlier ones: 9", run.result.stdout)

    def test_a_forged_fragment_first_spoils_the_segment_not_the_file(self):
        """The checksum finds it; the sender repeats the segment."""
        def shape(c, ip):
            yield fragment4(ip, 104, 304, forge=1)
            yield from pieces(ip, 104)
            if c.ident == 3:  # the others are repeated in one piece, and this once more in two
                ip = put16(ip, 4, 999)
                yield from pieces(ip, 504)
            else:
                yield ip

        self.carved(shape)

    def test_every_fragment_twice(self):
        self.carved(lambda c, ip: [f for f in pieces(ip, 104, 504) for _ in range(2)])
        self.setUp()
        self.carved(lambda c, ip: pieces(ip, 104, 504) * 2)

    def test_fragments_of_two_segments_mixed(self):
        held = []

        def shape(c, ip):
            held.append(pieces(ip, 104, 504))
            if len(held) < 3:
                return []
            mixed = [held[i][k] for k in (0, 2, 1) for i in (0, 1, 2)]
            held.clear()
            return mixed

        self.carved(shape)

    def test_another_datagram_between_with_the_same_id_and_protocol(self):
        """Other addresses and other protocols have IDs of their own."""
        def shape(c, ip):
            a, b = pieces(ip, 504)
            other = ip[:9] + b"\x11" + ip[10:]
            third = ip[:15] + b"\x63" + ip[16:]
            return [a, fragment4(third, 504, len(ip), forge=3), fragment4(other, 504, len(ip), forge=5), b]

        cap = Fragments(shape)
        self.session(cap)
        self.same(self.run_on(cap).files["a.bin_2_B"], DATA)

    def test_the_fin_in_fragments(self):
        for order in (1, -1):
            cap = Fragments(lambda c, ip: pieces(ip, 104)[::order])
            s = Session(cap)
            connect = s.negotiate("PASV")
            s.up(b"RETR a.bin\r\n")
            d = connect()
            s.down(b"150 opening\r\n")
            d.down(DATA[:8000])
            d.segment(1, DATA[8000:], 0x11)
            d.seq[1] += 1001
            d.fin(0)
            s.down(b"226 done\r\n")
            run = self.run_on(cap)
            self.same(run.files["a.bin_2_B"], DATA)
            self.assertTrue(run.record("a.bin_2_B")["complete"])
            self.setUp()

    def test_commands_and_replies_backwards(self):
        self.carved(lambda c, ip: pieces(ip, 24)[::-1] if len(ip) > 44 + 5 else [ip], least=40)

    def test_ipv6_with_extension_headers(self):
        options = bytes.fromhex("01040000 0000")
        for name, kw in {"plain": {}, "before": dict(before=b"\x2c\0" + options, before_type=0),
                         "behind": dict(behind=b"\6\0" + options, behind_type=60),
                         "both": dict(before=b"\x2c\0" + options, before_type=0, behind=b"\6\0" + options, behind_type=60)}.items():
            for order in (1, -1):
                with self.subTest(name, order=order):
                    cap = Fragments(lambda c, ip: split6(ip, cuts=(104, 504), ident=c.ident, **kw)[::order])
                    self.session(cap, client="2001:db8::1", server="2001:db8::2")
                    run = self.run_on(cap)
                    self.same(run.files["a.bin_2_B"], DATA)
                    self.assertTrue(run.record("a.bin_2_B")["complete"])
                    self.setUp()

    def test_in_vlans(self):
        self.carved(lambda c, ip: pieces(ip, 104)[::-1], vlans=(7, 8))

    def tunnelled(self, wrap, order):
        """The tunnel's own packets are fragmented."""
        def shape(c, ip):
            outer = wrap(ip)
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(outer[1]), c.ident, 0, 64, outer[0], 0)
            head += bytes([192, 0, 2, 1, 192, 0, 2, 2] if ip[12:16] < ip[16:20] else [192, 0, 2, 2, 192, 0, 2, 1])
            whole = head + outer[1]
            return pieces(whole, 504)[::order] if len(whole) > 600 else [whole]

        cap = Fragments(shape, least=0)
        self.session(cap)
        run = self.run_on(cap)
        self.same(run.files["a.bin_2_B"], DATA)
        m = run.record("a.bin_2_B")
        self.assertEqual((m["complete"], m["missing"]), (True, []))

    def test_tunnels_in_fragments(self):
        gre = lambda ip: (47, b"\0\0\x08\0" + ip)
        vxlan = lambda ip: (17, struct.pack("!HHHH", 50000, 4789, 16 + 14 + len(ip), 0) + b"\x08\0\0\0\0\0\1\0" +
                            b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip)
        for wrap in (gre, vxlan):
            for order in (1, -1):
                with self.subTest(wrap(b"")[0], order=order):
                    self.tunnelled(wrap, order)
                    self.setUp()

    def test_an_incomplete_datagram_is_no_file(self):
        cap = Fragments(lambda c, ip: pieces(ip, 104, 504)[::2] if c.ident == 4 else pieces(ip, 104, 504))
        self.session(cap)
        run = self.run_on(cap)
        m = run.record("a.bin_2_B")
        self.assertFalse(m["complete"])
        # Between the 84 bytes behind the TCP header and those of the last fragment.
        self.assertEqual(m["missing"], [[3084, 3484]])
        self.same(run.files["a.bin_2_B"], DATA[:3084] + bytes(400) + DATA[3484:])

    def test_every_packet_counts_once(self):
        cap = Fragments(lambda c, ip: pieces(ip, 104, 504)[::-1])
        self.session(cap)
        self.activate("basicStats")
        run = self.run_on(cap, packets=True)
        self.assertEqual(sum(int(r["pktsSnt"]) for r in run.rows), len(cap.frames))
        self.assertEqual([int(p["pktNo"]) for p in run.packets], list(range(1, len(cap.frames) + 1)))
        by_flow = {}
        for p in run.packets:
            by_flow[p["flowInd"]] = by_flow.get(p["flowInd"], 0) + 1
        for index, n in by_flow.items():
            self.assertEqual(n, sum(int(r["pktsSnt"]) for r in run.rows if r["flowInd"] == index))

    def test_without_fragmentation(self):
        """FRAGMENTATION=0: later fragments are packets of their own, streams see what the first ones carry."""
        cap = Fragments(lambda c, ip: pieces(ip, 504))
        self.session(cap)
        run = self.run_on(cap, "tranalyzer2.FRAGMENTATION=0")
        m = run.record("a.bin_2_B")
        self.assertFalse(m["complete"])
        self.assertEqual(m["missing"][0], [484, 1000])


if __name__ == "__main__":
    unittest.main()
