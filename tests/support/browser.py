# SPDX-License-Identifier: Apache-2.0
"""Debian's chromium, driven over its debugging pipe: pages from disk are opened, read, clicked, printed. No driver, no port."""
import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium")
KEYS = {"Escape": 27, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9}


class Browser:
    """One browser with one page at a time; use as a context manager."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(prefix="t2browser", ignore_cleanup_errors=True)
        to_browser, self.out = os.pipe()
        self.inp, from_browser = os.pipe()

        def connect():  # the browser reads from 3 and writes to 4
            a, b = os.dup(to_browser), os.dup(from_browser)
            os.dup2(a, 3)
            os.dup2(b, 4)

        command = [CHROMIUM, "--headless", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--hide-scrollbars",
                   "--disable-background-networking", f"--user-data-dir={self.folder.name}", *options]
        if os.getuid() == 0:  # in a container; as a user the browser's own sandbox stays
            command.append("--no-sandbox")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        pass_fds=(3, 4), preexec_fn=connect)
        os.close(to_browser)
        os.close(from_browser)
        self.numbers, self.held, self.events, self.session = itertools.count(1), b"", [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.inp)
        self.folder.cleanup()

    def _message(self, until):
        while b"\0" not in self.held:
            if not select.select([self.inp], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.inp, 1 << 20)
            if not piece:
                raise EOFError("the browser is gone")
            self.held += piece
        text, _, self.held = self.held.partition(b"\0")
        return json.loads(text)

    def call(self, method, timeout=60, **params):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + timeout
        while True:
            answer = self._message(until)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer and answer.get("sessionId") == self.session:
                self.events.append(answer)

    def open(self, url, width=1400, height=1000, dark=False, wait=True):
        """A new page; waits until it says that it is ready."""
        self.session = None
        self.events.clear()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}, {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.call("Page.navigate", url=url)
        until = time.monotonic() + 60
        while wait and not self.run("document.documentElement && document.documentElement.dataset.ready || ''"):
            if time.monotonic() > until or self.complaints():
                raise TimeoutError("the page was not ready: " + str(self.complaints()))
            time.sleep(0.02)

    def run(self, script, user=False):
        """The value of a JavaScript expression."""
        r = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=user)
        if "exceptionDetails" in r:
            raise RuntimeError(r["exceptionDetails"].get("exception", {}).get("description", str(r)))
        return r["result"].get("value")

    def wait(self, script, timeout=60):
        """Asks until the expression is true; its value."""
        until = time.monotonic() + timeout
        while not (value := self.run(script)):
            if time.monotonic() > until:
                raise TimeoutError("never true: " + script)
            time.sleep(0.02)
        return value

    def figures(self):
        """Name and value of each figure on the page."""
        return self.run("Object.fromEntries([...document.querySelectorAll('[data-f]')].map(e => [e.dataset.f, e.dataset.v]))")

    def filter(self, text):
        """As typed; the sentence below the field."""
        self.run(f"setFilter({json.dumps(text)})")
        return self.run("document.getElementById('said').textContent")

    def press(self, key):
        code = KEYS.get(key, 0)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, text=key if len(key) == 1 and kind == "keyDown" else "",
                      windowsVirtualKeyCode=code)

    def drag(self, x0, y0, x1, y1):
        for kind, x, y in (("mousePressed", x0, y0), ("mouseMoved", x1, y1), ("mouseReleased", x1, y1)):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1, buttons=1)

    def complaints(self):
        """What the console, the log and uncaught exceptions say."""
        self.run("0")
        out = []
        for e in self.events:
            if e["method"] == "Runtime.exceptionThrown":
                out.append(e["params"]["exceptionDetails"].get("exception", {}).get("description", "exception"))
            if e["method"] == "Log.entryAdded":
                out.append(e["params"]["entry"]["text"])
            if e["method"] == "Runtime.consoleAPICalled":
                out.append(str(e["params"]["args"]))
            if e["method"] == "Page.javascriptDialogOpening":
                out.append("dialog " + e["params"]["message"])
        return out

    def requests(self):
        """Addresses that were asked for, other than the page's own and its blobs."""
        self.run("0")
        urls = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return [u for u in urls[1:] if not u.startswith("blob:")]

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])

    def screenshot(self, path, whole=False):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
