# SPDX-License-Identifier: Apache-2.0
"""Live capture on a pair of virtual interfaces in a network namespace of its own: flows, signals, reports."""
import os
import re
import signal
import subprocess
import time
import unittest

from t2run import T2, Sandbox, main, table

SEND = """
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 45001))
for i in range(int(sys.argv[1])):
    s.sendto(b"payload %d" % i, ("127.0.0.1", 45002))
    time.sleep(0.002)
"""

FLOOD = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(20000):
    s.sendto(bytes(1000), ("127.0.0.1", 45002))
"""

# A kernel that has no sockets that share.
NO_FANOUT = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
int setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  static int (*real)(int, int, int, const void*, socklen_t);
  if (!real) real = (int (*)(int, int, int, const void*, socklen_t))dlsym(RTLD_NEXT, "setsockopt");
  if (level == 263 && name == 18) return errno = ENOPROTOOPT, -1;  // SOL_PACKET, PACKET_FANOUT
  return real(fd, level, name, value, size);
}
"""


def can_capture():
    probe = subprocess.run(["unshare", "-n", "sh", "-c", "ip link set lo up"], capture_output=True)
    return os.geteuid() == 0 and probe.returncode == 0


@unittest.skipUnless(can_capture(), "needs root and network namespaces")
class Live(Sandbox):
    def start(self, *options, output=("-w", "o"), busy=False):
        """`busy`: $BUSY sends meanwhile."""
        self.activate("basicFlow", "tcpStates", "txtSink")
        sender = 'python3 -c "$BUSY" & sleep 0.5;' if busy else ""
        command = ["unshare", "-n", "sh", "-c", f'ip link set lo up; {sender} exec "$0" "$@"', str(T2), "-p", str(self.plugins), "-i",
                   "lo", output[0], str(self.dir / output[1]), *options]
        log = (self.dir / "stdout").open("w")
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=self.env)
        log.close()
        self.addCleanup(lambda: (process.kill(), process.wait()))
        self.wait_for(lambda: "Snapshot length" in self.output())
        return process

    def output(self):
        return (self.dir / "stdout").read_text()

    def wait_for(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, self.output())
            time.sleep(0.02)

    def send(self, process, n):
        subprocess.run(["nsenter", "-n", "-t", str(process.pid), "python3", "-c", SEND, str(n)], check=True)

    def packets(self):
        return [int(n) for n in re.findall(r"Number of processed packets: (\d+)", self.output())]

    def test_flows_come_out_at_sigint(self):
        process = self.start()
        self.send(process, 50)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0, self.output())
        _, rows = table(self.dir / "o_flows.txt")
        self.assertIn(("127.0.0.1", "45001", "45002"), [(r["srcIP"], r["srcPort"], r["dstPort"]) for r in rows])
        text = self.output()
        self.assertIn("Live capture on interface: lo", text)
        self.assertNotIn("Option '-j'", text)
        self.assertIn("[INF] SIGINT: Remove all flows and exit", text)
        self.assertRegex(text, r"Number of packets received: \d+")
        self.assertIn("Number of packets dropped by the kernel: 0 [0.00%]", text)
        self.assertGreaterEqual(self.packets()[-1], 50)
        self.assertNotIn("Percentage", text)
        self.assertIn("# Live captured from interface: lo", (self.dir / "o_headers.txt").read_text())

    def test_interim_report_and_sigterm(self):
        process = self.start()
        self.send(process, 20)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGUSR1)
        self.wait_for(lambda: "USR1 A type report" in self.output())
        self.wait_for(lambda: "Fill size of main hash map" in self.output())
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.assertIn("SIGTERM: Terminate, terminate. Remove all flows and exit", self.output())

    def test_machine_reports(self):
        process = self.start("-m", "-M", "0.2", "--set", "tranalyzer2.MACHINE_REPORT=1")
        monitoring = self.dir / "o_monitoring.txt"
        process.send_signal(signal.SIGUSR2)
        self.send(process, 20)
        self.wait_for(lambda: monitoring.read_text().count("USR1MR_A") >= 3)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        names, rows = table(monitoring)
        self.assertEqual(names[:4], ["repType", "sensorID", "time", "duration"])
        self.assertGreaterEqual(int(rows[-1]["numPkts"]), int(rows[0]["numPkts"]))

    def test_filter(self):
        process = self.start("port", "45999")
        self.send(process, 20)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(table(self.dir / "o_flows.txt")[1], [])

    def parts(self):
        return sorted(self.dir.glob("o_flows.txt*"), key=lambda p: int(p.name[len("o_flows.txt"):]))

    def rotated(self, output):
        """Every packet is a flow that ends at once."""
        process = self.start("--set", "tranalyzer2.FLOW_TIMEOUT=0", output=("-W", output))
        end = time.monotonic() + 120  # a guard against hanging; a busy machine may need long
        while len(self.parts()) < 4:
            self.assertLess(time.monotonic(), end, self.output())
            self.send(process, 10)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0, self.output())
        numbers = [int(p.name[len("o_flows.txt"):]) for p in self.parts()]
        self.assertEqual(numbers, list(range(len(numbers))))
        lines = [p.read_text().split("\n") for p in self.parts()]
        self.assertTrue(lines[0][0].startswith("%dir\t"))
        rows = [row for part in lines for row in part if row and not row.startswith("%")]
        self.assertEqual({row.count("\t") for row in rows}, {lines[0][0].count("\t")})
        flows = [int(n) for n in re.findall(r"Number of processed      flows: (\d+)", self.output())]
        self.assertEqual(flows[-1], len(rows))
        return lines

    def test_output_rotated_by_size(self):
        for part in self.rotated("o:2K")[:-1]:
            self.assertGreaterEqual(len("\n".join(part)), 2000)

    def test_output_rotated_by_time(self):
        self.rotated("o:0.01s")

    def test_packets_that_the_kernel_drops_are_counted(self):
        process = self.start("-B", "1048576")
        os.kill(process.pid, signal.SIGSTOP)
        subprocess.run(["nsenter", "-n", "-t", str(process.pid), "python3", "-c", FLOOD], check=True)
        os.kill(process.pid, signal.SIGCONT)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0, self.output())
        number = lambda label: int(re.search(re.escape(label) + r": (\d+)", self.output()).group(1))
        dropped = number("Number of packets dropped by the kernel")
        self.assertGreater(dropped, 1000)
        # The kernel counts every packet of the loopback device as sent and as received; libpcap gives one of the two.
        processed, received = self.packets()[-1], number("Number of packets received")
        self.assertGreater(processed, 10)
        self.assertAlmostEqual(received - dropped, 2 * processed, delta=20)  # of a few only the other one had room

    def test_idle_flows_end_without_packets(self):
        process = self.start("--set", "tranalyzer2.FLOW_TIMEOUT=1")
        self.send(process, 5)
        self.wait_for(lambda: len((self.dir / "o_flows.txt").read_text().split("\n")) > 2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_flows_end_in_the_order_of_their_last_packets(self):
        """Of many that end at once, by the clock alone, and are written while the line is quiet."""
        process = self.start("--set", "tranalyzer2.FLOW_TIMEOUT=1")
        ports = [46000 + 7919 * i % 997 for i in range(200)]
        program = ("import socket, sys\n"
                   "for port in map(int, sys.argv[1:]):\n"
                   "    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   "    s.bind(('127.0.0.1', port))\n"
                   "    s.sendto(b'x', ('127.0.0.1', 45002))\n")
        subprocess.run(["nsenter", "-n", "-t", str(process.pid), "python3", "-c", program, *map(str, ports)], check=True)
        rows = lambda: [row for row in table(self.dir / "o_flows.txt")[1] if row["dstPort"] == "45002"]
        self.wait_for(lambda: (self.dir / "o_flows.txt").read_text().count("\t45002\t") >= len(ports))
        self.assertEqual([int(row["srcPort"]) for row in rows()], ports)
        numbers = [int(row["flowInd"]) for row in rows()]
        self.assertEqual(numbers, sorted(numbers))
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_sockets_that_share(self):
        """Each packet comes once, also those while the sockets are opened; reports and the filter hold for all of them."""
        process = self.start("-m", "--set", "tranalyzer2.LIVE_SOCKETS=4", "udp")
        for _ in range(4):
            self.send(process, 30)
        process.send_signal(signal.SIGUSR1)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0, self.output())
        self.assertIn("[INF] Capture: 4 sockets share the packets", self.output())
        self.assertEqual(self.packets()[-1], 120)
        # The loopback device's packets are sent and received.
        self.assertIn("Number of packets received: 240 [100.00%]", self.output())
        self.assertIn("Number of packets dropped by the kernel: 0 [0.00%]", self.output())
        _, rows = table(self.dir / "o_flows.txt")
        self.assertEqual([r["srcPort"] for r in rows], ["45001"])

    def test_sockets_that_are_opened_on_a_busy_line(self):
        """What comes before the sockets share it comes to each of them, and is not counted twice."""
        self.env["BUSY"] = ("import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 45001))\n"
                            "end = time.monotonic() + 3\nn = 0\n"
                            "while time.monotonic() < end: s.sendto(b'%d' % n, ('127.0.0.1', 45002)); n += 1; time.sleep(0.0001)\n"
                            f"open('{self.dir}/sent', 'w').close()\n")
        process = self.start("--set", "tranalyzer2.LIVE_SOCKETS=8", busy=True)
        self.wait_for((self.dir / "sent").exists, 60)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0, self.output())
        numbers = [r for r in table(self.dir / "o_flows.txt")[1] if r["srcPort"] == "45001"]
        self.assertEqual(len(numbers), 1)
        text = self.output()
        received = int(re.search(r"Number of packets received: (\d+)", text).group(1))
        self.assertIn("Number of packets dropped by the kernel: 0 [0.00%]", text)
        self.assertGreater(self.packets()[-1], 100)
        self.assertAlmostEqual(received, 2 * self.packets()[-1], delta=20)

    def test_where_packets_cannot_be_shared_one_socket_hears_them(self):
        (self.dir / "shim.c").write_text(NO_FANOUT)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.dir / "shim.so", self.dir / "shim.c"], check=True)
        self.env.update(LD_PRELOAD=str(self.dir / "shim.so"), ASAN_OPTIONS="verify_asan_link_order=0")
        process = self.start("--set", "tranalyzer2.LIVE_SOCKETS=4", "udp")
        self.send(process, 20)
        self.wait_until_idle(process.pid)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0, self.output())
        self.assertIn("[INF] Capture: one socket, for the packets of this interface cannot be shared", self.output())
        self.assertEqual(self.packets()[-1], 20)


if __name__ == "__main__":
    main()
