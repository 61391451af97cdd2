# SPDX-License-Identifier: Apache-2.0
"""What a run may do once it works: a plugin that tries what an attacker would, and who a live capture works as."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time
import unittest

from t2run import EXAMPLE, PLUGINS, T2, Sandbox, main, plugin_compiler, table

PROBE = r"""
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <string>
#include "t2/plugin.h"
namespace {
class Plugin final : public t2::Plugin {
 public:
  t2::PluginInfo info() const override { return {"probe", "1", "tries", {}}; }
  std::vector<std::string> output_folders() const override { return {"FOLDER/mine"}; }
};
class Probe final : public t2::OrderedPart<Plugin, t2::NoState> {
 public:
  void on_packet(t2::OrderedFlow&, State&, const t2::Packet&) override {
    if (done_) return;
    done_ = true;
    can("read_passwd", open("/etc/passwd", O_RDONLY) >= 0);
    can("read_plugins", open("FOLDER/plugins/data.txt", O_RDONLY) >= 0);
    can("write_elsewhere", open("FOLDER/elsewhere", O_WRONLY | O_CREAT, 0600) >= 0);
    can("overwrite", open("FOLDER/plugins/data.txt", O_WRONLY) >= 0);
    can("truncate", truncate("FOLDER/plugins/data.txt", 0) == 0);
    can("remove", unlink("FOLDER/plugins/data.txt") == 0);
    can("write_mine", open("FOLDER/mine/file", O_WRONLY | O_CREAT, 0600) >= 0);
    can("socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    can("code", mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    char* arguments[] = {const_cast<char*>("true"), nullptr};
    const bool refused = execv("/bin/true", arguments) != 0;  // does not return if allowed
    can("program", !refused);
  }
  void report(t2::Report& r) const override { r.line(text_); }
 private:
  void can(const char* what, bool yes) { text_ += std::string(what) + (yes ? "=yes " : "=no "); }
  bool done_ = false;
  std::string text_;
};
}
T2_PLUGIN(Plugin, Probe)
"""

FORBIDDEN_FILES = {"read_passwd", "write_elsewhere", "overwrite", "truncate", "remove"}
FORBIDDEN_CALLS = {"socket", "code"}


def landlock():
    lines = subprocess.run(["python3", "-c", "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"],
                           capture_output=True, text=True).stdout
    return lines.strip().isdigit() and int(lines) >= 3


def sanitized():
    return not re.search(r"^T2_SANITIZE:[A-Z]+=$", (PLUGINS.parent / "CMakeCache.txt").read_text(), re.M)


class Restrictions(Sandbox):
    def setUp(self):
        super().setUp()
        source = self.dir / "probe.cc"
        source.write_text(PROBE.replace("FOLDER", str(self.dir)))
        subprocess.run([*plugin_compiler(), "-o", self.plugins / "150_probe.so", source], check=True)
        (self.plugins / "data.txt").write_text("data")
        self.activate("basicFlow", "txtSink")

    def probe(self, *options):
        r = self.t2("-r", EXAMPLE, "-w", "o", *options)
        return dict(item.split("=") for item in re.search(r"probe: (.*)", r.stdout).group(1).split()), r.stdout

    @unittest.skipUnless(landlock(), "needs Landlock of version 3")
    @unittest.skipIf(sanitized(), "sanitizer builds have no system call filter")
    def test_a_plugin_cannot_do_what_it_should_not(self):
        can, report = self.probe()
        self.assertEqual({k for k, v in can.items() if v == "no"}, FORBIDDEN_FILES | FORBIDDEN_CALLS | {"program"})
        self.assertEqual((can["read_plugins"], can["write_mine"]), ("yes", "yes"))
        self.assertNotIn("Sandbox", report)
        self.assertEqual((self.plugins / "data.txt").read_text(), "data")

    def test_switched_off(self):
        source = (self.dir / "probe.cc").read_text()
        self.assertIn("execv", source)
        # Without the sandbox the program would be replaced: the run ends without report, status 0.
        r = self.t2("-r", EXAMPLE, "-w", "o", "--set", "tranalyzer2.SANDBOX=0")
        self.assertNotIn("probe:", r.stdout)
        self.assertTrue((self.dir / "elsewhere").exists())

    def test_the_report_says_when_it_is_off(self):
        (self.plugins / "150_probe.so").unlink()
        r = self.t2("-r", EXAMPLE, "-w", "o", "--set", "tranalyzer2.SANDBOX=0")
        self.assertIn("[WRN] Sandbox: switched off (tranalyzer2.SANDBOX=0)", r.stdout)

    @unittest.skipUnless(os.geteuid() == 0, "compares root with another user")
    def test_root_reads_files_like_anybody(self):
        """No warning, no other line, the same rows; not even a look at who called sudo."""
        (self.plugins / "150_probe.so").unlink()
        shutil.copy(EXAMPLE, self.dir / "c.pcap")
        for p in (PLUGINS / "100_basicFlow.so", PLUGINS / "901_txtSink.so"):
            (self.plugins / p.name).unlink()
            shutil.copy(p, self.plugins)
        shutil.copy(T2, self.dir / "t2")
        user = pwd.getpwnam("nobody")
        for p in (self.dir, *self.dir.rglob("*")):
            os.chown(p, user.pw_uid, user.pw_gid)
        texts, rows = [], []
        for uid, gid in ((0, 0), (user.pw_uid, user.pw_gid)):
            r = subprocess.run([self.dir / "t2", "-p", self.plugins, "-r", "c.pcap", "-w", f"o{uid}"], cwd=self.dir, user=uid,
                               group=gid, extra_groups=[], env={**self.env, "SUDO_UID": "1"}, capture_output=True, text=True)
            self.assertEqual((r.returncode, r.stderr), (0, ""), r.stdout)
            texts.append([line for line in r.stdout.split("\n") if not re.search("PID: |[Tt]ime: |Memory usage", line)])
            rows.append((self.dir / f"o{uid}_flows.txt").read_bytes())
            self.assertEqual((self.dir / f"o{uid}_flows.txt").stat().st_uid, uid)
        self.assertEqual(*texts)
        self.assertEqual(*rows)

    def test_everything_that_is_allowed_works(self):
        (self.plugins / "150_probe.so").unlink()
        self.activate("ftpDecode")
        (self.dir / "list").write_text(f"{EXAMPLE}\n{EXAMPLE}\n")
        r = self.t2("-R", "list", "-W", f"{self.dir}/new/parts:2f", "-s", "-l", "-m", "--set", "ftpDecode.FTP_SAVE=1", "--set",
                    f"ftpDecode.FTP_F_PATH={self.dir}/carved/deep/")
        self.assertEqual(r.stderr, "")
        self.assertGreater(len(list((self.dir / "new").glob("parts_flows.txt*"))), 3)
        self.assertIn("_funwithbill_Microsoft-1978.jpg_2_B", os.listdir(self.dir / "carved/deep"))


def can_capture():
    probe = subprocess.run(["unshare", "-n", "sh", "-c", "ip link set lo up"], capture_output=True)
    return os.geteuid() == 0 and probe.returncode == 0


@unittest.skipIf(sanitized(), "LeakSanitizer cannot look at a process that changed its user")
@unittest.skipUnless(can_capture(), "needs root and network namespaces")
class LeastPrivilege(Sandbox):
    def start(self, *options, env=None):
        self.activate("basicFlow", "txtSink")
        self.out = self.dir / "out"
        self.out.mkdir()
        self.dir.chmod(0o711)
        self.out.chmod(0o777)
        with (self.dir / "stdout").open("w") as log:
            p = subprocess.Popen(["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', str(T2), "-p",
                                  str(self.plugins), "-i", "lo", "-w", str(self.out / "o"), *options], stdout=log,
                                 stderr=subprocess.STDOUT, env={**self.env, **(env or {})})
        self.addCleanup(lambda: (p.kill(), p.wait()))
        end = time.monotonic() + 20
        while "Snapshot length" not in self.text() and p.poll() is None:
            self.assertLess(time.monotonic(), end, self.text())
            time.sleep(0.02)
        return p

    def text(self):
        return (self.dir / "stdout").read_text()

    def check(self, p, uid, capabilities=0):
        status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{p.pid}/status").read_text().split("\n") if ":\t" in line)
        self.assertEqual(set(status["Uid"].split()), {str(uid)})
        self.assertEqual(int(status["CapEff"], 16), capabilities)
        self.assertEqual(int(status["CapPrm"], 16), capabilities)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2")
        subprocess.run(["nsenter", "-n", "-t", str(p.pid), "python3", "-c",
                        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                        "for i in range(9): s.sendto(b'x', ('127.0.0.1', 45002))"], check=True)
        self.wait_until_idle(p.pid)
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.wait(20), 0, self.text())
        self.assertEqual((self.out / "o_flows.txt").stat().st_uid, uid)
        self.assertIn("45002", {row["dstPort"] for row in table(self.out / "o_flows.txt")[1]})

    def test_user_option(self):
        p = self.start("--user", "nobody")
        self.check(p, pwd.getpwnam("nobody").pw_uid)
        self.assertRegex(self.text(), r"\[(INF|WRN)\] Sandbox: ")

    def test_caller_of_sudo(self):
        uid = pwd.getpwnam("nobody").pw_uid
        self.check(self.start(env={"SUDO_UID": str(uid)}), uid)

    def test_root_itself_keeps_one_capability(self):
        self.env.pop("SUDO_UID", None)
        self.check(self.start(), 0, capabilities=1 << 1)  # CAP_DAC_OVERRIDE: writing where root may

    def test_unknown_user(self):
        p = self.start("--user", "no-such-user")
        self.assertEqual(p.wait(20), 1)
        self.assertIn("[ERR] Option '--user': there is no user 'no-such-user'", self.text())


if __name__ == "__main__":
    main()
