#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was aimed at and what bench/run.sh measured last: targets.py FOLDER-OF-RESULTS"""
import json
import pathlib
import sys

FOUR, SEVEN = "t2, four plugins", "t2, seven plugins"


class Results:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def value(self, race, program, what="wall"):
        try:
            return json.loads((self.folder / f"{race}.json").read_text())[program][what]
        except (FileNotFoundError, KeyError):
            return None

    def number(self, name):
        try:
            return float((self.folder / name).read_text())
        except FileNotFoundError:
            return None


def ratio(x, y):
    return x / y if x is not None and y else None


def rows(r):
    """Work, target in words, limit, measured, unit; a negative limit is a least."""
    for race, text in (("mixed", "mixed traffic"), ("capture", "real traffic")):
        base = r.value(race, "tcpdump")
        if race == "capture" and base is None:
            continue
        yield f"{text}, four plugins", "0.6 x tcpdump", 0.6, ratio(r.value(race, FOUR), base), "x"
        yield f"{text}, seven plugins", "1.0 x tcpdump", 1.0, ratio(r.value(race, SEVEN), base), "x"
    for plugins, limit in (("four", 0.75), ("seven", 1.1)):
        wall = ratio(r.value("real", f"`-j 2`, {plugins} plugins"), r.value("real", "tcpdump"))
        yield f"real traffic, `-j 2`, {plugins} plugins", f"{limit} x tcpdump's copy", limit, wall, "x"
    base = r.value("single", "nfpcapd")
    yield "500,000 one-packet flows, four plugins", "1.0 x nfpcapd", 1.0, ratio(r.value("single", FOUR), base), "x"
    yield "500,000 one-packet flows, seven plugins", "2.0 x nfpcapd", 2.0, ratio(r.value("single", SEVEN), base), "x"
    size, wall = r.number("packets.bytes"), r.value("packets", "t2 -s, four plugins")
    yield "packet mode `-s`, four plugins", "at least 400 MB/s", -400, ratio(size and size / 1e6, wall), "MB/s"
    yield ("FTP carving, 1 GB", "2 x `cp`", 2.0,
           ratio(r.value("ftp-transfers", "t2, decoding and carving"), r.value("ftp-transfers", "cp")), "x")
    yield "memory, 500,000 idle flows, four plugins", "300 MB", 300, r.value("single", FOUR, "peak"), "MB"
    yield "memory, 10 million idle flows, four plugins", "5,000 MB", 5000, r.value("large", FOUR, "peak"), "MB"
    large = ratio(r.value("large", FOUR), 1e7)
    yield ("time per flow, 10 million against 500,000", "1.5 x", 1.5,
           ratio(large, ratio(r.value("single", FOUR), 5e5)), "x")
    start = r.value("start", FOUR)
    yield "start-up on an empty capture", "20 ms", 20, start and start * 1000, "ms"
    # The budgets of the design.
    real = r.value("capture", FOUR) is not None
    race, packets, text = ("capture", r.number("capture.packets"), "real") if real else ("mixed", 3e6, "mixed")
    for program, limit in ((FOUR, 200), (SEVEN, 350)):
        wall = ratio(r.value(race, program), packets)
        yield f"wall time per packet, {text} traffic, {program[4:]}", f"{limit} ns", limit, wall and wall * 1e9, "ns"
    idle, empty = r.value("single", FOUR, "peak"), r.value("start", FOUR, "peak")
    per_flow = (idle - empty) * 2**20 / 5e5 if idle is not None and empty is not None else None
    yield "memory per idle flow of one packet, four plugins", "512 B", 512, per_flow, "B"


def main():
    print("| work | target | measured | reached |\n|---|---:|---:|---|")
    for work, target, limit, measured, unit in rows(Results(sys.argv[1])):
        if measured is None:
            print(f"| {work} | {target} | not measured | |")
            continue
        digits = {"x": 2, "ms": 1}.get(unit, 0)
        reached = measured >= -limit if limit < 0 else measured <= limit
        print(f"| {work} | {target} | {measured:.{digits}f} {unit} | {'yes' if reached else 'no'} |")


if __name__ == "__main__":
    main()
