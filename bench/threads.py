#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of each thread of t2, as the kernel's scheduler counts it, while other commands take turns.

  threads.py [--runs N] [--around CMD] [--pause S] NAME COMMAND ...

The threads start in this order: the working one, the writing one, the reading one.
"""
import argparse
import os
import shlex
import statistics
import subprocess
import sys
import time

THREADS = ("working", "writing", "reading")


def run_once(command):
    """Wall seconds and the CPU seconds of the threads, oldest first."""
    start = time.monotonic()
    process = subprocess.Popen(shlex.split(command), stdout=subprocess.DEVNULL)
    spent = {}
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        try:
            for thread in os.listdir(f"/proc/{process.pid}/task"):
                with open(f"/proc/{process.pid}/task/{thread}/schedstat", encoding="ascii") as f:
                    spent[int(thread)] = int(f.read().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            pass  # a thread ended meanwhile
        time.sleep(0.002)
    wall = time.monotonic() - start
    if process.wait() != 0:
        sys.exit(f"threads.py: failed: {command}")
    return [wall, *(spent[t] for t in sorted(spent))][: 1 + len(THREADS)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--around", default="")
    p.add_argument("--pause", type=float, default=0)
    p.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    p.add_argument("commands", nargs="+", metavar="NAME COMMAND")
    o = p.parse_args()
    if o.once:
        print(*run_once(o.commands[0]))
        return
    commands = dict(zip(o.commands[::2], o.commands[1::2]))
    seen = {name: [] for name in commands}
    for n in range(o.runs):
        time.sleep(o.pause if n else 0)
        for name, command in commands.items():
            r = subprocess.run([*shlex.split(o.around), sys.executable, __file__, "--once", command],
                               check=True, capture_output=True, text=True)
            seen[name].append([float(x) for x in r.stdout.split()])
    print("| | wall time | " + " | ".join(f"{t} thread" for t in THREADS) + " |")
    print("|---|" + "---:|" * (1 + len(THREADS)))
    for name, rows in seen.items():
        print(f"| {name} | " + " | ".join(f"{statistics.median(column):.3f} s" for column in zip(*rows)) + " |")


if __name__ == "__main__":
    main()
