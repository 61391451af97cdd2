# SPDX-License-Identifier: Apache-2.0
"""Captures for tests, made by hand with right checksums unless told otherwise. From below: packets of bytes (tcp, udp,
icmp, ipv4, ipv6, ether), whole frames in one call (frame, tcp_frame, udp_frame), files (pcap, write_pcap, write_pcapng),
and conversations: Talk, segment by segment, and Capture with Tcp, which keep sequence numbers themselves. floods.py
makes millions of packets and packs them itself; ftpcap.py builds FTP on this."""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))


def checksum(data):
    """The Internet checksum of `data` (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total >> 16) + (total & 0xffff)
    return ~total & 0xffff


def packed(address):
    return ipaddress.ip_address(address).packed


def pseudo(src, dst, proto, length):
    if len(src) == 4:
        return src + dst + struct.pack(">BBH", 0, proto, length)
    return src + dst + struct.pack(">II", length, proto)


def put(data, at, value):
    return data[:at] + struct.pack(">H", value) + data[at + 2:]


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b"", window=1000, options=b"", offset=None, urgent=0,
        check=None):
    """A TCP segment; `offset` overrides the header length in 32-bit words."""
    words = (20 + len(options)) // 4 if offset is None else offset
    segment = struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, words << 4, flags, window, 0,
                          urgent) + options + payload
    src, dst = packed(src), packed(dst)
    if check is None:
        check = checksum(pseudo(src, dst, 6, len(segment)) + segment)
    return put(segment, 16, check)


def udp(src, dst, sport, dport, payload=b"", length=None, check=None, proto=17):
    length = 8 + len(payload) if length is None else length
    datagram = struct.pack(">HHHH", sport, dport, length, 0) + payload
    src, dst = packed(src), packed(dst)
    if check is None:
        check = checksum(pseudo(src, dst, proto, len(datagram)) + datagram) or 0xffff
    return put(datagram, 6, check)


def icmp(kind=8, code=0, rest=b"\0\1\0\1", payload=b""):
    message = struct.pack(">BBH", kind, code, 0) + rest + payload
    return put(message, 2, checksum(message))


def ipv4(src, dst, proto, payload, ident=1, fragment=0x4000, ttl=64, tos=0, options=b"", length=None, check=None):
    """`fragment` is the raw flags and offset field."""
    words = (20 + len(options)) // 4
    length = 4 * words + len(payload) if length is None else length
    header = struct.pack(">BBHHHBBH", 0x40 | words, tos, length, ident & 0xffff, fragment, ttl, proto, 0)
    header += packed(src) + packed(dst) + options
    return put(header, 10, checksum(header) if check is None else check) + payload


def ipv6(src, dst, proto, payload, hops=64, tos=0, flow=0):
    """`payload` with its extension headers; `proto` is the first next header."""
    return struct.pack(">IHBB", 6 << 28 | tos << 20 | flow, len(payload), proto, hops) + packed(src) + packed(dst) + payload


def ether(packet, ether_type=None):
    if ether_type is None:
        ether_type = 0x0800 if packet[0] >> 4 == 4 else 0x86dd
    return bytes.fromhex("020000000002020000000001") + struct.pack(">H", ether_type) + packet


def ip_packets(src, dst, l4, proto, ip_id=0, fragment=0):
    """The IP packet, or its fragments of at most `fragment` payload bytes."""
    if len(packed(src)) == 16:
        return [ipv6(src, dst, proto, l4)]
    step = fragment or max(len(l4), 1)
    return [ipv4(src, dst, proto, l4[at:at + step], ip_id, (0x2000 if at + step < len(l4) else 0) | at // 8)
            for at in range(0, max(len(l4), 1), step)]


def frame(src, dst, proto, payload, ident=0, ttl=64):
    """The Ethernet frame of an IP packet."""
    if len(packed(src)) == 16:
        return ether(ipv6(src, dst, proto, payload, ttl))
    return ether(ipv4(src, dst, proto, payload, ident, ttl=ttl))


def tcp_frame(src, sport, dst, dport, seq=0, ack=0, flags=ACK, payload=b"", window=65000, options=b""):
    return frame(src, dst, 6, tcp(src, dst, sport, dport, seq, ack, flags, payload, window, options))


def udp_frame(src, sport, dst, dport, payload=b""):
    return frame(src, dst, 17, udp(src, dst, sport, dport, payload, check=0))


def pcap(frames, start=1_000_000_000.0, step=0.001, link_type=1, times=None):
    """frames as a pcap file with microseconds; `times` gives seconds per frame instead of start and step."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)]
    for i, data in enumerate(frames):
        us = round((times[i] if times else start + i * step) * 1_000_000)
        out.append(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(data), len(data)) + data)
    return b"".join(out)


