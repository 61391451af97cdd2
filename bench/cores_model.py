# SPDX-License-Identifier: Apache-2.0
"""Threads on some cores, as Linux gives them out: what lanes_model.py runs its threads on.

Threads are generators that yield "work" with a time in nanoseconds, or "wait" with a Condition.
"""
import collections
import heapq

WORK, WAIT = "work", "wait"
# Linux, kernel/sched/fair.c with CONFIG_HZ 250, as `perf sched` shows it here: at each tick a core that is idle looks for a
# thread that waits elsewhere, at each eighth one that is not.
TICK, BUSY_TICKS = 4e6, 8


class Condition:
    """What threads wait for."""

    def __init__(self, machine):
        self.machine, self.threads = machine, collections.deque()

    def notify_one(self):
        if self.threads:
            self.machine.woken.append(self.threads.popleft())

    def notify_all(self):
        while self.threads:
            self.notify_one()


class Mutex:
    def __init__(self, machine):
        self.held, self.free = False, Condition(machine)

    def lock(self):
        while self.held:
            yield WAIT, self.free
        self.held = True

    def unlock(self):
        self.held = False
        self.free.notify_one()

    def wait(self, condition):
        self.unlock()
        yield WAIT, condition
        yield from self.lock()


class Thread:
    def __init__(self, steps):
        self.steps, self.core = steps, None
        self.left = 0.0  # of what it does
        self.had = 0.0  # time, in comparison with others of its core
        self.ran = float("-inf")  # last, until then


class Core:
    def __init__(self):
        self.thread, self.queue = None, []
        self.since = 0.0  # the thread runs
        self.turn = 0  # counts what it was given to do

    def load(self):
        return len(self.queue) + (self.thread is not None)


class Machine:
    """Threads on some cores. Each core has its queue: of those in it who had least time goes on.

    `linux`: a thread that is woken queues where it was last, whoever is idle; cores look for threads of others at ticks only,
    so that some are idle while threads wait. Else any idle core takes it at once. Who was woken goes on after the time `wake`
    if the core was idle; else it displaces a thread that had more time."""

    def __init__(self, cores, wake=0.0, linux=False):
        self.cores, self.wake, self.linux = [Core() for _ in range(cores)], wake, linux
        self.now, self.busy, self.ticks = 0.0, 0.0, 0
        self.events, self.count, self.living, self.woken = [], 0, 0, []

    def start(self, steps):
        self.living += 1
        self.woken.append(Thread(steps))

    def run(self):
        self.at(TICK, None, 0)
        self.place_woken(0.0)
        while self.living > 0:
            self.now, _, core, turn = heapq.heappop(self.events)
            if core is None:
                if not self.events:
                    raise RuntimeError("all threads wait")
                self.tick()
            elif core.turn == turn:
                self.go_on(core)
        return self.now

    def at(self, time, core, turn):
        self.count += 1
        heapq.heappush(self.events, (time, self.count, core, turn))

    def go_on(self, core):
        """Its thread has done what it did: until it works or waits."""
        thread = core.thread
        self.stop_clock(core)
        try:
            what, value = next(thread.steps)
            while what == WORK and value <= 0:
                what, value = next(thread.steps)
        except StopIteration:
            self.living -= 1
            what, value = WAIT, None
        if what == WORK:
            thread.left = value
            self.give(core, thread, 0.0)
        else:
            if value is not None:
                value.threads.append(thread)
            self.choose(core)
        self.place_woken(self.wake)

    def place_woken(self, after):
        woken, self.woken = self.woken, []
        for thread in woken:
            self.place(thread, after)

    def stop_clock(self, core):
        thread, time = core.thread, max(0.0, self.now - core.since)
        thread.had += time
        thread.left -= time
        thread.ran = self.now
        self.busy += time
        core.since = max(core.since, self.now)

    def give(self, core, thread, after):
        core.thread, thread.core, core.since = thread, core, self.now + after
        core.turn += 1
        self.at(core.since + thread.left, core, core.turn)

    def choose(self, core):
        """The core is free."""
        core.thread = None
        core.turn += 1
        if not core.queue and not self.linux:
            self.pull(core)
        if core.queue:
            thread = min(core.queue, key=lambda t: t.had)
            core.queue.remove(thread)
            self.give(core, thread, 0.0)

    def pull(self, core):
        """From the fullest queue who has waited longest."""
        source = max(self.cores, key=Core.load)
        if source.queue and source.load() > core.load() + 1:
            thread = min(source.queue, key=lambda t: t.ran)
            source.queue.remove(thread)
            self.enqueue(core, thread)

    def enqueue(self, core, thread):
        """Nobody saves up time while it sleeps."""
        there = [t.had for t in (*core.queue, *([core.thread] if core.thread else []))]
        if there:
            thread.had = max(thread.had, min(there))
        thread.core = core
        core.queue.append(thread)

    def place(self, thread, after):
        core = thread.core
        if core is None or (core.thread is not None and not self.linux):
            core = min(self.cores, key=Core.load)
        if core.thread is None:
            return self.give(core, thread, after)
        if core.since <= self.now:
            self.stop_clock(core)
        self.enqueue(core, thread)
        self.share(core)

    def share(self, core):
        """Those who had less than who is at work get their turn."""
        if core.since <= self.now and core.queue and min(t.had for t in core.queue) < core.thread.had:
            core.queue.append(core.thread)
            self.choose(core)

    def tick(self):
        self.ticks += 1
        for core in self.cores:
            if core.thread is None:
                self.pull(core)
                self.choose(core)
                continue
            if core.since <= self.now:
                self.stop_clock(core)
            if self.ticks % BUSY_TICKS == 0:
                self.pull(core)
            self.share(core)
        self.at(self.now + TICK, None, 0)
