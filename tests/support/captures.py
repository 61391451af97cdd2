# SPDX-License-Identifier: Apache-2.0
"""Makes small captures: Ethernet, IPv4/IPv6, TCP/UDP, as pcap bytes."""
import ipaddress
import struct

from packets import checksum

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def ip(src, dst, proto, payload, ident=0, ttl=64):
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        return b"\x86\xdd", struct.pack("!IHBB", 0x60000000, len(payload), proto, ttl) + a.packed + b.packed + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, 0x4000, ttl, proto, 0) + a.packed + b.packed
    return b"\x08\x00", head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def frame(src, dst, proto, payload, **kw):
    ether_type, packet = ip(src, dst, proto, payload, **kw)
    return b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01" + ether_type + packet


def tcp(src, sport, dst, dport, seq=0, ack=0, flags=ACK, payload=b"", window=65000, options=b"", **kw):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (20 + len(options)) // 4 << 4, flags,
                       window, 0, 0) + options
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    pseudo = a.packed + b.packed + struct.pack("!II" if a.version == 6 else "!xBH", *(
        (len(head) + len(payload), 6) if a.version == 6 else (6, len(head) + len(payload))))
    head = head[:16] + struct.pack("!H", checksum(pseudo + head + payload)) + head[18:]
    return frame(src, dst, 6, head + payload, **kw)


def udp(src, sport, dst, dport, payload=b"", **kw):
    return frame(src, dst, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload, **kw)


def pcap(frames, start=1_000_000_000.0, step=0.001, link_type=1, times=None):
    """frames as a pcap file with microseconds; `times` gives seconds per frame instead of start and step."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)]
    for i, data in enumerate(frames):
        us = round((times[i] if times else start + i * step) * 1_000_000)
        out.append(struct.pack("<IIII", us // 1_000_000, us % 1_000_000, len(data), len(data)) + data)
    return b"".join(out)
