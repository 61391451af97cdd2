#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a capture of HTTP downloads with a fixed seed. usage: http_traffic.py FILE BYTES (of bodies)"""
import random
import struct
import sys

CLIENT, SERVER, MSS = b"\x0a\0\0\1", b"\x0a\0\0\2", 1448
SIZES = (500, 5_000, 50_000, 500_000)


def main(path, wanted):
    r = random.Random(1)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        clock = 0

        def packet(up, port, seq, ack, flags, data=b""):
            nonlocal clock
            clock += 5
            src, dst, ports = (CLIENT, SERVER, (port, 80)) if up else (SERVER, CLIENT, (80, port))
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, src, dst)
            tcp = struct.pack("!HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
            frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + tcp + data
            out.write(struct.pack("<IIII", 1_700_000_000 + clock // 1_000_000, clock % 1_000_000, len(frame), len(frame)) + frame)

        total = flow = 0
        while total < wanted:
            flow += 1
            port, up, down = 1024 + flow % 60_000, 1000, 9000
            packet(True, port, up, 0, 2)
            packet(False, port, down, up + 1, 0x12)
            up, down = up + 1, down + 1
            packet(True, port, up, down, 0x10)
            for k in range(5):
                request = b"GET /f%d_%d.bin HTTP/1.1\r\nHost: bench.example\r\n\r\n" % (flow, k)
                packet(True, port, up, down, 0x18, request)
                up += len(request)
                body = r.randbytes(r.choice(SIZES))
                answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                total += len(body)
                for i in range(0, len(answer), MSS):
                    packet(False, port, down, up, 0x18, answer[i:i + MSS])
                    down += len(answer[i:i + MSS])
                    if i // MSS % 2:
                        packet(True, port, up, down, 0x10)
            packet(False, port, down, up, 0x11)
            packet(True, port, up, down + 1, 0x11)
            packet(False, port, down + 1, up + 1, 0x10)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
