# SPDX-License-Identifier: Apache-2.0
"""How long the tasks of a run of t2 -j N take on so many cores, by the rules of src/engine/conductor.cc and writer.cc.

Costs come from a trace (src/engine/task_trace.h), in nanoseconds of CPU time. Threads are generators that yield "work"
with a time, or "wait"; when more of them want to work than there are cores, all go on at the same lower speed. Not
modelled: memory and caches are as fast for eight cores as for one.
"""
import collections
import heapq
import statistics

WORK, WAIT = "work", "wait"
ENOUGH, AHEAD = 4, 64  # batches of 256 packets that ReadAhead's reader is ahead: before it wakes its reader, at most
LONG_QUEUE, MOST_QUEUED = 4, 16  # Writer's
FLUSH = 1e9  # Engine settles the lanes once a second


class Machine:
    """Threads on some cores; when one has done a piece of work, those that wait look again whether they can go on, and go on
    after the time `wake`."""

    def __init__(self, cores, wake=0.0):
        self.cores, self.wake = cores, wake
        self.now, self.turn = 0.0, 0.0  # turn: of each thread that works, so far
        self.working, self.waking, self.waiting, self.count = [], [], [], 0
        self.busy = 0.0

    def start(self, thread):
        self.go_on(thread, 0.0)

    def go_on(self, thread, after):
        """Until it works or waits; it works after that time."""
        try:
            what, time = next(thread)
        except StopIteration:
            return
        if what == WAIT:
            self.waiting.append(thread)
            return
        self.count += 1
        if after > 0:
            heapq.heappush(self.waking, (self.now + after, self.count, thread, time))
        else:
            heapq.heappush(self.working, (self.turn + time, self.count, thread))

    def run(self):
        while self.working or self.waking:
            speed = min(1.0, self.cores / len(self.working)) if self.working else 1.0
            done = self.now + (self.working[0][0] - self.turn) / speed if self.working else float("inf")
            if self.waking and self.waking[0][0] <= done:
                at, count, thread, time = heapq.heappop(self.waking)
                self.advance(at, speed)
                heapq.heappush(self.working, (self.turn + time, count, thread))
                continue
            self.advance(done, speed)
            self.go_on(heapq.heappop(self.working)[2], 0.0)
            self.look_again()
        return self.now

    def advance(self, to, speed):
        if self.working:
            self.turn += (to - self.now) * speed
            self.busy += (to - self.now) * speed * len(self.working)
        self.now = to

    def look_again(self):
        """Who goes on may be what another waits for."""
        before = -1
        while before != self.count:
            before = self.count
            waiting, self.waiting = self.waiting, []
            for other in waiting:
                self.go_on(other, self.wake)


class Block:
    __slots__ = ("cut", "read", "prepare", "line_up", "shards", "in_order", "join", "prepared", "preparing", "lined_up", "done")

    def __init__(self):
        self.cut = self.read = self.prepare = self.line_up = self.in_order = 0.0
        self.shards = {}
        self.join = [0.0]  # between the batches of rows that it hands over


class Costs:
    """What a trace says."""

    def __init__(self, shards=0):
        self.shards = shards
        self.blocks, self.rows, self.writes = [], [], []
        # Choosing a task and telling that it is done, under the conductor's mutex: on average, with all that woken threads did
        # in vain; and mostly.
        self.pick = self.quick_pick = 0.0
        self.read = 0.0  # by the reading thread, in all
        self.begin = 0.0  # -j 1: the working thread's before the first packet; else in the first block's cut
        self.packets = [0.0]  # -j 1: the working thread's time, between the batches of rows
        self.end = 0.0  # the working thread's, behind all rows
        self.wall = 0.0  # as measured

    def totals(self):
        """Nanoseconds that one thread at a time can only do."""
        by_shard = [sum(b.shards.get(s, 0) for b in self.blocks) for s in range(self.shards)]
        return {"reading": self.read, "cut": sum(b.cut for b in self.blocks), "prepare": sum(b.prepare for b in self.blocks),
                "line up": sum(b.line_up for b in self.blocks), "shards": sum(by_shard), "heaviest shard": max(by_shard, default=0),
                "join": sum(sum(b.join) for b in self.blocks), "rows": sum(self.rows), "write": sum(self.writes),
                "conductor": self.pick * sum(4 + len(b.shards) - 1 for b in self.blocks)}


