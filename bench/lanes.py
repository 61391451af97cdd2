#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What more cores would give: traces t2 here, checks that lanes_model.py says how long that took, and lets it say how long
the same tasks take on 4, 8 and 32 cores.

  lanes.py [--runs N] [--around CMD] [--pause S] [--packets N] [--shards N] [--window N] [--block N]
           T2_LANES NAME ARGUMENTS ...

T2_LANES is tests/lanes/t2_lanes, ARGUMENTS are those of t2. --shards, --window (at most so many) and --block try another
shape than that of `t2 -j N`. What others do on the machine meanwhile is not simulated: such runs are repeated.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import lanes_model

HERE = os.cpu_count()
MEASURED = (1, 2, 8)
PREDICTED = ((1, 8), (4, 4), (8, 8), (32, 32))  # -j, cores
OTHERS, TRIES = 0.05, 20  # of all processors' time
# lanes_for() of src/engine/many_lanes.cc, for many threads
SHARDS, WINDOW, BLOCK = 8, 36, 2048


def shape(jobs, most):
    """Shards, threads besides the first, window, packets of a block; `most`: the former, the window, and the latter."""
    return min(2 * jobs, most[0]), jobs - 1, min(2 * jobs + 4, most[1]), most[2]


def used_by_others():
    """Seconds of all cores since they began, for which this process cannot account. Ticks: right to some hundredths."""
    user, nice, system, _, _, interrupts, soft, steal = (int(t) for t in open("/proc/stat").readline().split()[1:9])
    own = sum(os.times()[:4])
    return (user + nice + system + interrupts + soft + steal) / os.sysconf("SC_CLK_TCK") - own


def traced(program, arguments, jobs, most):
    """Costs of one run that had the machine for itself."""
    for _ in range(TRIES):
        before = used_by_others(), time.monotonic()
        costs = traced_anyhow(program, arguments, jobs, most)
        if used_by_others() - before[0] < OTHERS * HERE * (time.monotonic() - before[1]):
            return costs
        time.sleep(1)
    raise SystemExit("lanes.py: other programs use the processors, so what is measured is not what is simulated. Try again later")


def traced_anyhow(program, arguments, jobs, most):
    lanes = "0 0 0 0 0 0" if jobs == 1 else "{} {} {} {} 0 0".format(*shape(jobs, most))
    with tempfile.NamedTemporaryFile(mode="r", suffix=".trace") as trace:
        subprocess.run([program, *lanes.split(), *shlex.split(arguments)], env={**os.environ, "T2_TRACE": trace.name}, check=True,
                       stdout=subprocess.DEVNULL)
        return lanes_model.read_trace(iter(trace))


def wake_time(rounds=2000):
    """Until a thread that waits on another core goes on, in nanoseconds."""
    all_cores = os.sched_getaffinity(0)
    here, there = (sorted(all_cores) * 2)[:2]
    to, back = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {there})
        for _ in range(rounds):
            os.read(to[0], 1)
            os.write(back[1], b"x")
        os._exit(0)
    os.sched_setaffinity(0, {here})
    times = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        os.write(to[1], b"x")
        os.read(back[0], 1)
        times.append(time.perf_counter_ns() - begin)
    os.waitpid(child, 0)
    os.sched_setaffinity(0, all_cores)
    return statistics.median(times) / 2


def simulated(costs, jobs, most, cores, wake):
    lanes = lanes_model.OneLane(costs) if jobs == 1 else lanes_model.Lanes(costs, jobs, *shape(jobs, most)[2:])
    return lanes.simulate(cores, wake, linux=True)


def run_once(program, arguments, most):
    """Of one round: what was measured, what the model makes of it, and totals of the stages."""
    wake = wake_time()
    out = {"wake": wake}
    begin = traced(program, arguments, MEASURED[-1], most).blocks[0].cut
    one = None
    for jobs in MEASURED:
        costs = traced(program, arguments, jobs, most)
        costs.begin = begin
        one = one or costs
        out[f"measured {jobs}"] = costs.wall
        out[f"simulated {jobs}"] = simulated(costs, jobs, most, HERE, wake)
    for jobs, cores in PREDICTED:
        if jobs == 1:
            out["predicted 1"] = out["slowest 1"] = simulated(one, 1, most, cores, wake)
            continue
        out[f"slowest {jobs}"] = simulated(costs, jobs, most, cores, wake)
        every, costs.pick = costs.pick, costs.quick_pick
        wall = simulated(costs, jobs, most, cores, wake)
        out[f"limit {jobs}"] = lanes_model.limit(costs, wall, jobs, cores)
        costs.pick = every
        out[f"predicted {jobs}"] = wall
    out["totals"] = costs.totals()
    out["pick"], out["quick pick"] = costs.pick, costs.quick_pick
    return out


