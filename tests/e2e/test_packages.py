# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: made, checked by lintian, installed below a folder, run on the example, removed without a trace."""
import os
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, Sandbox, main, table

if not all(map(shutil.which, ("cpack", "dpkg-shlibdeps", "dpkg"))):
    print("cpack, dpkg or dpkg-dev is not there: no packages")
    raise SystemExit(77)


class Packages(Sandbox):
    def run_in(self, *command, check=True, **more):
        r = subprocess.run(list(map(str, command)), cwd=self.dir, env={**os.environ, **self.env, **more}, capture_output=True,
                           text=True, timeout=600)
        if check:
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        return r

    def test_packages(self):
        self.run_in("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", self.dir / "made")
        packages = sorted((self.dir / "made").glob("*.deb"), key=lambda p: p.name.split("_")[0])
        self.assertEqual([p.name.split("_")[0] for p in packages], ["t2pp", "t2pp-dev"])
        control = self.run_in("dpkg", "-I", packages[0]).stdout
        for library in ("libc6", "libpcap0.8", "libzstd1", "gawk"):
            self.assertIn(library, control)
        if shutil.which("lintian"):
            found = self.run_in("lintian", "--allow-root", *packages, check=False).stdout
            self.assertEqual([line for line in found.splitlines() if line.startswith("E:")], [])
        self.install_run_and_remove(packages)

    def install_run_and_remove(self, packages):
        root = self.dir / "root"
        for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates"):
            (root / folder).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        dpkg = ["dpkg", f"--root={root}", f"--log={self.dir}/dpkg.log", "--force-not-root", "--force-depends", "--force-architecture"]
        installed = self.run_in(*dpkg, "-i", *packages, check=False)
        if "chroot" in installed.stderr or "superuser" in installed.stderr:
            self.skipTest("dpkg needs more rights here")
        self.assertEqual(installed.returncode, 0, installed.stderr)
        t2, plugins = root / "usr/bin/t2", root / "usr/lib/tranalyzer/plugins"
        ran = self.run_in(t2, "-p", plugins, "-r", EXAMPLE, "-w", self.dir / "x", "-s")
        self.assertIn("Number of processed packets: 92", ran.stdout)
        self.assertEqual(len(table(self.dir / "x_flows.txt")[1]), 8)
        self.assertTrue((root / "usr/bin/tranalyzer").is_symlink())
        self.assertTrue((root / "usr/include/t2/plugin.h").exists())
        self.assertTrue((root / "usr/share/man/man1/t2.1.gz").exists())
        self.assertFalse((root / "usr/share/tranalyzer/home").exists(), "a package names a folder of this machine")
        self.run_in(*dpkg, "--purge", "t2pp-dev", "t2pp")
        left = [p for p in root.rglob("*") if not p.is_relative_to(root / "var/lib/dpkg") and not p.is_dir()]
        self.assertEqual(left, [])


if __name__ == "__main__":
    main()
