#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs programs side by side with hyperfine and prints a table in Markdown.

  race.py [--runs N] [--packets N] [--flows N] [--clear DIR] [--sync] [--before-round CMD] [--around CMD] [--pause S] [--to FILE] NAME COMMAND ...

hyperfine runs one command N times in a row, so that a busy moment of the machine would hit one program alone. Here the
programs take turns: in each of N rounds every command is run once, and medians over the rounds count. GNU time stands
between hyperfine and the program for its peak memory; the two of them add 1 ms. "{round}" in a command is the number of
the round. A program that fails is reported and runs no second time.
"""
import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def parse():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--runs", type=int, default=5, help="rounds")
    p.add_argument("--packets", type=int, help="of the capture: adds the CPU time per packet")
    p.add_argument("--flows", type=int, help="of the capture: adds the wall time per flow")
    p.add_argument("--clear", help="folder that is emptied before each command, outside of the measured time")
    p.add_argument("--sync", action="store_true", help="what was written before goes to the disk first, outside of the measured time")
    p.add_argument("--before-round", default="", metavar="CMD", help="runs before each round, outside of the measured time")
    p.add_argument("--around", default="", help="command that runs each measurement, e.g. one that keeps the machine quiet")
    p.add_argument("--pause", type=float, default=0, help="seconds between rounds")
    p.add_argument("--to", help="JSON file with the medians")
    p.add_argument("commands", nargs="+", metavar="NAME COMMAND")
    return p.parse_args()


def run_once(options, command, folder):
    """Seconds, CPU seconds of user and kernel, peak in MB; or a text that says how it failed."""
    result, memory = os.path.join(folder, "result.json"), os.path.join(folder, "memory")
    inner = f"/usr/bin/time -q -f %M -o {shlex.quote(memory)} {command}"
    prepare = []
    if options.clear:
        prepare = ["--prepare", f"find {shlex.quote(options.clear)} -mindepth 1 -delete"]
    if options.sync:
        prepare = ["--prepare", "sync"]
    subprocess.run([*shlex.split(options.around), "hyperfine", "-N", "-i", "--style", "none", "--runs", "1",
                    "--export-json", result, *prepare, inner],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(result, encoding="utf-8") as f:
        r = json.load(f)["results"][0]
    status = r["exit_codes"][0]
    with open(memory, encoding="utf-8") as f:
        last = f.read().split("\n")
    if status == 124:
        return "ended by the time limit"
    if status is None or status > 128:
        return f"ended by signal {status - 128}" if status else "ended by a signal"
    if status != 0:
        return f"failed with status {status}"
    return [r["mean"], r["user"], r["system"], int(last[-2]) / 1024]


def measure(options, commands):
    runs = {name: [] for name in commands}
    failed = {}
    with tempfile.TemporaryDirectory() as folder:
        for n in range(options.runs):
            if n > 0:
                time.sleep(options.pause)
            if options.before_round:
                subprocess.run(shlex.split(options.before_round), check=True)
            for name, command in commands.items():
                if name in failed:
                    continue
                r = run_once(options, command.replace("{round}", str(n)), folder)
                if isinstance(r, str):
                    failed[name] = r
                else:
                    runs[name].append(r)
    medians = {}
    for name in commands:
        if name in failed:
            medians[name] = {"failed": failed[name]}
        else:
            medians[name] = dict(zip(("wall", "user", "system", "peak"), map(statistics.median, zip(*runs[name]))))
    return medians


def seconds(s):
    return f"{s * 1000:.1f} ms" if s < 0.1 else f"{s:.3f} s" if s < 10 else f"{s:.1f} s"


def both(user, system):
    return f"{user * 1000:.1f} + {system * 1000:.1f} ms" if user + system < 0.1 else f"{user:.2f} + {system:.2f} s"


def table(medians, packets=None, flows=None):
    bases = [b for b in ("tcpdump", "nfpcapd", "cp") if "wall" in medians.get(b, {})]
    head = ["program", "wall time", *[f"of {b}" for b in bases], "CPU user + sys"]
    head += ["CPU per packet"] if packets else []
    head += ["per flow"] if flows else []
    head += ["peak memory"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for name, m in medians.items():
        if "failed" in m:
            lines.append(f"| {name} | {m['failed']} |" + " |" * (len(head) - 2))
            continue
        cells = [name, seconds(m["wall"]), *[f"{m['wall'] / medians[b]['wall']:.2f}" for b in bases],
                 both(m["user"], m["system"])]
        cells += [f"{(m['user'] + m['system']) / packets * 1e9:.0f} ns"] if packets else []
        cells += [f"{m['wall'] / flows * 1e9:.0f} ns"] if flows else []
        cells += [f"{m['peak']:.0f} MB"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    options = parse()
    if len(options.commands) % 2:
        sys.exit("race.py: each NAME needs a COMMAND")
    for tool, package in (("hyperfine", "hyperfine"), ("/usr/bin/time", "time")):
        if not shutil.which(tool):
            sys.exit(f"race.py: {tool} is missing. Try: apt-get install {package}")
    commands = dict(zip(options.commands[::2], options.commands[1::2]))
    medians = measure(options, commands)
    if options.to:
        with open(options.to, "w", encoding="utf-8") as f:
            json.dump(medians, f, indent=1)
    print(table(medians, options.packets, options.flows))


if __name__ == "__main__":
    main()
