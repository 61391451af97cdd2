# SPDX-License-Identifier: Apache-2.0
"""setup.sh installs and --uninstall takes away exactly that. The build itself is not repeated: a stand-in for cmake
installs the build that is tested."""
import os
import pathlib
import shlex
import shutil
import subprocess

from t2run import BUILD, SOURCE, Sandbox, main


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


class Setup(Sandbox):
    def setUp(self):
        super().setUp()
        copy = self.dir / "source"
        for folder in ("scripts", "examples"):
            shutil.copytree(SOURCE / folder, copy / folder)
        shutil.copy(SOURCE / "setup.sh", copy)
        (copy / "build" / "release").mkdir(parents=True)
        stand_in = self.dir / "bin" / "cmake"
        stand_in.parent.mkdir()
        stand_in.write_text(f"""#!/bin/sh
case $1 in
  --install) exec {shutil.which("cmake")} --install {BUILD} --prefix "$PREFIX" ;;
  --build) [ "$2" = build/release ] || exec {shutil.which("cmake")} "$@" ;;
esac
""")
        stand_in.chmod(0o755)
        self.prefix, self.home = self.dir / "prefix", self.dir / "home"
        self.home.mkdir()
        self.env.update(HOME=str(self.home), PREFIX=str(self.prefix), PATH=f"{stand_in.parent}:{os.environ['PATH']}", SETUP_PATH="")
        self.script = copy / "setup.sh"

    def setup_sh(self, *args, status=0):
        r = subprocess.run([self.script, "--prefix", self.prefix, *args], cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=300)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r

    def test_install_and_uninstall(self):
        self.assertIn("Nothing is installed in", self.setup_sh("--uninstall", status=1).stderr)
        (self.prefix / "bin").mkdir(parents=True)
        (self.prefix / "bin" / "mine").write_text("mine")
        (self.prefix / "share").mkdir()
        before = tree(self.prefix)
        self.assertIn("Setup complete", self.setup_sh("--no-packages").stdout)
        installed = tree(self.prefix)
        for name in ("bin/t2", "bin/tranalyzer", "bin/t2build", "include/t2/plugin.h", "share/tranalyzer/home", "share/man/man1/t2.1"):
            self.assertIn(name, installed)
        self.assertEqual(len(list((self.home / ".tranalyzer" / "plugins").glob("*.so"))), 4)
        self.setup_sh("--no-packages")  # again: the folders that the first one made are still known as ours
        self.assertEqual(tree(self.prefix), installed)
        self.assertEqual(self.setup_sh("--uninstall").stdout, f"Uninstalled from {self.prefix}\nNo longer active; behind a new set-up "
                         "this activates them again: t2build basicFlow tcpStates ftpDecode txtSink\n")
        self.assertEqual(tree(self.prefix), before)
        self.assertEqual(tree(self.home), [])
        self.assertIn("Nothing is installed in", self.setup_sh("--uninstall", status=1).stderr)

    def test_it_ends_with_the_table_and_the_line_that_opens_the_report(self):
        for _ in range(2):  # again: over its own page
            lines = self.setup_sh("--no-packages").stdout.splitlines()
            self.assertTrue(any(line.startswith("dir  flowInd") or "flowInd" in line for line in lines), lines)
            self.assertEqual(sum(line.split()[:1] in (["A"], ["B"]) for line in lines), 8)
            said, words = lines[-1].split(": ", 1)
            self.assertEqual(said, "The example as a page")
            command, page = shlex.split(words)
            self.assertEqual(command, "xdg-open")
            text = pathlib.Path(page).read_text()
            self.assertIn("<title>", text)
            self.assertIn("ftp-dpic.pcap", text)

    def test_a_report_that_cannot_be_made_stops_nothing(self):
        page = self.script.parent / "build" / "example" / "report.html"
        page.mkdir(parents=True)
        r = self.setup_sh("--no-packages")
        self.assertIn("Setup complete", r.stdout.splitlines()[-1])
        self.assertIn("No page of the example: ", r.stderr)
        self.assertIn("report.html", r.stderr)
        shutil.rmtree(page.parent)
        page.parent.write_text("a file where the folder should be")
        r = self.setup_sh("--no-packages")
        self.assertIn("Setup complete", r.stdout.splitlines()[-1])
        self.assertIn("No page of the example: mkdir: ", r.stderr)

    def test_which_plugins_are_active_is_said_at_both_ends(self):
        words = "Active plugins, to which 't2build NAME...' adds others: "
        self.assertIn(words + "basicFlow tcpStates ftpDecode txtSink\n", self.setup_sh("--no-packages").stdout)
        shutil.copy(next(self.prefix.rglob("117_tp0f.so")), self.home / ".tranalyzer/plugins")
        self.assertIn(words + "basicFlow tp0f tcpStates ftpDecode txtSink\n", self.setup_sh("--no-packages").stdout)
        self.assertIn("again: t2build basicFlow tp0f tcpStates ftpDecode txtSink\n", self.setup_sh("--uninstall").stdout)
        self.assertIn(words + "basicFlow tcpStates ftpDecode txtSink\n", self.setup_sh("--no-packages").stdout)

    def test_what_is_the_users_stays(self):
        self.setup_sh("--no-packages")
        own = self.home / ".tranalyzer"
        (own / "config").mkdir()
        (own / "config" / "ftpDecode.config").write_text("FTP_SAVE = 1\n")
        (own / "plugins" / "400_mine.so").write_text("mine")
        (own / "plugins" / "901_txtSink.so").write_text("edited")
        (self.prefix / "share" / "tranalyzer" / "notes").write_text("mine")
        r = self.setup_sh("--uninstall")
        self.assertIn("1 plugin(s) in", r.stdout)
        self.assertIn(f"Your settings and plugins are kept in {own}\n", r.stdout)
        self.assertEqual(tree(self.prefix), ["share", "share/tranalyzer", "share/tranalyzer/notes"])
        self.assertEqual(tree(own), ["config", "config/ftpDecode.config", "plugins", "plugins/400_mine.so", "plugins/901_txtSink.so"])


if __name__ == "__main__":
    main()
