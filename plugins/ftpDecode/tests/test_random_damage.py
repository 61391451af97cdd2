# SPDX-License-Identifier: Apache-2.0
"""Sessions damaged at random, compared with a model: the first bytes captured for a place win, all else is missing."""
import random

from ftpcap import FtpCase, Session, content
from packets import ACK, PSH, Capture, Tcp
from t2run import main

HEADERS = 54  # Ethernet, IPv4, TCP
SNAPLEN = 96


class File:
    """A transfer, and what a capture holds of it."""

    def __init__(self, name, data):
        self.name, self.data, self.pieces, self.touched = name, data, [], False

    def model(self, frames, snaplen):
        """(bytes, missing ranges) by the order of the capture."""
        got = [None] * len(self.data)
        here = {id(f): p for f, p in self.pieces}
        for f in frames:
            if id(f) not in here:
                continue
            at, data = here[id(f)]
            for i, b in enumerate(data[:SNAPLEN - HEADERS] if snaplen else data):
                if got[at + i] is None:
                    got[at + i] = b
        missing = []
        for i, b in enumerate(got):
            if b is None and missing and missing[-1][1] == i:
                missing[-1][1] = i + 1
            elif b is None:
                missing.append([i, i + 1])
        return bytes(b or 0 for b in got), missing


class RandomDamage(FtpCase):
    def capture(self, r):
        cap, files = Capture(), []
        s = Session(cap)
        for k in range(r.randint(2, 4)):
            f = File(f"f{k}", content(r.randint(1, 12_000), r.getrandbits(32)))
            upload, port = r.random() < 0.5, 50_000 + k
            s.cmd(b"EPSV", b"229 (|||%d|)" % port)
            s.up(b"%s %s\r\n" % (b"STOR" if upload else b"RETR", f.name.encode()))
            d = Tcp(cap, s.client, 42_000 + k, s.server, port, isn=(r.getrandbits(32), r.getrandbits(32)))
            s.down(b"150 go\r\n")
            side = 0 if upload else 1
            start = d.seq[side]
            d.mss = r.choice((100, 536, 1000))
            d.send(side, f.data)
            f.pieces = [(cap.frames[at], (seq - start, data)) for at, seq, data in d.sent[side]]
            f.forge = lambda at, data, d=d, side=side, start=start: d.segment(side, data, ACK | PSH, seq=start + at)
            d.close(side)
            s.down(b"226 ok\r\n")
            files.append(f)
        s.cmd(b"QUIT", b"221 bye")
        return cap, files

    def damage(self, r, cap, files):
        """Drops, doubles, swaps and forges segments; some files stay as they are. True if something was forged."""
        frames, forged = cap.frames, set()
        for f in files:
            if r.random() < 0.3:
                continue
            f.touched = True
            for frame, (at, data) in list(f.pieces):
                place = next(i for i, x in enumerate(frames) if x is frame)
                kind = r.choices(("keep", "drop", "double", "swap", "forge"), (80, 7, 5, 5, 3))[0]
                if kind == "drop":
                    del frames[place]
                elif kind == "double":
                    frames.insert(place + 1, list(frame))
                elif kind == "swap" and place + 1 < len(frames):
                    frames[place], frames[place + 1] = frames[place + 1], frames[place]
                elif kind == "forge":
                    lie = bytes(b ^ 0x55 for b in data)
                    f.forge(at, lie)
                    liar = frames.pop()
                    frames.insert(place + r.randint(0, 1), liar)
                    f.pieces.append((liar, (at, lie)))
                    forged.add(f.name)
        for i, frame in enumerate(frames):
            frame[0] = 1_000_000 + i * 0.001
        return forged

    def test_against_the_model(self):
        seen = {"whole": 0, "gaps": 0, "forged": 0, "cut": 0}
        for seed in range(150):
            r = random.Random(seed)
            cap, files = self.capture(r)
            forged = self.damage(r, cap, files)
            snaplen = SNAPLEN if r.random() < 0.2 else 0
            cut = r.random() < 0.2
            if cut:
                del cap.frames[r.randrange(len(cap.frames) // 2, len(cap.frames)):]
            run = self.run_on(cap, snaplen=snaplen)
            records = {m["argument"]: m for m in run.contents()}
            for f in files:
                with self.subTest(seed=seed, file=f.name, snaplen=snaplen, cut=cut, forged=f.name in forged):
                    data, missing = f.model(cap.frames, snaplen)
                    m = records.get(f.name)
                    if m is None:
                        self.assertTrue(missing, "a captured file was not carved")
                        continue
                    got = run.files[m["file"]]
                    self.assertEqual(m["complete"] and bool(missing), False, "false complete")
                    self.same(got, data[:len(got)])
                    if not cut:
                        self.assertEqual((len(got), m["missing"]), (len(data), missing))
                        self.assertEqual(m["complete"], not missing)
                    if not cut and not f.touched and not snaplen:
                        self.assertEqual((got, m["conflicts"]), (f.data, 0))
                        seen["whole"] += 1
                    if not cut and f.name in forged and not snaplen and not missing:
                        self.assertGreater(m["conflicts"], 0)
                    seen["gaps"] += bool(missing)
                    seen["forged"] += f.name in forged
                    seen["cut"] += cut
        self.assertGreater(min(seen.values()), 20, seen)


main()
