# SPDX-License-Identifier: Apache-2.0
"""Damages a capture of real traffic (Ethernet, IP, TCP) and says what is left of each stream: the first bytes captured
for a place win. Nothing here knows how t2 works."""
import ipaddress
import struct

SYN = 2


class Segment:
    def __init__(self, frame):
        self.key = None
        ether = struct.unpack_from("!H", frame, 12)[0]
        if ether == 0x0800 and frame[23] == 6:
            at, a, b, end = 14 + (frame[14] & 15) * 4, frame[26:30], frame[30:34], 14 + struct.unpack_from("!H", frame, 16)[0]
        elif ether == 0x86DD and frame[20] == 6:
            at, a, b, end = 54, frame[22:38], frame[38:54], 54 + struct.unpack_from("!H", frame, 18)[0]
        else:
            return
        sport, dport, self.seq = struct.unpack_from("!HHI", frame, at)
        self.syn = bool(frame[at + 13] & SYN)
        self.at, self.end = at + (frame[at + 12] >> 4) * 4, end
        self.key = (str(ipaddress.ip_address(bytes(a))), sport, str(ipaddress.ip_address(bytes(b))), dport)


class Pcap:
    def __init__(self, path):
        data = path.read_bytes()
        self.head, self.frames, at = data[:24], [], 24  # [time words, bytes, length on the wire]
        while at + 16 <= len(data):
            *time, kept, length = struct.unpack_from("<IIII", data, at)
            self.frames.append([time, data[at + 16:at + 16 + kept], length])
            at += 16 + kept
        self.starts = {s.key: s.seq + 1 for s in map(Segment, (f[1] for f in self.frames)) if s.key and s.syn}

    def write(self, path, snaplen=0):
        with open(path, "wb") as f:
            f.write(self.head)
            for time, data, length in self.frames:
                kept = data[:snaplen] if snaplen else data
                f.write(struct.pack("<IIII", *time, len(kept), length) + kept)

    def damage(self, r, keys):
        """Drops, doubles, swaps and forges segments of these streams."""
        i = 0
        while i < len(self.frames):
            s = Segment(self.frames[i][1])
            if s.key in keys and s.end > s.at:
                kind = r.choices(("keep", "drop", "double", "swap", "forge"), (80, 5, 5, 5, 5))[0]
                if kind == "drop":
                    del self.frames[i]
                    continue
                if kind == "double":
                    self.frames.insert(i + 1, list(self.frames[i]))
                    i += 1
                elif kind == "swap" and i + 1 < len(self.frames):
                    for field in (1, 2):
                        a, b = self.frames[i], self.frames[i + 1]
                        a[field], b[field] = b[field], a[field]
                    i += 1
                elif kind == "forge":
                    time, data, length = self.frames[i]
                    self.frames.insert(i + 1, [time, data[:s.at] + bytes(b ^ 0x55 for b in data[s.at:s.end]) + data[s.end:], length])
                    i += 1
            i += 1

    def model(self, key, size):
        """(bytes, missing ranges) of the stream."""
        got, seen = bytearray(size), bytearray(size)
        for _, frame, _ in self.frames:
            s = Segment(frame)
            if s.key != key:
                continue
            a = (s.seq - self.starts[key]) & 0xFFFFFFFF
            data = frame[s.at:s.end][:max(0, size - a)]
            if not any(seen[a:a + len(data)]):
                got[a:a + len(data)] = data
            else:
                for i, b in enumerate(data):
                    if not seen[a + i]:
                        got[a + i] = b
            seen[a:a + len(data)] = b"\1" * len(data)
        missing, at = [], seen.find(0)
        while at >= 0:
            end = seen.find(1, at)
            end = size if end < 0 else end
            missing.append([at, end])
            at = seen.find(0, end)
        return bytes(got), missing
