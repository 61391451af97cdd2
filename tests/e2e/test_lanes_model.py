# SPDX-License-Identifier: Apache-2.0
"""bench/lanes_model.py and cores_model.py on tasks whose time on any number of cores is known."""
import sys
import unittest

from t2run import SOURCE, main

sys.path.insert(0, str(SOURCE / "bench"))
import cores_model  # noqa: E402
import lanes_model  # noqa: E402

BLOCK = 2048


def costs(blocks, shards=(4.0, 4.0), prepare=3.0, line_up=1.0, join=(2.0,), cut=0.0, read=0.0, rows=0.0, write=0.0):
    """As many equal blocks; each hands over as many batches of rows as `join` has further pieces."""
    made = lanes_model.Costs(len(shards))
    for _ in range(blocks):
        b = lanes_model.Block()
        b.prepare, b.line_up, b.join, b.cut = prepare, line_up, list(join), cut
        b.shards = dict(enumerate(shards))
        made.blocks.append(b)
    made.rows = [rows] * (blocks * (len(join) - 1))
    made.writes = [write] * len(made.rows)
    made.sizes, made.reads = [BLOCK] * blocks, [read] * blocks
    return made


def wall(what, threads, cores, window=100):
    return lanes_model.Lanes(what, threads, window, BLOCK).simulate(cores)


