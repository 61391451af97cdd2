# SPDX-License-Identifier: Apache-2.0
"""Test cases on crafted frames: frames in, rows and report out."""
from packets import write_pcap
from t2run import Sandbox, table


class FrameCase(Sandbox):
    def run_file(self, path, *settings, env=None):
        more = [word for s in settings for word in ("--set", s)]
        self.report = self.t2("-s", "-r", path, "-w", self.dir / "o", *more, env=env).stdout
        self.names, self.flows = table(self.dir / "o_flows.txt")
        self.packet_names, self.packets = table(self.dir / "o_packets.txt")
        return self

    def run_on(self, frames, *settings, env=None):
        write_pcap(self.dir / "in.pcap", frames)
        return self.run_file(self.dir / "in.pcap", *settings, env=env)
