# SPDX-License-Identifier: Apache-2.0
"""How long the tasks of a run of t2 -j N take on so many cores, by the rules of src/engine/conductor.cc, writer.cc and
src/capture/read_ahead.cc.

Costs come from a trace (src/engine/task_trace.h), in nanoseconds of CPU time. Not modelled: memory and caches are as fast for
eight cores as for one, nobody waits for the lock of the address space, the reading thread has no scouts.
"""
import collections
import functools
import statistics

from cores_model import WAIT, WORK, Condition, Machine, Mutex

SLOTS, ENOUGH = 64, 8  # ReadAhead's, batches
LONG_QUEUE, MOST_QUEUED = 4, 16  # Writer's
FLUSH = 1e9  # Engine settles the lanes once a second


class Block:
    __slots__ = ("cut", "prepare", "line_up", "shards", "in_order", "join", "prepared", "lined_up", "done")

    def __init__(self):
        self.cut = self.prepare = self.line_up = self.in_order = 0.0
        self.shards = {}
        self.join = [0.0]  # between the batches of rows that it hands over


class Costs:
    """What a trace says."""

    def __init__(self, shards=0):
        self.shards = shards
        self.blocks, self.rows, self.writes = [], [], []
        self.sizes = []  # of batches, packets
        self.reads = []  # by the reading thread, of each batch of packets: a window of the capture is mapped all at once
        # Choosing a task and telling that it is done, under the conductor's mutex: on average, with all that woken threads did
        # in vain; and mostly.
        self.pick = self.quick_pick = 0.0
        self.begin = 0.0  # -j 1: the working thread's before the first packet; else in the first block's cut
        self.packets = [0.0]  # -j 1: the working thread's time, between the batches of rows
        self.end = 0.0  # the working thread's, behind all rows
        self.wall = 0.0  # as measured

    def totals(self):
        """Nanoseconds that one thread at a time can only do."""
        by_shard = [sum(b.shards.get(s, 0) for b in self.blocks) for s in range(self.shards)]
        return {"reading": sum(self.reads), "cut": sum(b.cut for b in self.blocks), "prepare": sum(b.prepare for b in self.blocks),
                "line up": sum(b.line_up for b in self.blocks), "shards": sum(by_shard), "heaviest shard": max(by_shard, default=0),
                "join": sum(sum(b.join) for b in self.blocks), "rows": sum(self.rows), "write": sum(self.writes),
                "conductor": self.pick * sum(4 + len(b.shards) - 1 for b in self.blocks)}


def read_trace(lines):
    """Costs of a traced run."""
    _, main, own, _, wall = next(lines).split()
    spans = collections.defaultdict(list)
    for line in lines:
        what, thread, number, shard, begin, end = line.split()
        spans[thread].append((what, int(number), int(shard), int(begin), int(end)))
    costs = Costs(1 + max((s[2] for thread in spans.values() for s in thread if s[0] == "shard"), default=-1))
    blocks, rows, writes = collections.defaultdict(Block), {}, {}
    gaps, tasks, workers = 0.0, 0, []
    for thread, its in spans.items():
        its.sort(key=lambda s: (s[3], -s[4]))  # those within another behind it
        if its[0][0] == "read":
            costs.sizes = [s[1] for s in its]
            ends = [0, *(s[4] for s in its)]
            costs.reads = [float(end - begin) for begin, end in zip(ends, ends[1:])]
            continue
        g, t = read_thread(its, blocks, rows, writes, [] if thread == main else workers)
        gaps += g
        tasks += t
    gaps += sum(workers)
    costs.wall = float(wall)
    costs.blocks = [blocks[n] for n in sorted(blocks)]
    costs.rows = [rows[n] for n in sorted(rows)]
    costs.writes = [writes.get(n, 0.0) for n in sorted(rows)]
    costs.pick = gaps / tasks if tasks else 0.0
    costs.quick_pick = statistics.median(workers) if workers else costs.pick
    if costs.blocks:
        costs.end = float(own) - max(s[4] for s in spans[main])
    else:
        costs.packets = pieces(0, int(own), spans[main])
    return costs


