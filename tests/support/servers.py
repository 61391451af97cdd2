# SPDX-License-Identifier: Apache-2.0
"""What tests with real servers and clients share: whether they can run here, and programs in network namespaces."""
import os
import shutil
import subprocess

from t2run import Sandbox

PYTHON = "/usr/bin/python3"  # whose modules are Debian packages


def why_not(tools, module, package):
    """Why such tests cannot run here; empty if they can. `module`: of Python, in the Debian `package`."""
    if os.geteuid() != 0:
        return "not root"
    absent = [t for t in tools if not shutil.which(t, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if absent:
        return "missing: " + " ".join(absent)
    if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode:
        return f"missing: {package}"
    name = f"t2probe{os.getpid()}"  # named ones are mounts: a container may have the right to unshare only
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True)
    if made.returncode == 0:  # in a chroot whose root is no mount, nothing runs in it
        made = subprocess.run(["ip", "netns", "exec", name, "true"], capture_output=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return "" if made.returncode == 0 else "no network namespaces"


class NamespaceCase(Sandbox):
    """Programs in network namespaces, which go with the test. `work`: where they run; `decoding`: of bytes that are no text."""

    work = None
    decoding = "strict"

    def setUp(self):
        super().setUp()
        self.processes, self.namespaces = [], []
        self.addCleanup(self.tear_down)

    def add_namespace(self, name):
        self.namespaces.append(name)
        self.sh("ip", "netns", "add", name)

    def tear_down(self):
        for p in self.processes:
            if p.poll() is None:
                p.kill()
            p.wait()
            p.stderr.close()
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    def sh(self, *args, check=True, **kw):
        r = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=120, errors=self.decoding, cwd=self.work, **kw)
        if check:
            self.assertEqual(r.returncode, 0, f"{args}: {r.stdout}{r.stderr}")
        return r

    def run_in(self, namespace, *args, **kw):
        return self.sh("ip", "netns", "exec", namespace, *args, **kw)

    def spawn_in(self, namespace, *args, env=None):
        p = subprocess.Popen(["ip", "netns", "exec", namespace, *map(str, args)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env=env or self.env, text=True)
        self.processes.append(p)
        return p
