# SPDX-License-Identifier: Apache-2.0
"""No run writes where it should not: two runs, other users, closed descriptors, names that meet, credentials."""
import os
import signal
import stat
import subprocess
import time
import unittest

from packets import pcap, udp_frame
from t2run import EXAMPLE, T2, Sandbox, main

LIMIT = 60
FLOWS = "o_flows.txt"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class OutputSafety(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "txtSink")
        self.t2("-r", EXAMPLE, "-w", "ref")
        self.reference = (self.dir / "ref_flows.txt").read_text()

    def start(self, *args, **kw):
        p = subprocess.Popen([T2, "-p", self.plugins, *map(str, args)], cwd=self.dir, env=self.env, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
        self.addCleanup(lambda: (p.kill(), p.communicate()) if p.poll() is None else None)
        return p

    def wait_for(self, condition):
        end = time.monotonic() + LIMIT
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def at_work(self, *args, file=FLOWS):
        """A run that waits for packets and has its files open."""
        p = self.start("-r", "-", *args)
        p.stdin.buffer.write(pcap([udp_frame("10.0.0.1", 1, "10.0.0.2", 2, b"x")]))
        p.stdin.flush()
        self.wait_for((self.dir / file).exists)
        return p

    def refused(self, *args, message):
        r = self.t2("-r", EXAMPLE, *args, check=False)
        self.assertEqual((r.returncode, r.stderr.count("\n")), (1, 1), r.stderr)
        self.assertRegex(r.stderr, r"^\[ERR\] " + message)
        return r

    def test_a_second_run_of_the_same_prefix(self):
        busy = "another run, or another output of this one, is writing it"
        for options, again, file, message in (
                (["-w", "o"], ["-w", "o"], FLOWS, f"Failed to open file 'o_headers.txt' for writing: {busy}"),
                (["-w", "o", "--set", "txtSink.TFS_HDR_FILE=0"], ["-w", "o", "-l", "--set", "txtSink.TFS_HDR_FILE=0"], FLOWS,
                 f"Failed to open file 'o_flows.txt' for writing: {busy}"),
                (["-W", "o:1f", "--set", "txtSink.TFS_HDR_FILE=0", "--set", "tranalyzer2.FLOW_TIMEOUT=0"],
                 ["-W", "o:1f", "--set", "txtSink.TFS_HDR_FILE=0"], "o_flows.txt0", f"Failed to open file 'o_flows.txt0' for writing: {busy}")):
            with self.subTest(options):
                p = self.at_work(*options, file=file)
                before = {f.name: f.read_bytes() for f in self.dir.glob("o_*")}
                self.refused(*again, message=message)
                self.assertEqual({f.name: f.read_bytes() for f in self.dir.glob("o_*")}, before)
                p.communicate(timeout=LIMIT)
                self.assertEqual(p.returncode, 0)
                self.t2("-r", EXAMPLE, "-w", "o")  # nothing is left of the lock
                self.assertEqual((self.dir / FLOWS).read_text(), self.reference)
                for f in self.dir.glob("o_*"):
                    f.unlink()
        p = self.at_work("-w", "o")
        p.kill()
        p.communicate()
        self.t2("-r", EXAMPLE, "-w", "o")
        self.assertEqual((self.dir / FLOWS).read_text(), self.reference)

    def test_closed_descriptors(self):
        for closed in ("0<&-", "1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"):
            r = subprocess.run(["bash", "-c", f'"$0" "$@" {closed}', T2, "-p", self.plugins, "-s", "-r", EXAMPLE, "-w", "o"],
                               cwd=self.dir, env=self.env, capture_output=True, text=True, timeout=LIMIT)
            self.assertEqual((r.returncode, (self.dir / FLOWS).read_text()), (0, self.reference), closed)

    def test_no_sink(self):
        (self.plugins / "901_txtSink.so").unlink()
        r = self.t2("-r", EXAMPLE, "-w", "o")
        self.assertIn("[WRN] No active plugin writes flows: there will be no flow table. Run 't2build txtSink'\n", r.stdout)

    def test_names_that_meet(self):
        for options in (["-s", "--set", "tranalyzer2.PACKETS_SUFFIX=_flows.txt"], ["-l", "--set", "tranalyzer2.LOG_SUFFIX=_headers.txt"],
                        ["-m", "--set", "tranalyzer2.MON_SUFFIX=_flows.txt"], ["--set", "txtSink.TFS_HEADER_SUFFIX=_flows.txt"]):
            self.refused("-w", "o", *options, message=r"Failed to open file 'o_(flows|headers)\.txt' for writing: another run, or another output")

    def test_sizes_that_overflow(self):
        for size in ("1e300G", "inf", "nan", "1e19", "99999999999999999999h", "10f,18446744073709551615", "10f,18446744073709551616"):
            self.refused("-W", f"o:{size}", message="Option '-W': Invalid format")
        self.assertEqual(list(self.dir.glob("o_*")), [])

    def test_index_file(self):
        self.refused("-e", "nothing", "-w", "o", message="Option '-e': failed to open file 'nothing' for reading: No such file")
        (self.dir / "indices").write_text("1\n")
        r = self.t2("-r", EXAMPLE, "-e", "indices", "-w", "o")
        self.assertIn("[WRN] Option '-e' has no effect without plugin pcapd\n", r.stdout)

    def test_parts_of_an_earlier_run(self):
        self.assertNotIn("earlier run", self.t2("-r", EXAMPLE, "-W", "o:2f").stdout)
        r = self.t2("-r", EXAMPLE, "-W", "o:4f")
        self.assertIn("txtSink: 2 part(s) of an earlier run are left: 'o_flows.txt2' and later\n", r.stdout)
        (self.dir / "o_flows.txt9x").touch()
        r = self.t2("-r", EXAMPLE, "-W", "o:100f")
        self.assertIn("txtSink: 3 part(s) of an earlier run are left: 'o_flows.txt1' and later\n", r.stdout)

    @unittest.skipIf(os.geteuid() != 0, "needs root to make another user's files")
    def test_another_users_files(self):
        path = self.dir / FLOWS
        for kind, make in (("pipe", lambda: os.mkfifo(path)), ("file", lambda: path.write_text("theirs\n")),
                           ("device or socket", lambda: os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3)))):
            with self.subTest(kind):
                make()
                path.chmod(0o666)
                os.chown(path, 65534, 65534)
                self.refused("-w", "o", message=f"Failed to open file 'o_flows.txt' for writing: it is another user's {kind}. Remove it")
                if kind == "file":
                    self.assertEqual(path.read_text(), "theirs\n")
                os.chown(path, 0, 0)  # one's own
                if kind == "file":
                    self.t2("-r", EXAMPLE, "-w", "o")
                path.unlink()

    def test_a_pipe_without_reader(self):
        os.mkfifo(self.dir / FLOWS)
        for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            p = self.start("-r", EXAMPLE, "-w", "o")
            self.wait_for((self.dir / "o_headers.txt").exists)
            time.sleep(0.2)
            p.send_signal(kind)
            _, errors = p.communicate(timeout=LIMIT)
            self.assertEqual((p.returncode, errors), (1, "[ERR] Failed to open file 'o_flows.txt' for writing: nobody reads this pipe\n"))
            (self.dir / "o_headers.txt").unlink()
        p = self.start("-r", EXAMPLE, "-w", "o")  # the reader may come later
        self.assertEqual((self.dir / FLOWS).read_text(), self.reference)
        p.communicate(timeout=LIMIT)
        self.assertEqual(p.returncode, 0)

    def test_a_full_standard_output(self):
        tools = [[name, "--help"] for name in ("t2", "t2build", "t2conf", "t2plugin", "t2stat")]
        cases = [*tools, ["t2", "--version"], ["t2", "--describe"], ["t2plugin", "-l"], ["t2plugin", "-N"], ["t2build", "-l"],
                 ["t2conf", "-l"], ["t2conf", "basicFlow", "-I"]]
        active = self.dir / ".tranalyzer" / "plugins"
        active.mkdir(parents=True)
        for library in self.plugins.iterdir():
            (active / library.name).symlink_to(library.resolve())
        for command in cases:
            with self.subTest(command), open("/dev/full", "w") as full:
                program = [T2.with_name(command[0]), *command[1:]]
                whole = subprocess.run(program, cwd=self.dir, env=self.env, capture_output=True, text=True, timeout=LIMIT)
                self.assertEqual((whole.returncode, bool(whole.stdout)), (0, True), whole.stderr)
                r = subprocess.run(program, cwd=self.dir, env=self.env, stdout=full, stderr=subprocess.PIPE, text=True, timeout=LIMIT)
                self.assertEqual(r.returncode, 1, r.stderr)
                self.assertNotEqual(r.stderr, "")


