# SPDX-License-Identifier: Apache-2.0
"""The examples of the man pages run, the pages are valid, the completion offers what it should."""
import os
import re
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, SOURCE, TUTORIAL_PLUGINS, Sandbox, main

PAGES = ("t2", "t2build", "t2conf", "t2plugin", "tawk", "tcol")


class Docs(Sandbox):
    def setUp(self):
        super().setUp()
        self.env.update(T2HOME=str(SOURCE), PATH=f"{BUILD}/bin:{os.environ['PATH']}")
        for name in ("data", "results"):
            (self.dir / name).mkdir()
        shutil.copy(EXAMPLE, self.dir / "data")
        self.active = self.dir / ".tranalyzer" / "plugins"
        self.active.mkdir(parents=True)
        self.plugins = self.active
        self.activate(*TUTORIAL_PLUGINS)
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "results")

    def shell(self, line):
        return subprocess.run(["bash", "-c", line], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=300)

    def test_examples_of_the_man_pages(self):
        for name in PAGES:
            text = (SOURCE / "docs" / "man" / f"{name}.txt").read_text()
            commands = re.findall(r"^  \$ (.*)$", text, re.M)
            self.assertGreater(len(commands), 1, name)
            for command in commands:
                with self.subTest(page=name, command=command):
                    r = self.shell(f"set -o pipefail; {command}")
                    self.assertEqual((r.returncode, r.stderr), (0, ""))
                    if "-D" not in command and "--reset" not in command and "--changed" not in command and "-C" not in command and "-g" not in command:
                        self.assertNotEqual(r.stdout, "")

    def test_pages_are_valid_and_complete(self):
        for name in PAGES:
            page = BUILD / "share" / "man" / "man1" / f"{name}.1"
            help_text = self.shell(f"{name} --help").stdout
            text = page.read_text().replace("\\-", "-")
            for option in re.findall(r"^ +(-[A-Za-z])\b", help_text, re.M):
                self.assertIn(option, text)
            self.assertIn("EXAMPLES", text)
            if shutil.which("groff"):
                r = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-z", page], capture_output=True, text=True)
                self.assertEqual(r.stderr, "", name)

    def offered(self, *words):
        array = " ".join(f'"{w}"' for w in words)
        return self.shell(f'compopt() {{ :; }}; . {SOURCE}/tools/completion/t2.bash; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; '
                          '_t2_complete; printf "%s\\n" "${COMPREPLY[@]}"').stdout.split("\n")[:-1]

    def test_completion(self):
        self.assertEqual(self.offered("t2build", "ftp"), ["ftpDecode"])
        self.assertEqual(self.offered("t2conf", "ftpDecode", "-D", "FTP_SA"), ["FTP_SAVE=", "FTP_SAVE_TLS="])
        self.assertEqual(self.offered("t2conf", "ftpDecode", "-G", "SEP"), ["SEP_CHR"])
        self.assertIn("--plugin-folder", self.offered("t2", "--p"))
        self.assertEqual(self.offered("tawk", "-V", "ftpS"), ["ftpStat="])
        self.assertEqual(self.offered("tawk", "-d", "bitsa"), ["bitsallset", "bitsanyset"])
        self.assertEqual(self.offered("tawk", "-l", "results/ftp-dpic_f"), ["results/ftp-dpic_flows.txt"])
        self.assertEqual(self.offered("tcol", "--w"), ["--width"])
        if shutil.which("zsh"):
            self.assertEqual(subprocess.run(["zsh", "-n", SOURCE / "tools/completion/_t2"]).returncode, 0)


if __name__ == "__main__":
    main()
