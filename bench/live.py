#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many packets per second a live capture takes without losing one: senders and a listener at the two ends of a pair of
virtual interfaces in a network namespace of their own, on the same cores. Needs root, tcpdump and a build with -DT2_BENCH=ON.

  bench/live.py [--build build/bench] [--capture FILE] [--seconds 3] [--repeat 3] [--first]

For each program the senders first send as fast as they can, then, as long as packets are lost, a tenth slower; `--repeat` times,
programs in turn. Prints a table."""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = 100_000_000  # packets per second: as fast as they can
RING = 32 << 20
PACKETS = 300_000
SENDERS = 2  # one does not reach what a listener takes
FOUR = ("basicFlow", "tcpStates", "ftpDecode", "txtSink")
SEVEN = ("basicFlow", "tp0f", "basicStats", "tcpFlags", "tcpStates", "ftpDecode", "txtSink")
WAYS = ((1, 1), (2, 1), (2, 2), (4, 4))  # -j, sockets


class Bench:
    def __init__(self, options, folder):
        self.o, self.folder = options, pathlib.Path(folder)
        self.build = pathlib.Path(options.build).resolve()
        self.space = f"t2live{os.getpid()}"
        self.capture = options.capture or str(self.folder / "mixed.pcap")
        if not options.capture:
            subprocess.run([self.build / "bench" / "make_traffic", "mixed", self.capture, str(PACKETS)], check=True, stdout=subprocess.DEVNULL)
        for name, plugins in (("four", FOUR), ("seven", SEVEN)):
            (self.folder / name).mkdir()
            for p in plugins:
                library = next((self.build / "plugins").glob(f"[0-9]*_{p}.so"))
                (self.folder / name / library.name).symlink_to(library)

    def ip(self, *words):
        subprocess.run(["ip", *words], check=True)

    def open(self):
        self.ip("netns", "add", self.space)
        self.ip("-n", self.space, "link", "add", "from", "type", "veth", "peer", "name", "to")
        for end in ("from", "to"):
            subprocess.run([*self.inside(), "sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1"], check=True)
            self.ip("-n", self.space, "link", "set", end, "mtu", "9000", "up")

    def close(self):
        subprocess.run(["ip", "netns", "del", self.space], stderr=subprocess.DEVNULL)

    def inside(self):
        return ["ip", "netns", "exec", self.space]

    def programs(self):
        yield "tcpdump -w /dev/null", ["tcpdump", "-Z", "root", "-i", "to", "-s", "65535", "-B", str(RING >> 10), "-w", "/dev/null"]
        for plugins in ("four", "seven"):
            for jobs, sockets in WAYS:
                name = f"t2 -j {jobs}, {sockets} socket{'s' if sockets > 1 else ''}, {plugins} plugins"
                yield name, [str(self.build / "bin" / "t2"), "-p", str(self.folder / plugins), "-i", "to", "-B", str(RING), "-j", str(jobs),
                             "--set", f"tranalyzer2.LIVE_SOCKETS={sockets}", "-w", str(self.folder / "o")]

    def trial(self, command, rate):
        """(packets that were lost, rate that was sent, CPU ns of the listener per packet)"""
        log = self.folder / "log"
        with log.open("w") as out:
            listener = subprocess.Popen([*self.inside(), *command], stdout=out, stderr=out, env={**os.environ, "HOME": str(self.folder)})
        while not re.search("Snapshot length|snapshot length", log.read_text()):
            if listener.poll() is not None:
                sys.exit(f"live.py: {' '.join(command)}:\n{log.read_text()}")
            time.sleep(0.05)
        time.sleep(0.2)
        senders = [subprocess.Popen([*self.inside(), self.build / "bench" / "send_packets", "from", self.capture, str(rate / SENDERS),
                                     str(self.o.seconds), str(i * PACKETS // SENDERS)], stdout=subprocess.PIPE, text=True)
                   for i in range(SENDERS)]
        said = [re.match(r"(\d+) frames, (\d+) per second", s.communicate()[0]).groups() for s in senders]
        sent, reached = (sum(int(x[i]) for x in said) for i in (0, 1))
        time.sleep(1)  # what is in the ring
        listener.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(listener.pid, 0)
        listener.returncode = os.waitstatus_to_exitcode(status)
        heard = int(re.search(r"processed packets: (\d+)|(\d+) packets captured", log.read_text()).group().split(":")[-1].split()[0])
        return sent - heard, reached, round((used.ru_utime + used.ru_stime) * 1e9 / max(1, heard))

    def highest(self, command):
        """(rate, CPU ns per packet at it)"""
        rate = TOP
        while True:
            lost, reached, cpu = self.trial(command, rate)
            if os.environ.get("T2_LIVE_TRACE"):
                print(f"# {command[0]}: sent {reached} per second, lost {lost}, {cpu} ns", file=sys.stderr, flush=True)
            if lost == 0:
                return reached, cpu
            rate = reached * 0.9


def first():
    """Before everything else on this machine: nice means nothing between sessions, but theirs does."""
    if os.getsid(0) != os.getpid():
        sys.exit("live.py: --first is for a session of its own: setsid -w bench/live.py --first")
    try:
        pathlib.Path("/proc/self/autogroup").write_text("-20")
    except OSError as e:
        print(f"live.py: --first: {e}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/bench")
    parser.add_argument("--capture")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--first", action="store_true", help="other programs get hardly any CPU meanwhile")
    parser.add_argument("--only", default="", help="names that contain this, beside tcpdump")
    options = parser.parse_args()
    if options.first:
        first()
    if os.geteuid() != 0:
        sys.exit("live.py: needs root, for a network namespace and a capture")
    with tempfile.TemporaryDirectory(prefix="t2live", dir="/dev/shm") as folder:
        bench = Bench(options, folder)
        try:
            bench.open()
            programs = [(n, c) for n, c in bench.programs() if options.only in n or n.startswith("tcpdump")]
            results = {name: [] for name, _ in programs}
            for _ in range(options.repeat):
                for name, command in programs:
                    results[name].append(bench.highest(command))
        finally:
            bench.close()
    beside = statistics.median(r for r, _ in next(iter(results.values())))
    print("| program | packets/s without loss | lowest to highest | of tcpdump | CPU per packet |\n|---|---:|---:|---:|---:|")
    for name, runs in results.items():
        rates = sorted(r for r, _ in runs)
        median = statistics.median(rates)
        cpu = statistics.median(c for _, c in runs)
        print(f"| {name} | {median:,.0f} | {rates[0]:,} to {rates[-1]:,} | {median / beside:.2f} | {cpu:.0f} ns |")


if __name__ == "__main__":
    main()
