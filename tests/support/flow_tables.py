# SPDX-License-Identifier: Apache-2.0
"""Made-up flow tables for t2report: everything that its filter can ask for, the same rows for the same seed."""
import random

NAMES = ["dir", "flowInd", "flowStat", "timeFirst", "timeLast", "duration", "hdrDesc", "srcMac", "dstMac", "ethType", "vlanID", "srcIP", "srcIPCC",
         "srcIPOrg", "srcPort", "dstIP", "dstIPCC", "dstIPOrg", "dstPort", "l4Proto", "tp0fStat", "tp0fClName", "tp0fPrName", "tp0fVerName",
         "pktsSnt", "pktsRcvd", "l7BytesSnt", "l7BytesRcvd", "tcpFStat", "ipMinTTL", "ipFlags", "tcpSeqFaultCnt", "tcpFlags", "tcpAnomaly",
         "tcpMSS", "tcpRTTAckTripAve", "tcpStatesAFlags", "ftpStat"]
PLACES = {"10.0.0.": ("-", "Private network"), "192.0.2.": ("us", "Example Networks"), "198.51.100.": ("de", "Beispiel; GmbH"), "2001:db8::": ("jp", "Rei")}


def address(r):
    prefix = r.choice(list(PLACES))
    return prefix + (f"{r.randrange(1, 60):x}" if ":" in prefix else str(r.randrange(1, 60)))


def place(a):
    return next((v for k, v in PLACES.items() if a.startswith(k)), ("-", "-"))


def time(ns):
    return f"{ns // 10**9}.{ns % 10**9:09d}"


def rows(count, seed=1):
    """Rows as t2 writes them: flows in the order of their end, A before B."""
    r = random.Random(seed)
    at = 1_700_000_000 * 10**9
    for index in range(1, count + 1):
        at += r.choice([1_000, 50_000_000, 2_000_000_000]) + r.randrange(10**6) + (90 * 10**9 if index % 400 == 0 else 0)
        kind = r.choices(["tcp", "udp", "icmp", "l2", "ftp"], [60, 25, 5, 5, 5])[0]
        a, b = address(r), address(r)
        while (":" in a) != (":" in b):
            b = address(r)
        mac = [f"02:00:00:00:00:{int(r.random() * 40):02x}" for _ in "ab"]
        proto = {"tcp": 6, "udp": 17, "icmp": 1, "l2": 0, "ftp": 6}[kind]
        ports = (r.randrange(1024, 65536), r.choice([21, 22, 53, 80, 443, 8080, 5000, 40000, 61000])) if proto in (6, 17) else (0, 0)
        ports = (ports[0], 21) if kind == "ftp" else ports
        version = 0x4 if kind == "l2" else 0x8000 if ":" in a else 0x4000
        inverted = r.random() < 0.03
        both = r.random() < 0.7
        sent = [(r.randrange(1, 40), r.choice([0, 0, r.randrange(2000), r.randrange(3_000_000)])) for _ in "ab"]
        if not both:
            sent[1] = (0, 0)
        length = r.choice([0, 1, 999, 5_000_000_123, 700_000_000_000]) if r.random() < 0.5 else r.randrange(10**9)
        for d in "AB" if both else "A":
            src, dst, sp, dp, me, you = (a, b, *ports, sent[0], sent[1]) if d == "A" else (b, a, *ports[::-1], sent[1], sent[0])
            stat = version | (d == "B") ^ inverted | (r.random() < 0.02) << 33 | (r.random() < 0.01) << 51
            first = at + (length // 3 if d == "B" else 0)
            if kind == "l2":
                src = dst = "-"
            yield {"dir": d, "flowInd": index, "flowStat": f"0x{stat:016x}", "timeFirst": time(first), "timeLast": time(at + length),
                   "duration": time(at + length - first), "hdrDesc": "eth:x", "srcMac": mac[d == "B"], "dstMac": mac[d == "A"],
                   "ethType": "0x88cc" if kind == "l2" else "0x0800", "vlanID": "", "srcIP": src, "srcIPCC": place(src)[0],
                   "srcIPOrg": f'"{place(src)[1]}"', "srcPort": sp, "dstIP": dst, "dstIPCC": place(dst)[0], "dstIPOrg": f'"{place(dst)[1]}"',
                   "dstPort": dp, "l4Proto": proto, "tp0fStat": f"0x0{int(r.random() < 0.1)}", "tp0fClName": "unix", "tp0fPrName": "Linux",
                   "tp0fVerName": "3.x", "pktsSnt": me[0], "pktsRcvd": you[0], "l7BytesSnt": me[1], "l7BytesRcvd": you[1], "tcpFStat": "0x0001",
                   "ipMinTTL": 64, "ipFlags": f"0x{(r.random() < 0.05) << 11 | 0x40:04x}", "tcpSeqFaultCnt": 0,
                   "tcpFlags": f"0x{0 if proto != 6 else r.choice([0x12, 0x1b, 0x1f, 0x04]):04x}", "tcpAnomaly": f"0x{(r.random() < 0.03) << 9:04x}",
                   "tcpMSS": 1460, "tcpRTTAckTripAve": f"{r.random():.6g}", "tcpStatesAFlags": f"0x{r.choice([0, 0, 2]):02x}",
                   "ftpStat": "0x01" if kind == "ftp" else "0x00"}


def write(path, count, seed=1):
    with open(path, "w") as f:
        f.write("%" + "\t".join(NAMES) + "\n")
        for row in rows(count, seed):
            f.write("\t".join(str(row[n]) for n in NAMES) + "\n")
