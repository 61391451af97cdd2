# SPDX-License-Identifier: Apache-2.0
"""Real servers and clients in a network namespace, captured by t2 itself and by tcpdump: what is carved out of HTTP equals
the originals, live and offline agree, and no damage to the capture makes t2 call complete what is not. Needs root and the
tools; otherwise it is skipped."""
import hashlib
import json
import os
import pathlib
import random
import signal
import time
import unittest

import servers
from pcapdamage import Pcap, Segment
from servers import PYTHON
from t2run import T2, main

TOOLS = ("ip", "tcpdump", "curl", "nginx", "apache2")
NGINX, APACHE = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
WANTED = ("mpm_event", "authz_core", "alias", "filter", "mime", "dav", "dav_fs", "brotli", "http2")

H2_CLIENT = """
import socket, sys
import h2.config, h2.connection, h2.events
s = socket.create_connection(("127.0.0.1", 8081))
c = h2.connection.H2Connection(h2.config.H2Configuration())
c.initiate_connection()
paths = sys.argv[1:]
for i, p in enumerate(paths):
    c.send_headers(2 * i + 1, [(":method", "GET"), (":path", p), (":scheme", "http"), (":authority", "127.0.0.1")], end_stream=True)
c.increment_flow_control_window(1 << 24)
s.sendall(c.data_to_send())
ended = 0
while ended < len(paths):
    data = s.recv(65536)
    if not data:
        sys.exit(1)
    for e in c.receive_data(data):
        if isinstance(e, h2.events.DataReceived):
            c.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
        ended += isinstance(e, h2.events.StreamEnded)
    s.sendall(c.data_to_send())
c.close_connection()
s.sendall(c.data_to_send())
s.close()
"""

PIPELINE = """
import socket, sys
s = socket.create_connection(("127.0.0.1", 8080))
s.sendall(b"".join(b"GET %s HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n" % p.encode() for p in sys.argv[1:-1])
          + b"GET %s HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n" % sys.argv[-1].encode())
while s.recv(65536):
    pass
"""


