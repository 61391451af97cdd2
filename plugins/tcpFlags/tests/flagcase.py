# SPDX-License-Identifier: Apache-2.0
"""What the tests of tcpFlags share: crafted packets in, rows and report out."""
from packets import ether, write_pcap
from t2run import Sandbox, table

A, B = "10.0.0.1", "10.0.0.2"
A6, B6 = "2001:db8::1", "2001:db8::2"


class TcpFlagsCase(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpFlags", "txtSink")

    def run_on(self, frames, *settings):
        write_pcap(self.dir / "in.pcap", frames)
        more = [word for s in settings for word in ("--set", s)]
        self.report = self.t2("-s", "-r", self.dir / "in.pcap", "-w", self.dir / "o", *more).stdout
        self.names, self.flows = table(self.dir / "o_flows.txt")
        self.packet_names, self.packets = table(self.dir / "o_packets.txt")
        return self

    def ip_run(self, packets, *settings):
        return self.run_on([(i, ether(p)) for i, p in enumerate(packets)], *settings)

    def flow(self, direction, index=0):
        return [f for f in self.flows if f["dir"] == direction][index]

    def column(self, name, start=0):
        return [p[name] for p in self.packets[start:]]

    def cells(self, direction, *names):
        return [self.flow(direction)[n] for n in names]

    # TCP header flags, spec 3
