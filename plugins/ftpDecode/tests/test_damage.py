# SPDX-License-Identifier: Apache-2.0
"""Captures damaged on purpose: what is whole stays whole, gaps are exact, nothing is called complete that is not."""
import random

from ftpcap import FtpCase, Session, content
from packets import Capture, Tcp
from t2run import main

SIZE = 20_000


class Damage(FtpCase):
    def session(self, command=b"RETR f", opening=b"150 x", size=SIZE, **kw):
        """A session with one download; returns capture, data connection."""
        cap = Capture()
        s = Session(cap, **kw)
        d = s.transfer("PASV", command, content(size), opening=opening)
        s.cmd(b"QUIT", b"221 bye")
        s.close()
        return cap, d

    def check_gaps(self, run, lost, size=SIZE, name="f_2_B", fin=True):
        expected = bytearray(content(size))
        for a, b in lost:
            expected[a:b] = bytes(b - a)
        self.same(run.files[name], bytes(expected))
        m = run.record(name)
        self.assertEqual([tuple(x) for x in m["missing"]], lost + ([] if fin else [(size, None)]))
        self.assertEqual((m["complete"], m["fin"]), (not lost and fin, fin))
        self.assertEqual(run.row(2, "B")["ftpStat"], "0x22" if lost else "0x06")

    def test_segments_dropped(self):
        for seed in range(20):
            with self.subTest(seed=seed):
                cap, d = self.session()
                r = random.Random(seed)
                gone = sorted(r.sample(range(len(d.sent[1])), r.randint(1, 5)))
                lost, base = [], d.sent[1][0][1]
                for k in gone:
                    _, seq, data = d.sent[1][k]
                    a, b = seq - base, seq - base + len(data)
                    if lost and lost[-1][1] == a:
                        lost[-1] = (lost[-1][0], b)
                    else:
                        lost.append((a, b))
                for k in reversed(gone):
                    del cap.frames[d.sent[1][k][0]]
                self.check_gaps(self.run_on(cap), lost)

    def test_last_segment_and_fin_dropped(self):
        cap, d = self.session()
        at = d.sent[1][-1][0]
        kept_ack = cap.frames[at + 1]
        del cap.frames[at:at + 3]  # the segment, its ACK, the FIN
        cap.frames.insert(at, kept_ack)
        self.check_gaps(self.run_on(cap), [(SIZE - 1000, SIZE)], fin=False)

    def test_any_single_frame_dropped(self):
        """Whatever is lost: no false "complete", and a whole file is a whole file."""
        whole, d = self.session(size=4000)
        data_frames = {at for at, _, _ in d.sent[1]}
        for k in range(len(whole.frames)):
            cap = Capture()
            cap.frames = whole.frames[:k] + whole.frames[k + 1:]
            run = self.run_on(cap)
            records = [m for m in run.contents() if m["size"]]
            with self.subTest(k=k):
                for m in records:
                    if m["complete"]:
                        self.assertEqual((self.dir / "files" / m["file"]).read_bytes(), content(4000))
                if k in data_frames:
                    self.assertFalse(any(m["complete"] for m in records))
                elif b"\r\n227 " not in b"\r\n" + whole.frames[k][1][54:]:  # nothing else names the port
                    self.assertTrue(content(4000) in run.files.values(), "a file is gone though none of its bytes is")

    def test_duplicated(self):
        cap, _ = self.session()
        cap.frames = [f for f in cap.frames for _ in (0, 1)]
        run = self.run_on(cap)
        self.check_gaps(run, [])
        self.assertEqual(run.transcripts["ftp_flow_1_A.txt"].count(b"RETR f"), 1)
        self.assertEqual(run.row(1, "B")["ftpRC"], "220;331;230;227;150;226;221")

    def test_neighbours_swapped(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                cap, _ = self.session()
                r, f = random.Random(seed), cap.frames
                for i in range(len(f) - 1):
                    if r.random() < 0.25:
                        f[i][1], f[i + 1][1] = f[i + 1][1], f[i][1]
                run = self.run_on(cap)
                self.check_gaps(run, [])
                self.assertEqual(run.row(1, "A")["ftpCC"], "USER;PASS;PASV;RETR;QUIT")

    def test_overlaps_with_other_bytes(self):
        for late in (False, True):
            cap = Capture()
            s = Session(cap)
            d = s.negotiate("PASV")()
            s.cmd(b"RETR f", b"150 for f (%d bytes)" % SIZE)
            start = d.seq[1]
            if late:  # in order first, then forged
                d.down(content(SIZE))
                for at in (0, 500, 1234, SIZE - 700):
                    d.segment(1, b"#" * 700, seq=start + at)
                expected, conflicts = content(SIZE), 4
            else:  # forged and waiting, then the true ones
                d.segment(1, b"#" * 700, seq=start + 5000)
                d.down(content(SIZE))
                expected, conflicts = content(SIZE)[:5000] + b"#" * 700 + content(SIZE)[5700:], 1
            d.close(1)
            s.down(b"226 x\r\n")
            run = self.run_on(cap)
            self.same(run.files["f_2_B"], expected)
            self.assertEqual(run.record("f_2_B")["conflicts"] > 0, True)
            if late:
                self.assertGreaterEqual(run.record("f_2_B")["conflicts"], conflicts)

    def test_forged_with_a_wrong_checksum(self):
        """Segments that the receiver drops: they win when checksums are not looked at, and are nothing when they are."""
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 for f (%d bytes)" % SIZE)
        d.segment(1, b"#" * 700)
        forged = bytearray(cap.frames[-1][1])
        forged[-1] ^= 1  # behind the checksum
        cap.frames[-1][1] = bytes(forged)
        d.down(content(SIZE))
        d.close(1)
        s.down(b"226 x\r\n")
        run = self.run_on(cap)
        self.same(run.files["f_2_B"][699:], b'"' + content(SIZE)[700:])
        self.assertGreater(run.record("f_2_B")["conflicts"], 0)
        run = self.run_on(cap, "tranalyzer2.STREAM_CHKSUM=1")
        self.check_gaps(run, [])
        self.assertEqual(run.record("f_2_B")["conflicts"], 0)

    def test_snapped(self):
        cap = Capture()
        s = Session(cap)
        s.cmd(b"PASV", b"227 (10,0,0,2,200,1)")  # short enough to be captured
        s.up(b"RETR f\r\n")
        d = Tcp(cap, s.client, 42000, s.server, 51201)
        s.down(b"150 x\r\n")
        d.down(content(SIZE))
        d.close(1)
        run = self.run_on(cap, snaplen=96)
        kept = 96 - 54
        self.check_gaps(run, [(at + kept, min(at + 1000, SIZE)) for at in range(0, SIZE, 1000)])

    def test_cut_in_the_middle(self):
        cap, d = self.session()
        cap.frames = cap.frames[:d.sent[1][10][0]]
        run = self.run_on(cap)
        self.assertEqual(run.files["f_2_B"], content(SIZE)[:10_000])
        self.assertFalse(run.record("f_2_B")["complete"])
        self.assertEqual(run.row(2, "B")["ftpStat"], "0x02")

    def test_started_in_the_middle(self):
        cap, d = self.session(opening=b"150 for f (%d bytes)" % SIZE)
        cap.frames = cap.frames[d.sent[1][0][0] - 6:]
        run = self.run_on(cap)
        self.assertFalse(any(m["complete"] for m in run.contents() if m["size"] < SIZE))

    def test_one_direction_of_the_data_connection(self):
        cap, d = self.session()
        at = d.sent[1][0][0]
        end = d.sent[1][-1][0] + 2
        cap.frames = [f for k, f in enumerate(cap.frames) if not (at - 2 <= k < end and f[1][34:36] == cap.frames[at + 1][1][34:36])]
        self.check_gaps(self.run_on(cap), [])

    def test_forged_far_segment_makes_no_giant(self):
        cap = Capture()
        s = Session(cap)
        d = s.negotiate("PASV")()
        s.cmd(b"RETR f", b"150 x")
        d.down(content(SIZE)[:10_000])
        d.segment(1, b"forged", seq=d.seq[1] + (1 << 30))
        d.down(content(SIZE)[10_000:])
        d.close(1)
        s.down(b"226 x\r\n")
        self.check_gaps(self.run_on(cap), [])

    def test_sequence_numbers_wrap(self):
        cap = Capture()
        s = Session(cap, isn=(0xFFFFFFF0, 0xFFFFFFE0))
        d = s.transfer("PASV", b"RETR f", content(SIZE), isn=(0xFFFFFF00, 0xFFFFFFFF - 5000))
        self.assertIsNotNone(d)
        self.check_gaps(self.run_on(cap), [])

    def test_one_byte_segments(self):
        cap = Capture()
        s = Session(cap, mss=1)
        s.transfer("PASV", b"RETR f", content(500), mss=1)
        run = self.run_on(cap)
        self.assertEqual(run.files["f_2_B"], content(500))
        self.assertEqual(run.row(1, "A")["ftpPass"], '"me@example"')

    def test_control_lines_lost(self):
        """A lost reply must not take the transfers behind it along."""
        cap = Capture()
        s = Session(cap)
        s.cmd(b"TYPE I")
        at = len(cap.frames)
        s.down(b"200 ok\r\n")
        del cap.frames[at]
        s.transfer("PASV", b"RETR f", content(SIZE))
        s.cmd(b"NOOP", b"200 ok")
        s.transfer("PASV", b"RETR g", content(10))
        run = self.run_on(cap)
        self.same_files(run, {"f_2_B": content(SIZE), "g_3_B": content(10)})


main()
