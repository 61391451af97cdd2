# SPDX-License-Identifier: Apache-2.0
"""Every mistake of the user: one clear line on stderr, the exit status of spec core 1.2, nothing written."""
import json
import os
import random
import shutil
import subprocess
import unittest

from t2run import EXAMPLE, PLUGINS, T2, Sandbox, main


class BadInput(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "txtSink")

    def fails(self, *args, message, status=1, hint=False, **kw):
        before = sorted(p.name for p in self.dir.iterdir())
        r = self.t2(*args, check=False, **kw)
        self.assertEqual(r.returncode, status, r.stderr)
        lines = r.stderr.splitlines()
        self.assertEqual(len(lines), 1, r.stderr)
        self.assertRegex(lines[0], r"^\[ERR\] " + message)
        self.assertEqual("Try 'tranalyzer -h' for more information." in r.stdout, hint, r.stdout)
        self.assertNotIn("Active plugins", r.stdout)
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), before, "something was written")

    def test_no_argument_prints_usage(self):
        r = subprocess.run([str(T2)], capture_output=True, text=True)
        self.assertEqual(r.returncode, 1)
        self.assertIn("Usage:", r.stdout)
        self.assertEqual(r.stderr, "")

    def test_help_and_version(self):
        for option, text in (("-h", "Usage:"), ("--help", "Examples:"), ("-V", "T2++ "), ("--version", "0.9.1")):
            r = self.t2(option)
            self.assertIn(text, r.stdout)

    def test_options(self):
        for args, message in (
                (("-Z",), "Unknown option '-Z'"),
                (("--nonsense",), "Unknown option '--nonsense'"),
                (("-s",), "One of '-r', '-R', '-D' or '-i' option is required"),
                (("-r",), "Option '-r' requires an argument"),
                (("--pcap",), "Option '--pcap' requires an argument"),
                (("-r", "x", "-i", "lo"), "'-r', '-R', '-D' and '-i' options can only be used exclusively"),
                (("-r", EXAMPLE, "-f", "0"), "Option '-f': 0 must be between"),
                (("-r", EXAMPLE, "-x", "abc"), "Option '-x': 'abc' is not a number"),
                (("-r", EXAMPLE, "-x", "08"), "Option '-x': '08' is not a number"),
                (("-r", EXAMPLE, "-S", "0"), "Option '-S': 0 must be"),
                (("-r", EXAMPLE, "-B", "0"), "Option '-B': 0 must be"),
                (("-r", EXAMPLE, "-M", "0"), "Option '-M': '0' must be a number greater than 0"),
                (("-r", EXAMPLE, "-P", "21"), "Option '-P': 21 must be between"),
                (("-r", EXAMPLE, "-j", "x"), "Option '-j': 'x' is not a number"),
                (("-r", EXAMPLE, "-j", "65"), "Option '-j': 65 must be between 0 and 64"),
                (("-r", EXAMPLE, "-j", "2", "-c", "1"), "Options '-c' and '-j' can only be used exclusively"),
                (("-r", EXAMPLE, "-W", "x:abc"), "Option '-W': Invalid format"),
                (("-r", EXAMPLE, "--set", "x"), "Option '--set': expected NAME.FLAG=value, found 'x'")):
            with self.subTest(args=args):
                self.fails(*args, message=message, hint=True)

    def test_a_second_capture_is_no_filter(self):
        self.fails("-r", EXAMPLE, EXAMPLE, EXAMPLE, message="'.*ftp-dpic.pcap' is a file, not a filter. For several captures write "
                   "their names into a list: '-R LIST'")

    def test_the_last_source_of_a_kind_wins(self):
        self.t2("-r", "/nonexistent", "-r", EXAMPLE, "-w", self.dir / "o")
        self.assertTrue((self.dir / "o_flows.txt").exists())

    def test_files(self):
        empty, text, folder, secret = (self.dir / n for n in ("empty.pcap", "text.pcap", "folder", "secret.pcap"))
        empty.write_bytes(b"")
        text.write_text("no capture, just some text\n" * 5)
        folder.mkdir()
        shutil.copy(EXAMPLE, secret)
        secret.chmod(0)
        cases = [("/nonexistent.pcap", "Failed to open file '/nonexistent.pcap' for reading: No such file"),
                 (empty, "PCAP file '.*empty.pcap' is empty"),
                 (text, "File '.*text.pcap' is not a valid PCAP/PCAP-NG file"),
                 (folder, "Failed to open file '.*folder' for reading: Is a directory")]
        for program, magic in (("xz", b"\xfd7zXZ\0"), ("bzip2", b"BZh9")):
            packed = self.dir / f"packed.{program}"
            packed.write_bytes(magic + bytes(100))
            cases.append((packed, f"File '.*packed.{program}' is compressed with {program}. Try: {program} -dc '.*' \\| t2 -r -"))
        for path, message in cases:
            with self.subTest(path=path):
                self.fails("-r", path, message=message)

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root reads everything, and no setpriv")
    def test_unreadable_file(self):
        secret = self.dir / "secret.pcap"
        shutil.copy(EXAMPLE, secret)
        secret.chmod(0)
        self.dir.chmod(0o777)
        # An unprivileged user may be unable to read the folder that this clone lies in, such as root's home.
        t2, plugins = shutil.copy(T2, self.dir / "t2"), shutil.copytree(PLUGINS, self.dir / "copies")
        command = [str(t2), "-p", str(plugins), "-r", str(secret), "-w", str(self.dir / "o")]
        if os.geteuid() == 0:
            command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--reuid=65534", "--clear-groups", *command]
        r = subprocess.run(command, capture_output=True, text=True, env=self.env)
        if "setpriv" in r.stderr or "cannot execute" in r.stderr:
            self.skipTest("cannot drop rights here: " + r.stderr)
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr, r"^\[ERR\] Failed to open file '.*secret.pcap' for reading: Permission denied\n$")

    def test_output(self):
        (self.dir / "file").write_text("mine")
        self.fails("-r", EXAMPLE, "-w", self.dir / "file" / "x",
                   message="Failed to create directory '.*file': (File exists|Not a directory)")
        self.fails("-r", EXAMPLE, "-w", "/proc/nowhere/x", message="Failed to create directory '/proc/nowhere'")
        self.assertEqual((self.dir / "file").read_text(), "mine")
        target = self.dir / "o_flows.txt"
        target.mkdir()
        self.fails("-r", EXAMPLE, "-w", self.dir / "o", "--set", "txtSink.TFS_HDR_FILE=0",
                   message="Failed to open file '.*o_flows.txt' for writing: Is a directory")

    def test_disk_full(self):
        (self.dir / "o_flows.txt").symlink_to("/dev/full")
        r = self.t2("-r", EXAMPLE, "-w", self.dir / "o", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr, r"\[ERR\] Failed to write file '.*o_flows.txt': No space left on device")

    def test_filters(self):
        self.fails("-r", EXAMPLE, "tcp", "prot", "21", message="pcap_compile failed: 'tcp prot 21' is not a valid BPF: ")
        (self.dir / "empty.bpf").write_text("# nothing\n\n")
        self.fails("-r", EXAMPLE, "-F", self.dir / "empty.bpf", message=".*empty.bpf.*")
        self.fails("-r", EXAMPLE, "-F", "/nonexistent", message="Failed to open file '/nonexistent' for reading: ")

    def test_list_and_rotating(self):
        listing = self.dir / "list.txt"
        listing.write_text("# none\n/nonexistent.pcap\n")
        r = self.t2("-R", listing, check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn("No valid files found in", r.stderr)
        self.fails("-D", "x.pcap0,-5", message=r"Option '-D': Invalid format, expected 'expr\[:schr\]\[,stop\]'")

    def test_interface(self):
        self.fails("-i", "nosuchif0", "-w", self.dir / "o", message=".*nosuchif0.*")

    def test_settings(self):
        for value, message in (("basicFlow.BFO_VLAM=1", "Unknown setting 'BFO_VLAM' of 'basicFlow', did you mean 'BFO_VLAN'"),
                               ("basicFlow.BFO_VLAN=7", r"BFO_VLAN \(command line\): 7 is out of range, allowed are 0 to 3"),
                               ("basicFlow.BFO_VLAN=x", r"BFO_VLAN \(command line\): 'x' is not a number"),
                               ("basicFlo.BFO_VLAN=1", "Unknown setting 'BFO_VLAN' of 'basicFlo', did you mean 'basicFlow.BFO_VLAN'"),
                               ("tranalyzer2.FLOAT32=1", "Unknown setting 'FLOAT32' of 'tranalyzer2', did you mean 'FLOAT32_TIMES'")):
            with self.subTest(value=value):
                self.fails("-r", EXAMPLE, "-w", self.dir / "o", "--set", value, message=message)
        config = self.dir / ".tranalyzer" / "config"
        config.mkdir(parents=True)
        (config / "basicFlow.config").write_text("BFO_VLAN = 1\nBFO_MPLS = 99\n")
        self.fails("-r", EXAMPLE, "-w", self.dir / "o", message=r"BFO_MPLS \(.*basicFlow.config:2\): 99 is out of range")

    def test_labels(self):
        (self.dir / "bad.txt").write_text("10.0.0.0/99,zz,x\n")
        self.fails("-r", EXAMPLE, "-w", self.dir / "o", "--set", f"basicFlow.BFO_SUBNET_FILE={self.dir}/bad.txt",
                   message="basicFlow: .*bad.txt:1: expected PREFIX")

    def test_plugin_folder_and_list(self):
        self.fails("-r", EXAMPLE, "-w", self.dir / "o", plugins="/nonexistent",
                   message="Failed to open plugin folder '/nonexistent/': No such file or directory. Run 't2build'")
        self.fails("-r", EXAMPLE, "-w", self.dir / "o", "-b", "/nonexistent", message="Failed to open file '/nonexistent' for reading: No such file")

    def library(self, name, *lines):
        source = self.dir / "source.cc"
        source.write_text("\n".join(lines))
        subprocess.run(["g++", "-shared", "-fPIC", "-o", self.plugins / name, source], check=True)
        source.unlink()

    def test_refused_plugins_end_the_run(self):
        """One line and status 1, for columns that the user expects must not be missing; no code of theirs has run."""
        trap = "__attribute__((constructor)) static void at_once() { __builtin_trap(); }"
        self.library("600_stale.so", trap, '[[gnu::used, gnu::section(".t2_stamp")]] const char stamp[] = "other";')
        self.fails("-r", EXAMPLE, "-w", "o", message="stale was built for another version, run 't2build -R'")
        (self.plugins / "600_stale.so").unlink()
        self.library("600_bare.so", trap, 'extern "C" void t2_plugin_type(void*) { __builtin_trap(); }')
        self.fails("-r", EXAMPLE, "-w", "o", message=r"bare: .*no build stamp.*t2build bare")
        (self.plugins / "600_bare.so").unlink()
        os.mkfifo(self.plugins / "500_pipe.so")
        self.fails("-r", EXAMPLE, "-w", "o", message=r"pipe: .*not a regular file")
        (self.plugins / "500_pipe.so").unlink()
        (self.plugins / "500_broken.so").write_bytes(b"not a library")
        self.fails("-r", EXAMPLE, "-w", "o", message=r"broken: .*not a library.*t2build broken")
        (self.plugins / "400_folder.so").mkdir()
        r = self.t2("-r", EXAMPLE, "-w", "o", check=False)
        self.assertEqual((r.returncode, r.stderr.count("\n"), r.stderr.count("[ERR] ")), (1, 2, 2))
        described = self.t2("--describe", check=False)
        self.assertEqual((described.returncode, described.stderr.count("[ERR] ")), (1, 2))
        self.assertEqual([p["name"] for p in json.loads(described.stdout)["plugins"]], ["basicFlow", "tcpStates", "txtSink"])

    def test_truncated_libraries(self):
        """Cut anywhere: refused, never SIGBUS when the missing part is touched."""
        whole = next(PLUGINS.glob("*_tcpStates.so")).read_bytes()
        target = self.plugins / "132_tcpStates.so"
        for size in (0, 1, 4, 63, 64, 65, 1000, 4096, 8192, len(whole) // 2, len(whole) - 4096, len(whole) - 1):
            target.unlink(missing_ok=True)
            target.write_bytes(whole[:size])
            self.fails("-r", EXAMPLE, "-w", "o", message=r"tcpStates: .*(not a library|not whole|no build stamp)")

    def test_a_damaged_library_never_crashes_the_look_at_its_stamp(self):
        whole = next(PLUGINS.glob("*_tcpStates.so")).read_bytes()
        target = self.plugins / "132_tcpStates.so"
        rng = random.Random(3)
        headers = len(whole) - 64 * 40, len(whole)
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(8):  # the headers say where things lie
                data[rng.randrange(*rng.choice(((4, 64), (64, 600), headers)))] = rng.randrange(256)
            data = data.replace(b"t2-api-", b"ZZ-api-")  # so that it is refused in any case
            target.unlink(missing_ok=True)
            target.write_bytes(data)
            self.fails("-r", EXAMPLE, "-w", "o", message=r"tcpStates")

    def test_no_plugins(self):
        bare = self.dir / "bare"
        bare.mkdir()
        r = self.t2("-r", EXAMPLE, "-w", self.dir / "o", plugins=bare)
        self.assertIn("[WRN] No valid plugins found in folder", r.stdout)


if __name__ == "__main__":
    main()
