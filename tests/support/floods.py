#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile traffic as captures: floods.py KIND COUNT FILE. Also used by tests with small counts; the same arguments always
give the same bytes."""
import gzip
import random
import struct
import sys

ETHER = bytes.fromhex("020000000002020000000001")
CLIENT, SERVER = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
SYN, ACK, PSH = 2, 16, 8


def ipv4(src, dst, proto, payload, ident=1, fragment=0):
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xFFFF, fragment, 64, proto, 0) + src + dst + payload


def tcp(sport, dport, seq, ack, flags, payload=b""):
    return struct.pack(">HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65000, 0, 0) + payload


def frame4(packet):
    return ETHER + b"\x08\x00" + packet


class Talk:
    """An FTP control connection whose sequence numbers follow from what is sent."""

    def __init__(self, sport=40000):
        self.sport = sport
        self.seq = {True: 100, False: 900}

    def send(self, client, payload=b"", flags=ACK):
        a, b = (CLIENT, SERVER) if client else (SERVER, CLIENT)
        ports = (self.sport, 21) if client else (21, self.sport)
        out = frame4(ipv4(a, b, 6, tcp(*ports, self.seq[client], self.seq[not client], flags, payload)))
        self.seq[client] += len(payload) + (flags & SYN) // SYN
        return out

    def open(self):
        return [self.send(True, flags=SYN), self.send(False, flags=SYN | ACK), self.send(True),
                self.send(False, b"220 ready\r\n"), self.send(True, b"USER a\r\n")]


def normal(count):
    """100 TCP connections that send full segments."""
    payload = bytes(1400)
    for i in range(count):
        n = i % 100
        yield frame4(ipv4(CLIENT, SERVER, 6, tcp(1024 + n, 80, 1 + i // 100 * 1400, 1, ACK, payload)))


def control(count):
    """An FTP control connection whose lines are as long as the segments of `sequence`, in order."""
    rng = random.Random(2)
    talk = Talk()
    yield from talk.open()
    for i in range(count - 5):
        client = i % 3 != 0
        yield talk.send(client, (b"STAT " if client else b"211 ") + b"a" * rng.randrange(1, 1390) + b"\r\n")


def jumbo(count):
    """Ordinary frames of 20,000 bytes, beside which the tunnels stand."""
    packet = frame4(ipv4(CLIENT, SERVER, 17, struct.pack(">HHHH", 7, 7, 19968, 0) + bytes(19960)))
    for _ in range(count):
        yield packet


def short(count):
    """Ordinary flows of one packet, few enough for the flow table."""
    yield from syn(count)


def transfer(count):
    """An ordinary download of one large file."""
    talk = Talk()
    yield from talk.open()
    yield talk.send(True, b"PORT 10,0,0,1,8,1\r\n")
    yield talk.send(False, b"200 ok\r\n")
    yield talk.send(True, b"RETR file\r\n")
    yield frame4(ipv4(SERVER, CLIENT, 6, tcp(20, 2049, 1, 0, SYN)))
    yield frame4(ipv4(CLIENT, SERVER, 6, tcp(2049, 20, 5, 2, SYN | ACK)))
    yield talk.send(False, b"150 go\r\n")
    for i in range(count - 11):
        yield frame4(ipv4(SERVER, CLIENT, 6, tcp(20, 2049, 2 + 1400 * i, 6, ACK, b"x" * 1400)))


def files(count):
    """Ordinary downloads of many small files."""
    yield from downloads(count, (b"a", b"b.txt", b"pub/c.iso"))


def syn(count):
    """Every packet a new flow."""
    rng = random.Random(1)
    tail = tcp(1, 80, 7, 0, SYN)[2:]
    for i in range(count):
        yield frame4(ipv4(struct.pack(">I", 0x0B000000 + i), SERVER, 6, struct.pack(">H", rng.randrange(1024, 65536)) + tail))


def fragments(count):
    """First fragments of datagrams that never come to an end, each of another sender."""
    for i in range(count):
        yield frame4(ipv4(struct.pack(">I", 0x0B000000 + i), SERVER, 17, struct.pack(">HHHH", 7, 7, 3000, 0) + bytes(24), i,
                          0x2000))


def teardrop(count):
    """Fragments that overlap, contradict each other, end before they begin, or reach beyond 65,535 bytes."""
    rng = random.Random(2)
    for i in range(count):
        ident, offset = rng.randrange(200), rng.choice((0, 0, rng.randrange(40), rng.randrange(8192)))
        size = rng.choice((1, 7, 8, 24, 1480, rng.randrange(1, 1481)))
        body = struct.pack(">HHHH", 7, 7, 65535, 0) if offset == 0 else bytes([rng.randrange(4)]) * 8
        yield frame4(ipv4(struct.pack(">I", 0x0B000000 + ident % 7), SERVER, 17, (body * 185)[:size], ident,
                          offset | rng.choice((0, 0x2000, 0x2000))))


def pieces(count):
    """TCP segments of 64 kB in pieces of eight bytes, the last one first, and each piece twice."""
    rng = random.Random(3)
    for i in range(count // 2):
        offset = 8185 - i % 8186
        piece = frame4(ipv4(CLIENT, SERVER, 6, rng.randbytes(8), i // 8186, offset | (0x2000 if offset < 8185 else 0)))
        yield piece
        yield piece


def farthest(count):
    """Eight bytes at the end of the longest datagram, of ever other datagrams."""
    for i in range(count):
        yield frame4(ipv4(struct.pack(">I", 0x0B000000 + (i >> 16)), SERVER, 17, bytes(8), i, 0x2000 | 8188))


def heaviest(count):
    """Datagrams of which 20 kB come in one piece, and no more."""
    for i in range(count):
        yield frame4(ipv4(CLIENT, SERVER, 17, struct.pack(">HHHH", 7, 7, 65000, 0) + bytes(19992), i, 0x2000))


def tunnels(count):
    """IPv4 in IPv4, 1,000 deep."""
    packet = ipv4(CLIENT, SERVER, 17, struct.pack(">HHHH", 7, 7, 8, 0))
    for _ in range(999):
        packet = ipv4(CLIENT, SERVER, 4, packet)
    for _ in range(count):
        yield frame4(packet)


def extensions(count):
    """IPv6 with 170 extension headers."""
    chain = b"".join(struct.pack(">BB6x", 60 if i < 169 else 17, 0) for i in range(170)) + struct.pack(">HHHH", 7, 7, 8, 0)
    packet = struct.pack(">IHBB", 6 << 28, len(chain), 60, 64) + bytes(15) + b"\1" + bytes(15) + b"\2" + chain
    for _ in range(count):
        yield ETHER + b"\x86\xdd" + packet


def tiny(count):
    """FTP commands in segments of one byte."""
    talk = Talk()
    yield from talk.open()
    text = b"RETR a-file-name\r\n"
    for i in range(count - 5):
        yield talk.send(True, text[i % len(text):i % len(text) + 1])


def sequence(count):
    """Segments that lie anywhere: far ahead, before the start, overlapping, with other bytes each time."""
    rng = random.Random(2)
    talk = Talk()
    yield from talk.open()
    for i in range(count - 5):
        client = i % 3 != 0
        jump = rng.choice((0, 1, 100, 1400, 65535, 1 << 20, 1 << 31, rng.randrange(1 << 32)))
        saved = dict(talk.seq)
        talk.seq[client] += jump
        talk.seq[not client] += rng.choice((0, 0, rng.randrange(1 << 32)))
        yield talk.send(client, bytes([65 + i % 26]) * rng.randrange(1, 1400))
        talk.seq = saved
        talk.seq[client] += rng.choice((0, 0, 700))


def ports(count):
    """PORT commands that no data connection follows."""
    talk = Talk()
    yield from talk.open()
    for i in range((count - 5) // 2):
        yield talk.send(True, b"PORT 10,0,0,1,%d,%d\r\n" % (4 + i // 256 % 250, i % 256))
        yield talk.send(False, b"200 ok\r\n")


def line(count):
    """One command line that never ends: 1,400 bytes per packet."""
    talk = Talk()
    yield from talk.open()
    for _ in range(count - 5):
        yield talk.send(True, b"A" * 1400)


def holes(count):
    """Up to 100 control connections that each miss one byte for ever: all behind it waits for it."""
    talks = [Talk(40000 + i) for i in range(min(100, count // 6))]
    for talk in talks:
        yield from talk.open()
        talk.seq[True] += 1
    for i in range(count - 5 * len(talks)):
        yield talks[i % len(talks)].send(True, b"A" * 1400)


def names(count):
    """Transfers whose names try to leave the folder, each with a file."""
    evil = (b"../../../etc/passwd", b"/etc/shadow", b"..", b"a/../../b", b"C:\\autoexec.bat", b"-rf", b".ssh/authorized_keys",
            b"\xff\xfe\x80", b"x" * 3000, b"a\x00b", b"\xe2\x80\xaegpj.exe", b"%s%n%x", b"$(reboot)", b"`id`", b"CON")
    yield from downloads(count, evil)


def downloads(count, names_used):
    """One connection that asks for file after file, each in a data connection of its own."""
    def data(a, b, sport, dport, seq, ack, flags, payload=b""):
        return frame4(ipv4(a, b, 6, tcp(sport, dport, seq, ack, flags, payload)))

    made, i = 0, 0
    talk = Talk()
    for f in talk.open():
        made += 1
        yield f
    while made < count:
        port = 1024 + i % 60000
        batch = [talk.send(True, b"PORT 10,0,0,1,%d,%d\r\n" % (port >> 8, port & 255)), talk.send(False, b"200 ok\r\n"),
                 talk.send(True, b"RETR " + names_used[i % len(names_used)] + b"\r\n"), talk.send(False, b"150 go\r\n")]
        batch += [data(SERVER, CLIENT, 20, port, 1, 0, SYN), data(CLIENT, SERVER, port, 20, 5, 2, SYN | ACK),
                  data(SERVER, CLIENT, 20, port, 2, 6, ACK | PSH, b"evil"), data(SERVER, CLIENT, 20, port, 6, 6, ACK | 1),
                  talk.send(False, b"226 done\r\n")]
        i += 1
        made += len(batch)
        yield from batch


class Web:
    """A connection to a web server, the n-th."""

    def __init__(self, n):
        self.client = struct.pack(">I", 0x0A000000 + (n >> 15))
        self.port = 1024 + (n & 0x7FFF)
        self.seq = {True: 100, False: 900}

    def send(self, client, payload=b"", flags=ACK):
        a, b = (self.client, SERVER) if client else (SERVER, self.client)
        ports = (self.port, 80) if client else (80, self.port)
        out = frame4(ipv4(a, b, 6, tcp(*ports, self.seq[client], self.seq[not client], flags, payload)))
        self.seq[client] += len(payload) + (1 if flags & 3 else 0)
        return out

    def open(self):
        return [self.send(True, flags=SYN), self.send(False, flags=SYN | ACK), self.send(True)]

    def transaction(self, request, response):
        """All packets of it, made when they are asked for."""
        yield self.send(True, flags=SYN)
        yield self.send(False, flags=SYN | ACK)
        yield self.send(True)
        yield self.send(True, request)
        for at in range(0, len(response), 1400):
            yield self.send(False, response[at:at + 1400])
        yield self.send(False, flags=ACK | 1)
        yield self.send(True, flags=ACK | 1)
        yield self.send(False)


def side_by_side(count, make, most=10_000):
    """The packets of connections make(0), make(1)... of which so many are open at a time (fewer of a small
    count), one of each in turn."""
    n, sent, open_ones = 0, 0, []
    most = min(most, count // 8 + 1)
    while sent < count:
        while len(open_ones) < most:
            open_ones.append(make(n))
            n += 1
        left = []
        for packets in open_ones:
            packet = next(packets, None)
            if packet is None:
                continue
            yield packet
            sent += 1
            left.append(packets)
            if sent == count:
                return
        open_ones = left


def web(count):
    """Ordinary downloads of pages over HTTP, 10,000 at a time, each over a connection of its own."""
    page = b"<html>" + b"x" * 1994
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page
    yield from side_by_side(count, lambda n: Web(n).transaction(b"GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n" % n, response))


def uploads(count):
    """Ordinary forms sent over HTTP, 100 at a time over connections that stay; answers come when all are sent."""
    talks = [Web(n) for n in range(100)]
    for talk in talks:
        yield from talk.open()
    for i in range(count - 300):
        n, client = i % 100, i // 100 % 2 == 0
        yield talks[n].send(client, b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na=b&c" % i if client
                            else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def heads(count):
    """HTTP requests whose heads never end, 10,000 side by side."""
    head = b"GET / HTTP/1.1\r\n" + b"X-Y: " + b"z" * 1_000_000
    yield from side_by_side(count, lambda n: Web(n).transaction(head[:1400], head))


def chunks(count):
    """HTTP bodies in chunks of one byte."""
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1;a=b\r\nx\r\n" * 20_000
    yield from side_by_side(count, lambda n: Web(n).transaction(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", body), 100)


def unanswered(count):
    """HTTP requests that no response follows, as many as fit into a packet."""
    talks = [Web(n) for n in range(100)]
    for talk in talks:
        yield from talk.open()
    for i in range(count - 300):
        yield talks[i % 100].send(True, (b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % i) * 40)


def streams(count):
    """HTTP/2 streams that are opened and never used, many in each packet."""
    talks = [Web(n) for n in range(100)]
    for talk in talks:
        yield from talk.open()
        yield talk.send(True, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
    for i in range(count - 400):
        n, first = i % 100, i // 100 * 60
        frames = b"".join(bytes.fromhex("0000030104") + struct.pack(">I", 2 * (first + k) + 1) + b"\x82\x86\x84" for k in range(60))
        yield talks[n].send(True, frames)


def backlog(count):
    """HTTP requests with long names that no response follows, over 20,000 connections side by side."""
    request = b"GET /" + b"n" * 1300 + b" HTTP/1.1\r\nHost: a\r\n\r\n"

    def make(n):
        talk = Web(n)
        yield from talk.open()
        while True:
            yield talk.send(True, request)

    yield from side_by_side(count, make, 20_000)


def windows(count):
    """Compressed bodies over HTTP that never end, each over a connection of its own."""
    packed = gzip.compress(bytes(range(256)) * 160, mtime=0)
    response = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n" + packed[:-9]

    def make(n):
        talk = Web(n)
        yield from talk.open()
        yield talk.send(True, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        yield talk.send(False, response)

    yield from side_by_side(count, make)


def openings(count):
    """HTTP/2 streams that are opened and never used, 60 over each of ever more connections."""
    frames = b"".join(bytes.fromhex("0000030104") + struct.pack(">I", 2 * k + 1) + b"\x82\x86\x84" for k in range(60))

    def make(n):
        talk = Web(n)
        yield from talk.open()
        yield talk.send(True, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000") + frames)

    yield from side_by_side(count, make)


def requests2(count):
    """Ordinary requests over HTTP/2 and their answers, many in each packet."""
    talks = [Web(n) for n in range(100)]
    for talk in talks:
        yield from talk.open()
        yield talk.send(True, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        yield talk.send(False, bytes.fromhex("000000040000000000"))
    for i in range((count - 500) // 2):
        n, first = i % 100, i // 100 * 60
        ids = [struct.pack(">I", 2 * (first + k) + 1) for k in range(60)]
        yield talks[n].send(True, b"".join(bytes.fromhex("0000030105") + id + b"\x82\x86\x84" for id in ids))
        yield talks[n].send(False, b"".join(bytes.fromhex("0000010105") + id + b"\x89" for id in ids))


def ranges(count):
    """Pieces of one byte, of ever other files over HTTP."""
    talks = [Web(n) for n in range(100)]
    for talk in talks:
        yield from talk.open()
    for i in range((count - 300) // 2):
        yield talks[i % 100].send(True, b"GET /%d HTTP/1.1\r\nHost: a\r\nRange: bytes=1-1\r\n\r\n" % i)
        yield talks[i % 100].send(False, b"HTTP/1.1 206 Partial Content\r\nETag: \"%d\"\r\nContent-Range: bytes 1-1/3\r\n"
                                         b"Content-Length: 1\r\n\r\nx" % i)


KINDS = {f.__name__: f for f in (normal, control, jumbo, short, transfer, files, syn, fragments, teardrop, pieces, farthest,
                                 heaviest, tunnels, extensions, tiny, sequence,
                                 ports, line, holes, names, web, uploads, heads, chunks, unanswered, backlog,
                                 windows, streams, openings, requests2, ranges)}


def write(kind, count, path, step_ns=10_000):
    """Returns the number of packets written."""
    n = 0
    with open(path, "wb", 1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
        for n, data in enumerate(KINDS[kind](count), 1):
            ns = 1_600_000_000 * 10**9 + n * step_ns
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), len(data)))
            out.write(data)
    return n


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in KINDS:
        sys.exit(f"Usage: floods.py {'|'.join(KINDS)} COUNT FILE")
    print(write(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