WHY_NOT = servers.why_not(TOOLS, "h2", "python3-h2")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class HttpServers(servers.NamespaceCase):
    decoding = "replace"

    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "httpSniffer", "txtSink")
        self.ns = f"t2h{os.getpid() % 10000}{random.randrange(1000)}"
        self.add_namespace(self.ns)
        self.inside("ip", "link", "set", "lo", "up", "mtu", "1500")
        self.inside("ip", "addr", "add", "127.0.0.1/8", "dev", "lo", check=False)
        self.dir.chmod(0o755)
        self.root = self.dir / "www"
        self.root.mkdir()
        self.digests = {}

    def inside(self, *args, **kw):
        return self.run_in(self.ns, *args, **kw)

    def curl(self, *args, **kw):
        return self.inside("curl", "-sS", "-o", "/dev/null", "-m", "60", *args, **kw)

    def spawn(self, *args):
        return self.spawn_in(self.ns, *args)

    def file(self, name, size, text=False):
        r = random.Random(name)
        data = " ".join(str(r.randrange(1000)) for _ in range(size // 4)).encode() if text else r.randbytes(size)
        (self.root / name).write_bytes(data)
        (self.root / name).chmod(0o644)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        return data

    def start_servers(self):
        conf = self.dir / "nginx.conf"
        conf.write_text(f"""daemon off; master_process off; pid {self.dir}/nginx.pid; error_log {self.dir}/nginx.log;
events {{ }}
http {{
  access_log off; gzip on; gzip_types *; gzip_min_length 1; gzip_http_version 1.1;
  client_body_temp_path {self.dir}/b; proxy_temp_path {self.dir}/p; fastcgi_temp_path {self.dir}/f;
  uwsgi_temp_path {self.dir}/u; scgi_temp_path {self.dir}/s;
  server {{ listen 127.0.0.1:8080; root {self.root}; }}
}}
""")
        self.spawn("nginx", "-c", conf)
        dav = self.dir / "dav"
        dav.mkdir(mode=0o777)
        dav.chmod(0o777)
        loads = "\n".join(f"LoadModule {m}_module {MODULES}/mod_{m}.so" for m in WANTED)
        conf = self.dir / "apache.conf"
        conf.write_text(f"""ServerRoot {self.dir}
ServerName localhost
PidFile {self.dir}/apache.pid
ErrorLog {self.dir}/apache.log
Mutex file:{self.dir} default
Listen 127.0.0.1:8081
User www-data
Group www-data
{loads}
Protocols h2c http/1.1
DavLockDB {dav}/lock
DocumentRoot {self.root}
AddOutputFilterByType BROTLI_COMPRESS text/plain
TypesConfig /dev/null
AddType text/plain .txt
Alias /dav {dav}
<Location /dav>
  Dav On
</Location>
""")
        self.spawn("apache2", "-f", conf, "-X")
        for url in (NGINX, APACHE):
            for _ in range(100):
                if self.curl(url + "/", check=False).returncode == 0:
                    break
                time.sleep(0.1)
            else:
                self.fail(f"{url} did not start: {list(self.dir.glob('*.log'))}")

    def start_capture(self):
        self.pcap = self.dir / "all.pcap"
        tcpdump = self.spawn("tcpdump", "-Z", "root", "-i", "lo", "-s", "0", "-B", "262144", "-w", self.pcap, "-U", "tcp")
        live = self.spawn(T2, "-p", self.plugins, "--carve", self.dir / "live", "-i", "lo", "-B", "268435456", "-w",
                          self.dir / "liveout", "tcp")
        self.capturing = (tcpdump, live)
        tcpdump.stderr.readline()
        for _ in range(100):
            if (self.dir / "live" / "manifest.jsonl").exists():
                break
            time.sleep(0.1)
        time.sleep(0.3)

    def stop_capture(self):
        time.sleep(1)
        for p in self.capturing:
            p.send_signal(signal.SIGINT)
        for p in self.capturing:
            self.assertEqual(p.wait(60), 0, p.stderr.read())

    def records(self, folder):
        lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
        self.assertEqual((lines[0]["record"], lines[-1]["record"]), ("run", "end"))
        found = [m for m in lines if m["record"] == "content"]
        for m in found:
            self.assertEqual(hashlib.sha256((folder / m["file"]).read_bytes()).hexdigest(), m["sha256"])
            self.assertEqual((folder / m["file"]).stat().st_mode & 0o777, 0o600)
        return found

    def carve(self, pcap, name):
        self.t2("--carve", self.dir / name, "-r", pcap, "-w", self.dir / (name + "-out"))
        return self.records(self.dir / name)

    def transfers(self):
        """What clients fetch and send; the digests of it, with what the record must say."""
        big = self.file("big.bin", 300_000)
        self.file("text.txt", 200_000, text=True)
        self.file("small.txt", 40, text=True)
        self.file("range.bin", 150_000)
        up = self.dir / "up.bin"
        up.write_bytes(random.Random("up").randbytes(120_000))
        up_digest = hashlib.sha256(up.read_bytes()).hexdigest()
        for i in range(4):
            self.file(f"p{i}.txt", 3000 + i, text=True)
        self.start_servers()
        self.start_capture()
        d = self.digests
        expected = []

        def expect(digest, **members):
            expected.append((digest, members))

        self.curl(NGINX + "/big.bin")
        expect(d["big.bin"], end="declared", declared=len(big), host="127.0.0.1:8080")
        self.curl("--compressed", NGINX + "/text.txt", NGINX + "/small.txt", "-o", "/dev/null")  # keep-alive, chunked
        expect(d["text.txt"], encodings=["chunked", "gzip"], end="marker")
        expect(d["small.txt"], encodings=["chunked", "gzip"])
        self.curl("-H", "Accept-Encoding: br", APACHE + "/text.txt")
        expect(d["text.txt"], encodings=["br"])
        self.curl("-r", "0-69999", NGINX + "/range.bin")
        self.curl("-r", "70000-", NGINX + "/range.bin")
        expect(d["range.bin"], kind="range-merged", size=150_000)
        self.curl("-H", "Expect:", "-T", up, APACHE + "/dav/put.bin")
        expect(up_digest, way="upload", command="PUT", end="declared")
        self.curl("-H", "Expect:", "-H", "Transfer-Encoding: chunked", "-T", up, APACHE + "/dav/chunked.bin")
        expect(up_digest, way="upload", encodings=["chunked"], end="marker")
        self.curl("-H", "Expect:", "-F", f"doc=@{up};filename=a b.bin", "-F", "note=hello", APACHE + "/dav/form")
        expect(up_digest, kind="part", name="a b.bin", field="doc", way="upload")
        expect(hashlib.sha256(b"hello").hexdigest(), kind="part", field="note")
        self.inside(PYTHON, "-c", PIPELINE, *(f"/p{i}.txt" for i in range(4)))
        for i in range(4):
            expect(d[f"p{i}.txt"], name=f"p{i}.txt", uri=f"/p{i}.txt")
        self.curl("--http2-prior-knowledge", APACHE + "/big.bin")
        expect(d["big.bin"], protocol="http2", end="marker", uri="/big.bin")
        self.curl("--http2", APACHE + "/p3.txt")  # by Upgrade; curl 7.88 cannot take more than 32 KiB so
        expect(d["p3.txt"], protocol="http2", kind="body", uri="/p3.txt")
        self.inside(PYTHON, "-c", H2_CLIENT, "/big.bin", "/range.bin", "/p2.txt")
        expect(d["p2.txt"], protocol="http2", uri="/p2.txt")
        self.curl("-I", NGINX + "/big.bin")  # HEAD: a length and no body
        self.stop_capture()
        return expected

    def check(self, records, expected):
        for digest, members in expected:
            fits = [m for m in records if m["sha256"] == digest and all(m.get(k) == v for k, v in members.items())]
            near = [m for m in records if m["sha256"] == digest]
            self.assertTrue(fits, f"{members}: {json.dumps(near, indent=1)}")
            self.assertTrue(all(m["complete"] for m in fits), fits)

    def test_what_is_carved_equals_the_originals(self):
        expected = self.transfers()
        offline = self.carve(self.pcap, "offline")
        self.check(offline, expected)
        self.check(self.records(self.dir / "live"), expected)
        self.assertEqual([m["uri"] for m in offline if not m["complete"]], [])
        # Damage never makes a false "complete".
        true = {m["sha256"] for m in offline}
        for seed in range(12):
            p = Pcap(self.pcap)
            keys = {s.key for s in map(Segment, (f[1] for f in p.frames)) if s.key}
            p.damage(random.Random(seed), keys)
            p.write(self.dir / "damaged.pcap", snaplen=0 if seed % 3 else 600)
            for m in self.carve(self.dir / "damaged.pcap", f"damaged{seed}"):
                if m["complete"] and not m["conflicts"]:
                    self.assertIn(m["sha256"], true, m)


if __name__ == "__main__":
    main()
