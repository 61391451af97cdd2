#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_seeds.py FOLDER [CAPTURES]: first inputs of the fuzz targets, FOLDER/TARGET/*, from the repository's examples and
test builders. CAPTURES: a folder whose small captures (up to 16 kB) become seeds, too. decode_seeds makes those of
fuzz_decode."""
import gzip
import pathlib
import struct
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support"))
from packets import ACK, FIN, SYN, pcap, tcp_frame, udp_frame  # noqa: E402

EXAMPLE = (SOURCE / "examples/ftp-dpic.pcap").read_bytes()
SMALL = 16_000


class Seeds:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    def add(self, target, data):
        self.count += 1
        folder = self.folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed{self.count}").write_bytes(data)


def first_packets(data, count):
    """The first packets of a little-endian pcap file."""
    at = 24
    for _ in range(count):
        if at + 16 > len(data):
            break
        at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
    return data[:at]


def pcapng(frames):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    out += block(1, struct.pack("<HHI", 1, 0, 65535) + struct.pack("<HHB3x", 9, 1, 9) + bytes(4))
    for i, f in enumerate(frames):
        out += block(6, struct.pack("<IIIII", 0, 0x16, 1000 * i, len(f), len(f)) + f)
    return out + block(3, struct.pack("<I", len(frames[0])) + frames[0]) + block(5, struct.pack("<III", 0, 0, 0))


def conversation():
    """A small FTP session with a file, an IPv6 packet and a fragmented datagram."""
    c, s = ("10.0.0.1", 40000), ("10.0.0.2", 21)
    seq = {c: 100, s: 900}
    frames = []

    def send(a, b, data=b"", flags=ACK):
        frames.append(tcp_frame(a[0], a[1], b[0], b[1], seq[a], seq.get(b, 0), flags, data))
        seq[a] += len(data) + (flags & (SYN | FIN) > 0)

    def connect(a, b):
        send(a, b, flags=SYN)
        send(b, a, flags=SYN | ACK)
        send(a, b)

    connect(c, s)
    for text in (b"220 hi", b"USER a", b"331 pw?", b"PASS b", b"230 ok", b"TYPE I", b"200 ok", b"PASV",
                 b"227 Entering Passive Mode (10,0,0,2,4,1)"):
        send(*((s, c) if text[:1].isdigit() else (c, s)), text + b"\r\n")
    d, e = ("10.0.0.1", 40001), ("10.0.0.2", 1025)
    seq[d], seq[e] = 1, 5
    send(c, s, b"RETR ../x\r\n")
    connect(d, e)
    send(s, c, b"150 go\r\n")
    send(e, d, b"file content")
    send(e, d, flags=FIN | ACK)
    send(d, e, flags=FIN | ACK)
    send(s, c, b"226 done\r\n")
    send(c, s, b"QUIT\r\n")
    send(c, s, flags=FIN | ACK)
    frames.append(udp_frame("2001:db8::1", 1000, "2001:db8::2", 53, b"x"))
    whole = udp_frame("10.0.0.3", 7, "10.0.0.4", 7, b"y" * 40)
    for flags, part in ((0x2000, whole[34:58]), (0x0003, whole[58:])):
        head = whole[14:20] + struct.pack("!H", flags) + whole[22:34]
        frames.append(whole[:14] + head[:2] + struct.pack("!H", 20 + len(part)) + head[4:] + part)
    return frames


def capture_seeds(seeds):
    frames = conversation()
    for data in (first_packets(EXAMPLE, 5), pcapng(frames[:6]), gzip.compress(first_packets(EXAMPLE, 20)),
                 pcap(frames[:4], link_type=101)):
        seeds.add("capture", data)
    for n in (10, 40):
        seeds.add("engine", first_packets(EXAMPLE, n))
    for choice in range(16):
        data = pcap(frames)
        seeds.add("engine", data[:8] + bytes([choice, 0]) + data[10:])


def public_seeds(seeds, folder):
    with tempfile.NamedTemporaryFile(suffix=".pcap") as out:
        for path in sorted(pathlib.Path(folder).rglob("*cap*")):
            if path.suffix not in (".pcap", ".pcapng", ".cap") or not path.is_file() or path.stat().st_size > SMALL:
                continue
            seeds.add("capture", path.read_bytes())
            if subprocess.run(["tcpdump", "-r", path, "-c", "60", "-w", out.name], capture_output=True).returncode == 0:
                seeds.add("engine", pathlib.Path(out.name).read_bytes())


def stream_seeds(seeds):
    def record(control, seq, ack, length, missing=0):
        return struct.pack("!BIIHB", control, seq, ack, length, missing)

    seeds.add("stream", record(2, 100, 0, 0) + record(0x92, 900, 101, 0) + record(0x10, 101, 901, 20) + bytes(range(40)) +
              record(0x10, 121, 901, 9) + b"abcdefghi" + record(0x90, 901, 130, 0) + record(0x11, 130, 901, 0))
    seeds.add("stream", record(0x10, 0xFFFFFFF0, 1, 20) + bytes(20) + record(0x10, 30, 1, 8) + bytes(8) +
              record(0x90, 1, 60, 0) + record(0x10, 4, 1, 26, 3) + bytes(26))


def fragment_seeds(seeds):
    def record(control, offset, length, kind=0, missing=0, seconds=1):
        return struct.pack("!BHHBBB", control, offset, length, kind, missing, seconds)

    more, ipv6, far = 2, 1, 0x80
    for family in (0, ipv6):
        first, middle = record(family | more, 0, 16), record(family | more, 2, 24)
        last = record(family, 5, 7)
        seeds.add("fragments", first + middle + last)
        seeds.add("fragments", last + middle + first + last + first + middle)
        seeds.add("fragments", record(family | more, 1, 24, kind=1) + first + middle + last)
        seeds.add("fragments", first + record(family, 2, 8, missing=64) + record(family | more, 9, 8))
        seeds.add("fragments", first + record(family, 2, 8, seconds=240) + last)
        seeds.add("fragments", record(family | more | far, 8000, 1016) + record(family | far, 8191, 7))
    seeds.add("fragments", b"".join(record(more | i << 2, 0, 40) for i in range(4)) * 4)


def ftp_seeds(seeds):
    def talk(lines):
        return b"".join(bytes([0 if line[:1].isdigit() else 1, len(line) + 2]) + line + b"\r\n" for line in lines)

    seeds.add("ftp", talk([b"220 hi", b"USER a", b"331 pw", b"PASS b", b"230-ok", b"230 ok", b"PWD", b'257 "/a""b"', b"PASV",
                           b"227 Entering Passive Mode (10,0,0,2,117,60).", b"RETR x", b"150 go", b"226 done", b"QUIT"]))
    seeds.add("ftp", talk([b"PORT 10,0,0,1,4,1", b"200 ok", b"REST 5", b"350 ok", b"STOR a/../b", b"125 go", b"426 gone",
                           b"EPRT |2|::1|9|", b"200 ok", b"MODE Z", b"200 ok", b"CWD ..", b"250 ok", b"RNFR a", b"350 ok",
                           b"RNTO b", b"250 ok", b"AUTH TLS", b"234 ok"]) + b"\0\x0a\x16\x03\x01\0\x05hello")
    seeds.add("ftp_data", b"\0\1\x00\x00\x03abc\x10\x00\x06marker\x40\x00\x02de")
    seeds.add("ftp_data", b"\1\2\x03abc\x85z\xc4\x00\x40")
    import zlib
    seeds.add("ftp_data", b"\2\3" + zlib.compress(b"hello " * 50))
    seeds.add("ftp_data", b"\x0a\3" + zlib.compress(bytes(range(200)))[:80])


def rule_seeds(seeds):
    database = pathlib.Path("/etc/p0f/p0f.fp")
    if database.exists():
        lines = database.read_bytes().split(b"\n")
        for at in range(0, len(lines), 60):
            seeds.add("p0f", b"[tcp:request]\n" + b"\n".join(lines[at:at + 60]))
    seeds.add("p0f", b"[tcp:response]\nlabel = s:unix:Linux:3.x\nsig = *:64:0:*:mss*10,0:mss,sok,ts,nop,ws:df,id+:0\n")


def label_seeds(seeds):
    seeds.add("labels", b"\0" + (SOURCE / "examples/tutorial-subnets.txt").read_bytes())
    seeds.add("labels", b"\0" + b"10.0.0.0/8,de,Org\n2001:db8::/32,us,\"A, B\",64500,1.5,2.5,3\n" + b"\1" + bytes(32))
    name = b"\0Org\0"
    tree = b""
    for i in range(129):  # the path of zeros, a network at its end
        tree += struct.pack(">III", i + 1 if i < 128 else 0, 0, 0 if i == 128 else 0xFFFFFFFF)
    parts = [struct.pack(">II", 64500, 1), b"DE\0\0" + struct.pack(">II", 64500, 0), tree, b"", name]
    head, at = b"LOCDBXX\1" + struct.pack(">QIII", 1700000000, 0, 0, 0), 8 + 20 + 8 * len(parts)
    for p in parts:
        head += struct.pack(">II", at, len(p))
        at += len(p)
    seeds.add("labels", b"\1" + head + b"".join(parts) + b"\1" + bytes(16))


def setting_seeds(seeds):
    seeds.add("settings", b"# a file\nFLAG = yes\nINT=0x10\n% note\nREAL = 2.5\nSTRING = \"a b\"\nSTRNG = 1\n")
    seeds.add("settings", b"tranalyzer2.INT=7")
    seeds.add("settings", b"out/x:10Kf,3")


def report_seeds(seeds):
    names = "dir flowInd flowStat timeFirst timeLast srcIP srcPort dstIP dstPort l4Proto pktsSnt l7BytesSnt ftpStat".split()
    rows = ["A 1 0x4000 1.5 2.5 10.0.0.1 1 10.0.0.2 21 6 3 4 0x01", "B 1 0x4001 1.6 2.7 10.0.0.2 21 10.0.0.1 1 6 2 5 0x01", "A 2 0x4 1 9 - 0 - 0 0 1 0 0x00"]
    seeds.add("report", b"\0%" + "\n".join("\t".join(r.split() if i else names) for i, r in enumerate(["", *rows])).encode() + b"\n")
    end = '"client":{"ip":"::1","port":1},"server":{"ip":"::2","port":21},"sender":{"ip":"::1","port":1}'
    seeds.add("report", ('\1{"record":"run","settings":{}}\n{"record":"content","file":"f","name":"a.jpg","size":9,"complete":true,"missing":[[1,null]],%s}\n'
                         '{"record":"control","control_flow":1,"file":"f","lines":"f","logins":[{"user":"a","ok":false,"at":{"time":"1.5"}}],"bounces":[{"ip":"::3"}],%s}\n'
                         '{"record":"end","captures":[{"file":"x","sha256":null}],"ended":"input"}\n' % (end, end)).encode())
    seeds.add("report", b"\4%timeFirst\tduration\tnumPkts\tnumBytes\n1.000000000\t0.001000000\t0\t0\n2.000000000\t0.001000000\t0\t0\n")
    seeds.add("report", b'\3{"ended":"input","packets":{"a_packets":1},"flows":{"processed_flows":2},"limits":{"fragment_entries_evicted":3}}')
    seeds.add("report", b"\2# Date: now\n# Command line: t2\n#   01: basicFlow, version 1\n1\tC\tdir\tDirection\n")


def web_seeds(seeds):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n"
    packed = gzip.compress(b"some text, some text")
    messages = (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", chunked, b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-4/9\r\nContent-Length: 5\r\n\r\nhello",
                b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed, packed,
                b"--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\nbody\r\n--b--\r\n")
    for kind in range(8):
        for message in messages:
            seeds.add("http", bytes([kind, 3]) + message)
    frame = lambda kind, flags, stream, body: len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body
    talk = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 5, 1, b"\x82\x86\x84\x41\x01a")
    answer = frame(4, 0, 0, b"") + frame(1, 4, 1, b"\x88") + frame(0, 1, 1, b"hello")
    for start in range(4):
        pieces = b"".join(bytes([side, len(part) - 1]) + part for side, part in ((0, talk[:200]), (1, answer)))
        seeds.add("http2", bytes([start]) + pieces)


def table_seeds(seeds):
    for n in range(4):
        seeds.add("parquet", bytes((7 * i + n) % 256 for i in range(100 * (n + 1))))


def main():
    seeds = Seeds(sys.argv[1])
    for make in (capture_seeds, stream_seeds, fragment_seeds, ftp_seeds, rule_seeds, label_seeds, report_seeds, setting_seeds, web_seeds, table_seeds):
        make(seeds)
    if len(sys.argv) > 2:
        public_seeds(seeds, sys.argv[2])
    print(f"{seeds.count} seeds")


if __name__ == "__main__":
    main()