STAGES = ("prepare", "line-up", "shard", "in-order", "join")


def read_thread(spans, blocks, rows, writes, between):
    """Enters what a thread did; into `between` the times between its tasks. Those within takes, and the number of tasks."""
    gaps, tasks, last = 0.0, 0, 0  # last: end of what it did last
    for at, (what, number, shard, begin, end) in enumerate(spans):
        if what == "take":
            blocks[number].cut = begin - last
            gaps += end - begin - sum(s[4] - s[3] for s in within(spans, at) if s[0] in (*STAGES, "help"))
        elif what in (*STAGES, "help"):
            tasks += 1
            if last:
                between.append(begin - last)
            if what != "help":
                enter(blocks[number], what, shard, begin, end, within(spans, at))
        elif what == "rows":
            rows[number] = float(end - begin)
        elif what == "write":
            writes[number] = float(end - begin)
        if what in ("take", "help", *STAGES):
            last = max(last, end)
    return gaps, tasks


def within(spans, at):
    """Those that lie in the `at`th one."""
    stop = next((n for n in range(at + 1, len(spans)) if spans[n][3] >= spans[at][4]), len(spans))
    return spans[at + 1:stop]


def enter(block, what, shard, begin, end, nested):
    if what == "prepare":
        block.prepare = float(end - begin)
    elif what == "line-up":
        block.line_up = float(end - begin)
    elif what == "shard":
        block.shards[shard] = float(end - begin)
    elif what == "in-order":
        block.in_order = float(end - begin)
    else:
        block.join = pieces(begin, end, nested)


def pieces(begin, end, nested):
    """Time between handed over batches, without rows that were made meanwhile."""
    out, from_ = [0.0], begin
    for what, _, _, start, stop in nested:
        if what == "rows":
            out[-1] += start - from_
            from_ = stop
        elif what == "hand-over":
            out[-1] += start - from_
            out.append(0.0)
            from_ = start
    out[-1] += end - from_
    return out


class Reader:
    """ReadAhead: its thread, and the one that takes batches."""

    def __init__(self, machine, times):
        self.times = times  # of each batch
        self.filled = self.emptied = 0
        self.has_filled, self.has_emptied = Condition(machine), Condition(machine)

    def run(self):
        for n, time in enumerate(self.times):
            while n - self.emptied >= SLOTS:
                self.has_filled.notify_one()
                yield WAIT, self.has_emptied
            yield WORK, time
            self.filled = n + 1
            if self.filled - self.emptied >= ENOUGH or self.filled == len(self.times):
                self.has_filled.notify_one()

    def take(self, n):
        """The `n`th batch."""
        self.emptied = n
        if self.filled - n <= SLOTS / 2:
            self.has_emptied.notify_one()
        while self.filled <= n:
            yield WAIT, self.has_filled


class Writer:
    """The writing thread, and rows that others make for it."""

    def __init__(self, machine, costs, rows_wait=None):
        self.costs = costs
        self.queue = collections.deque()  # [number, made, taken]
        self.handed, self.ending, self.ended = 0, False, False
        self.changed = Condition(machine)
        self.rows_wait = rows_wait  # tells helpers

    def waiting(self):
        return next((b for b in self.queue if not b[2]), None)

    def make_one(self):
        batch = self.waiting()
        if batch is None:
            return False
        batch[2] = True
        yield WORK, self.costs.rows[batch[0]]
        batch[1] = True
        self.changed.notify_all()
        return True

    def hand_over(self):
        if len(self.queue) >= LONG_QUEUE and self.rows_wait is None:
            yield from self.make_one()
        while len(self.queue) >= MOST_QUEUED:
            if not (yield from self.make_one()):
                yield WAIT, self.changed
        self.queue.append([self.handed, False, False])
        self.handed += 1
        self.changed.notify_all()
        if self.rows_wait:
            yield from self.rows_wait()

    def run(self):
        while self.queue or not self.ending:
            if self.queue and self.queue[0][1]:
                batch = self.queue.popleft()
                self.changed.notify_all()
                yield WORK, self.costs.writes[batch[0]]
            elif not (yield from self.make_one()):
                yield WAIT, self.changed
        self.ended = True
        self.changed.notify_all()

    def finish(self):
        self.ending = True
        self.changed.notify_all()
        while not self.ended:
            yield WAIT, self.changed


