# SPDX-License-Identifier: Apache-2.0
"""FTP sessions on packets.py, and t2 run on them. Nothing here knows how ftpDecode works."""
import hashlib
import ipaddress
import json

from packets import Tcp
from t2run import Sandbox, table

CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


class Session(Tcp):
    """A control connection and helpers for transfers."""

    def __init__(self, cap, client=CLIENT, server=SERVER, cport=40000, port=21, greet=True, login=True, **kw):
        super().__init__(cap, client, cport, server, port, **kw)
        self.client, self.server, self.cport = client, server, cport
        self.next_port = 50000 + cport % 1000 * 10
        if greet:
            self.down(b"220 ready\r\n")
        if login:
            self.cmd(b"USER anonymous", b"331 password please")
            self.cmd(b"PASS me@example", b"230 welcome")

    def cmd(self, line, *replies):
        self.up(line + b"\r\n")
        for r in replies:
            self.down(r + b"\r\n")

    def port(self):
        self.next_port += 1
        return self.next_port

    def negotiate(self, how):
        """Agrees on a data connection; returns a function that opens it (side 0 is who connects)."""
        p, q = self.port(), self.port()
        octets = lambda a, n: b",".join(b"%d" % x for x in (*ipaddress.ip_address(a).packed, n >> 8, n & 255))
        long = lambda a, n: b"%d,%d,%s,2,%d,%d" % (
            ipaddress.ip_address(a).version, len(ipaddress.ip_address(a).packed),
            b",".join(b"%d" % x for x in ipaddress.ip_address(a).packed), n >> 8, n & 255)
        family = 1 if ipaddress.ip_address(self.client).version == 4 else 2
        if how == "PASV":
            self.cmd(b"PASV", b"227 Entering Passive Mode (" + octets(self.server, p) + b").")
        elif how == "EPSV":
            self.cmd(b"EPSV", b"229 Entering Extended Passive Mode (|||%d|)" % p)
        elif how == "LPSV":
            self.cmd(b"LPSV", b"228 Entering Long Passive Mode (" + long(self.server, p) + b")")
        elif how == "PORT":
            self.cmd(b"PORT " + octets(self.client, p), b"200 ok")
        elif how == "EPRT":
            self.cmd(b"EPRT |%d|%s|%d|" % (family, self.client.encode(), p), b"200 ok")
        elif how == "LPRT":
            self.cmd(b"LPRT " + long(self.client, p), b"200 ok")
        if how in ("PASV", "EPSV", "LPSV"):
            return lambda **kw: Tcp(self.cap, self.client, q, self.server, p, **kw)
        return lambda **kw: Tcp(self.cap, self.server, 20, self.client, p, **kw)

    def transfer(self, how, command, data, opening=b"150 opening", done=b"226 done", passive=None, **kw):
        """A whole transfer; the data connection's object is returned."""
        connect = self.negotiate(how)
        passive = how in ("PASV", "EPSV", "LPSV")
        upload = command.split()[0] in (b"STOR", b"APPE", b"STOU")
        self.up(command + b"\r\n")
        if passive:
            d = connect(**kw)
            self.down(opening + b"\r\n")
        else:
            self.down(opening + b"\r\n")
            d = connect(**kw)
        sender = 0 if passive == upload else 1
        d.send(sender, data)
        d.close(sender)
        if done:
            self.down(done + b"\r\n")
        return d


def dialogue(cap, user, password, files, greeting=b"ready", replies=(b"331 ok", b"230 welcome"), sport=41000):
    """A session as a person sees it, of whatever bytes; `files`: (name, bytes) that are downloaded."""
    control = Session(cap, "10.66.6.6", "203.0.113.99", sport, greet=False, login=False)
    control.down(b"220 " + greeting + b"\r\n")
    control.cmd(b"USER " + user, replies[0])
    control.cmd(b"PASS " + password, replies[1])
    for n, (name, data) in enumerate(files):
        port = 40000 + n
        control.cmd(b"PASV", b"227 Entering Passive Mode (203,0,113,99,%d,%d)" % (port >> 8, port & 255))
        control.up(b"RETR " + name + b"\r\n")
        connection = Tcp(cap, control.client, sport + 1000 + n, control.server, port)
        control.down(b"150 Opening BINARY mode data connection for " + name + b" (%d bytes)\r\n" % len(data))
        connection.down(data)
        connection.close(1)
        control.down(b"226 Transfer complete.\r\n")
    control.close()


