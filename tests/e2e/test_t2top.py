# SPDX-License-Identifier: Apache-2.0
"""t2top: sums per host from flow and packet tables, growing ones, pipes, a live run; bounded; safe on terminals."""
import gzip
import os
import shutil
import signal
import subprocess
import time
import unittest

from t2run import BUILD, EXAMPLE, T2, Sandbox, main, stop

HEAD = "%dir\tflowInd\tsrcIP\tsrcIPCC\tsrcIPOrg\tdstIP\tdstIPCC\tdstIPOrg\tpktsSnt\tl7BytesSnt\n"


def row(direction, index, src, dst, packets, size):
    return f'{direction}\t{index}\t{src}\tus\t"Org of {src}"\t{dst}\t-\t"-"\t{packets}\t{size}\n'


class Top(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        self.plugins = self.dir / ".tranalyzer" / "plugins"
        self.plugins.mkdir(parents=True)

    def top(self, *args, stdin=None, status=0):
        given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        r = subprocess.run(["t2top", *map(str, args)], env=self.env, cwd=self.dir, capture_output=True, text=True, timeout=60, **given)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout if status == 0 else r.stderr

    def run_example(self):
        self.activate("basicFlow", "basicStats", "txtSink")
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "r")

    def test_flow_table(self):
        text = HEAD + row("A", 1, "10.0.0.1", "10.0.0.2", 3, 100) + row("B", 1, "10.0.0.2", "10.0.0.1", 5, 5000) + \
            row("A", 2, "10.0.0.3", "10.0.0.1", 1, 7) + row("A", 3, "::1", "::1", 2, 20)
        expected = ("%by\trank\thost\tbytesSnt\tbytesRcvd\tpktsSnt\tflows\tCC\torganisation\n"
                    "bytes\t1\t10.0.0.2\t5000\t100\t5\t1\t-\t-\n"
                    "bytes\t2\t10.0.0.1\t100\t5007\t3\t2\tus\tOrg of 10.0.0.1\n"
                    "flows\t1\t10.0.0.1\t100\t5007\t3\t2\tus\tOrg of 10.0.0.1\n"
                    "flows\t2\t10.0.0.2\t5000\t100\t5\t1\t-\t-\n")
        self.assertEqual(self.top("-n", 2, stdin=text), expected)
        (self.dir / "x_flows.txt").write_text(text)
        self.assertEqual(self.top("-n", 2, "x_flows.txt"), expected)
        self.assertEqual(self.top("-n", 2, "x"), expected)
        self.assertIn("bytes\t3\t::1\t20\t20\t2\t1\tus\tOrg of ::1\n", self.top(stdin=text))
        packed = gzip.compress(text.encode())
        (self.dir / "x_flows.txt").unlink()
        (self.dir / "x_flows.txt.gz").write_bytes(packed)
        self.assertEqual(self.top("-n", 2, "x"), expected)
        if shutil.which("zstd"):
            (self.dir / "z").write_bytes(subprocess.run(["zstd", "-q"], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout)
            self.assertEqual(self.top("-n", 2, "z"), expected)
        (self.dir / "x_flows.txt.gz").write_bytes(packed[:-4])
        self.assertEqual(self.top("x", status=1), "Failed to read the table: the compressed data is damaged or incomplete\n")

    def test_same_sums_from_both_tables_of_a_run(self):
        self.run_example()
        flows, packets = (self.top("r_flows.txt").split("\n"), self.top("r").split("\n"))
        self.assertIn("bytes\t1\t128.121.136.217\t64368\t90\t55\t4\tus\tNTT-COMMUNICATIONS-2914", flows)
        self.assertIn("bytes\t1\t128.121.136.217\t67368\t2096\t55\t4\tus\tNTT-COMMUNICATIONS-2914", packets)  # as the report says
        piped = subprocess.run(f"'{T2}' -p '{self.plugins}' -r '{EXAMPLE}' -w - | t2top", shell=True, env=self.env, cwd=self.dir, capture_output=True, text=True)
        self.assertEqual(piped.stdout.split("\n"), flows)

    def test_bounded(self):
        rows = "".join(row("A", i + 1, f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", "192.0.2.1", 1, i) for i in range(250000))
        out = self.top("-n", 1, stdin=HEAD + rows).split("\n")
        self.assertIn("bytes\t1\t10.3.208.143\t249999\t0\t1\t1\tus\tOrg of 10.3.208.143", out)
        others = [line.split("\t") for line in out if line.startswith("others")]
        self.assertEqual(others[0][2], "(200000 others)")
        self.assertIn("flows\t1\t192.0.2.1\t0\t", "\n".join(out))

    def test_errors(self):
        for args, stdin, message in ((("none",), None, "There is no table 'none', 'none_packets.txt' or 'none_flows.txt'"), ((), "", "no header row"),
                                     ((), "%dir\tflowInd\tsrcIP\tdstIP\n", "run 't2build basicStats'"), ((), "%a\tb\n", "run 't2build basicFlow'"),
                                     (("-n", "0"), "", "from 1 to"), (("-n",), "", "requires an argument"), (("-Z",), "", "Unknown option '-Z'"),
                                     (("a", "b"), "", "One table at a time")):
            self.assertIn(message, self.top(*args, stdin=stdin, status=1))
        self.assertIn("Usage: t2top", self.top("--help"))

    def test_terminal_follows_a_growing_table(self):
        table = self.dir / "g_flows.txt"
        table.write_text(HEAD + row("A", 1, "10.0.0.1", "10.0.0.2", 3, 100))
        script = "(sleep 2; cat more >> g_flows.txt; sleep 2; kill -INT $$) & exec t2top -d 1 g"
        (self.dir / "more").write_text(row("A", 2, "10.9.9.9", "10.0.0.2", 1, 7000))
        shown, _ = self.terminal("bash", "-c", script)
        screens = shown.decode().split("\x1b[H\x1b[2J")
        self.assertNotIn("10.9.9.9", screens[1])
        self.assertIn("t2top: 2 hosts, 1 flows, 100 bytes", screens[1])
        self.assertRegex(screens[-1], r"by bytes +host +bytesSnt +bytesRcvd +pktsSnt +flows +CC +organisation\r\n1 +10\.9\.9\.9 +7000 +0 +1 +1 +us +Org of 10\.9\.9\.9\r\n")
        self.assertRegex(screens[-1], r"by flows .*\r\n1 +10\.0\.0\.2 ")

    def test_hostile_table(self):
        text = HEAD + "A\t1\ta\x1b]0;x\x07\t\u009b31m\t\u202eorg\t10.0.0.2\t-\t\"-\"\t1\t100\nB\tx\n\t\t\t\n" + "A\t" * 5000 + "\n"
        (self.dir / "h").write_text(text)
        out = self.top("h")
        self.assertIn("bytes\t1\ta\\x1b]0;x\\x07\t100\t0\t1\t1\t\\xc2\\x9b31m\t\\xe2\\x80\\xaeorg\n", out)
        shown, status = self.terminal("t2top", "-1", "h")
        self.assertEqual((status, b"\x1b" in shown or "\u202e".encode() in shown), (0, False))

    @unittest.skipUnless(os.geteuid() == 0 and subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0,
                         "needs root and network namespaces")
    def test_live_run(self):
        """While t2 captures, the packet table has the talkers; and `t2 -w - | t2top` has them at the end."""
        self.activate("basicFlow", "basicStats", "txtSink")
        send = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nfor i in range(200): s.sendto(bytes(1000), ('127.0.0.1', 45002))\n"
        t2 = subprocess.Popen(["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', str(T2), "-p", str(self.plugins), "-i", "lo", "-s",
                               "-w", str(self.dir / "live")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env)
        self.addCleanup(stop, t2)
        end, out = time.monotonic() + 30, ""
        while "127.0.0.1" not in out:
            self.assertLess(time.monotonic(), end, out)
            subprocess.run(["nsenter", "-n", "-t", str(t2.pid), "python3", "-c", send], check=False, stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            r = subprocess.run(["t2top", "-1", "live"], env=self.env, cwd=self.dir, capture_output=True, text=True)
            out = r.stdout
        self.assertIsNone(t2.poll())  # it is still at work
        self.assertGreaterEqual(int(out.split("\n")[1].split("\t")[3]), 1042)
        t2.send_signal(signal.SIGINT)
        self.assertEqual(t2.wait(30), 0)


if __name__ == "__main__":
    main()
