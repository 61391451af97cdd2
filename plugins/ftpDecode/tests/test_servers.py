# SPDX-License-Identifier: Apache-2.0
"""Real servers and clients in two network namespaces, captured live by t2 and by tcpdump: every carved
file equals its original, live and offline agree. Needs root and the tools; otherwise it is skipped."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import unittest

from t2run import PLUGINS, T2, Sandbox, main, table

TOOLS = ("ip", "tcpdump", "curl", "lftp", "tnftp", "vsftpd", "openssl")
C4, S4, C6, S6 = "10.9.0.1", "10.9.0.2", "fd09::1", "fd09::2"
PYTHON = "/usr/bin/python3"

PYFTPD = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer
root, cert, host, port = sys.argv[1:5]
a = DummyAuthorizer()
a.add_user("user", "secret", root, perm="elradfmwMT")
h = TLS_FTPHandler if cert else FTPHandler
h.authorizer, h.use_sendfile = a, False
if cert:
    h.certfile = cert
FTPServer((host, int(port)), h).serve_forever()
"""


def missing():
    if os.geteuid() != 0:
        return "not root"
    tools = [t for t in TOOLS if not shutil.which(t, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if tools:
        return "missing: " + " ".join(tools)
    if subprocess.run([PYTHON, "-c", "import pyftpdlib"], capture_output=True).returncode:
        return "missing: python3-pyftpdlib"
    r = subprocess.run(["unshare", "-n", "true"], capture_output=True)
    return "" if r.returncode == 0 else "no network namespaces"


WHY_NOT = missing()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Servers(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "txtSink")
        tag = f"{os.getpid() % 10000}{random.randrange(1000)}"
        self.cns, self.sns, self.cif, self.sif = f"t2c{tag}", f"t2s{tag}", f"vc{tag}", f"vs{tag}"
        self.processes = []
        self.addCleanup(self.tear_down)
        for ns in (self.cns, self.sns):
            self.sh("ip", "netns", "add", ns)
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

    def tear_down(self):
        for p in self.processes:
            if p.poll() is None:
                p.kill()
            p.wait()
            p.stderr.close()
        for ns in (self.cns, self.sns):
            subprocess.run(["ip", "netns", "del", ns], capture_output=True)

    def sh(self, *args, check=True, **kw):
        r = subprocess.run([str(a) for a in args], capture_output=True, text=True, cwd=self.work if hasattr(self, "work") else None,
                           timeout=120, **kw)
        if check:
            self.assertEqual(r.returncode, 0, f"{args}: {r.stdout}{r.stderr}")
        return r

    def inside(self, ns, *args, **kw):
        return self.sh("ip", "netns", "exec", ns, *args, **kw)

    def client(self, *args, **kw):
        return self.inside(self.cns, *args, **kw)

    def spawn(self, ns, *args):
        p = subprocess.Popen(["ip", "netns", "exec", ns, *map(str, args)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env=self.env | {"FTP_F_PATH": str(self.dir / "live") + "/"}, text=True)
        self.processes.append(p)
        return p

    def wait_for_port(self, host, port=21):
        for _ in range(100):
            if self.client("curl", "-s", "--connect-timeout", "1", f"telnet://{host}:{port}", "-m", "0.1", check=False).returncode in (28, 0):
                return
            time.sleep(0.1)
        self.fail("the server did not start")

    def vsftpd(self):
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
""")
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
        self.pcap = self.dir / "all.pcap"
        # In the client's namespace: everything passes there.
        self.tcpdump = self.spawn(self.cns, "tcpdump", "-Z", "root", "-i", self.cif, "-s", "0", "-B", "65536", "-w", self.pcap, "-U")
        self.live = self.spawn(self.cns, T2, "-p", self.plugins, "--set", "ftpDecode.FTP_SAVE=1", "-i", self.cif, "-w", self.dir / "liveout")
        self.tcpdump.stderr.readline()
        time.sleep(1)

    def stop_capture(self):
        time.sleep(1)
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

    def check(self):
        """Every expected file is there, complete and named; live and offline have the same files."""
        self.stop_capture()
        offline = self.dir / "files"
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", self.pcap, "-w", self.dir / "out", env={"FTP_F_PATH": str(offline) + "/"})
        both = []
        for folder in (offline, self.dir / "live"):
            records = self.carved(folder)
            files = [m for m in records if m["command"] in ("RETR", "STOR", "APPE", "STOU")]
            got = sorted((pathlib.PurePosixPath(m["path"]).name, m["sha256"]) for m in files)
            self.assertEqual(got, sorted(self.expected), folder.name)
            self.assertEqual([m["file"] for m in records if not m["complete"]], [], folder.name)
            both.append(sorted((m["command"], m["argument"], m["sha256"]) for m in records))
        self.assertEqual(both[0], both[1])
        rows = table(str(self.dir / "out") + "_flows.txt")[1]
        self.assertFalse(any(int(r["ftpStat"], 16) & 0x60 for r in rows))
        return rows

    def curl(self, *args, **kw):
        return self.client("curl", "-sS", "--connect-timeout", "5", *args, **kw)

    def test_vsftpd_with_curl_all_modes(self):
        self.vsftpd()
        self.wait_for_port(S4)
        small, big = self.file("small.txt", 5), self.file("big.bin", 3_000_000)
        self.file("empty.bin", 0)
        up = self.file("up.bin", 70_000, self.work)
        self.start_capture()
        for host in (S4, f"[{S6}]"):
            modes = [("--ftp-pasv", "--disable-epsv"), ("--ftp-pasv",), ("--ftp-port", "-", "--disable-eprt"), ("--ftp-port", "-")]
            for k, mode in enumerate(modes):
                if host != S4 and k in (0, 2):
                    continue
                url = f"ftp://{host}"
                self.curl(*mode, "-g", f"{url}/small.txt", "-o", "/dev/null", f"{url}/big.bin", "-o", "/dev/null", f"{url}/empty.bin",
                          "-o", "/dev/null", f"{url}/", "-o", "/dev/null")
                self.expect("small.txt", small)
                self.expect("big.bin", big)
                name = f"up{k}{len(host)}.bin"
                self.curl(*mode, "-g", "-T", "up.bin", f"{url}/up/{name}")
                self.expect(name, up)
                self.curl(*mode, "-g", "-a", "-T", "up.bin", f"{url}/up/{name}")
                self.expect(name, up)
                (self.work / "part").write_bytes(big[:1_000_000])
                self.curl(*mode, "-g", "-C", "-", f"{url}/big.bin", "-o", "part")
                self.assertEqual((self.work / "part").read_bytes(), big)
                self.expect("big.bin", big[1_000_000:])
        self.check()

    def test_pyftpdlib_with_lftp_and_tnftp(self):
        self.pyftpd(S4)
        self.wait_for_port(S4)
        files = {f"f{k}.dat": self.file(f"f{k}.dat", 1000 * k + k) for k in range(1, 8)}
        up = self.file("up.bin", 12_345, self.work)
        self.start_capture()
        for mode in ("on", "off"):
            self.client("lftp", "-e", f"set ftp:passive-mode {mode}; set ftp:ssl-allow no; set net:timeout 5; cd /; mget f1.dat f2.dat f3.dat -O {self.work}/; "
                        f"put -O /up {self.work}/up.bin -o lftp{mode}.bin; cls; bye", "-u", "user,secret", f"ftp://{S4}")
            for n in ("f1.dat", "f2.dat", "f3.dat"):
                self.expect(n, files[n])
                (self.work / n).unlink()
            self.expect(f"lftp{mode}.bin", up)
        self.client("lftp", "-e", f"set ftp:ssl-allow no; set net:timeout 5; pget -n 3 /f7.dat -o {self.work}/p; bye", "-u", "user,secret", f"ftp://{S4}")
        for args in (["-p"], ["-A"]):
            script = "user user secret\nbinary\nget f4.dat g4\nget f5.dat g5\nput up.bin up/tn%s.bin\nls\nbye\n" % args[0][1:]
            self.client("tnftp", "-n", "-i", *args, S4, input=script)
            for n in ("f4.dat", "f5.dat"):
                self.expect(n, files[n])
            self.expect(f"tn{args[0][1:]}.bin", up)
        self.stop_capture()
        # pget reads parts of a file on several connections and aborts them: those are not compared.
        self.live = self.tcpdump = None
        offline = self.dir / "files"
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-r", self.pcap, "-w", self.dir / "out", env={"FTP_F_PATH": str(offline) + "/"})
        for folder in (offline, self.dir / "live"):
            files_of = [m for m in self.carved(folder) if m["command"] in ("RETR", "STOR") and not m["path"].endswith("f7.dat")]
            self.assertEqual(sorted((pathlib.PurePosixPath(m["path"]).name, m["sha256"]) for m in files_of), sorted(self.expected))
            self.assertTrue(all(m["complete"] for m in files_of))
            for m in self.carved(folder):
                if m["path"].endswith("f7.dat") and m["size"]:
                    data = (folder / m["file"]).read_bytes()
                    at = m.get("rest", 0)
                    self.assertEqual(data, files["f7.dat"][at:at + len(data)])

    def test_twenty_parallel_clients(self):
        self.pyftpd(S6)
        self.wait_for_port(f"[{S6}]")
        files = {f"p{k}.bin": self.file(f"p{k}.bin", 200_000 + k) for k in range(20)}
        self.start_capture()
        clients = [subprocess.Popen(["ip", "netns", "exec", self.cns, "curl", "-sSg", "-u", "user:secret", f"ftp://[{S6}]/{n}", "-o", "/dev/null",
                                     f"ftp://[{S6}]/p0.bin", "-o", "/dev/null"]) for n in files]
        for c in clients:
            self.assertEqual(c.wait(60), 0)
        for n, data in files.items():
            self.expect(n, data)
            self.expect("p0.bin", files["p0.bin"])
        rows = self.check()
        self.assertEqual(sum(r["ftpStat"] == "0x09" for r in rows), 40)

    def test_over_a_hundred_megabytes(self):
        self.vsftpd()
        self.wait_for_port(S4)
        data = self.file("huge.bin", 110_000_000)
        self.start_capture()
        self.curl("--limit-rate", "60M", f"ftp://{S4}/huge.bin", "-o", "/dev/null")
        self.expect("huge.bin", data)
        self.check()

    def test_tls(self):
        cert = self.dir / "cert.pem"
        self.sh("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t2", "-days", "2", "-keyout", self.dir / "key.pem", "-out",
                self.dir / "crt.pem")
        cert.write_bytes((self.dir / "key.pem").read_bytes() + (self.dir / "crt.pem").read_bytes())
        self.pyftpd(S4, str(cert))
        self.wait_for_port(S4)
        self.file("secret.bin", 50_000)
        self.start_capture()
        self.client("lftp", "-e", f"set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no; set net:timeout 5; "
                    f"set net:max-retries 2; get /secret.bin -o {self.work}/got; bye", "-u", "user,secret", f"ftp://{S4}")
        self.assertEqual((self.work / "got").stat().st_size, 50_000)
        rows = self.check()
        self.assertIn({r["ftpCC"] for r in rows} - {""}, ({"AUTH"}, {"FEAT;AUTH"}))
        self.assertIn({r["ftpRC"] for r in rows} - {""}, ({"220;234"}, {"220;211;234"}))


main()
