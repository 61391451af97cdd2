# SPDX-License-Identifier: Apache-2.0
"""What the tests of tcpFlags share: crafted packets in, rows and report out."""
from frames import FrameCase
from packets import ether

A, B = "10.0.0.1", "10.0.0.2"
A6, B6 = "2001:db8::1", "2001:db8::2"


class TcpFlagsCase(FrameCase):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpFlags", "txtSink")

    def ip_run(self, packets, *settings):
        return self.run_on([(i, ether(p)) for i, p in enumerate(packets)], *settings)

    def flow(self, direction, index=0):
        return [f for f in self.flows if f["dir"] == direction][index]

    def column(self, name, start=0):
        return [p[name] for p in self.packets[start:]]

    def cells(self, direction, *names):
        return [self.flow(direction)[n] for n in names]

    # TCP header flags, spec 3
