# SPDX-License-Identifier: Apache-2.0
"""Time bins against the times of the packet table."""
import collections
import random

from packets import pcap, udp_frame
from t2run import EXAMPLE, Sandbox, main, table


def ns(text):
    seconds, _, rest = text.lstrip("-").partition(".")
    n = int(seconds) * 10**9 + int(rest.ljust(9, "0"))
    return -n if text.startswith("-") else n


class TimeBins(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "timeBins", "txtSink")

    def check(self, capture, *settings, most=4096, first_width=10**6):
        """The bins are those of the packets, at the least width that has room. Returns the bins."""
        self.t2("-s", "-r", capture, "-w", "o", *[a for s in settings for a in ("--set", s)])
        _, packets = table(self.dir / "o_packets.txt")
        names, rows = table(self.dir / "o_timeBins.txt")
        self.assertEqual(names, ["timeFirst", "duration", "numPkts", "numBytes"])
        width = first_width
        while True:
            wanted = collections.defaultdict(lambda: [0, 0])
            for p in packets:
                b = wanted[ns(p["time"]) // width * width]
                b[0] += 1
                b[1] += int(p["l7Len"])
            if len(wanted) <= most:
                break
            width *= 2
        self.assertEqual({ns(r["timeFirst"]): [int(r["numPkts"]), int(r["numBytes"])] for r in rows}, dict(wanted))
        self.assertEqual({ns(r["duration"]) for r in rows}, {width} if rows else set())
        self.assertEqual([ns(r["timeFirst"]) for r in rows], sorted(wanted))
        _, flows = table(self.dir / "o_flows.txt")
        self.assertEqual(sum(int(f["pktsSnt"]) for f in flows), sum(int(r["numPkts"]) for r in rows))
        self.assertEqual(sum(int(f["l7BytesSnt"]) for f in flows), sum(int(r["numBytes"]) for r in rows))
        return rows

    def capture(self, times):
        frames = [udp_frame("10.0.0.1", 1000 + i % 7, "10.0.0.2", 53, b"x" * (i % 90))
                  for i in range(len(times))]
        path = self.dir / "in.pcap"
        path.write_bytes(pcap(frames, times=times))
        return path

    def test_the_example(self):
        self.assertGreater(len(self.check(EXAMPLE)), 40)
        self.assertIn("timeBins: Number of time bins: ", self.t2("-r", EXAMPLE, "-w", "o").stdout)

    def test_bounded_however_long_and_in_any_order(self):
        r = random.Random(5)
        for name, times in (("long", [1e9 + i * 1.37 for i in range(600)]), ("apart", [1e9 + 2.0**(i / 20) for i in range(600)]),
                            ("any order", [1e9 + r.random() * 10**r.randrange(7) for _ in range(600)])):
            with self.subTest(name):
                self.check(self.capture(times), "timeBins.TIMEBINS_MOST=16", most=16)
                self.check(self.capture(times), "timeBins.TIMEBINS_MOST=100", most=100)

    def test_width(self):
        times = [1e9 + i * 0.4 for i in range(200)]
        rows = self.check(self.capture(times), "timeBins.TIMEBINS_WIDTH=1", first_width=10**9)
        self.assertEqual(len(rows), 80)

    def test_no_packets_no_prefix(self):
        self.assertEqual(self.check(self.capture([])), [])
        (self.dir / "o_timeBins.txt").unlink()
        self.t2("-r", EXAMPLE, "-w", "-")
        self.assertEqual(list(self.dir.glob("*timeBins*")), [])

    def test_it_writes_no_flows(self):
        for p in self.plugins.glob("*_txtSink.so"):
            p.unlink()
        self.assertIn("No active plugin writes flows", self.t2("-r", EXAMPLE, "-w", "o").stdout)


if __name__ == "__main__":
    main()