class Credentials(Sandbox):
    """ftpDecode shows passwords: what such a run writes is its owner's alone."""

    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "ftpDecode", "txtSink")
        os.umask(0o022)

    def modes(self, *options):
        for path in self.dir.glob("o_*"):
            path.unlink()
        self.t2("-s", "-l", "-m", "-r", EXAMPLE, "-w", "o", "--set", "tranalyzer2.MACHINE_REPORT=1", *options)
        return {mode(p) for p in self.dir.glob("o_*")}, sorted(p.name for p in self.dir.glob("o_*"))

    def test_modes(self):
        modes, names = self.modes()
        self.assertEqual((modes, names), ({0o600}, ["o_flows.txt", "o_headers.txt", "o_log.txt", "o_packets.txt"]))
        self.assertEqual(self.modes("--set", "ftpDecode.FTP_REDACT=1")[0], {0o600})  # user names are shown
        self.assertEqual(self.modes("--set", "ftpDecode.FTP_REDACT=2")[0], {0o644})
        self.assertEqual(self.modes("--set", "tranalyzer2.PRIVATE_FILES=0")[0], {0o644})
        (self.plugins / "301_ftpDecode.so").unlink()
        self.assertEqual(self.modes()[0], {0o644})

    def test_files_that_were_open_to_all(self):
        for name in ("o_flows.txt", "o_headers.txt", "o_flows.txt0", "o_flows.txt3"):
            (self.dir / name).touch(0o644)
        self.t2("-r", EXAMPLE, "-w", "o")
        self.t2("-r", EXAMPLE, "-W", "o:2f")
        self.assertEqual({p.name: mode(p) for p in self.dir.glob("o_*")},
                         {name: 0o600 for name in ("o_flows.txt", "o_headers.txt", *(f"o_flows.txt{i}" for i in range(4)))})

    def test_monitoring_and_a_log_that_was_moved(self):
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", "-", "-w", "o", "-l", "-m", "--set", "tranalyzer2.MACHINE_REPORT=1"],
                             cwd=self.dir, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (p.kill(), p.communicate()) if p.poll() is None else None)
        p.stdin.write(EXAMPLE.read_bytes())
        p.stdin.flush()
        log, monitoring = self.dir / "o_log.txt", self.dir / "o_monitoring.txt"
        end = time.monotonic() + LIMIT
        while not (log.exists() and monitoring.exists()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        time.sleep(0.3)
        log.rename(self.dir / "old")
        p.send_signal(signal.SIGHUP)
        while not log.exists():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        p.send_signal(signal.SIGUSR1)
        time.sleep(0.3)
        p.communicate(timeout=LIMIT)
        self.assertEqual((p.returncode, mode(log), mode(monitoring)), (0, 0o600, 0o600))


if __name__ == "__main__":
    main()
