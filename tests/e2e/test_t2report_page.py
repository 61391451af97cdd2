# SPDX-License-Identifier: Apache-2.0
"""t2report's page in Debian's chromium: hostile captures stay inert (and would not without the policy), keys, pointer, links, paper,
accessibility, sizes."""
import csv
import hashlib
import http.server
import io
import os
import pathlib
import re
import struct
import subprocess
import threading
import time
import unittest
import zlib

import flow_tables
from browser import CHROMIUM, Browser
from ftpcap import dialogue
from packets import Capture
from t2run import BUILD, EXAMPLE, SOURCE, Sandbox, main, table

SCRIPT = b"<script>window.PWNED=1</script>"


def png(width, height, pixels=b""):
    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + part(
        b"IDAT", zlib.compress(pixels or b"\0" * (width + 1) * height)) + part(b"IEND", b"")


# Nine ways out, and two ways of running code, tried from within the page.
WAYS = {
    "image": "new Image().src = '{}'",
    "fetch": "fetch('{}').catch(() => 0)",
    "xhr": "(() => {{ const x = new XMLHttpRequest(); x.open('GET', '{}'); x.send(); }})()",
    "beacon": "navigator.sendBeacon('{}', 'x')",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), {{src: '{}'}}))",
    "style": "document.body.style.backgroundImage = 'url({})'",
    "sheet": "document.head.append(Object.assign(document.createElement('link'), {{rel: 'stylesheet', href: '{}'}}))",
    "events": "new EventSource('{}')",
    "form": "(() => {{ const f = Object.assign(document.createElement('form'), {{action: '{}'}}); document.body.append(f); f.submit(); }})()",
}
CODE = {
    "markup": "(() => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.PWNED=1>'); })()",
    "element": "(() => { const s = document.createElement('script'); s.text = 'window.PWNED=1'; document.body.append(s); })()",
}


