# SPDX-License-Identifier: Apache-2.0
"""tp0f against p0f itself: SYN and SYN-ACK packets made from p0f's own signatures, many a little off."""
import ipaddress
import pathlib
import random
import shutil
import subprocess
import unittest

from packets import ACK, CWR, ECE, PSH, SYN, URG, ether, ipv4, ipv6, tcp, write_pcap
from t2run import Sandbox, main, table

DATABASE = pathlib.Path("/etc/p0f/p0f.fp")
PACKETS = 1500
SYNTHETIC_MSS = 1380  # no window is a multiple of this and of a unit of the 1500-byte MTU by chance


def signatures():
    """(is SYN-ACK, eight fields) of every TCP signature that p0f itself finds.

    It keeps silent about packets of its own sendsyn (their MSS is 1331), and never sees ack+, which its README explains.
    """
    section, found = "", []
    for line in DATABASE.read_text().split("\n"):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif line.startswith("sig") and section in ("[tcp:request]", "[tcp:response]"):
            fields = line.split("=", 1)[1].strip().split(":")
            if fields[3] != "1331" and "ack+" not in fields[6]:
                found.append((section == "[tcp:response]", fields))
    return found


def options_of(layout, mss, scale, stamps):
    known = {"nop": b"\1", "mss": b"\2\4" + mss.to_bytes(2, "big"), "ws": bytes([3, 3, scale]), "sok": b"\4\2", "sack": b"\5\x0a" + bytes(8),
             "ts": b"\x08\x0a" + stamps[0].to_bytes(4, "big") + stamps[1].to_bytes(4, "big")}
    out = b""
    for part in filter(None, layout.split(",")):
        if part.startswith("eol+"):
            out += bytes(1 + int(part[4:]))
        elif part.startswith("?"):
            out += bytes([int(part[1:]), 2])
        else:
            out += known[part]
    return out


class Agreement(Sandbox):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tp0f", "txtSink")
        self.env.pop("TP0F_L34FILE", None)
        self.random = random.Random(4)

    def packet(self, i, syn_ack, fields):
        """A packet that fits the signature, or nearly: (source, destination, frame)."""
        r = self.random
        version, ittl, olen, mss, window, layout, quirks, payload = fields
        quirks = set(filter(None, quirks.split(",")))
        for quirk in ("ecn", "df", "seq-", "pushf+", "uptr+", "ts1-"):
            if r.random() < 0.03:
                quirks ^= {quirk}
        v6 = version == "6" or (version == "*" and r.random() < 0.2)
        mss = SYNTHETIC_MSS if mss == "*" else int(mss)
        size, scale = window.split(",")
        scale = r.randrange(12) if scale == "*" else int(scale)
        if size.startswith("mss*"):
            size = int(size[4:]) * (mss if r.random() < 0.7 or "ts" not in layout else mss - 12)
        elif size.startswith("mtu*"):
            size = int(size[4:]) * (mss + (60 if v6 else 40))
        elif size.startswith("%"):
            size = int(size[1:]) * r.randrange(1, 1 + 65535 // int(size[1:]))
        else:
            size = 31337 if size == "*" else int(size)
        size = min(size + (r.random() < 0.05), 65535)
        hops = r.choice((0, 1, 7, 20, 35))
        ttl = max(int(ittl.rstrip("-")) - hops, 1)
        options = options_of(layout, mss, scale, (0 if "ts1-" in quirks else 77, 5 if "ts2+" in quirks or syn_ack else 0))
        options += b"\1" * (-len(options) % 4)
        flags = SYN | (ACK if syn_ack else 0) | (PSH if "pushf+" in quirks else 0) | (URG if "urgf+" in quirks else 0)
        ack = 0 if "ack-" in quirks else 9 if syn_ack or "ack+" in quirks else 0
        body = b"x" if payload == "+" or r.random() < 0.02 else b""
        ports = (80, 20000 + i) if syn_ack else (20000 + i, 80)
        if "ecn" in quirks:
            flags |= ECE | CWR
        a, b = (f"2001:db8::{i + 1:x}", "2001:db8:1::1") if v6 else (f"10.{i >> 8}.{i & 255}.1", "192.0.2.1")
        segment = tcp(a, b, *ports, 0 if "seq-" in quirks else 5, ack, flags, body, window=size, options=options,
                      urgent=3 if "uptr+" in quirks else 0)
        if v6:
            return a, b, ports, ether(ipv6(a, b, 6, segment, hops=ttl, flow=7 if "flow" in quirks else 0))
        df = "df" in quirks
        ident = 0 if "id-" in quirks or (df and "id+" not in quirks) else 4321
        fragment = (0x4000 if df else 0) | (0x8000 if "0+" in quirks else 0)
        return a, b, ports, ether(ipv4(a, b, 6, segment, ident=ident, fragment=fragment, ttl=ttl, options=b"\1" * int(olen)))

    @unittest.skipUnless(shutil.which("p0f") and DATABASE.exists(), "p0f is not installed")
    def test_same_systems(self):
        chosen = signatures()
        frames, keys = [], []
        for i in range(PACKETS):
            syn_ack, fields = self.random.choice(chosen)
            a, b, ports, frame = self.packet(i, syn_ack, fields)
            if syn_ack:  # p0f wants to have seen the question
                ask = tcp(b, a, ports[1], ports[0], 8, 0, SYN, options=b"\2\4" + SYNTHETIC_MSS.to_bytes(2, "big"))
                frames.append((len(frames) / 1000, ether(ipv6(b, a, 6, ask) if ":" in a else ipv4(b, a, 6, ask))))
            frames.append((len(frames) / 1000, frame))
            keys.append(f"{a}/{ports[0]}")
        write_pcap(self.dir / "in.pcap", frames)
        subprocess.run(["p0f", "-f", DATABASE, "-r", self.dir / "in.pcap", "-o", self.dir / "p0f.log"], check=True, capture_output=True)
        theirs = {}
        for line in (self.dir / "p0f.log").read_text().split("\n"):
            cells = dict(c.split("=", 1) for c in line.partition("] ")[2].split("|") if "=" in c)
            if cells.get("mod") in ("syn", "syn+ack"):
                address, _, port = cells["cli" if cells["mod"] == "syn" else "srv"].partition("/")
                theirs[f"{ipaddress.ip_address(address)}/{port}"] = cells
        self.t2("-r", self.dir / "in.pcap", "-w", self.dir / "o", "--set", "tp0f.TP0FHSH=0")
        ours = {f"{f['srcIP']}/{f['srcPort']}": f for f in table(self.dir / "o_flows.txt")[1]}
        wrong, matched = [], 0
        for key in keys:
            cells, flow = theirs.get(key), ours[key]
            if cells is None:
                wrong.append((key, "p0f says nothing"))
                continue
            wanted = cells.get("os") or cells["app"]
            for theirs_is, ours_is in (("Mac OS X", "MacOSX"), ("MacOS X", "MacOSX"), ("p0f ", "tp0f ")):
                wanted = wanted.replace(theirs_is, ours_is)
            if "fuzzy" in cells["params"]:
                wanted = "???"
            got = f"{flow['tp0fPrName']} {flow['tp0fVerName']}".removesuffix(" unknown") if int(flow["tp0fStat"], 16) & 3 else "???"
            matched += got != "???"
            if got.replace(" ", "") != wanted.replace(" ", ""):
                wrong.append((key, wanted, got, cells["raw_sig"]))
        self.assertEqual(wrong, [])
        self.assertGreater(matched, PACKETS // 2)


if __name__ == "__main__":
    main()
