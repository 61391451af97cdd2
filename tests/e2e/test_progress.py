# SPDX-License-Identifier: Apache-2.0
"""The progress line: on a terminal, after a second, and nowhere else."""
import os
import pty
import select
import subprocess
import time

from packets import pcap, udp_frame
from t2run import T2, Sandbox, main


class Progress(Sandbox):
    def run_slowly(self, stderr, *args):
        """Feeds a capture through a pipe for about two and a half seconds; returns what stderr showed."""
        self.activate("basicFlow", "httpSniffer", "txtSink")
        data = pcap([udp_frame("10.0.0.1", 1000, "10.0.0.2", 53, b"x" * 1000)] * 100)
        read_end, write_end = pty.openpty() if stderr == "terminal" else os.pipe()
        process = subprocess.Popen([T2, "-p", f"{self.plugins}/", "-r", "-", "-w", self.dir / "o", *args], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=write_end, env=self.env)
        os.close(write_end)
        process.stdin.write(data)
        process.stdin.flush()
        shown = b""
        body = data[24:]
        for _ in range(25):
            time.sleep(0.1)
            process.stdin.write(body)
            process.stdin.flush()
            if select.select([read_end], [], [], 0)[0]:
                shown += os.read(read_end, 65536)
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        os.close(read_end)
        return shown.decode()

    def test_on_a_terminal(self):
        shown = self.run_slowly("terminal")
        self.assertRegex(shown, r"\r\x1b\[K\d+ \(\d\.\d\d K\) packets, \d s")

    def test_of_carving(self):
        shown = self.run_slowly("terminal", "--carve", self.dir / "files")
        self.assertRegex(shown, r"\r\x1b\[K\d+ \(\d\.\d\d K\) packets, 0 contents of 0 bytes carved, \d s")

    def test_not_in_a_pipe(self):
        self.assertEqual(self.run_slowly("pipe"), "")


if __name__ == "__main__":
    main()
