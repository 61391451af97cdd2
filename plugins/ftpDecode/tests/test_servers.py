# SPDX-License-Identifier: Apache-2.0
"""Real servers and clients in two network namespaces, captured live by t2 and by tcpdump: every carved
file equals its original, live and offline agree. Needs root and the tools; otherwise it is skipped."""
import hashlib
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

import servers
from pcapdamage import Pcap
from servers import PYTHON
from t2run import T2, main, table

TOOLS = ("ip", "tcpdump", "curl", "lftp", "tnftp", "vsftpd", "openssl")
C4, S4, C6, S6 = "10.9.0.1", "10.9.0.2", "fd09::1", "fd09::2"
RESUME_AT = 1_000_000
FTP_COLUMNS = ("ftpStat", "ftpCC", "ftpRC", "ftpUser", "ftpPass", "ftpCP", "ftpPLen")

PYFTPD = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer
root, cert, host, port = sys.argv[1:5]
a = DummyAuthorizer()
a.add_user("user", "secret", root, perm="elradfmwMT")
FTPHandler.use_sendfile = False
h = TLS_FTPHandler if cert else FTPHandler
h.authorizer, h.use_sendfile = a, False
if cert:
    h.certfile = cert
FTPServer((host, int(port)), h).serve_forever()
"""


WHY_NOT = servers.why_not(TOOLS, "pyftpdlib", "python3-pyftpdlib")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Servers(servers.NamespaceCase):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "txtSink")
        tag = f"{os.getpid() % 10000}{random.randrange(1000)}"
        self.cns, self.sns, self.cif, self.sif = f"t2c{tag}", f"t2s{tag}", f"vc{tag}", f"vs{tag}"
        for ns in (self.cns, self.sns):
            self.add_namespace(ns)
        self.sh("ip", "link", "add", self.cif, "netns", self.cns, "type", "veth", "peer", "name", self.sif, "netns", self.sns)
        for ns, dev, v4, v6 in ((self.cns, self.cif, C4, C6), (self.sns, self.sif, S4, S6)):
            self.inside(ns, "sysctl", "-qw", f"net.ipv6.conf.{dev}.accept_dad=0", check=False)
            self.inside(ns, "ip", "addr", "add", v4 + "/24", "dev", dev)
            self.inside(ns, "ip", "addr", "add", v6 + "/64", "dev", dev, "nodad")
            for d in ("lo", dev):
                self.inside(ns, "ip", "link", "set", d, "up")
        self.root = self.dir / "srv"
        self.work = self.dir / "work"
        for d in (self.root, self.root / "up", self.work):
            d.mkdir()
        self.dir.chmod(0o755)
        self.root.chmod(0o755)
        self.expected = []  # (name, sha256) of every transfer of a file
        self.listings = []  # as the clients showed them

    def inside(self, ns, *args, **kw):
        return self.run_in(ns, *args, **kw)

    def client(self, *args, **kw):
        return self.inside(self.cns, *args, **kw)

    def spawn(self, ns, *args):
        return self.spawn_in(ns, *args, env=self.env | {"FTP_F_PATH": str(self.dir / "live") + "/"})

    def wait_for_port(self, host, port=21):
        for _ in range(100):
            url = f"telnet://[{host}]:{port}" if ":" in host else f"telnet://{host}:{port}"
            if self.client("curl", "-s", "--connect-timeout", "1", url, "-m", "0.1", check=False).returncode in (28, 0):
                return
            time.sleep(0.1)
        self.fail("the server did not start")

    def connections(self, ns):
        """TCP connections that may still send something, by itself or when asked."""
        listening, time_wait = "0A", "06"
        lines = self.inside(ns, "cat", "/proc/net/tcp", "/proc/net/tcp6").stdout.split("\n")
        states = [line.split()[3] for line in lines if line and "local_address" not in line]
        return [s for s in states if s not in (listening, time_wait)]

    def wait_until_closed(self):
        end = time.monotonic() + 60
        while self.connections(self.cns) or self.connections(self.sns):
            self.assertLess(time.monotonic(), end, "connections of wait_for_port() stay open")
            time.sleep(0.1)

    def vsftpd(self, more=""):
        (self.root / "up").chmod(0o777)
        empty = self.dir / "empty"
        empty.mkdir()
        conf = self.dir / "vsftpd.conf"
        conf.write_text(f"""listen=NO
