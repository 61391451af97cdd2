# SPDX-License-Identifier: Apache-2.0
"""Faults injected into real runs: full disks, vanishing folders, read errors, failing plugins, signals, jumping clocks."""
import fcntl
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import time

from packets import pcap, udp_frame
from t2run import EXAMPLE, SEVERAL_THREADS, T2, Sandbox, main, plugin_compiler, stop, table

NUMBER_OF_FLOWS = re.compile(r"Number of processed      flows: (\d+)")


# Captures cannot be mapped (as on kernels before 5.14); read() of one gives FAIL_AFTER bytes, then EIO.
FAILING_READ = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int madvise(void* at, size_t n, int advice) {
  static int (*real)(void*, size_t, int);
  if (!real) real = dlsym(RTLD_NEXT, "madvise");
  if (advice != MADV_POPULATE_READ) return real(at, n, advice);
  errno = EINVAL;
  return -1;
}

ssize_t read(int fd, void* to, size_t n) {
  static ssize_t (*real)(int, void*, size_t);
  static size_t left, known;
  if (!real) real = dlsym(RTLD_NEXT, "read");
  static int capture = -1;
  if (capture != fd && !known) {
    char link[64], path[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0 && strstr(path, "many.pcap")) {
      capture = fd;
      known = 1;
      left = strtoul(getenv("FAIL_AFTER"), 0, 10);
    }
  }
  if (fd != capture) return real(fd, to, n);
  if (left == 0) {
    errno = EIO;
    return -1;
  }
  const ssize_t got = real(fd, to, n < left ? n : left);
  if (got > 0) left -= (size_t)got;
  return got;
}
"""


def udp_flows(n):
    """n flows of one packet."""
    return [udp_frame(f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", 1000, "10.200.0.1", 53, b"x") for i in range(n)]


class Faults(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "txtSink")
        self.capture = self.dir / "many.pcap"

    def make_capture(self, n):
        self.capture.write_bytes(pcap(udp_flows(n)))

    def limited(self, size, *args):
        """A run in which every file ends at `size` bytes: the next byte fails, as on a full disk."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return subprocess.run([str(T2), "-p", str(self.plugins), *map(str, args)], cwd=self.dir, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, preexec_fn=limit)

    def assert_whole_rows(self, path, whole):
        """The file is a prefix of the undisturbed one that ends with a line end."""
        data = path.read_bytes()
        self.assertTrue(whole.startswith(data), path)
        self.assertTrue(data == b"" or data.endswith(b"\n"), data[-80:])
        return data

    def test_disk_full_at_any_write(self):
        self.make_capture(3000)
        self.t2("-s", "-r", self.capture, "-w", "ref")
        flows = (self.dir / "ref_flows.txt").read_bytes()
        packets = (self.dir / "ref_packets.txt").read_bytes()
        headers = (self.dir / "ref_headers.txt").stat().st_size
        rng = random.Random(7)
        sizes = [0, 1, headers, headers + 1, len(packets) - 1] + [rng.randrange(headers, len(packets)) for _ in range(12)]
        failed = 0
        for size in sizes:
            r = self.limited(size, "-s", "-r", self.capture, "-w", "o")
            self.assertEqual(r.returncode, 1, f"{size}: {r.stdout}")
            self.assertRegex(r.stderr, r"^\[ERR\] Failed to write file 'o_\w+\.txt': File too large\n$")
            for name, whole in (("o_flows.txt", flows), ("o_packets.txt", packets)):
                if (self.dir / name).exists() and size > headers:
                    failed += len(self.assert_whole_rows(self.dir / name, whole)) < len(whole)
            for p in self.dir.glob("o_*"):
                p.unlink()
        self.assertGreaterEqual(failed, 12)

    def test_disk_full_for_every_other_file(self):
        """Log, compressed rows, parts, headers: whichever file ends first, one line names it."""
        bare = ["--set", "txtSink.TFS_HDR_FILE=0"]
        cases = (("log", 3, 2000, ["-l", "-w", "o", *bare], r"o_log\.txt"),
                 ("gzip", 3000, 2000, ["-w", "o", "--set", "txtSink.TFS_GZ_COMPRESS=1", *bare], r"o_flows\.txt\.gz"),
                 ("part", 3000, 8000, ["-W", "o:1000f"], r"o_flows\.txt0"),
                 ("headers", 3, 100, ["-w", "o"], r"o_headers\.txt"))
        for name, packets, size, options, file in cases:
            with self.subTest(name):
                self.make_capture(packets)
                r = self.limited(size, "-r", self.capture, *options)
                self.assertEqual(r.returncode, 1, r.stdout)
                self.assertRegex(r.stderr, rf"^\[ERR\] Failed to write file '{file}': [A-Za-z ]+\n$")
                for p in self.dir.glob("o_*"):
                    p.unlink()

    def test_disk_full_for_the_monitoring_file(self):
        out = self.dir / "out"
        out.mkdir()
        (out / "o_monitoring.txt").symlink_to("/dev/full")
        p = self.feed(200, "-m", "--set", "tranalyzer2.MACHINE_REPORT=1")
        p.send_signal(signal.SIGUSR1)
        _, errors = p.communicate(timeout=60)
        self.assertEqual(p.returncode, 1)
        self.assertRegex(errors.decode(), r"^\[ERR\] Failed to write file '[^']*/o_monitoring\.txt': [A-Za-z ]+\n$")
        self.assertEqual(len(table(out / "o_flows.txt")[1]), 200)

    def test_real_full_disk(self):
        self.make_capture(3000)
        folder = self.dir / "small"
        folder.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True).returncode:
            self.skipTest("needs root to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        r = self.t2("-r", self.capture, "-w", folder / "o", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertIn(f"Failed to write file '{folder}/o_flows.txt': No space left on device", r.stderr)
        _, rows = table(folder / "o_flows.txt")
        self.assertGreater(len(rows), 500)

    def test_standard_output_full(self):
        self.make_capture(3)
        with open("/dev/full", "w") as full:
            r = subprocess.run([T2, "-p", self.plugins, "-r", self.capture, "-w", "-", "-W", "o", "-l"], cwd=self.dir, env=self.env,
                               stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual((r.returncode, r.stderr), (1, "[ERR] Failed to write standard output: No space left on device\n"))
            r = subprocess.run([T2, "-p", self.plugins, "-r", EXAMPLE, "-w", "o"], cwd=self.dir, env=self.env,
                               stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(r.returncode, 1)
        self.assertIn("Failed to write standard output", r.stderr)
        self.assertEqual(len(table(self.dir / "o_flows.txt")[1]), 8)

    def test_reader_goes_away(self):
        self.make_capture(20000)
        with subprocess.Popen([T2, "-p", self.plugins, "-r", self.capture, "-w", "-"], cwd=self.dir, env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
            p.stdout.readline()
            p.stdout.close()
            self.assertNotIn(b"[ERR]", p.stderr.read())
            self.assertEqual(p.wait(60), 128 + signal.SIGPIPE)
        r = subprocess.run(["bash", "-c", f'"{T2}" -p "{self.plugins}" -r "{self.capture}" -w o | true; echo ${{PIPESTATUS[0]}}'],
                           cwd=self.dir, env=self.env, capture_output=True, text=True, timeout=60)
        self.assertEqual((r.stderr, r.stdout), ("", "141\n"))

    def feed(self, n, *options):
        """t2 that reads from a pipe; the capture's first n packets are in it."""
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", "-", "-w", self.dir / "out" / "o", *options], cwd=self.dir, env=self.env,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(stop, p)
        p.stdin.write(pcap(udp_flows(n), step=0.01))
        p.stdin.flush()
        self.wait_for(lambda: (self.dir / "out" / "o_flows.txt").exists())
        return p

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_output_folder_vanishes(self):
        p = self.feed(100)
        shutil.rmtree(self.dir / "out")
        p.stdin.close()
        self.assertEqual(p.wait(60), 1)
        self.assertRegex(p.stderr.read().decode(), r"Failed to write file '.*/o_flows.txt': it was deleted during the run")

    def test_output_folder_vanishes_between_parts(self):
        prefix = self.dir / "out" / "o"
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", "-", "-W", f"{prefix}:10f", "--set", "tranalyzer2.FLOW_TIMEOUT=0"],
                             cwd=self.dir, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(stop, p)
        data = pcap(udp_flows(200))
        p.stdin.write(data[:500])
        p.stdin.flush()
        self.wait_for(lambda: (self.dir / "out" / "o_flows.txt0").exists())
        shutil.rmtree(self.dir / "out")
        p.stdin.write(data[500:])
        p.stdin.close()
        self.assertEqual(p.wait(60), 1)
        self.assertRegex(p.stderr.read().decode(), r"Failed to (open|write) ")

    def test_read_error(self):
        """A folder cannot be read as a file; /proc/self/mem gives EIO at its start."""
        r = self.t2("-r", "/proc/self/mem", "-w", "o", check=False)
        self.assertEqual(r.returncode, 1)
        self.assertEqual(len(r.stderr.strip().split("\n")), 1)
        self.assertRegex(r.stderr, r"\[ERR\] .*/proc/self/mem")

    def failing_reads(self, after):
        shim = self.dir / "shim.so"
        (self.dir / "shim.c").write_text(FAILING_READ)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, self.dir / "shim.c"], check=True)
        return {"LD_PRELOAD": str(shim), "FAIL_AFTER": str(after), "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_read_without_mapping(self):
        """Where a capture cannot be mapped it is read, with the same result."""
        self.make_capture(30000)
        self.t2("-r", self.capture, "-w", "mapped")
        self.t2("-r", self.capture, "-w", "read", env=self.failing_reads(1 << 40))
        mapped, read = ((self.dir / f"{name}_flows.txt").read_bytes() for name in ("mapped", "read"))
        self.assertEqual(len(read.splitlines()), 30001)
        self.assertEqual(mapped, read)

    def test_read_error_in_the_middle(self):
        """A damaged disk: reads fail from some byte on. As for a file that is cut short, what came before is written."""
        self.make_capture(30000)
        good = 1_000_000
        r = self.t2("-r", self.capture, "-w", "o", check=False, env=self.failing_reads(good))
        self.assertEqual((r.returncode, r.stderr), (0, ""), r.stdout)
        self.assertRegex(r.stdout, r"\n\[WRN\] File '[^\n]*/many\.pcap': Input/output error; cut short: the record at byte \d+")
        # 24 bytes of file header; 16 and the frame per packet.
        record = (self.capture.stat().st_size - 24) / 30000
        _, rows = table(self.dir / "o_flows.txt")
        self.assertEqual(len(rows), int((good - 24) / record))
        self.assertIn(f"Number of processed packets: {len(rows)} ", r.stdout)

    def test_killed_at_any_moment(self):
        """kill -9: every line on disk but perhaps the last is a whole row."""
        rng = random.Random(3)
        killed = 0
        for _ in range(6):
            p = self.feed(20000, "-s", "--set", "tranalyzer2.FLOW_TIMEOUT=1")
            time.sleep(rng.random() * 0.3)
            killed += p.poll() is None
            p.kill()
            p.wait()
            p.stdin.close()
            for name in ("o_flows.txt", "o_packets.txt"):
                path = self.dir / "out" / name
                lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
                if lines:
                    self.assertEqual({line.count(b"\t") for line in lines}, {lines[0].count(b"\t")}, name)
            shutil.rmtree(self.dir / "out")
        self.assertGreater(killed, 0)

    def test_terminated_at_any_moment(self):
        """SIGTERM, SIGINT and SIGHUP once packets flow: all flows come out and the report is printed."""
        rng = random.Random(5)
        for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) * 3:
            p = self.feed(20000)
            header = self.dir / "out" / "o_flows.txt"
            self.wait_for(lambda: header.exists())
            # The first batch is read when the link type has been announced.
            line = b""
            while b"Snapshot length" not in line:
                line = p.stdout.readline()
                self.assertTrue(line)
            time.sleep(rng.random() * 0.05)
            p.send_signal(kind)
            text = p.stdout.read().decode()
            p.stdin.close()
            self.assertEqual(p.wait(60), 0, p.stderr.read())
            self.assertIn(f"[INF] {kind.name}: ", text)
            found = NUMBER_OF_FLOWS.search(text)
            self.assertEqual(int(found.group(1)) if found else 0, len(table(header)[1]))
            shutil.rmtree(self.dir / "out")

    def test_terminated_while_flows_come_out(self):
        """The input has ended and all flows are being written: the signal changes nothing but one line."""
        self.capture.write_bytes(pcap(udp_flows(60000), step=0.0001))
        rows = self.dir / "o_flows.txt"
        met = 0
        for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            p = subprocess.Popen([T2, "-p", self.plugins, "-r", self.capture, "-w", self.dir / "o"], cwd=self.dir, env=self.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(stop, p)
            self.wait_for(lambda: p.poll() is not None or (rows.exists() and rows.stat().st_size > 10_000))
            met += p.poll() is None
            p.send_signal(kind)
            text, errors = p.communicate(timeout=60)
            self.assertEqual((p.returncode, errors), (0, b""))
            self.assertIn(b"Number of processed      flows: 60000 ", text)
            self.assertEqual(len(table(rows)[1]), 60000)
            rows.unlink()
        self.assertGreater(met, 0)

    def test_signals_while_nobody_reads_the_report(self):
        """`t2 | less`: lines wait for the reader; signals that come meanwhile take none of them away."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"-" * 4096)
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", EXAMPLE, "-w", self.dir / "o"], cwd=self.dir, env=self.env,
                             stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE)
        self.addCleanup(stop, p)
        os.close(writer)
        self.wait_for(lambda: "pipe" in pathlib.Path(f"/proc/{p.pid}/wchan").read_text())
        for kind in (signal.SIGUSR1, signal.SIGUSR1, signal.SIGTERM):
            p.send_signal(kind)
            time.sleep(0.05)
        with open(reader, "rb") as out:
            text = out.read().decode()
        self.assertEqual((p.wait(60), p.stderr.read()), (0, b""))
        self.assertTrue(text.startswith("-" * 4096 + "====="), text[4096:5000])
        for line in ("T2++", "Active plugins:", "    03: txtSink", "Finished processing. ", "Finished unloading flow memory. "):
            self.assertEqual(text.count("\n" + line), 1, line)

    def test_clock_jumps(self):
        """Packets whose time goes back by years or ahead: nothing is lost, the report says so."""
        frames = udp_flows(50)
        times = [1_600_000_000 + i for i in range(50)]
        times[10], times[20], times[30] = 100, 2_000_000_000, 1_599_999_990
        self.capture.write_bytes(pcap(frames, times=times))
        r = self.t2("-s", "-r", self.capture, "-w", "o")
        self.assertIn("Number of processed packets: 50", r.stdout)
        _, rows = table(self.dir / "o_flows.txt")
        self.assertEqual(sum(int(row["flowInd"]) for row in rows), sum(range(1, 51)))
        back = [udp_frame("10.0.0.1", 1, "10.0.0.2", 2, b"x")] * 3
        self.capture.write_bytes(pcap(back, times=[1_600_000_100, 1_600_000_000, 1_600_000_050]))
        r = self.t2("-r", self.capture, "-w", "o")
        self.assertIn("[WRN] Timestamp jump", r.stdout)
        _, rows = table(self.dir / "o_flows.txt")
        self.assertTrue(all(float(row["duration"]) >= 0 for row in rows))

    def test_terminated_while_a_large_capture_is_hashed(self):
        """The digest of all of it would take a minute; the manifest says that there is none."""
        self.activate("ftpDecode")
        self.capture.write_bytes(EXAMPLE.read_bytes())
        os.truncate(self.capture, 40 << 30)
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", self.capture, "-w", "o", "--set", "ftpDecode.FTP_SAVE=1", "--set",
                              "ftpDecode.FTP_F_PATH=files/"], cwd=self.dir, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(stop, p)
        self.wait_for(lambda: list(self.dir.glob("files/*Microsoft*")))
        p.send_signal(signal.SIGINT)
        _, errors = p.communicate(timeout=60)
        self.assertEqual(p.returncode, 0, errors)
        end = json.loads((self.dir / "files" / ".manifest.jsonl").read_text().splitlines()[-1])
        self.assertEqual(([c["sha256"] for c in end["captures"]], end["ended"]), ([None], "signal"))

    def test_log_rotation(self):
        """A log that is moved away: SIGHUP makes a new one, no line is lost; the capture goes on."""
        p = self.feed(200, "-l", "-m", "--set", "tranalyzer2.MACHINE_REPORT=1")
        out = self.dir / "out"
        self.wait_for(lambda: (out / "o_log.txt").exists() and "Snapshot length" in (out / "o_log.txt").read_text())
        p.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: "USR1MR_A" in (out / "o_monitoring.txt").read_text())
        for name in ("o_log.txt", "o_monitoring.txt"):
            (out / name).rename(out / (name + ".1"))
        p.send_signal(signal.SIGHUP)
        self.wait_for(lambda: (out / "o_log.txt").exists() and (out / "o_monitoring.txt").exists())
        p.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: "USR1MR_A" in (out / "o_monitoring.txt").read_text())
        p.stdin.close()
        self.assertEqual(p.wait(60), 0, p.stderr.read())
        self.assertIn("Number of processed packets: 200", (out / "o_log.txt").read_text())
        self.assertIn("Snapshot length", (out / "o_log.txt.1").read_text())


# Fails in the handler that THROW_AT names, from the fifth time on where packets or flows come, or the THROW_ONCE-th time
# only; THROW_WHAT: with what, or the signal that it raises instead.
PLUGIN = """
#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include "t2/plugin.h"
namespace {
int calls = 0;
struct Own final : std::runtime_error {  // lives in the plugin's library
  using std::runtime_error::runtime_error;
  const char* what() const noexcept override { return "of my own"; }
};
void here(const std::string& name, int times = 1) {
  const char* at = std::getenv("THROW_AT");
  if (at == nullptr || at != name) return;
  ++calls;
  const char* once = std::getenv("THROW_ONCE");
  if (once != nullptr ? calls != std::atoi(once) : calls < times) return;
  const std::string what = std::getenv("THROW_WHAT");
  if (what == "SIGUSR1") return void(std::raise(SIGUSR1));
  if (what == "int") throw 42;
  if (what == "memory") throw std::bad_alloc();
  if (what == "own") throw Own("out of luck");
  throw std::runtime_error("out of luck");
}
struct State {
  int n = 0;
  State() { here("state", 5); }
};
struct OrderedState {
  int n = 0;
  OrderedState() { here("ordered_state", 5); }
};
class Thrower final : public t2::Plugin {
 public:
  Thrower() { here("constructor"); }
  t2::PluginInfo info() const override { here("info"); return {"thrower", "1", "throws", {}}; }
  t2::Settings* settings() override { here("settings"); return nullptr; }
  t2::Result<void> start(t2::StartUp&) override { here("start"); return {}; }
  std::vector<std::string> output_folders() const override { here("output_folders"); return {}; }
  void columns(t2::ColumnSet& flow, t2::ColumnSet& packet) override {
    here("columns");
    flow.of<State>().add("luck", "Luck", [](const State& s) { here("flow_cell", 5); return s.n; });
    packet.of<State>().add("luck", "Luck", [](const State& s) { here("packet_cell", 5); return s.n; });
  }
};
class Shard final : public t2::ShardPart<Thrower, State> {
 public:
  t2::Result<void> begin() override { here("begin"); return {}; }
  void on_flow_start([[maybe_unused]] t2::Flow& f, State&, const t2::Packet&) override {
    here("on_flow_start", 5);
#ifndef NO_STREAMS
    core().open_stream(f, *this);
#endif
  }
  void on_packet(t2::Flow&, State&, const t2::Packet&) override { here("on_packet", 5); }
  void on_stream(t2::Flow&, State&, const t2::Chunk&) override { here("on_stream", 5); }
  void on_flow_end(t2::Flow&, State&) override { here("on_flow_end", 5); }
  void report(t2::Report&) const override { here("report"); }
  void monitor(t2::Monitor&) const override { here("monitor"); }
};
class Ordered final : public t2::OrderedPart<Thrower, OrderedState> {
 public:
  t2::Result<void> start(t2::StartUp&) override { here("ordered_start"); return {}; }
  void on_flow_start([[maybe_unused]] t2::OrderedFlow& f, State&, const t2::Packet&) override {
    here("ordered_on_flow_start", 5);
#ifndef NO_STREAMS
    core().open_stream(f, *this);
#endif
  }
  void on_packet(t2::OrderedFlow&, State&, const t2::Packet&) override { here("ordered_on_packet", 5); }
  void on_stream(t2::OrderedFlow&, State&, const t2::Chunk&) override { here("ordered_on_stream", 5); }
  void on_flow_end(t2::OrderedFlow&, State&) override { here("ordered_on_flow_end", 5); }
  void finish() override { here("finish"); }
};
}
T2_PLUGIN(Thrower, Shard, Ordered)
"""


class FailingPlugins(Sandbox):
    def setUp(self):
        super().setUp()
        self.source = self.dir / "thrower.cc"
        self.source.write_text(PLUGIN)
        self.compile = [*plugin_compiler(), "-o", self.plugins / "150_thrower.so", self.source]
        subprocess.run(self.compile, check=True)
        self.activate("basicFlow", "txtSink")
        self.t2("-s", "-r", EXAMPLE, "-w", "whole")

    def throwing(self, at, what="text"):
        r = self.t2("-s", "-r", EXAMPLE, "-w", "o", env={"THROW_AT": at, "THROW_WHAT": what}, check=False)
        self.assertEqual(r.returncode, 1, f"{at}: {r.stdout}{r.stderr}")
        self.assertEqual(r.stderr.count("\n"), 1, r.stderr)
        return r.stderr

    def assert_whole_rows(self):
        """Packet rows as far as the run came; flow rows of fewer packets than in the whole run."""
        whole, part = ((self.dir / f"{prefix}_packets.txt").read_text() for prefix in ("whole", "o"))
        self.assertTrue(whole.startswith(part))
        self.assertTrue(part == "" or part.endswith("\n"), part[-80:])
        names, rows = table(self.dir / "o_flows.txt")
        self.assertEqual(names, table(self.dir / "whole_flows.txt")[0])
        self.assertEqual({row["luck"] for row in rows} | {"0"}, {"0"})
        return part.count("\n") - 1, len(rows)

    def test_while_packets_come(self):
        shard = ("on_flow_start", "on_packet", "on_stream", "on_flow_end")
        handlers = ("state", "ordered_state", *shard, *("ordered_" + name for name in shard), "packet_cell", "finish")
        for at in handlers:
            message = self.throwing(at)
            self.assertRegex(message, r"^\[ERR\] A plugin failed at packet \d+ \(out of luck\); the rows before it are written\n$")
            written = self.assert_whole_rows()
            if at in ("on_packet", "ordered_on_packet", "packet_cell"):
                self.assertEqual(written[0], int(message.split("packet ")[1].split()[0]) - 1, message)

    def test_on_the_writing_thread(self):
        message = self.throwing("flow_cell")
        self.assertEqual(message, "[ERR] A plugin failed when a row was made (out of luck); the rows before it are written\n")
        self.assertEqual(self.assert_whole_rows()[1], 4)

    def with_ftp(self, **env):
        """A run that carves: its result, rows and the manifest's lines behind the command line."""
        files = self.dir / "files"
        shutil.rmtree(files, ignore_errors=True)
        # A session of which ftpDecode saw one direction end is left to the end of the process: no leak that matters.
        env.update({"ASAN_OPTIONS": "detect_leaks=0"} if env else {})
        r = self.t2("-r", EXAMPLE, "-w", "o", "--set", "ftpDecode.FTP_SAVE=1", check=False,
                    env={"FTP_F_PATH": f"{files}/", "THROW_WHAT": "text", **env})
        if env:
            self.assertEqual(r.returncode, 1)
            self.assertRegex(r.stderr, r"^\[ERR\] A plugin failed at packet \d+ \(out of luck\)[^\n]*\n$")
        _, *records, end = (files / ".manifest.jsonl").read_text().splitlines()
        self.assertEqual(json.loads(end)["ended"], "error" if env else "input")
        return table(self.dir / "o_flows.txt")[1], records

    def test_while_a_pair_ends(self):
        """It costs the rows of this pair; the others end, each once, and every plugin finishes."""
        subprocess.run([*self.compile, "-DNO_STREAMS"], check=True)
        early, late = (self.plugins / f"{number}_thrower.so" for number in (150, 500))
        early.rename(late)
        self.activate("tcpStates", "ftpDecode")
        rows, manifest = self.with_ftp()
        self.assertEqual((len(rows), len(manifest)), (8, 3))
        for direction in range(2):  # while packets come: these are the rows of flow 2, the download
            left, lines = self.with_ftp(THROW_AT="ordered_on_flow_end", THROW_ONCE=str(direction + 1))
            # On several threads packets that were on their way are worked on.
            others = {row["flowInd"] for row in left} - {"1"} if SEVERAL_THREADS else set()
            self.assertEqual([row["flowInd"] for row in left if row["flowInd"] not in others], ["1", "1"])
            self.assertNotIn("2", others)
            self.assertEqual(len(lines), 3)
            self.assertEqual(lines[0], manifest[0])
        for direction in range(2, 8):
            left, lines = self.with_ftp(THROW_AT="ordered_on_flow_end", THROW_ONCE=str(direction + 1))
            self.assertEqual(left, [row for row in rows if row["flowInd"] != rows[direction]["flowInd"]])
            if direction != 2:  # of flow 1, the control connection, ftpDecode saw one direction end
                self.assertEqual(lines, manifest)
        late.rename(early)
        self.assertEqual(self.with_ftp(THROW_AT="finish"), (rows, manifest))

    def test_before_and_after(self):
        for at in ("settings", "columns", "start", "begin", "ordered_start", "output_folders", "report"):
            self.assertRegex(self.throwing(at), r"^\[ERR\] Unexpected error \(out of luck\); without plugins of your own it may not ")
        self.assertEqual((self.dir / "o_flows.txt").read_bytes(), (self.dir / "whole_flows.txt").read_bytes())  # as for report

    def test_anything_can_be_thrown(self):
        self.assertRegex(self.throwing("on_packet", "memory"), r"failed at packet \d+ \(out of memory\)")
        self.assertRegex(self.throwing("on_packet", "int"), r"failed at packet \d+ \(an exception without text\)")
        self.assertRegex(self.throwing("on_packet", "own"), r"failed at packet \d+ \(of my own\)")
        self.assertIn("Unexpected error (an exception without text)", self.throwing("start", "int"))
        self.assertIn("Unexpected error (of my own)", self.throwing("start", "own"))

    def test_while_it_is_loaded(self):
        """The run ends, as for every plugin that cannot be loaded."""
        for at in ("constructor", "info"):
            for what, text in (("text", "out of luck"), ("own", "of my own"), ("int", "an exception without text")):
                r = self.t2("-r", EXAMPLE, "-w", "o", env={"THROW_AT": at, "THROW_WHAT": what}, check=False)
                self.assertEqual(r.stderr, f"[ERR] thrower: failed to start ({text}). Deactivate it with 't2build -u thrower'\n")
                self.assertEqual((r.returncode, (self.dir / "o_flows.txt").exists()), (1, False))

    def test_a_signal_while_plugins_start(self):
        """Whoever sees a file of this run can ask for a report: it comes once there are packets."""
        r = self.t2("-r", EXAMPLE, "-w", "o", env={"THROW_AT": "start", "THROW_WHAT": "SIGUSR1"})
        self.assertEqual(r.stdout.count("USR1 A type report"), 1)
        self.assertEqual(len(table(self.dir / "o_flows.txt")[1]), 8)

    def test_in_a_report_asked_for(self):
        self.env.update(THROW_AT="monitor", THROW_WHAT="text")
        p = subprocess.Popen([T2, "-p", self.plugins, "-r", "-", "-w", "o", "--set", "tranalyzer2.MACHINE_REPORT=1"], cwd=self.dir,
                             env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(stop, p)
        p.stdin.write(EXAMPLE.read_bytes())
        p.stdin.flush()
        line = b""
        while b"Snapshot length" not in line:
            line = p.stdout.readline()
            self.assertTrue(line)
        p.send_signal(signal.SIGUSR1)
        _, errors = p.communicate(timeout=60)
        self.assertRegex(errors.decode(), r"^\[ERR\] A plugin failed at packet \d+ \(out of luck\)[^\n]*\n$")
        self.assertEqual(p.returncode, 1)


if __name__ == "__main__":
    main()
