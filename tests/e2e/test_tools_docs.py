# SPDX-License-Identifier: Apache-2.0
"""The examples of the man pages run, the pages are valid, the completion offers what it should."""
import os
import re
import shlex
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, SOURCE, TUTORIAL_PLUGINS, Sandbox, main

PAGES = ("t2", "t2build", "t2conf", "t2plugin", "t2report", "t2stat", "t2top", "tawk", "tcol")
if (BUILD / "bin" / "t2sql").exists():
    PAGES += ("t2sql",)


class Docs(Sandbox):
    def setUp(self):
        super().setUp()
        self.env.update(T2HOME=str(SOURCE), PATH=f"{BUILD}/bin:{os.environ['PATH']}")
        for name in ("data", "results"):
            (self.dir / name).mkdir()
        (self.dir / "data" / "case").mkdir()
        for copy in ("data", "data/case/one.pcap", "data/case/two.pcap"):
            shutil.copy(EXAMPLE, self.dir / copy)
        (self.dir / "damaged.pcap").write_bytes(EXAMPLE.read_bytes()[:5000] + bytes(3000) + EXAMPLE.read_bytes()[8000:])
        self.active = self.dir / ".tranalyzer" / "plugins"
        self.active.mkdir(parents=True)
        self.plugins = self.active
        self.activate(*TUTORIAL_PLUGINS, "basicStats")
        if "t2sql" in PAGES:  # not for all: a database cannot go to standard output
            self.activate("sqliteSink")
            self.t2("-r", EXAMPLE, "-w", self.dir / "results")
            next(self.active.glob("*_sqliteSink.so")).unlink()
        self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "results")
        self.t2("-s", "-R", "data/case", "-w", self.dir / "results")

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
                    if name == "t2stat":
                        # Signals must not reach a t2 of somebody else: a process space of its own.
                        command = f"unshare -{'' if os.getuid() == 0 else 'r'}pf --mount-proc {command}"
                        if self.shell(command.replace("t2stat", "true")).returncode != 0:
                            continue
                    r = self.shell(f"set -o pipefail; {command}")
                    # With rows on standard output the messages go to standard error.
                    messages = re.sub(r"\[(ERR|WRN)\]", "", r.stderr) == r.stderr if "-w -" in command else r.stderr == ""
                    self.assertEqual((r.returncode, messages), (0, True), r.stderr)
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
            self.assertIn("Examples:\n", help_text)
            if shutil.which("groff"):
                r = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-z", page], capture_output=True, text=True)
                self.assertEqual(r.stderr, "", name)

    def offered(self, *words):
        array = " ".join(f'"{w}"' for w in words)
        out = self.shell(f'compopt() {{ :; }}; . {SOURCE}/tools/completion/t2.bash; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; '
                          '_t2_complete; printf "%s\\n" "${COMPREPLY[@]}"').stdout
        return [word for word in out.split("\n") if word]

    def test_completion(self):
        self.assertEqual(self.offered("t2build", "ftp"), ["ftpDecode"])
        self.assertEqual(self.offered("t2conf", "ftpDecode", "-D", "FTP_SA"), ["FTP_SAVE=", "FTP_SAVE_TLS="])
        self.assertEqual(self.offered("t2conf", "ftpDecode", "-G", "SEP"), ["SEP_CHR"])
        self.assertIn("--plugin-folder", self.offered("t2", "--p"))
        self.assertEqual(self.offered("tawk", "-V", "ftpS"), ["ftpStat="])
        self.assertEqual(self.offered("tawk", "-d", "bitsa"), ["bitsallset", "bitsanyset"])
        self.assertEqual(self.offered("tawk", "-l", "results/ftp-dpic_f"), ["results/ftp-dpic_flows.txt"])
        self.assertEqual(self.offered("tcol", "--w"), ["--width"])
        flows = "results/ftp-dpic_flows.txt"
        self.assertEqual(self.offered("tawk", "'$ftpC"), [])  # no table yet
        self.assertEqual(self.offered("tawk", "'bitsan"), ["'bitsanyset("])
        self.assertEqual(self.offered("tawk", "-I", flows, "'dport(21) { print \\$ftpC"),
                         ["'dport(21) { print $ftpCDFindex", "'dport(21) { print $ftpCC", "'dport(21) { print $ftpCP"])
        self.assertEqual(self.offered("tawk", "-d", "oli"), ["oline"])
        self.assertEqual(self.offered("tawk", "-V", "l4P"), ["l4Proto="])
        self.assertEqual(self.offered("t2plugin", "-l=l"), ["-l=l2", "-l=l4", "-l=l7"])
        self.assertEqual(self.offered("t2build", "-B", "m"), ["meson"])
        self.assertEqual(self.offered("t2conf", "tranal"), ["tranalyzer2"])
        self.assertIn("--tui", self.offered("t2conf", "--t"))
        self.assertEqual(self.offered("t2", "--set", "ftpDecode.FTP_SAVE_"), ["ftpDecode.FTP_SAVE_TLS="])
        self.assertIn("-USR1", self.offered("t2stat", "-U"))

    def test_completion_covers_every_command(self):
        for name in PAGES:
            self.assertIn("--help", self.offered(name, "--h"), name)

    def test_zsh_completion(self):
        """The words that the completion function gives to zsh."""
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        for words, offered in ((("t2build", "ftpD"), "ftpDecode"), (("t2conf", "ftpDecode", "-G", ""), "FTP_MAXUNM"),
                               (("t2conf", "ftpDecode", "-D", ""), "FTP_SAVE"), (("tawk", "-V", ""), "tcpStatesAFlags"),
                               (("tawk", "-d", ""), "bitsallset"), (("tcol", "--"), "--width"), (("t2stat", "-"), "--help"),
                               (("t2", "-"), "--plugin-folder"), (("t2plugin", "-"), "--list"), (("tcol", ""), "<files>"),
                               (("tawk", "'$ftp", "results/ftp-dpic_flows.txt"), "ftpCDFindex")):
            current = 2 if "results" in words[-1] else len(words)
            line = " ".join(shlex.quote(w) for w in words)
            script = f'compadd() {{ print -l -- "$@" }}; _files() {{ print "<files>" }}; complete() {{ source {SOURCE}/tools/completion/_t2 }}; ' \
                     f'words=({line}); CURRENT={current}; complete'
            r = subprocess.run(["zsh", "-f", "-c", script], env=self.env, cwd=self.dir, capture_output=True, text=True, timeout=60)
            self.assertEqual(r.stderr, "", words)
            self.assertIn(offered, r.stdout.split("\n"), words)


if __name__ == "__main__":
    main()