class Model(unittest.TestCase):
    def test_cores_are_shared(self):
        def work(time):
            yield cores_model.WORK, time
        for cores, expected in ((1, 30), (2, 20), (3, 20)):
            machine = cores_model.Machine(cores)
            machine.start(work(10))
            machine.start(work(20))
            self.assertEqual(machine.run(), expected)
            self.assertEqual(machine.busy, 30)

    def test_waking(self):
        """Who has waited goes on later, and takes no core meanwhile."""
        def teller(condition):
            yield cores_model.WORK, 10
            condition.notify_one()
            yield cores_model.WORK, 10

        def waiter(condition):
            yield cores_model.WAIT, condition
            yield cores_model.WORK, 5

        for cores, expected in ((1, 25), (2, 22)):
            machine = cores_model.Machine(cores, wake=7)
            condition = cores_model.Condition(machine)
            machine.start(waiter(condition))
            machine.start(teller(condition))
            self.assertEqual(machine.run(), expected)
            self.assertEqual(machine.busy, 25)

    def test_linux(self):
        """Who is woken waits for the core where it was last, though another is idle, until that one looks at a tick."""
        def first(condition):
            yield cores_model.WORK, 1e6  # the second comes to wait on this core
            condition.notify_one()
            yield cores_model.WORK, 6e6

        def second(condition):
            yield cores_model.WAIT, condition
            yield cores_model.WORK, 6e6

        def short():
            yield cores_model.WORK, 0.5e6

        for linux, expected in ((False, 1e6 + 6e6), (True, cores_model.TICK + 6e6)):
            machine = cores_model.Machine(2, linux=linux)
            condition = cores_model.Condition(machine)
            for steps in (second(condition), short(), first(condition)):
                machine.start(steps)
            self.assertEqual(machine.run(), expected)

    def test_mutex(self):
        """One at a time, whoever else has a core."""
        machine = cores_model.Machine(4, wake=1)
        mutex = cores_model.Mutex(machine)

        def work():
            yield from mutex.lock()
            yield cores_model.WORK, 10
            mutex.unlock()

        for _ in range(3):
            machine.start(work())
        self.assertEqual(machine.run(), 10 + 1 + 10 + 1 + 10)

    def test_one_is_called_at_a_time(self):
        """A block has three tasks for the shards at once: who comes calls the next, each after the time to wake."""
        what = costs(1, shards=(100.0,) * 3, prepare=20.0, line_up=0.0, join=(0.0,), cut=5.0)
        lanes = lanes_model.Lanes(what, 4, 10, BLOCK)
        self.assertEqual(lanes.simulate(8), 5 + 20 + 100)
        # The cut; the reader starts, tells who cuts, who prepares the block and begins the first shard, calls a thread for the
        # second, which calls one for the third, which joins and calls whoever waits for the end, who waits for the writer, and
        # then tells the threads to end.
        lanes = lanes_model.Lanes(what, 4, 10, BLOCK)
        self.assertEqual(lanes.simulate(8, wake=3.0), 5 + 3 + 3 + 20 + 3 + 3 + 100 + 3 + 3 + 3 + 3)

    def test_no_crowd_is_called(self):
        """Nobody else until who was called is there; whoever brings blocks if no thread waits."""
        lanes = lanes_model.Lanes(costs(1), 3, 10, BLOCK)
        lanes.simulate(8)
        lanes.work.threads.extend(["a", "b"])
        lanes.room.threads.append("c")
        lanes.idle, lanes.called, lanes.bringer_waits = 2, False, True
        lanes.call_another()
        lanes.call_another()
        self.assertEqual(lanes.machine.woken, ["a"])
        lanes.called = False
        lanes.call_another()
        lanes.called = False
        lanes.call_another()
        lanes.call_another()
        self.assertEqual(lanes.machine.woken, ["a", "b", "c"])

    def test_one_core_does_everything(self):
        what = costs(10, join=(1.0, 1.0), cut=5.0, read=7.0, rows=6.0, write=2.0)
        for threads in (1, 2, 5):
            self.assertAlmostEqual(wall(what, threads, 1), 10 * (3 + 1 + 4 + 4 + 2 + 5 + 7 + 6 + 2))

    def test_all_cores_are_used(self):
        """Nothing is in the way but the number of cores."""
        what = costs(400, shards=(4.0,) * 16, prepare=30.0, line_up=0.1, join=(0.1,))
        self.assertAlmostEqual(wall(what, 8, 8) / (400 * (30 + 64 + 0.2) / 8), 1, delta=0.02)

    def test_serial_stages(self):
        """However many cores: the longest of those that do one block at a time."""
        for stage, time in (("line_up", 20.0), ("join", (20.0,)), ("cut", 20.0), ("read", 20.0), ("shards", (20.0, 1.0))):
            with self.subTest(stage):
                what = costs(200, **{stage: time})
                self.assertAlmostEqual(wall(what, 16, 32) / (200 * 20), 1, delta=0.02)
                name, share = lanes_model.limit(what, 200 * 20, 16, 32)
                self.assertEqual(name, {"line_up": "line up", "read": "reading", "shards": "heaviest shard"}.get(stage, stage))
                self.assertAlmostEqual(share, 1)

    def test_the_longest_waiting_shard_comes_first(self):
        lanes = lanes_model.Lanes(costs(2, shards=(4.0, 4.0, 4.0)), 2, 10, 1)
        machine = lanes_model.Machine(1)
        lanes.writer, lanes.mutex = lanes_model.Writer(machine, lanes.costs), lanes_model.Mutex(machine)
        lanes.flights.extend(lanes.costs.blocks)
        lanes.admitted = lanes.prepare_from = 2
        lanes.sharded = [1, 0, 1]
        tasks = lanes.ready()
        first = next(tasks)
        self.assertIsNotNone(next(tasks))  # as work_once() asks, whether there are more
        lanes.mutex.held = True
        next(first())
        self.assertEqual(lanes.shard_busy, [False, True, False])

    def test_window(self):
        """One block at a time: nothing of the next is done before it is joined."""
        what = costs(50, shards=(9.0, 4.0))
        self.assertAlmostEqual(wall(what, 8, 8, window=1), 50 * (3 + 1 + 9 + 2))
        self.assertLess(wall(what, 8, 8, window=3), 50 * (3 + 1 + 9 + 2) / 1.5)

    def test_window_of_the_reader(self):
        """It has no room for what is read while nobody takes, and so cannot do the second half in time of the first."""
        what = costs(1000, shards=(0.0,), prepare=0.0, line_up=0.0, join=(0.0,))
        for n, b in enumerate(what.blocks):
            b.cut, what.reads[n] = (20.0, 1.0) if n < 500 else (1.0, 20.0)
        self.assertAlmostEqual(wall(what, 1, 2) / 20000, 1, delta=0.1)

    def test_conductor_is_one_for_all(self):
        what = costs(100, shards=(1.0,) * 4, prepare=1.0, line_up=1.0, join=(1.0,))
        what.pick = 5.0
        self.assertGreaterEqual(wall(what, 16, 16), 100 * 7 * 5)

    def test_in_order(self):
        """Such a block is in the shards alone."""
        what = costs(3, shards=(8.0, 8.0), prepare=0.0, line_up=0.0, join=(0.0,))
        self.assertAlmostEqual(wall(what, 4, 4), 3 * 8)
        what.blocks[1].in_order = 16.0
        self.assertAlmostEqual(wall(what, 4, 4), 8 + 16 + 8)

    def test_rows(self):
        """Whoever is free makes them, one thread writes them in order."""
        what = costs(100, join=(1.0, 1.0), shards=(0.0,), prepare=0.0, line_up=0.0, rows=30.0)
        self.assertAlmostEqual(wall(what, 4, 8) / (100 * 32 / 5), 1, delta=0.1)
        what = costs(100, join=(0.0, 0.0), shards=(0.0,), prepare=0.0, line_up=0.0, rows=1.0, write=30.0)
        self.assertAlmostEqual(wall(what, 4, 8) / (100 * 30), 1, delta=0.05)

    def test_one_lane(self):
        """`-j 1`: the slowest of three threads, or two cores."""
        what = lanes_model.Costs()
        what.packets, what.rows, what.writes = [10.0] * 101, [2.0] * 100, [1.0] * 100
        what.sizes, what.reads = [256] * 250, [2.0] * 250
        self.assertAlmostEqual(lanes_model.OneLane(what).simulate(3) / 1010, 1, delta=0.02)
        self.assertAlmostEqual(lanes_model.OneLane(what).simulate(1), 1010 + 300 + 500)
        what.begin = 10.0
        self.assertAlmostEqual(lanes_model.OneLane(what).simulate(1), 1010 + 300 + 500)
        # What comes before the first packet is not read beside.
        what.packets, what.rows, what.writes, what.begin, what.reads = [1000.0], [], [], 400.0, [4.0] * 250
        self.assertAlmostEqual(lanes_model.OneLane(what).simulate(3) / 1400, 1, delta=0.02)
        what.begin = 0.0
        what.reads = [12.0] * 250
        self.assertAlmostEqual(lanes_model.OneLane(what).simulate(3) / 3000, 1, delta=0.02)

    def test_trace(self):
        """Rows made within join are not join's; what a thread did between its tasks is the conductor's or the cut."""
        lines = """total 1 100 400 777
read 4 256 0 7 9
read 4 255 0 59 60
take 1 0 0 40 41
prepare 1 0 0 42 45
line-up 2 0 0 0 5
shard 2 0 0 7 17
shard 2 0 1 19 20
hand-over 2 0 0 25 25
rows 2 0 0 26 36
hand-over 2 1 0 38 38
join 2 0 0 22 42
write 3 0 0 50 54
rows 3 1 0 60 61
write 3 1 0 70 75
take 1 1 0 60 80
shard 1 1 0 61 78
take 1 2 0 85 85
""".splitlines()
        c = lanes_model.read_trace(iter(lines))
        self.assertEqual(c.wall, 777)
        self.assertEqual(c.shards, 2)
        first, second, third = c.blocks
        self.assertEqual((first.cut, first.prepare, first.line_up, first.shards), (40, 3, 5, {0: 10, 1: 1}))
        self.assertEqual(first.join, [3, 3, 4])
        self.assertEqual((second.cut, second.shards), (15, {0: 17}))
        self.assertEqual(third.cut, 5)
        self.assertEqual((c.rows, c.writes), ([10, 1], [4, 5]))
        self.assertEqual(c.end, 15)
        self.assertEqual((c.sizes, c.reads), ([256, 255], [9, 51]))
        self.assertEqual(c.quick_pick, 2)
        self.assertEqual(c.pick, ((41 - 40) + (80 - 60 - 17) + 2 + 2 + 2) / 6)

    def test_trace_of_one_lane(self):
        lines = ["total 1 100 190 500", "hand-over 1 0 0 30 30", "rows 2 0 0 0 9", "write 2 0 0 10 12", "hand-over 1 1 0 60 60",
                 "rows 1 1 0 61 71", "write 2 1 0 15 20", "read 3 256 0 1 2"]
        c = lanes_model.read_trace(iter(lines))
        self.assertEqual((c.packets, c.rows, c.writes, c.reads), ([30, 30, 30], [9, 10], [2, 5], [2]))


if __name__ == "__main__":
    main()
