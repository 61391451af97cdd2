#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the packet table of t2 with tshark's decoding: innermost addresses, ports, protocol and VLAN of every packet.

usage: compare_tshark.py T2_BUILD [CAPTURE_OR_FOLDER...] [--jobs N] [--cache FOLDER] [--show TEXT] [--all]

T2_BUILD  a build folder with bin/t2 and plugins/
captures  without them: the folder T2_CAPTURES
--jobs    captures at a time (2)
--cache   keeps what tshark said, for the next run
--show    print the packets of kinds of difference that contain TEXT
--all     print every kind, not only the 40 most frequent

What is compared (see Seen): the set of five-tuples of a frame, for one that carries several packets (A-MSDU) has several.
Headers quoted in ICMP errors are none; ports of later fragments are not compared, t2 takes them from the datagram. A kind
of difference is: what differs, tshark's protocols, t2's headers. A difference is no verdict: see docs/differences.md.
Prints captures, packets, share equal, then the kinds with their counts and one example each. Exit 0 always.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

SUFFIXES = {".pcap", ".pcapng", ".cap", ".trace", ".gz", ".dmp"}
FIELDS = ("frame.number", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.proto", "ip.frag_offset",
          "ipv6.fraghdr.offset", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "sctp.srcport", "sctp.dstport",
          "vlan.id", "ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.dstopts.nxt", "ipv6.routing.nxt", "ipv6.fraghdr.nxt",
          "ah.next_header")
# Reassembly off: t2 shows each fragment and segment as the packet it is.
OPTIONS = ("ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE", "ip.use_geoip:FALSE")
NUMBERS = {"tcp": 6, "udp": 17, "udplite": 136, "sctp": 132}
EXTENSIONS = {"ipv6.hopopts", "ipv6.dstopts", "ipv6.routing", "ipv6.fraghdr", "ah"}
PORTS = {"tcp": "tcp", "udp": "udp", "udplite": "udp", "sctp": "sctp"}
# What follows these is quoted or sampled, not carried.
QUOTING = {"icmp", "icmpv6", "sflow", "cflow", "openflow_v1", "openflow_v4"}


class Seen:
    """What one frame carries: `tuples` of (src, dst, protocol, sport, dport), its innermost VLAN, a text that says how."""

    def __init__(self, tuples, vlan, how):
        self.tuples, self.vlan, self.how = frozenset(tuples), vlan, how


def from_tshark(line):
    row = dict(zip(FIELDS, line.split("\t")))
    many = {k: row.get(k, "").split(",") if row.get(k) else [] for k in FIELDS}
    tokens = row["frame.protocols"].split(":")
    used = collections.Counter()
    tuples, current = [], None

    def take(field):
        used[field] += 1
        values = many[field]
        return values[used[field] - 1] if used[field] <= len(values) else ""

    # Each subframe of an A-MSDU has an LLC header; what stood before the first one is the way there.
    aggregate, in_subframe = tokens.count("llc") > 1 and "wlan" in tokens, False
    for i, token in enumerate(tokens):
        if token in QUOTING:
            break
        if token in ("ip", "ipv6"):
            src, dst = take(token + ".src"), take(token + ".dst")
            if not src:
                continue
            later = False
            number = int(take("ip.proto" if token == "ip" else "ipv6.nxt") or 0)
            if token == "ip":
                later = int(take("ip.frag_offset") or 0, 0) != 0
            if aggregate and tokens[i - 1] == "llc":
                if current and in_subframe:
                    tuples.append(current)
                in_subframe = True
            current = [src, dst, number, None if later else 0, None if later else 0]
        elif token in EXTENSIONS and current and ":" in current[0]:
            current[2] = int(take("ah.next_header" if token == "ah" else token + ".nxt") or 0)
            if token == "ipv6.fraghdr" and int(take("ipv6.fraghdr.offset") or 0, 0):
                current[3] = current[4] = None
        elif token in PORTS and current:
            field = PORTS[token]
            sport, dport = take(field + ".srcport"), take(field + ".dstport")
            if sport and current[3] == 0 and current[2] == NUMBERS[token]:
                current[3], current[4] = int(sport), int(dport)
    if current:
        tuples.append(current)
    vlans = many["vlan.id"]
    return int(row["frame.number"]), Seen(map(tuple, tuples), int(vlans[-1]) if vlans else 0, row["frame.protocols"])


def tshark(capture, cache):
    kept = cache and cache / hashlib.sha1(str(capture).encode()).hexdigest()
    if kept and kept.exists():
        return kept.read_text().splitlines()
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "occurrence=a"]
    for option in OPTIONS:
        command += ["-o", option]
    for field in FIELDS:
        command += ["-e", field]
    text = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=900).stdout
    if kept:
        kept.write_text(text)
    return text.splitlines()