def median(rounds, name):
    return statistics.median(r[name] for r in rounds)


def table(results, packets):
    lines = [f"| wall time | " + " | ".join(f"`-j {j}`, {HERE} cores" for j in MEASURED) + " | "
             + " | ".join(f"`-j {j}`, {cores} cores" for j, cores in PREDICTED) + " | limit |",
             "|---|" + "---:|" * (len(MEASURED) + len(PREDICTED)) + "---|"]
    for name, rounds in results.items():
        lines.append(f"| {name}, measured | " + " | ".join(f"{median(rounds, f'measured {j}') / 1e9:.3f} s" for j in MEASURED)
                     + " | " * len(PREDICTED) + " | |")
        cells = []
        for j in MEASURED:
            off = statistics.median(r[f"simulated {j}"] / r[f"measured {j}"] - 1 for r in rounds)
            cells.append(f"{median(rounds, f'simulated {j}') / 1e9:.3f} s ({100 * off:+.0f} %)")
        ends = ([f"{median(rounds, f'{end} {j}') / 1e9:.2f}" for end in ("predicted", "slowest")] for j, _ in PREDICTED)
        cells += [" to ".join(sorted(set(both))) + " s" for both in ends]
        what, share = zip(*(rounds[len(rounds) // 2][f"limit {j}"] for j, _ in PREDICTED if j > 1))
        cells.append(", ".join(f"{w} ({100 * s:.0f} %)" for w, s in zip(what, share)))
        lines.append(f"| {name}, simulated | " + " | ".join(cells) + " |")
    stages = list(next(iter(results.values()))[0]["totals"])
    wake = statistics.median(r["wake"] for rounds in results.values() for r in rounds)
    lines += ["", f"A thread on another core goes on {wake / 1000:.0f} µs after it is told to. Choosing a task took "
              f"{statistics.median(r['quick pick'] for rounds in results.values() for r in rounds) / 1000:.1f} µs mostly, "
              f"{statistics.median(r['pick'] for rounds in results.values() for r in rounds) / 1000:.1f} µs on average: the two "
              "ends of what is predicted. CPU time of the stages with `-j 8`, ns per packet:", "", "| | " + " | ".join(stages) + " |", "|---|" + "---:|" * len(stages)]
    for name, rounds in results.items():
        lines.append(f"| {name} | " + " | ".join(
            f"{statistics.median(r['totals'][s] for r in rounds) / packets:.0f}" for s in stages) + " |")
    return "\n".join(lines)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--runs", type=int, default=5)
    p.add_argument("--around", default="")
    p.add_argument("--pause", type=float, default=0)
    p.add_argument("--packets", type=int, default=1)
    p.add_argument("--shards", type=int, default=SHARDS)
    p.add_argument("--window", type=int, default=WINDOW)
    p.add_argument("--block", type=int, default=BLOCK)
    p.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    p.add_argument("program", metavar="T2_LANES")
    p.add_argument("commands", nargs="+", metavar="NAME ARGUMENTS")
    o = p.parse_args()
    if o.once:
        print(json.dumps(run_once(o.program, o.commands[0], (o.shards, o.window, o.block))))
        return
    commands = dict(zip(o.commands[::2], o.commands[1::2]))
    results = {name: [] for name in commands}
    most = ["--shards", str(o.shards), "--window", str(o.window), "--block", str(o.block)]
    for n in range(o.runs):
        time.sleep(o.pause if n else 0)
        for name, arguments in commands.items():
            r = subprocess.run([*shlex.split(o.around), sys.executable, __file__, "--once", *most, o.program, arguments],
                               stdout=subprocess.PIPE, text=True)
            if r.returncode != 0:
                sys.exit(1)
            results[name].append(json.loads(r.stdout))
    print(table(results, o.packets))


if __name__ == "__main__":
    main()
