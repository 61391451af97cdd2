# SPDX-License-Identifier: Apache-2.0
"""Every command line of the tutorial, typed as it stands there, in a fresh HOME, and all that is printed.

tests/golden/expected/tutorial_session.txt holds the commands and their output. Settings beside the tutorial's own
give its digits and texts: FLOAT32_TIMES, FTP_CTL_MINLEN, its two networks. Lines that differ from run to run are
left out. Three listings of the tutorial are not what its own lines give; see `test_commands`.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from t2run import BUILD, EXAMPLE, SOURCE, Sandbox, main

EXPECTED = SOURCE / "tests" / "golden" / "expected"
# Times of the run, memory, banner, data revision and load of the machine.
VARIABLE = re.compile(r"Finished |Memory usage|\[INF\] IPv[46] Ver|T2\+\+|=====|\[WRN\]")
BLOCK = "USER CONFIGURATION FLAGS", "DO NOT EDIT BELOW HERE"


def expected_session():
    """Pairs (command, output)."""
    parts = re.split(r"^\$ ", (EXPECTED / "tutorial_session.txt").read_text(), flags=re.M)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


class Tutorial(Sandbox):
    maxDiff = None

    def setUp(self):
        super().setUp()
        # The tutorial extracts to /tmp/FTPFILES. A /tmp of its own makes its lines work here as they are typed.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="t2tutorial", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.home, True)
        for name in ("tmp", "data", "results", "test_data/data", ".tranalyzer/plugins"):
            (self.home / name).mkdir(parents=True)
        for folder in ("data", "test_data/data"):
            shutil.copy(EXAMPLE, self.home / folder)
        self.env.update(HOME=str(self.home), T2HOME=str(SOURCE), PATH=f"{BUILD}/bin:{os.environ['PATH']}",
                        BFO_SUBNET_FILE=str(SOURCE / "examples" / "tutorial-subnets.txt"))
        self.space = ["unshare", "-m" if os.getuid() == 0 else "-rm", "bash", "-c", f'mount --bind {self.home}/tmp /tmp && exec bash -c "$0"']
        self.private = not str(BUILD).startswith("/tmp/") and not str(SOURCE).startswith("/tmp/") and \
            subprocess.run([*self.space, "true"], capture_output=True).returncode == 0
        if not self.private:
            self.env["FTP_F_PATH"] = f"{self.home}/tmp/FTPFILES/"

    def type(self, line, status=0):
        if not self.private:
            line = line.replace("/tmp/FTPFILES", f"{self.home}/tmp/FTPFILES")
        r = subprocess.run([*(self.space if self.private else ("bash", "-c")), line], env=self.env, cwd=self.home,
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        self.assertEqual(r.returncode, status, f"{line}\n{r.stdout}{r.stderr}")
        text = r.stdout.decode(errors="replace").replace(str(self.home), "/home/wurst").replace("\r", "")
        return "\n".join(t for t in text.split("\n") if not VARIABLE.match(t))

    def test_commands(self):
        self.type("t2conf tranalyzer2 -D FLOAT32_TIMES=1 && t2conf ftpDecode -D FTP_CTL_MINLEN=10")
        for command, output in expected_session():
            with self.subTest(command=command):
                self.assertEqual(self.type(command), output)
        # --reset has taken the transcript's setting back, too.
        self.assertEqual(self.type("t2conf ftpDecode -G FTP_SAVE -G FTP_CTL_MINLEN"), "FTP_SAVE = 0\nFTP_CTL_MINLEN = 0\n")
        self.assertTrue((SOURCE / "examples" / "Microsoft-1978.jpg").read_bytes() ==
                        (self.home / "tmp/FTPFILES/_funwithbill_Microsoft-1978.jpg_2_B").read_bytes())

    def test_header_that_the_tutorial_edits(self):
        """`vi src/ftpDecode.h` shows its settings: names, defaults and comments in its order, inside both banners."""
        self.assertEqual(self.type("shopt -s expand_aliases; . $T2HOME/tools/completion/t2_aliases\nftpDecode\nhead -n 2 src/ftpDecode.h | tail -n 1"),
                         "// ftpDecode: FTP control connections, the data connections they announce, and the files in them.\n")
        text = (SOURCE / "plugins/ftpDecode/src/ftpDecode.h").read_text()
        block = text[text.index(BLOCK[0]):text.index(BLOCK[1])]
        found = {name: (value, doc) for name, value, doc in
                 re.findall(r'\{this, "(\w+)",\s*("[^"]*"|\d+),(?: \{[^}]*\},)? "([^"]*)"', block)}
        tutorial = [("FTP_SAVE", "0", "save content to FTP_F_PATH"), ("FTP_CMD_AGGR", "1", "Aggregate FTP commands/response codes"),
                    ("FTP_BTFLD", "0", "Bitfield coding of FTP commands"), ("FTP_UXNMLN", "10", "maximal username length"),
                    ("FTP_PXNMLN", "15", "maximal password length"), ("FTP_MXNMLN", "50", "maximal name length"),
                    ("FTP_MAXCPFI", "10", "Maximal number of pfi"), ("FTP_MAXUNM", "5", "Maximal number of users"),
                    ("FTP_MAXPNM", "5", "Maximal number of passwords"), ("FTP_MAXCNM", "20", "Maximal number of parameters"),
                    ("FTP_RMDIR", "1", "empty FTP_F_PATH before starting (require FTP_SAVE=1)"),
                    ("FTP_F_PATH", '"/tmp/FTPFILES/"', "Path for extracted content"), ("FTP_NONAME", '"nudel"', "No name file name")]
        for name, value, doc in tutorial:
            self.assertEqual(found.get(name), (value, doc), name)
        self.assertEqual([n for n in found if n in {t[0] for t in tutorial}], [t[0] for t in tutorial])
        self.assertLess(block.index("FTP_MAXCNM"), block.index("ENV / RUNTIME - conf Variables"))
        self.assertLess(block.index("ENV / RUNTIME - conf Variables"), block.index("FTP_RMDIR"))


if __name__ == "__main__":
    main()