def write_pcap(path, frames, start=1_600_000_000):
    """`frames` are (seconds after start, frame) or (seconds, frame, captured bytes)."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, 1))
        for seconds, frame, *snap in frames:
            ns = start * 10**9 + round(seconds * 10**9)
            kept = frame[:snap[0]] if snap else frame
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(kept), len(frame)) + kept)


def tagged(*parts):
    """An Ethernet frame of addresses and then hex text (tags, EtherTypes) or bytes."""
    return bytes.fromhex("020000000002020000000001") + joined(*parts)


def joined(*parts):
    """Bytes of hex text and bytes, one behind the other."""
    return b"".join(bytes.fromhex(part) if isinstance(part, str) else part for part in parts)


def snap(packet):
    """LLC and SNAP before an IP packet."""
    return joined("aaaa03000000", "0800" if packet[0] >> 4 == 4 else "86dd", packet)


def wlan(body, control="0802", addresses=3, qos="", extra=""):
    """An IEEE 802.11 data frame; `extra`: what stands between its header and `body`."""
    return joined(control, "0000", *(f"0200000000{n:02x}" for n in range(1, 4)), "0000",
                  "020000000004" if addresses == 4 else "", qos, extra, body)


def subframes(*bodies):
    """The subframes of an A-MSDU."""
    out = b""
    for n, body in enumerate(bodies):
        out += bytes(-len(out) % 4) + joined("0200000000 0c 0200000000", f"{n + 16:02x}", struct.pack(">H", len(body)), body)
    return out


def radiotap(frame, flags=0, extended=False, clock=False):
    """A radiotap header with the field of flags, perhaps with a second word of fields and a time before it."""
    present = 0x02 | (1 if clock else 0) | (1 << 31 if extended else 0)
    head = struct.pack("<I", present) + (b"\0\0\0\0" if extended else b"")
    head += (bytes(-(4 + len(head)) % 8) + bytes(8) if clock else b"") + bytes([flags])
    return struct.pack("<BBH", 0, 0, 4 + len(head)) + head + frame


def write_pcapng(path, frames, start=1_600_000_000):
    """`frames` are (seconds after start, link type, frame); each link type is an interface."""
    def block(kind, body):
        size = struct.pack("<I", len(body) + 12)
        return struct.pack("<I", kind) + size + body + size

    links = list(dict.fromkeys(link for _, link, _ in frames))
    with open(path, "wb") as out:
        out.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        for link in links:
            out.write(block(1, struct.pack("<HHI", link, 0, 0)))
        for seconds, link, frame in frames:
            us = start * 10**6 + round(seconds * 10**6)
            out.write(block(6, struct.pack("<IIIII", links.index(link), us >> 32, us & 0xffffffff, len(frame), len(frame)) +
                            frame + bytes(-len(frame) % 4)))


class Talk:
    """A TCP conversation between A and B that collects its frames."""

    def __init__(self, a="10.0.0.1", b="10.0.0.2", sport=40000, dport=8000):
        self.ends = {"A": (a, b, sport, dport), "B": (b, a, dport, sport)}
        self.ident = {"A": 0, "B": 0}
        self.frames = []
        self.clock = 0.0

    def send(self, who, seq, ack, flags=ACK, payload=0, at=None, gap=0.001, ttl=64, tos=0, **fields):
        """One segment; `payload` is its length. It comes `gap` seconds after the previous one."""
        self.clock = self.clock + gap if at is None else at
        self.ident[who] += 1
        src, dst, sport, dport = self.ends[who]
        segment = tcp(src, dst, sport, dport, seq, ack, flags, b"x" * payload, **fields)
        self.frames.append((self.clock, ether(ipv4(src, dst, 6, segment, ident=self.ident[who], ttl=ttl, tos=tos))))
        return self

    def handshake(self, isn_a=100, isn_b=900, options=b""):
        self.send("A", isn_a, 0, SYN, options=options)
        self.send("B", isn_b, isn_a + 1, SYN | ACK, options=options)
        return self.send("A", isn_a + 1, isn_b + 1)


class Capture:
    """Frames in capture order; tests may reorder, drop or change `frames` before writing."""

    def __init__(self, vlans=(), step=0.001, tunnel=None):
        self.frames = []  # [time, bytes]
        self.tunnel = tunnel  # makes (EtherType, bytes behind it) of an IP packet
        self.vlans, self.step, self.time, self.ip_id = vlans, step, 1_000_000.0, 1

    def add(self, ip):
        ether = 0x86DD if ip[0] >> 4 == 6 else 0x0800
        if self.tunnel is not None:
            ether, ip = self.tunnel(ip)
        tags = b"".join(struct.pack("!HH", 0x8100, v) for v in self.vlans)
        self.time += self.step
        self.frames.append([self.time, b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + tags + struct.pack("!H", ether) + ip])

    def write(self, path, snaplen=0):
        with open(path, "wb") as f:
            f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snaplen or 65535, 1))
            for t, frame in self.frames:
                kept = frame[:snaplen] if snaplen else frame
                f.write(struct.pack("<IIII", int(t), round(t % 1 * 1e6) % 1000000, len(kept), len(frame)) + kept)


class Tcp:
    """One connection. up(): bytes of the side that opened it; down(): bytes of the other side."""

    def __init__(self, cap, src, sport, dst, dport, isn=(1000, 5000), mss=1000, connect=True):
        self.cap, self.ends, self.mss = cap, ((src, sport), (dst, dport)), mss
        self.seq = list(isn)
        self.sent = [[], []]  # (position of the frame, sequence number, bytes) per side
        if connect:
            self.connect()

    def segment(self, side, data=b"", flags=ACK, seq=None, ack=None, fragment=0, urgent=0):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        seq = self.seq[side] if seq is None else seq
        ack = self.seq[1 - side] if ack is None else ack
        l4 = tcp(src, dst, sport, dport, seq, ack if flags & ACK else 0, flags, data, 65535, urgent=urgent)
        self.cap.ip_id += 1
        for ip in ip_packets(src, dst, l4, 6, self.cap.ip_id & 0xFFFF, fragment):
            self.cap.add(ip)

    def connect(self):
        self.segment(0, flags=SYN)
        self.seq[0] += 1
        self.segment(1, flags=SYN | ACK)
        self.seq[1] += 1
        self.segment(0)

    def send(self, side, data, ack=True, fragment=0):
        for at in range(0, len(data), self.mss):
            part = data[at:at + self.mss]
            self.sent[side].append((len(self.cap.frames), self.seq[side], part))
            self.segment(side, part, ACK | PSH, fragment=fragment)
            self.seq[side] += len(part)
            if ack:
                self.segment(1 - side)

    def up(self, data, **kw):
        self.send(0, data, **kw)

    def down(self, data, **kw):
        self.send(1, data, **kw)

    def fin(self, side, ack=True):
        self.segment(side, flags=FIN | ACK)
        self.seq[side] += 1
        if ack:
            self.segment(1 - side)

    def close(self, first=0):
        self.fin(first)
        self.fin(1 - first)

    def rst(self, side):
        self.segment(side, flags=RST | ACK)