def read_trace(lines):
    """Costs of a traced run."""
    _, main, own, everyone, wall = next(lines).split()
    spans = collections.defaultdict(list)
    for line in lines:
        what, thread, number, shard, begin, end = line.split()
        spans[thread].append((what, int(number), int(shard), int(begin), int(end)))
    costs = Costs(1 + max((s[2] for thread in spans.values() for s in thread if s[0] == "shard"), default=-1))
    blocks, rows, writes = collections.defaultdict(Block), {}, {}
    gaps, tasks, workers = 0.0, 0, []
    for thread, its in spans.items():
        its.sort(key=lambda s: (s[3], -s[4]))  # those within another behind it
        g, t = read_thread(its, blocks, rows, writes, [] if thread == main else workers)
        gaps += g
        tasks += t
    gaps += sum(workers)
    costs.wall = float(wall)
    costs.blocks = [blocks[n] for n in sorted(blocks)]
    costs.rows = [rows[n] for n in sorted(rows)]
    costs.writes = [writes.get(n, 0.0) for n in sorted(rows)]
    costs.read = max(0.0, float(everyone) - float(own) - sum(max(s[4] for s in its) for thread, its in spans.items() if thread != main))
    for b in costs.blocks:
        b.read = costs.read / len(costs.blocks)
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


class Writer:
    """The writing thread, and rows that others make for it."""

    def __init__(self, costs):
        self.costs = costs
        self.queue = collections.deque()  # [number, made, taken]
        self.handed, self.ending, self.ended = 0, False, False

    def waiting(self):
        return next((b for b in self.queue if not b[2]), None)

    def make(self, batch):
        batch[2] = True
        yield WORK, self.costs.rows[batch[0]]
        batch[1] = True

    def hand_over(self):
        if len(self.queue) >= LONG_QUEUE:
            batch = self.waiting()
            if batch:
                yield from self.make(batch)
        while len(self.queue) >= MOST_QUEUED:
            batch = self.waiting()
            if batch:
                yield from self.make(batch)
            else:
                yield WAIT, 0
        self.queue.append([self.handed, False, False])
        self.handed += 1

    def run(self):
        while self.queue or not self.ending:
            batch = self.queue and self.queue[0]
            if batch and batch[1]:
                self.queue.popleft()
                yield WORK, self.costs.writes[batch[0]]
            elif self.waiting():
                yield from self.make(self.waiting())
            else:
                yield WAIT, 0
        self.ended = True