listen_ipv6=YES
background=NO
anonymous_enable=YES
local_enable=NO
write_enable=YES
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
anon_umask=022
anon_root={self.root}
no_anon_password=NO
seccomp_sandbox=NO
connect_from_port_20=YES
port_enable=YES
pasv_enable=YES
max_clients=0
max_per_ip=0
secure_chroot_dir={empty}
xferlog_enable=NO
{more}""")
        self.spawn(self.sns, "vsftpd", conf)

    def pyftpd(self, host, cert=""):
        script = self.dir / "server.py"
        script.write_text(PYFTPD)
        self.spawn(self.sns, PYTHON, script, self.root, cert, host, 21)

    def file(self, name, size, folder=None):
        data = random.Random(name).randbytes(size)
        ((folder or self.root) / name).write_bytes(data)
        return data

    def expect(self, name, data):
        self.expected.append((name, hashlib.sha256(data).hexdigest()))

    def start_capture(self):
        # The two captures begin one after the other; nothing may pass between.
        self.wait_until_closed()
        self.pcap = self.dir / "all.pcap"
        # In the client's namespace: everything passes there. The buffers hold the longest test, whoever gets the processor.
        self.tcpdump = self.spawn(self.cns, "tcpdump", "-Z", "root", "-i", self.cif, "-s", "0", "-B", "262144", "-w", self.pcap, "-U")
        self.live = self.spawn(self.cns, T2, "-p", self.plugins, "--set", "ftpDecode.FTP_SAVE=1", "-i", self.cif,
                               "-B", "268435456", "-w", self.dir / "liveout")
        self.tcpdump.stderr.readline()
        self.wait_until_idle(self.tcpdump.pid, self.live.pid)

    def stop_capture(self):
        self.wait_until_idle(self.tcpdump.pid, self.live.pid)
        for p in (self.tcpdump, self.live):
            p.send_signal(signal.SIGINT)
        for p in (self.tcpdump, self.live):
            self.assertEqual(p.wait(60), 0, p.stderr.read())

    def carved(self, folder):
        lines = (folder / ".manifest.jsonl").read_text().splitlines()
        records = [m for m in map(json.loads, lines) if m["record"] == "content"]
        for m in records:
            if m["file"]:
                self.assertEqual(hashlib.sha256((folder / m["file"]).read_bytes()).hexdigest(), m["sha256"])
        return records

    def same(self, got, expected):
        self.assertEqual(hashlib.sha256(got).hexdigest(), hashlib.sha256(expected).hexdigest(), f"{len(got)}, {len(expected)} bytes")

    def offline(self):
        folder = self.dir / "files"
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", self.pcap, "-w", self.dir / "out", env={"FTP_F_PATH": str(folder) + "/"})
        return folder

    def ftp_rows(self, prefix):
        rows = table(f"{self.dir / prefix}_flows.txt")[1]
        # Not what only shook hands: the end of wait_for_port()'s connection may reach one of the two captures alone.
        said = [r for r in rows if int(r["ftpStat"], 16) and any(r[c] not in ("", "0", "0x01") for c in FTP_COLUMNS)]
        return sorted(tuple(r[c] for c in ("srcIP", "srcPort", "dstIP", "dstPort", *FTP_COLUMNS)) for r in said)

    def check(self):
        """Every expected file is there, complete and named; live and offline have the same files and the same columns."""
        self.stop_capture()
        both = []
        for folder in (self.offline(), self.dir / "live"):
            records = self.carved(folder)
            files = [m for m in records if m["command"] in ("RETR", "STOR", "APPE", "STOU")]
            got = sorted((pathlib.PurePosixPath(m["path"]).name, m["sha256"]) for m in files)
            self.assertEqual(got, sorted(self.expected), folder.name)
            self.assertEqual([m["file"] for m in records if not m["complete"]], [], folder.name)
            lists = [(folder / m["file"]).read_text().replace("\r\n", "\n") for m in records if m["command"] == "LIST"]
            self.assertEqual([x for x in self.listings if x not in lists], [], folder.name)
            both.append(sorted((m["command"], m["argument"], m["path"], m["user"], m["sha256"]) for m in records))
        self.assertEqual(both[0], both[1])
        self.assertEqual(self.ftp_rows("out"), self.ftp_rows("liveout"))
        rows = table(str(self.dir / "out") + "_flows.txt")[1]
        self.assertFalse(any(int(r["ftpStat"], 16) & 0x60 for r in rows))
        return rows

    def curl(self, *args, **kw):
        return self.client("curl", "-sS", "--connect-timeout", "5", *args, **kw)

    def expect_listing(self, text):
        self.listings.append(text.replace("\r\n", "\n"))

    def upload(self, name, data, appended=False):
        """The server has what the client sent."""
        self.expect(name, data)
        self.assertEqual((self.root / "up" / name).read_bytes(), data * (2 if appended else 1))

    def resumed(self):
        """The client has the first megabyte of big.bin and fetches the rest."""
        (self.work / "part").write_bytes(self.big[:RESUME_AT])
        return self.work / "part"

    def check_resumed(self):
        self.assertEqual((self.work / "part").read_bytes(), self.big)
        self.expect("big.bin", self.big[RESUME_AT:])

    def with_curl(self, host, active, name):
        """One session of several downloads and a listing, then upload, append and a resumed download."""
        url = f"ftp://[{host}]" if ":" in host else f"ftp://{host}"
        for plain in (False,) if ":" in host else (False, True):  # PASV and PORT, then EPSV and EPRT
            mode = ["--ftp-port", "-"] if active else ["--ftp-pasv"]
            mode += [["--disable-epsv", "--disable-eprt"][active]] if plain else []
            mode += ["-g", "-u", self.login.replace(",", ":")]
            listing = self.work / "listing"
            self.curl(*mode, f"{url}/small.txt", "-o", "/dev/null", f"{url}/big.bin", "-o", "/dev/null", f"{url}/empty.bin",
                      "-o", "/dev/null", f"{url}/", "-o", listing)
            self.expect("small.txt", self.small)
            self.expect("big.bin", self.big)
            self.expect_listing(listing.read_text())
            n = f"{name}{plain:d}"
            self.curl(*mode, "-T", "up.bin", f"{url}/up/{n}")
            self.upload(n, self.up)
            self.curl(*mode, "-a", "-T", "up.bin", f"{url}/up/{n}")
            self.upload(n, self.up, appended=True)
            self.curl(*mode, "-C", "-", f"{url}/big.bin", "-o", self.resumed())
            self.check_resumed()

    def with_lftp(self, host, active, name):
        for f in ("small.txt", "big.bin"):
            (self.work / f).unlink(missing_ok=True)
        part = self.resumed()
        url = f"ftp://[{host}]" if ":" in host else f"ftp://{host}"
        listing = self.client("lftp", "-u", self.login, "-e", f"set ftp:passive-mode {'off' if active else 'on'}; set ftp:ssl-allow no; "
                              f"set ftp:use-mdtm no; set net:timeout 10; set net:max-retries 2; mget -O {self.work} small.txt big.bin; "
                              f"get -c big.bin -o {part}; cd up; put {self.work}/up.bin -o {name}; cd ..; ls; bye", url).stdout
        self.expect("small.txt", self.small)
        self.expect("big.bin", self.big)
        self.check_resumed()
        self.upload(name, self.up)
        self.expect_listing(listing)

    def with_tnftp(self, host, active, name):
        user, password = self.login.split(",")
        part, listing = self.resumed(), self.work / "listing"
        listing.unlink(missing_ok=True)
        script = (f"user {user} {password}\nbinary\nget small.txt {self.work}/s\nget big.bin {self.work}/b\n"
                  f"put up.bin up/{name}\nappend up.bin up/{name}\n"
                  f"dir . {listing}\nls\nlcd {self.work}\nreget big.bin part\nbye\n")
        self.client("tnftp", "-n", "-i", "-A" if active else "-p", host, input=script)
        self.expect("small.txt", self.small)
        self.expect("big.bin", self.big)
        self.upload(name, self.up, appended=True)
        self.expect(name, self.up)
        self.assertEqual(part.read_bytes(), self.big)
        self.check_resumed()
        self.expect_listing(listing.read_text())

    def every_client_and_mode(self, hosts):
        self.small, self.big = self.file("small.txt", 5), self.file("big.bin", 1_500_000)
        self.file("empty.bin", 0)
        self.up = self.file("up.bin", 70_000, self.work)
        self.start_capture()
        for k, host in enumerate(hosts):
            for active in (False, True):
                for client in (self.with_curl, self.with_lftp, self.with_tnftp):
                    client(host, active, f"{client.__name__[5:]}{k}{active:d}")
        rows = self.check()
        commands = {(":" in r["srcIP"], c) for r in rows for c in r["ftpCC"].split(";")}
        wanted = {(v6, c) for v6 in {":" in h for h in hosts} for c in ("EPSV", "EPRT", "RETR", "STOR", "APPE", "REST", "LIST")}
        if S4 in hosts:
            wanted |= {(False, "PASV"), (False, "PORT")}
        self.assertEqual(wanted - commands, set())

    def by_stream(self, path):
        """What t2 carves from a capture: ends of the stream -> (record, bytes)."""
        folder = self.dir / "again"
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", path, "-w", self.dir / "out2", env={"FTP_F_PATH": str(folder) + "/"})
        ends = lambda m: (m["sender"]["ip"], m["sender"]["port"], m["receiver"]["ip"], m["receiver"]["port"])
        return {ends(m): (m, (folder / m["file"]).read_bytes()) for m in self.carved(folder)}

    def check_damaged(self):
        """Damage to some streams: gaps are exact, the others stay whole; and nothing that is called complete is not."""
        whole = self.by_stream(self.pcap)
        r, path = random.Random(3), self.dir / "damaged.pcap"
        touched = {k for k in whole if r.random() < 0.5}
        damaged = Pcap(self.pcap)
        damaged.damage(r, touched)
        damaged.write(path)
        after, gaps = self.by_stream(path), 0
        for k, (_, data) in whole.items():
            expected, missing = damaged.model(k, len(data)) if k in touched else (data, [])
            if missing == [[0, len(data)]]:
                continue
            m, got = after[k]
            with self.subTest(file=m["file"], touched=k in touched):
                self.same(got, expected)
                if missing and m["end"] is None:  # the FIN was in the last segment: nobody knows how much followed
                    self.assertEqual(missing[-1][1], len(data))
                    missing = [*missing, [len(data), None]]
                self.assertEqual((m["missing"], m["complete"]), (missing, not missing))
            gaps += bool(missing)
        self.assertGreater(gaps, 3)
        self.assertGreater(len(whole) - len(touched), 10)

        snapped = Pcap(self.pcap)
        snapped.write(path, snaplen=96)
        self.check_nothing_false(whole, self.by_stream(path))
        cut = Pcap(self.pcap)
        del cut.frames[len(cut.frames) // 2:]
        cut.write(path)
        self.check_nothing_false(whole, self.by_stream(path))

    def check_nothing_false(self, whole, found):
        for k, (m, data) in found.items():
            expected = bytearray(whole[k][1][:len(data)])
            for a, b in m["missing"]:
                b = min(len(data), b or len(data))  # behind the file: not written
                expected[a:b] = bytes(max(0, b - a))
            self.same(data, bytes(expected))
            self.assertEqual(m["complete"] and data != whole[k][1], False, m)

    def test_vsftpd_with_every_client_and_mode(self):
        self.vsftpd()
        self.wait_for_port(S4)
        self.login = "anonymous,me@example"
        self.every_client_and_mode([S4, S6])
        self.check_damaged()

    def test_pyftpdlib_with_every_client_and_mode(self):
        self.pyftpd("::")
        self.wait_for_port(S4)
        self.login = "user,secret"
        self.every_client_and_mode([S4, S6])

    def test_parallel_parts_of_a_file(self):
        """lftp's pget reads parts of a file on several connections and aborts those that run into the next."""
        self.pyftpd(S4)
        self.wait_for_port(S4)
        whole = self.file("parts.dat", 700_000)
        self.start_capture()
        slowly = "set ftp:ssl-allow no; set net:timeout 5; set net:limit-rate 300k; set pget:min-chunk-size 100k"
        self.client("lftp", "-u", "user,secret", "-e", f"{slowly}; pget -n 3 /parts.dat -o {self.work}/p; bye", f"ftp://{S4}")
        self.assertEqual((self.work / "p").read_bytes(), whole)
        self.stop_capture()
        for folder in (self.offline(), self.dir / "live"):
            parts = [m for m in self.carved(folder) if m["command"] == "RETR" and m["size"]]
            self.assertGreater(max(m.get("rest", 0) for m in parts), 0)
            for m in parts:
                at = m.get("rest", 0)
                self.same((folder / m["file"]).read_bytes(), whole[at:at + m["size"]])

    def twenty_parallel_clients(self):
        files = {f"p{k}.bin": self.file(f"p{k}.bin", 200_000 + k) for k in range(20)}
        self.start_capture()
        clients = [subprocess.Popen(["ip", "netns", "exec", self.cns, "curl", "-sSg", "-u", self.login, f"ftp://[{S6}]/{n}", "-o", "/dev/null",
                                     f"ftp://[{S6}]/p0.bin", "-o", "/dev/null"]) for n in files]
        for c in clients:
            self.assertEqual(c.wait(60), 0)
        for n, data in files.items():
            self.expect(n, data)
            self.expect("p0.bin", files["p0.bin"])
        rows = self.check()
        self.assertEqual(sum(r["ftpStat"] == "0x09" for r in rows), 40)

    def test_twenty_parallel_clients_of_pyftpdlib(self):
        self.pyftpd(S6)
        self.wait_for_port(S6)
        self.login = "user:secret"
        self.twenty_parallel_clients()

    def test_twenty_parallel_clients_of_vsftpd(self):
        self.vsftpd()
        self.wait_for_port(S6)
        self.login = "anonymous:me@example"
        self.twenty_parallel_clients()

    def test_over_a_hundred_megabytes(self):
        self.vsftpd()
        self.wait_for_port(S4)
        data = self.file("huge.bin", 110_000_000)
        self.start_capture()
        self.curl("--limit-rate", "60M", f"ftp://{S4}/huge.bin", "-o", "/dev/null")
        self.expect("huge.bin", data)
        self.check()

    def certificate(self):
        key, cert = self.dir / "key.pem", self.dir / "cert.pem"
        self.sh("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t2", "-days", "2", "-keyout", key, "-out", cert)
        cert.write_bytes(key.read_bytes() + cert.read_bytes())
        return str(cert)

    def check_encrypted(self):
        """Decoding stopped at the TLS handshake, and nothing of what followed is in a column or a file."""
        rows = self.check()
        self.assertIn({r["ftpCC"] for r in rows} - {""}, ({"AUTH"}, {"FEAT;AUTH"}))
        self.assertIn({r["ftpRC"] for r in rows} - {""}, ({"220;234"}, {"220;211;234"}))
        for folder in ("files", "live"):
            for f in (self.dir / folder).iterdir():
                self.assertNotIn(b"secret", f.read_bytes(), f.name)

    def test_tls_pyftpdlib_with_lftp(self):
        self.pyftpd(S4, self.certificate())
        self.wait_for_port(S4)
        self.file("secret.bin", 50_000)
        self.start_capture()
        self.client("lftp", "-e", f"set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no; set net:timeout 5; "
                    f"set net:max-retries 2; get /secret.bin -o {self.work}/got; bye", "-u", "user,secret", f"ftp://{S4}")
        self.assertEqual((self.work / "got").stat().st_size, 50_000)
        self.check_encrypted()

    def test_tls_vsftpd_with_curl(self):
        self.vsftpd(f"ssl_enable=YES\nallow_anon_ssl=YES\nrequire_ssl_reuse=NO\nrsa_cert_file={self.certificate()}\n")
        self.wait_for_port(S6)
        self.file("secret.bin", 50_000)
        self.start_capture()
        self.curl("-gk", "--ssl-reqd", f"ftp://[{S6}]/secret.bin", "-o", self.work / "got")
        self.assertEqual((self.work / "got").stat().st_size, 50_000)
        self.check_encrypted()


main()