class Run:
    """What t2 made of a capture."""

    def __init__(self, case, path, *settings, save=True, packets=False, before=None):
        self.folder = case.dir / "files"
        out = case.dir / "out"
        args = [a for s in settings for a in ("--set", s if "." in s else "ftpDecode." + s)]
        if save:
            args += ["--set", "ftpDecode.FTP_SAVE=1"]
        if packets:
            args += ["-s"]
        self.result = case.t2(*args, "-r", path, "-w", out, env={"FTP_F_PATH": str(self.folder) + "/"})
        self.report = [x for x in self.result.stdout.splitlines() if x.startswith("ftpDecode: ")]
        self.rows = table(str(out) + "_flows.txt")[1]
        self.packets = table(str(out) + "_packets.txt")[1] if packets else []
        names = sorted(p.name for p in self.folder.iterdir()) if self.folder.exists() else []
        self.files = {n: (self.folder / n).read_bytes() for n in names
                      if not n.startswith(".") and not n.startswith("ftp_flow_")}
        self.transcripts = {n: (self.folder / n).read_bytes() for n in names if n.startswith("ftp_flow_")}
        manifest = self.folder / ".manifest.jsonl"
        self.manifest = [json.loads(x) for x in manifest.read_text().splitlines()] if manifest.exists() else []
        if self.manifest:
            self.check_manifest(case)

    def check_manifest(self, case):
        """Whatever else is tested: the manifest tells the truth, and does not contradict itself."""
        run, *records, end = self.manifest
        case.assertEqual((run["record"], run["format"], end["record"], end["ended"]), ("run", 2, "end", "input"))
        contents = [m for m in records if m["record"] == "content"]
        case.assertEqual([m["id"] for m in contents], list(range(1, len(contents) + 1)))
        case.assertEqual((end["contents"], end["complete"]), (len(contents), sum(m["complete"] for m in contents)))
        for m in records:
            case.assertNotEqual(m["complete"], "incomplete" in m, m)
            for moment in (m[k] for k in ("first", "last") if k in m):
                case.assertEqual(moment["in_capture"], moment["packet"], m)
            if m["complete"]:
                case.assertEqual((m["missing"], m["end"] is None, "aborted" in m), ([], False, False), m)
            elif m["end"] is None and m["record"] == "content" and m["file"]:
                case.assertEqual(m["missing"][-1][0], m["size"], m)
            if m["file"] is not None and m["sha256"] is not None:
                data = (self.folder / m["file"]).read_bytes()
                case.assertEqual((m["size"], m["sha256"]), (len(data), hashlib.sha256(data).hexdigest()), m)

    def row(self, index, direction):
        return next(r for r in self.rows if r["flowInd"] == str(index) and r["dir"] == direction)

    def record(self, name):
        return next(m for m in self.manifest if m.get("file") == name)

    def contents(self):
        return [m for m in self.manifest if m["record"] == "content"]


class FtpCase(Sandbox):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "txtSink")

    def same(self, got, expected):
        """Byte for byte, without a screen full of bytes if not."""
        if got != expected:
            at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
            self.fail(f"{len(got)} bytes instead of {len(expected)}, different from offset {at}: "
                      f"{got[at:at + 20]!r} instead of {expected[at:at + 20]!r}")

    def same_files(self, run, expected):
        self.assertEqual(sorted(run.files), sorted(expected))
        for name, data in expected.items():
            self.same(run.files[name], data)

    def run_on(self, cap, *settings, snaplen=0, **kw):
        path = self.dir / "in.pcap"
        cap.write(path, snaplen)
        return Run(self, path, *settings, **kw)


def content(n, seed=1):
    """n bytes that differ at every place."""
    out, x = bytearray(), seed
    while len(out) < n:
        x = hashlib.sha256(b"%d" % seed + len(out).to_bytes(8, "big")).digest()
        out += x
    return bytes(out[:n])