class Lanes:
    """Conductor with its threads, the reading one and the writing one."""

    def __init__(self, costs, threads, window):
        self.costs, self.threads, self.window = costs, threads, window
        self.writer = Writer(costs)
        self.flights = collections.deque()
        self.joined = self.lined_up = self.admitted = 0
        self.sharded, self.shard_busy = [0] * costs.shards, [False] * costs.shards
        self.line_busy = self.join_busy = self.in_order_busy = self.choosing = self.ending = False
        self.begun = False  # a thread reads once it is asked to
        self.read_ahead = 0  # blocks
        self.taken = 0
        self.prepare_from = 0
        for b in costs.blocks:
            b.prepared = b.preparing = b.lined_up = False
            b.done = 0

    def simulate(self, cores, wake=0.0):
        self.machine = Machine(cores, wake)
        for thread in (self.reader(), self.writer.run(), *(self.worker() for _ in range(self.threads - 1)), self.main()):
            self.machine.start(thread)
        return self.machine.run()

    def reader(self):
        ahead = max(1, AHEAD * 256 // 2048)
        for n, b in enumerate(self.costs.blocks):
            while not self.begun or n - self.taken >= ahead:
                yield WAIT, 0
            yield WORK, b.read
            self.read_ahead = n + 1

    def main(self):
        blocks, flushed = self.costs.blocks, 0.0
        for n, b in enumerate(blocks):
            if n == 0:
                yield WORK, b.cut
                self.begun = True
            while self.read_ahead <= n:
                yield WAIT, 0
            if n > 0:
                yield WORK, b.cut
            while len(self.flights) >= self.window:
                yield from self.work_once()
            self.flights.append(b)
            self.taken = n + 1
            if self.machine.now - flushed >= FLUSH or n + 2 >= len(blocks):
                flushed = self.machine.now
                while self.flights:
                    yield from self.work_once()
        self.ending = self.writer.ending = True
        while not self.writer.ended:
            yield WAIT, 0
        yield WORK, self.costs.end

    def worker(self):
        while not self.ending:
            yield from self.work_once()

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

    def pick(self):
        """What gives room first, as Conductor::ready."""
        self.admit()
        shards, first = self.costs.shards, self.flights[0] if self.flights else None
        if first is not None and not self.join_busy and first.done == shards:
            return self.join
        if self.writer.waiting():
            return lambda: self.writer.make(self.writer.waiting())
        at = self.lined_up - self.joined
        if at < len(self.flights) and not self.line_busy and self.flights[at].prepared:
            return self.line_up
        if self.runs_in_order():
            if not self.in_order_busy and first.done == 0:
                return self.run_in_order
        else:
            free = [(self.sharded[s], s) for s in range(shards) if self.sharded[s] < self.admitted and not self.shard_busy[s]]
            if free:
                flight, shard = min(free)
                return lambda: self.shard(self.flights[flight - self.joined], shard)
        self.prepare_from = max(self.prepare_from, self.joined)
        if self.prepare_from < self.joined + len(self.flights):
            b = self.flights[self.prepare_from - self.joined]
            self.prepare_from += 1
            return lambda: self.prepare(b)
        return None

    def work_once(self):
        """Choosing, one at a time, then the task."""
        while self.choosing:
            yield WAIT, 0
        task = self.pick()
        if task is None:
            yield WAIT, 0
            return
        steps = task()
        first = next(steps)  # marks what it does as being done
        self.choosing = True
        yield WORK, self.costs.pick
        self.choosing = False
        yield first
        yield from steps

    def prepare(self, b):
        yield WORK, b.prepare
        b.prepared = True

    def line_up(self):
        self.line_busy = True
        b = self.flights[self.lined_up - self.joined]
        yield WORK, b.line_up
        self.line_busy, b.lined_up = False, True
        self.lined_up += 1

    def shard(self, b, s):
        self.shard_busy[s] = True
        yield WORK, b.shards.get(s, 0.0)
        self.shard_busy[s] = False
        b.done += 1
        self.sharded[s] += 1

    def run_in_order(self):
        self.in_order_busy = True
        b = self.flights[0]
        yield WORK, b.in_order
        self.in_order_busy = False
        b.done = self.costs.shards
        self.sharded = [n + 1 for n in self.sharded]

    def join(self):
        self.join_busy = True
        b = self.flights[0]
        for n, piece in enumerate(b.join):
            if n:
                yield from self.writer.hand_over()
            yield WORK, piece
        self.join_busy = False
        self.flights.popleft()
        self.joined += 1


class OneLane:
    """`-j 1`: the reading, the working and the writing thread."""

    SLICES = 2000  # of the packets

    def __init__(self, costs):
        self.costs, self.writer = costs, Writer(costs)
        self.begun = False
        self.done = self.read_ahead = 0.0  # shares of all packets

    def simulate(self, cores, wake=0.0):
        machine = Machine(cores, wake)
        for thread in (self.reader(), self.writer.run(), self.main()):
            machine.start(thread)
        return machine.run()

    def reader(self):
        for n in range(self.SLICES):
            while not self.begun or n - self.done * self.SLICES >= max(1, AHEAD // 8):
                yield WAIT, 0
            yield WORK, self.costs.read / self.SLICES
            self.read_ahead = (n + 1) / self.SLICES

    def main(self):
        yield WORK, self.costs.begin
        self.begun = True
        first, *others = self.costs.packets
        packets = [max(0.0, first - self.costs.begin), *others]
        total, spent = sum(packets) or 1.0, 0.0
        for n, piece in enumerate(packets):
            if n:
                yield from self.writer.hand_over()
            left = piece
            while left > 0:
                while self.read_ahead <= self.done < 1:
                    yield WAIT, 0
                step = min(left, total / self.SLICES)
                yield WORK, step
                left -= step
                spent += step
                self.done = min(1.0, spent / total)
        self.writer.ending = True


def limit(costs, wall, threads, cores):
    """What keeps it from being faster: the name of what is busy longest, and the share of the time."""
    t = costs.totals()
    work = sum(v for k, v in t.items() if k != "heaviest shard")
    busy = {"reading": t["reading"], "cut": t["cut"], "line up": t["line up"], "heaviest shard": t["heaviest shard"],
            "join": t["join"], "conductor": t["conductor"], "write": t["write"], "cores": work / min(cores, threads + 2)}
    name = max(busy, key=busy.get)
    return name, busy[name] / wall