class Lanes:
    """Conductor with its threads, the reading one and the writing one. As in conductor.cc one waiting thread is called at a
    time, and whoever brings blocks when there is room or nobody else waits."""

    def __init__(self, costs, threads, window, block):
        self.costs, self.threads, self.window, self.block = costs, threads, window, block
        self.flights = collections.deque()
        self.joined = self.lined_up = self.admitted = self.prepare_from = 0
        self.sharded, self.shard_busy = [0] * costs.shards, [False] * costs.shards
        self.line_busy = self.join_busy = self.in_order_busy = self.ending = False
        self.idle, self.called, self.bringer_waits = 0, False, False
        self.taken = self.packets = 0
        for b in costs.blocks:
            b.prepared = b.lined_up = False
            b.done = 0

    def simulate(self, cores, wake=0.0, linux=False):
        machine = self.machine = Machine(cores, wake, linux)
        self.mutex, self.work, self.room = Mutex(machine), Condition(machine), Condition(machine)
        self.writer = Writer(machine, self.costs, self.wake)
        self.reader = Reader(machine, self.costs.reads)
        machine.start(self.main())
        return machine.run()

    def main(self):
        blocks, flushed, first = self.costs.blocks, 0.0, True
        for thread in (*(self.worker() for _ in range(self.threads - 1)), self.writer.run()):
            self.machine.start(thread)
        yield WORK, blocks[0].cut
        self.machine.start(self.reader.run())
        for n, b in enumerate(blocks):
            batches = self.batches_of(n)
            for batch in batches:
                yield from self.reader.take(batch)
                yield WORK, b.cut / len(batches) if n > 0 else 0.0
            yield from self.mutex.lock()
            while len(self.flights) >= self.window:
                yield from self.work_or_wait()
            self.flights.append(b)
            self.call_another()
            if self.machine.now - flushed >= FLUSH or n + 2 >= len(blocks):
                flushed = self.machine.now
                while self.flights:
                    yield from self.work_or_wait()
            self.mutex.unlock()
        yield from self.writer.finish()
        self.ending = True
        self.work.notify_all()
        yield WORK, self.costs.end

    def batches_of(self, n):
        """Those that end all flows have none."""
        sizes, begin = self.costs.sizes, self.taken
        while self.taken < len(sizes) and self.packets < (n + 1) * self.block:
            self.packets += sizes[self.taken]
            self.taken += 1
        return range(begin, self.taken)

    def work_or_wait(self):
        if not (yield from self.work_once()):
            self.bringer_waits = True
            yield from self.mutex.wait(self.room)
            self.bringer_waits = False

    def worker(self):
        yield from self.mutex.lock()
        while not self.ending:
            if (yield from self.work_once()):
                continue
            self.idle += 1
            yield from self.mutex.wait(self.work)
            self.called = False
        self.mutex.unlock()

    def call_another(self):
        if self.called:
            return
        if self.idle == 0:
            return self.call_bringer()
        self.called = True
        self.idle -= 1
        self.work.notify_one()

    def call_bringer(self):
        if self.bringer_waits:
            self.bringer_waits = False
            self.room.notify_one()

    def wake(self):
        yield from self.mutex.lock()
        self.call_another()
        self.mutex.unlock()

    def admit(self):
        while not self.runs_in_order():
            at = self.admitted - self.joined
            if at >= len(self.flights) or not self.flights[at].lined_up:
                return
            if self.flights[at].in_order and at > 0:
                return
            self.admitted += 1

    def runs_in_order(self):
        return self.admitted > self.joined and bool(self.flights[0].in_order)

    def ready(self):
        """Tasks, what gives room first, as Conductor::ready; but one prepare() stands for all."""
        self.admit()
        shards, first = self.costs.shards, self.flights[0] if self.flights else None
        if first is not None and not self.join_busy and first.done == shards:
            yield self.join
        if self.writer.waiting():
            yield self.rows
        at = self.lined_up - self.joined
        if at < len(self.flights) and not self.line_busy and self.flights[at].prepared:
            yield self.line_up
        if self.runs_in_order():
            if not self.in_order_busy and first.done == 0:
                yield self.run_in_order
        else:
            for flight, shard in sorted((self.sharded[s], s) for s in range(shards)
                                        if self.sharded[s] < self.admitted and not self.shard_busy[s]):
                yield functools.partial(self.shard, self.flights[flight - self.joined], shard)
        for n in range(self.prepare_from, self.joined + len(self.flights)):
            yield self.prepare

    def work_once(self):
        """With the mutex, as all tasks begin and end. False: there is nothing to do."""
        tasks = self.ready()
        task = next(tasks, None)
        if task is None:
            return False
        if next(tasks, None) is not None:
            self.call_another()
        yield WORK, self.costs.pick
        yield from task()
        return True

    def working(self, time):
        self.mutex.unlock()
        yield WORK, time
        yield from self.mutex.lock()

    def prepare(self):
        b = self.flights[self.prepare_from - self.joined]
        self.prepare_from += 1
        yield from self.working(b.prepare)
        b.prepared = True

    def line_up(self):
        self.line_busy = True
        b = self.flights[self.lined_up - self.joined]
        yield from self.working(b.line_up)
        self.line_busy, b.lined_up = False, True
        self.lined_up += 1

    def shard(self, b, s):
        self.shard_busy[s] = True
        yield from self.working(b.shards.get(s, 0.0))
        self.shard_busy[s] = False
        b.done += 1
        self.sharded[s] += 1

    def run_in_order(self):
        self.in_order_busy = True
        b = self.flights[0]
        yield from self.working(b.in_order)
        self.in_order_busy = False
        b.done = self.costs.shards
        self.sharded = [n + 1 for n in self.sharded]

    def rows(self):
        self.mutex.unlock()
        yield from self.writer.make_one()
        yield from self.mutex.lock()

    def join(self):
        self.join_busy = True
        b = self.flights[0]
        self.mutex.unlock()
        for n, piece in enumerate(b.join):
            if n:
                yield from self.writer.hand_over()
            yield WORK, piece
        yield from self.mutex.lock()
        self.join_busy = False
        self.flights.popleft()
        self.joined += 1
        self.call_bringer()