def t2(build, plugins, capture):
    """{packet number: Seen} of the packet table, None if t2 refused the capture."""
    with tempfile.TemporaryDirectory() as folder:
        command = [f"{build}/bin/t2", "-p", str(plugins), "-s", "-l", "-r", str(capture), "-w", folder + "/o"]
        run = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=900)
        table = pathlib.Path(folder) / "o_packets.txt"
        if run.returncode or not table.exists():
            return None, run.stderr.strip().splitlines()[-1:] or ["?"]
        seen = {}
        with open(table, errors="replace") as rows:
            names = next(rows).lstrip("%").rstrip("\n").split("\t")
            for line in rows:
                row = dict(zip(names, line.rstrip("\n").split("\t")))
                number = int(row["pktNo"])
                tuples = set(seen[number].tuples) if number in seen else set()
                if row["l4Proto"]:
                    tuples.add((row["srcIP"], row["dstIP"], int(row["l4Proto"]), int(row["srcPort"] or 0), int(row["dstPort"] or 0)))
                vlan = row["vlanID"].split(";")[-1]
                seen[number] = Seen(tuples, int(vlan or 0), row["hdrDesc"])
        return seen, None


def without_ports(theirs, ours):
    """Ports that tshark did not see in a later fragment are not compared."""
    hidden = {t[:3] for t in theirs if t[3] is None}
    blank = lambda tuples: {t[:3] + (None, None) if t[:3] in hidden else t for t in tuples}
    return blank(theirs), blank(ours)


def difference(theirs, ours):
    """What differs, in words; None if nothing."""
    if ours is None:
        return "not in our table" if theirs.tuples else None
    a, b = without_ports(theirs.tuples, ours.tuples)
    if a != b:
        if not b:
            return "only tshark sees IP"
        if not a:
            return "only t2 sees IP"
        if {t[:2] for t in a} != {t[:2] for t in b}:
            return "addresses" if len(a) == len(b) else "number of packets"
        return "protocol" if {t[:3] for t in a} != {t[:3] for t in b} else "ports"
    return None if theirs.vlan == ours.vlan else "VLAN"


def compare(build, plugins, capture, cache):
    ours, problem = t2(build, plugins, capture)
    kinds, equal, total = collections.defaultdict(list), 0, 0
    for line in tshark(capture, cache):
        if "\t" not in line:
            continue
        number, theirs = from_tshark(line)
        total += 1
        if ours is None:
            kinds[("t2 refused", problem[0].replace(str(capture), "F"), "")].append(number)
            continue
        mine = ours.get(number)
        what = difference(theirs, mine)
        if what is None:
            equal += 1
        else:
            kinds[(what, theirs.how, mine.how if mine else "-")].append(
                (number, sorted(theirs.tuples, key=str), theirs.vlan, sorted(mine.tuples) if mine else None, mine.vlan if mine else 0))
    return capture, total, equal, kinds


def captures(paths):
    for path in map(pathlib.Path, paths):
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in SUFFIXES)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    given = os.environ.get("T2_CAPTURES")
    parser.add_argument("captures", nargs="*" if given else "+", default=[given])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=pathlib.Path)
    parser.add_argument("--show")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
    kinds, files, total, equal = collections.defaultdict(list), 0, 0, 0
    with tempfile.TemporaryDirectory() as plugins, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name in ("basicFlow", "txtSink"):
            for library in pathlib.Path(options.build, "plugins").resolve().glob(f"*_{name}.so"):
                pathlib.Path(plugins, library.name).symlink_to(library)
        work = [pool.submit(compare, options.build, plugins, c, options.cache) for c in captures(options.captures)]
        for done in work:
            capture, packets, same, found = done.result()
            files, total, equal = files + (packets > 0), total + packets, equal + same
            for kind, examples in found.items():
                kinds[kind] += [(capture, e) for e in examples]
    print(f"captures {files}, packets {total}, equal {equal} ({100 * equal / max(total, 1):.3f} %)")
    by_kind = sorted(kinds.items(), key=lambda k: -len(k[1]))
    for (what, theirs, ours), examples in by_kind if options.all else by_kind[:40]:
        print(f"{len(examples):7} {what}: {theirs} | {ours}  e.g. {examples[0][0]} {examples[0][1]}")
    for kind, examples in by_kind:
        for capture, example in examples if options.show and options.show in " ".join(kind) else []:
            print(capture, example)


if __name__ == "__main__":
    sys.exit(main())