class Listener:
    """A server on this machine that notes what is asked for."""

    def __enter__(self):
        asked = self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path.split("?")[0].strip("/"))
                self.send_response(204)
                self.end_headers()
            do_POST = do_GET

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Page(Sandbox):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{BUILD}/bin:{os.environ['PATH']}"
        self.browser = Browser()
        self.addCleanup(self.browser.__exit__)

    def report(self, *args):
        r = subprocess.run(["t2report", *map(str, args)], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        self.assertEqual(r.returncode, 0, r.stderr)
        return r.stdout

    def example(self, *args, **kw):
        self.report("-r", EXAMPLE, "-o", "report.html", *args)
        self.browser.open(f"file://{self.dir}/report.html", **kw)

    def text(self, selector):
        return self.browser.run(f"document.querySelector({selector!r}).textContent")

    def hostile(self):
        name = b"<img src=x onerror=window.PWNED=1>"
        files = [(name + b".png", png(30, 20)), (b"</script><script>window.PWNED=1</script>.html", b"<html>" + SCRIPT),
                 (b"bomb.png", png(60000, 60000, b"\0")), (b"drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.PWNED=1'/>"),
                 (b"holiday.jpg", b"MZ" + bytes(200)), ("photo\u202egpj.exe".encode(), b"MZ" + bytes(200)), (b"=cmd|'/c calc'!A1", b"@SUM(1)"),
                 (b"\x1b]0;owned\x07.txt", b"\x1b[2Jgone\n"), (b"javascript:window.PWNED=1", b"x")]
        cap = Capture()
        dialogue(cap, b'">' + SCRIPT, b"'>" + SCRIPT, files, SCRIPT + b" \x1b[2J\x1b]0;owned\x07",
                 (b"331 </pre></textarea>", b"230 <svg onload=window.PWNED=1>"))
        cap.write(self.dir / "hostile.pcap")
        self.report("-r", "hostile.pcap", "-o", "hostile.html", "--title", "</title>" + SCRIPT.decode(), "--note", SCRIPT.decode())
        return len(files)

    def test_hostile_strings_stay_inert(self):
        n = self.hostile()
        self.browser.open(f"file://{self.dir}/hostile.html")
        run = self.browser.run
        self.assertEqual(run("Data.core.files.length"), n)
        for view in ("PWNED", "is file", "user", ""):
            self.browser.filter(view)
        for flow in run("Data.flows.fi"):
            run(f"openPanel('flow', {flow})")
        run("openPanel('host', '10.66.6.6')")
        time.sleep(0.5)
        self.assertIsNone(run("window.PWNED === undefined ? null : 1"))
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.requests(), [])
        self.assertEqual(run("document.querySelectorAll('main script, main iframe, main object, main a[href^=java], main svg a').length"), 0)
        shown = run("document.querySelector('main').innerText")
        self.assertIn('"><script>window.PWNED=1</script>', shown)
        self.assertIn("\\u202e", shown)
        self.assertIn("\\x1b", shown)
        self.assertNotIn("\u202e", shown)
        self.assertNotIn("\x1b", shown)
        # One picture, of the whole PNG; the bomb, the drawing and the program are none.
        self.assertEqual(run("Data.core.files.filter(f => f.pic).length"), 1)
        self.assertEqual(run("Data.core.files.filter(f => f.nopic).map(f => f.nopic)"), ["60000 x 60000 pixels"])
        # Pictures are loaded when they come near the window, whatever lies above them.
        run("document.querySelector('.gallery img').scrollIntoView()")
        self.assertEqual(self.browser.wait("document.querySelector('.gallery img').naturalWidth"), 30)
        rules = run("Data.core.findings.map(f => f.cls)")
        for rule in ("program", "unlike", "marks"):
            self.assertIn(rule, rules)
        # Spreadsheets get text, and passwords are nowhere.
        self.assertEqual(run("csvCell('=1+1')"), "'=1+1")
        self.assertEqual(run("csvCell('@x,\"y')"), "\"'@x,\"\"y\"")
        self.assertNotIn("'><script>", run("JSON.stringify([Data.core, Data.flows])"))

    def escape(self, page):
        """What gets out of a page, and which code runs in it."""
        with Listener() as listener:
            self.browser.open(f"file://{self.dir}/{page}")
            ran = set()
            for name, script in CODE.items():
                try:
                    self.browser.run("delete window.PWNED; " + script)
                    time.sleep(0.3)
                except RuntimeError:  # Trusted Types
                    pass
                if self.browser.run("window.PWNED === 1"):
                    ran.add(name)
            for name, script in WAYS.items():
                try:
                    self.browser.run(script.format(listener.url + name) + "; 0")
                except RuntimeError:
                    pass
            until = time.monotonic() + 3
            while time.monotonic() < until and len(set(listener.asked)) < len(WAYS):
                time.sleep(0.1)
            return set(listener.asked) & set(WAYS), ran

    def test_no_way_out_and_no_code(self):
        self.hostile()
        self.assertEqual(self.escape("hostile.html"), (set(), set()))
        # The same page without its policy lets all of it through: else the lines above prove nothing.
        text = (self.dir / "hostile.html").read_text()
        bare, n = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        self.assertEqual(n, 1)
        (self.dir / "bare.html").write_text(bare)
        self.assertEqual(self.escape("bare.html"), (set(WAYS), set(CODE)))

    def test_policy_fits_what_is_written(self):
        self.example()
        text = (self.dir / "report.html").read_text()
        for kind, tag in (("script-src", "<script>"), ("style-src", "<style>")):
            body = text.split(tag, 1)[1].split("</" + tag[1:], 1)[0]
            import base64
            digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
            self.assertIn(f"{kind} 'sha256-{digest}'", text)
        self.assertLess(text.index("Content-Security-Policy"), text.index("<title>"))

    def test_without_scripts_the_page_says_what_was_read(self):
        self.example()
        text = (self.dir / "report.html").read_text()
        plain = re.sub(r"<[^>]*>", " ", text.split('<div id="plain">')[1].split("</div>")[0])
        for words in ("4 conversations, 2 hosts, 92 packets, 64.5 kB of payload", "1 carved file, 1 whole", "SHA-256"):
            self.assertIn(words, plain)

    def test_filter_link_and_errors(self):
        self.example()
        b = self.browser
        self.assertIn("1 of 4 conversations: port 30012", b.filter("port 30012"))
        b.run("openPanel('flow', 2)")
        link = b.run("location.href")
        self.assertIn("#f=port+30012&o=flow%3A2", link)
        b.open(link)
        self.assertEqual(b.figures()["pairs"], "1")
        self.assertIn("Flow 2", self.text("#panel h2"))
        self.assertIn("/funwithbill/Microsoft-1978.jpg", self.text("#panel"))
        for bad, why in (("port x", "no number or range"), ("bytes", "missing at the end"), ("(port 21", "missing at the end"), ("is nothing", "is wants one of"),
                         ("flag ipFlags.99", "is no flag"), ("after tomorrow", "is no time"), ("port 21 )", "stands alone"), ("net 10.0.0.0/99", "is no network")):
            said = b.filter(bad)
            self.assertIn(why, said, bad)
            self.assertIn("Allowed:", said)

    def test_keys_and_pointer(self):
        self.example()
        b = self.browser
        b.press("/")
        self.assertEqual(b.run("document.activeElement.id"), "filter")
        b.call("Input.insertText", text="is ftp-data")
        b.press("Enter")
        self.assertEqual(b.figures()["pairs"], "1")
        b.press("Escape")
        self.assertEqual(b.figures()["pairs"], "4")
        b.run("document.activeElement.blur()")
        for _ in range(2):
            b.press("j")
        b.press("m")
        b.press("Enter")
        self.assertEqual(self.text("#panel h2"), "Flow 2")
        b.press("Escape")
        self.assertTrue(b.run("document.getElementById('panel').hidden"))
        self.assertIn("m=2", b.run("location.hash"))
        b.press("d")
        self.assertEqual(b.run("document.documentElement.dataset.theme"), "dark")
        # A time by pointer, all of it again by a click.
        b.run("document.getElementById('time-body').scrollIntoView({behavior: 'instant', block: 'center'})")
        x, y, w, h = b.run("(r => [r.x, r.y, r.width, r.height])(document.querySelector('#timeline svg').getBoundingClientRect())")
        b.drag(x + w * 0.5, y + h / 3, x + w * 0.6, y + h / 3)
        self.assertIsNotNone(b.run("View.time"))
        self.assertEqual(b.figures()["pairs"], "1")
        self.assertIn("active between", self.text("#said"))
        b.run("document.querySelector('#timeline svg').focus()")
        before = b.run("View.time")
        b.press("ArrowRight")
        self.assertGreater(b.run("View.time[0]"), before[0])
        b.press("Escape")
        self.assertIsNone(b.run("View.time"))

    def test_sorting_and_rows_as_csv(self):
        flow_tables.write(self.dir / "t_flows.txt", 120, 4)
        self.report("t_flows.txt", "-o", "p.html")
        b = self.browser
        b.open(f"file://{self.dir}/p.html")
        groups = {}
        for row in table(self.dir / "t_flows.txt")[1]:
            groups.setdefault(int(row["flowInd"]), []).append(row)
        packets = {i: sum(int(r["pktsSnt"]) for r in rows) for i, rows in groups.items()}
        shown = "[...document.querySelectorAll('#flows tbody tr')].map(r => Number(r.dataset.flow))"
        heads = b.run("[...document.querySelectorAll('#flows th')].map(e => e.textContent)")
        column = heads.index("Packets")
        for down in (True, False):  # numbers begin with the largest
            b.run(f"document.querySelectorAll('#flows th')[{column}].querySelector('button').click()")
            flows = b.run(shown)
            self.assertEqual([packets[i] for i in flows], sorted(packets.values(), reverse=down)[:len(flows)])
            self.assertEqual(b.run(f"document.querySelectorAll('#flows th')[{column}].getAttribute('aria-sort')"), "descending" if down else "ascending")
        rows = list(csv.DictReader(io.StringIO(b.run("csv(sortedRows())"), newline="")))
        self.assertEqual([int(r["flow"]) for r in rows[:len(flows)]], flows)
        self.assertEqual({int(r["flow"]): int(r["client_packets"]) + int(r["server_packets"]) for r in rows}, packets)
        bytes_of = {i: sum(int(r["l7BytesSnt"]) for r in g) for i, g in groups.items()}
        self.assertEqual({int(r["flow"]): int(r["client_bytes"]) + int(r["server_bytes"]) for r in rows}, bytes_of)

    def test_pictures_can_be_covered(self):
        self.example("--pictures", "cover")
        self.assertEqual(self.browser.run("getComputedStyle(document.querySelector('.gallery img')).filter"), "blur(14px) saturate(0.3)")
        self.browser.run("document.querySelector('.gallery img').click()")
        self.assertEqual(self.browser.run("getComputedStyle(document.querySelector('.gallery img')).filter"), "none")
        self.report("report_files/ftp-dpic_flows.txt", "-o", "none.html", "--pictures", "none")
        self.assertNotIn('id="chunk-media"', (self.dir / "none.html").read_text())

    def test_other_protocols_find_their_place(self):
        """Contents as the manifest of other decoders will give them (docs/spec/manifest.md)."""
        carved = self.dir / "carved"
        carved.mkdir()
        (carved / "index.html_1").write_bytes(b"<!doctype html><html>" + SCRIPT)
        (carved / "logo.png_2").write_bytes(png(8, 8))
        end = {"ip": "198.51.100.7", "port": 80}, {"ip": "10.0.0.9", "port": 50000}
        import json
        records = [{"record": "run", "format": 2, "command_line": ""}]
        for n, (name, uri, kind) in enumerate((("index.html_1", "/index.html", "text/html"), ("logo.png_2", "/logo.png", "image/png")), 1):
            records.append({"record": "content", "id": n, "protocol": "http", "kind": "body", "way": "download", "name": uri[1:], "host": "www.example.org", "uri": uri,
                            "user_agent": "curl/7.88", "media_type": kind, "file": name, "size": (carved / name).stat().st_size, "sha256": "ab" * 32, "complete": True,
                            "missing": [], "status": 200, "sender": end[0], "receiver": end[1], "client": end[1], "server": end[0], "flow": 5,
                            "first": {"packet": 3, "time": "1700000000.5", "capture": "x.pcap", "in_capture": 3}, "last": {"packet": 9, "time": "1700000001.5"}})
        records.append({"record": "control", "protocol": "imap", "control_flow": 6, "client": end[1], "server": end[0], "sender": end[1],
                        "logins": [{"user": "ann", "ok": True, "reply": "OK"}]})
        (carved / ".manifest.jsonl").write_text("\n".join(json.dumps(r, separators=(",", ":")) for r in records) + "\n")
        flow_tables.write(self.dir / "t_flows.txt", 20, 1)
        self.report("t_flows.txt", "--carved", carved, "-o", "p.html")
        b = self.browser
        b.open(f"file://{self.dir}/p.html")
        self.assertIn("Carved from HTTP", self.text("#files h2"))
        self.assertIn("www.example.org/logo.png 200", self.text("#files"))
        self.assertEqual(b.run("document.querySelectorAll('.gallery img').length"), 1)
        self.assertIn("HTTP: 2 files kept (2 whole). IMAP: 1 login attempt (1 succeeded).", self.text(".story"))
        self.assertIn("1 successful IMAP login of 1 named user", self.text("#findings"))
        self.assertEqual(b.complaints(), [])

    def test_rules_that_found_nothing_are_named(self):
        self.example()
        self.assertIn("22 rules that found nothing", self.text("#findings"))
        self.assertEqual(self.browser.run("document.querySelectorAll('#findings .unmet li').length"), 22)
        self.assertIn("Much data leaves. From a private to a public address", self.text("#findings"))

    def test_on_paper(self):
        self.example()
        self.browser.wait("document.querySelector('.gallery img').naturalWidth > 0")
        pdf = self.browser.pdf()
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        self.assertTrue(2 <= pages <= 5, pages)  # with Debian's fonts 3
        # The picture itself, though nobody has scrolled to it.
        width, height = self.browser.run("(p => [p.naturalWidth, p.naturalHeight])(document.querySelector('.gallery img'))")
        images = re.findall(rb"<<(?:(?!>>).)*/Subtype\s*/Image(?:(?!>>).)*>>", pdf, re.S)
        self.assertTrue([i for i in images if b"/Width %d\n" % width in i and b"/Height %d\n" % height in i], images)

    def test_paper_says_what_is_left_out(self):
        flow_tables.write(self.dir / "t_flows.txt", 150, 2)
        self.report("t_flows.txt", "-o", "p.html")
        self.browser.open(f"file://{self.dir}/p.html")
        shown = "[...document.querySelectorAll('#flows .paper, #hosts .paper')].filter(e => getComputedStyle(e).display !== 'none').map(e => e.textContent)"
        self.assertEqual(self.browser.run(shown), [])
        self.browser.call("Emulation.setEmulatedMedia", media="print")
        hosts = int(self.browser.figures()["hosts"])
        self.assertEqual(self.browser.run(shown), [f"The first 15 of {hosts}.", "The first 40 of 150."])

    def test_budget(self):
        """Of bytes; docs/report.md has measured times."""
        count = 20000
        flow_tables.write(self.dir / "t_flows.txt", count, 2)
        self.report("t_flows.txt", "-o", "p.html", "--columns", "core")
        size = (self.dir / "p.html").stat().st_size
        rows = count * 1.7
        self.assertLess(size, 250_000 + 30 * rows)
        self.browser.open(f"file://{self.dir}/p.html")
        self.assertLess(self.browser.run("performance.memory.usedJSHeapSize"), 150e6)
        self.assertEqual(self.browser.complaints(), [])

    def test_the_picture_of_the_readme(self):
        out = self.dir / "report.png"
        subprocess.run(["python3", SOURCE / "scripts" / "report-picture.py", out], env={**self.env, "T2_BUILD": str(BUILD)}, check=True, timeout=120,
                       stdout=subprocess.DEVNULL)
        shipped = (SOURCE / "docs" / "report.png").read_bytes()
        self.assertLess(len(shipped), 200_000)
        self.assertEqual(shipped[:24], out.read_bytes()[:24])  # a PNG of the same size
        self.assertIn("](docs/report.png)", (SOURCE / "README.md").read_text())

    def test_accessibility(self):
        axe = next((p for p in (os.environ.get("T2_AXE", ""), "/usr/share/nodejs/axe-core/axe.min.js") if p and pathlib.Path(p).exists()), None)
        if axe is None:
            self.skipTest("axe-core is not there: set T2_AXE to axe.min.js")
        self.hostile()
        for page in ("hostile.html",):
            for dark in (False, True):
                self.browser.open(f"file://{self.dir}/{page}", dark=dark)
                self.browser.run("openPanel('flow', 1)")
                self.browser.run(pathlib.Path(axe).read_text() + "; 0")
                found = self.browser.run("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => "
                                         "r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 150)).join(' | ')))")
                self.assertEqual(found, [], f"dark: {dark}")


if __name__ == "__main__":
    main()