class OneLane:
    """`-j 1`: the reading, the working and the writing thread."""

    def __init__(self, costs):
        self.costs = costs

    def simulate(self, cores, wake=0.0, linux=False):
        self.machine = Machine(cores, wake, linux)
        self.writer = Writer(self.machine, self.costs)
        self.reader = Reader(self.machine, self.costs.reads)
        self.machine.start(self.main())
        return self.machine.run()

    def main(self):
        self.machine.start(self.writer.run())
        yield WORK, self.costs.begin
        self.machine.start(self.reader.run())
        first, *others = self.costs.packets
        packets = [max(0.0, first - self.costs.begin), *others]
        step, left = sum(packets) / max(1, len(self.costs.reads)), 0.0  # of a batch
        taken = 0
        for n, piece in enumerate(packets):
            if n:
                yield from self.writer.hand_over()
            while piece > 0:
                if left <= 0 and taken < len(self.costs.reads):
                    yield from self.reader.take(taken)
                    taken += 1
                    left += step
                time = min(piece, left) if left > 0 else piece
                yield WORK, time
                left -= time
                piece -= time
        yield from self.writer.finish()


def limit(costs, wall, threads, cores):
    """What keeps it from being faster: the name of what is busy longest, and the share of the time."""
    t = costs.totals()
    work = sum(v for k, v in t.items() if k != "heaviest shard")
    busy = {"reading": t["reading"], "cut": t["cut"], "line up": t["line up"], "heaviest shard": t["heaviest shard"],
            "join": t["join"], "conductor": t["conductor"], "write": t["write"], "cores": work / min(cores, threads + 2)}
    name = max(busy, key=busy.get)
    return name, busy[name] / wall
