# SPDX-License-Identifier: Apache-2.0
"""An FTP session as a capture: what was said, and passive transfers, whatever bytes they hold."""
from captures import ACK, FIN, PSH, SYN, pcap, tcp

CLIENT, SERVER = "10.66.6.6", "203.0.113.99"


class Connection:
    """One TCP connection; `frames` gets its packets."""

    def __init__(self, frames, sport, dport):
        self.frames, self.ports, self.seq = frames, (sport, dport), {"C": 1000, "S": 5000}
        self.put("C", SYN)
        self.put("S", SYN | ACK)
        self.put("C", ACK)

    def put(self, who, flags, data=b""):
        (a, sp), (b, dp) = ((CLIENT, self.ports[0]), (SERVER, self.ports[1]))[::1 if who == "C" else -1]
        other = "S" if who == "C" else "C"
        self.frames.append(tcp(a, sp, b, dp, self.seq[who], self.seq[other] if flags & ACK else 0, flags, data))
        self.seq[who] += len(data) + bool(flags & (SYN | FIN))

    def send(self, who, data):
        for at in range(0, len(data), 1400):
            self.put(who, PSH | ACK, data[at:at + 1400])

    def close(self):
        for who in "SC":
            self.put(who, FIN | ACK)
        self.put("C", ACK)


def session(frames, user, password, files, greeting=b"ready", replies=(b"331 ok", b"230 welcome"), sport=40000, listings=()):
    """`files`: (name, bytes) that are downloaded."""
    control = Connection(frames, sport, 21)
    control.send("S", b"220 " + greeting + b"\r\n")
    for line, reply in ((b"USER " + user, replies[0]), (b"PASS " + password, replies[1])):
        control.send("C", line + b"\r\n")
        control.send("S", reply + b"\r\n")
    for n, (name, data) in enumerate(files):
        port = 40000 + n
        control.send("C", b"PASV\r\n")
        control.send("S", b"227 Entering Passive Mode (203,0,113,99,%d,%d)\r\n" % (port >> 8, port & 255))
        control.send("C", b"RETR " + name + b"\r\n")
        data_connection = Connection(frames, sport + 1000 + n, port)
        control.send("S", b"150 Opening BINARY mode data connection for " + name + b" (%d bytes)\r\n" % len(data))
        data_connection.send("S", data)
        data_connection.close()
        control.send("S", b"226 Transfer complete.\r\n")
    control.close()


def write(path, *sessions):
    frames = []
    for n, s in enumerate(sessions):
        session(frames, **{"sport": 41000 + 2000 * n, **s})
    path.write_bytes(pcap(frames))
