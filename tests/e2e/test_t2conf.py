# SPDX-License-Identifier: Apache-2.0
"""t2conf and t2plugin: settings are checked, stored whole, and used by t2 (spec tools 2, 5.2, 7.2)."""
import os
import subprocess

from t2run import BUILD, EXAMPLE, SOURCE, TUTORIAL_PLUGINS, Sandbox, main


class T2Conf(Sandbox):
    def setUp(self):
        super().setUp()
        self.env.update(PATH=f"{BUILD}/bin:{os.environ['PATH']}")
        self.file = self.dir / ".tranalyzer" / "config" / "ftpDecode.config"

    def run_tool(self, *args, status=0, answer="", env=None):
        r = subprocess.run([str(a) for a in args], input=answer, env={**self.env, **(env or {})}, cwd=self.dir, capture_output=True,
                           text=True, timeout=60)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r

    def t2conf(self, *args, **options):
        return self.run_tool("t2conf", *args, **options)

    def silent(self, *args):
        r = self.t2conf(*args)
        self.assertEqual((r.stdout, r.stderr), ("", ""))

    def get(self, name, *args, **options):
        return self.t2conf("ftpDecode", "-G", name, *args, **options).stdout

    def test_set_show_reset(self):
        self.assertEqual(self.get("FTP_SAVE"), "FTP_SAVE = 0\n")
        self.silent("ftpDecode", "-D", "FTP_SAVE=1")
        self.assertEqual(self.file.read_text(), "# :name: ftpDecode\nFTP_SAVE = 1\n")
        self.assertEqual(self.get("FTP_SAVE"), "FTP_SAVE = 1\n")
        self.assertEqual(self.get("FTP_SAVE", "-v"), f"FTP_SAVE = 1 ({self.file}:2)\n")
        self.assertEqual(self.get("FTP_NONAME"), 'FTP_NONAME = "nudel"\n')
        self.silent("ftpDecode", "-D", "FTP_NONAME=a=b c", "-D", "FTP_MAXUNM=UINT8_MAX", "-D", "FTP_RMDIR=no")
        self.assertEqual(self.t2conf("--changed").stdout, "ftpDecode FTP_SAVE = 1 (default 0)\nftpDecode FTP_MAXUNM = 255 (default 5)\n"
                         'ftpDecode FTP_RMDIR = 0 (default 1)\nftpDecode FTP_NONAME = "a=b c" (default "nudel")\n')
        self.silent("ftpDecode", "-D", "FTP_RMDIR=default")
        self.assertEqual(self.get("FTP_RMDIR"), "FTP_RMDIR = 1\n")
        self.silent("ftpDecode", "-D", "FTP_MAXUNM=5")
        self.assertNotIn("FTP_MAXUNM", self.file.read_text())
        self.silent("ftpDecode", "--reset")
        self.assertFalse(self.file.exists())
        self.assertEqual(self.t2conf("--changed").stdout, "")

    def test_set_and_show(self):
        self.assertEqual(self.get("FTP_SAVE", "-D", "FTP_SAVE=1"), "FTP_SAVE = 1\n")
        self.assertEqual(self.file.read_text(), "# :name: ftpDecode\nFTP_SAVE = 1\n")
        self.assertIn("Unknown flag 'NONE'", self.t2conf("ftpDecode", "-G", "NONE", "-D", "FTP_SAVE=0", status=1).stderr)
        self.assertEqual(self.get("FTP_SAVE"), "FTP_SAVE = 1\n")

    def test_reset_without_names(self):
        self.silent("tp0f", "-D", "TP0F_FUZZY=1")
        self.silent("tranalyzer2", "-D", "VERBOSE=1")
        self.assertEqual(self.t2conf("tranalyzer2", "--changed").stdout, "tranalyzer2 VERBOSE = 1 (default 2)\n")
        r = self.t2conf("--reset")
        self.assertEqual((r.stdout, r.stderr), ("", "Not reset: tp0f. Name them, or use 't2conf --reset -a' for all plugins\n"))
        self.assertEqual(self.t2conf("--changed").stdout, "tp0f TP0F_FUZZY = 1 (default 0)\n")
        self.silent("-a", "--reset")
        self.assertEqual(self.t2conf("--changed").stdout, "")

    def test_nothing_is_overwritten_unasked(self):
        for words in (("basicFlow", "-L"), ("-s",), ("ftpDecode", "-g")):
            mine = self.dir / "mine"
            mine.write_text("mine\n")
            for answer in ("", "n\n"):
                r = self.t2conf(*words, "mine", status=1, answer=answer)
                self.assertIn("'mine' exists already. Overwrite it (y/N)? ", r.stdout)
                self.assertEqual(r.stderr, "Nothing was saved: 'mine' is kept, -y overwrites it\n")
                self.assertEqual(mine.read_text(), "mine\n")
            self.t2conf(*words, "mine", answer="y\n")
            self.assertNotEqual(mine.read_text(), "mine\n")
            mine.write_text("mine\n")
            self.t2conf(*words, "mine", "-y")
            self.assertNotEqual(mine.read_text(), "mine\n")

    def test_load_list_of_the_default_set(self):
        """What it switches off is told, with the way to list what is active."""
        folder = self.dir / ".tranalyzer" / "plugins"
        folder.mkdir(parents=True)
        for name in ("117_tp0f.so", "901_txtSink.so"):
            (folder / name).symlink_to(BUILD / "plugins" / name)
        r = self.t2conf("-L")
        self.assertIn("txtSink\n", (folder / "plugins.txt").read_text())
        self.assertEqual(r.stderr, f"The list '{folder}/plugins.txt' leaves out active plugins: tp0f. 't2conf -y -L $(t2build -l)' "
                                   "lists all that are active\n")
        self.run_tool("sh", "-c", "t2conf -y -L $(t2build -l)")
        self.assertEqual((folder / "plugins.txt").read_text(), "tp0f\ntxtSink\n")

    def test_comments_stay(self):
        self.file.parent.mkdir(parents=True)
        self.file.write_text("# mine\nFTP_SAVE = 0\n\n# why\nFTP_MAXUNM = 7\n")
        self.silent("ftpDecode", "-D", "FTP_SAVE=1")
        self.assertEqual(self.file.read_text(), "# mine\nFTP_SAVE = 1\n\n# why\nFTP_MAXUNM = 7\n")

    def test_all_or_nothing(self):
        for wrong in ("FTP_SAVE=7", "FTP_SAVE=maybe", "FTP_SAVE=", "FTP_MAXUNM=1e99", "NO_SUCH=1", "FTP_NONAME=a\nFTP_SAVE = 1"):
            r = self.t2conf("ftpDecode", "-D", "FTP_MAXCNM=3", "-D", wrong, status=1)
            self.assertEqual((r.stdout, r.stderr.count("\n")), ("", 1), r.stderr)
            self.assertFalse(self.file.exists(), wrong)
        self.assertIn("allowed are 0 to 1", self.t2conf("ftpDecode", "-D", "FTP_SAVE=7", status=1).stderr)
        r = self.t2conf("ftpDecode", "-D", "FTP_SAV=1", status=1)
        self.assertTrue(r.stderr.startswith("Unknown flag 'FTP_SAV' for plugin 'ftpDecode', did you mean 'FTP_SAVE'"))
        self.run_tool("sh", "-c", "t2conf ftpDecode -D FTP_SAV=1 && touch went_on", status=1)
        self.assertFalse((self.dir / "went_on").exists())

    def test_usage_errors(self):
        hint = "\nTry 't2conf --help' for more information.\n"
        self.assertIn("Usage: t2conf", self.t2conf(status=1).stdout)
        self.assertIn("Usage: t2conf", self.t2conf("--help").stdout)
        for args, message in ((("ftpDecod", "-I"), "Unknown option 'ftpDecod': no plugin is called that, did you mean 'ftpDecode'?"),
                              (("nosuch",), "Unknown option 'nosuch': no plugin is called that (t2conf -l lists them)"),
                              (("ftpDecode", "--reset", "--changed"), "Options '--reset' and '--changed' cannot be used together"),
                              (("ftpDecode", "-D", "FTP_SAVE=1", "-I"), "Options '-I' and '-D' cannot be used together"),
                              (("--patch", "a", "--rpatch", "b"), "Options '--patch' and '--rpatch' cannot be used together"),
                              (("-m", "--reset"), "Options '--reset' and '-m' cannot be used together"),
                              (("ftpDecode", "-Z"), "Unknown option '-Z'"),
                              (("ftpDecode", "-D", "x"), "Option '-D': expected name=value, found 'x'"),
                              (("ftpDecode", "-D"), "Option '-D' requires an argument"),
                              (("-D", "FTP_SAVE=1"), "-D option can only be used with ONE plugin"),
                              (("ftpDecode", "txtSink", "-I"), "-I option can only be used with ONE plugin"),
                              (("-G", "FTP_SAVE"), "-G option can only be used with ONE plugin")):
            self.assertEqual(self.t2conf(*args, status=1).stderr, message + hint)

    def test_shared_settings(self):
        r = self.t2conf("ftpDecode", "-D", "SEP_CHR=,")
        self.assertEqual((r.stdout, r.stderr), ("", "SEP_CHR is a setting of utils, shared by all plugins\n"))
        self.activate(*TUTORIAL_PLUGINS)
        self.t2("-r", EXAMPLE, "-w", self.dir / "r")
        self.assertTrue((self.dir / "r_flows.txt").read_text().startswith("%dir,flowInd,"))
        self.assertEqual(self.run_tool("tawk", "-H", "$flowInd == 2 { print $srcPort }", self.dir / "r_flows.txt").stdout, "4076\n30012\n")
        self.silent("ftpDecode", "--reset")
        self.assertEqual(self.t2conf("utils", "-G", "SEP_CHR").stdout, 'SEP_CHR = ","\n')

    def test_lists(self):
        names = self.t2conf("ftpDecode", "-I").stdout.split("\n")[:-1]
        self.assertEqual(names[0], "FTP_SAVE")
        self.assertTrue({"FTP_CMD_AGGR", "FTP_UXNMLN", "FTP_F_PATH", "FTP_NONAME"} <= set(names))
        self.assertIn("FTP_UXNMLN = 10\n", self.t2conf("ftpDecode", "-I", "-v").stdout)
        self.assertEqual(self.t2conf("ftpDecode", "-E").stdout, "FTP_RMDIR\nFTP_F_PATH\nFTP_NONAME\n")
        self.assertEqual(self.t2conf("ftpDecode", "-e", env={"FTP_NONAME": "q"}).stdout, "FTP_NONAME = q\n")
        self.assertEqual(self.get("FTP_NONAME", "-v", env={"FTP_NONAME": "q"}), 'FTP_NONAME = "q" (environment)\n')
        self.assertIn("  301 ftpDecode\n", self.t2conf("-l").stdout)
        self.assertEqual(self.get("FTP_RMDIR", "-g", "default"), "FTP_RMDIR = yes\n")

    def test_config_files(self):
        self.silent("ftpDecode", "-D", "FTP_SAVE=1", "-D", "FTP_NONAME=x y")
        self.silent("ftpDecode", "-g", "my.config")
        self.assertIn("# :name: ftpDecode\n", (self.dir / "my.config").read_text())
        self.assertIn("Nothing was saved", self.t2conf("ftpDecode", "-g", "my.config", status=1, answer="n\n").stderr)
        self.silent("ftpDecode", "--reset")
        self.silent("ftpDecode", "-C", "my.config")
        self.assertEqual(self.file.read_text(), '# :name: ftpDecode\nFTP_SAVE = 1\nFTP_NONAME = "x y"\n')
        self.assertIn("settings of 'ftpDecode'", self.t2conf("txtSink", "-C", "my.config", status=1).stderr)
        (self.dir / "bad.config").write_text("# :name: ftpDecode\nFTP_MAXUNM = 1\nFTP_SAVE = 9\n")
        self.assertIn("bad.config:3: FTP_SAVE", self.t2conf("-C", "bad.config", status=1).stderr)
        self.assertNotIn("FTP_MAXUNM", self.file.read_text())
        self.silent("ftpDecode", "-D", "FTP_SAVE=0", "-g", "my.config")
        self.assertEqual(self.get("FTP_SAVE", "-g", "my.config"), "FTP_SAVE = 0\n")
        self.assertEqual(self.get("FTP_SAVE"), "FTP_SAVE = 1\n")
        (self.dir / "p.patch").write_text("FTP_MAXUNM\t9\t5\tplugins/ftpDecode/src/ftpDecode.h\n")
        self.silent("--patch", "p.patch")
        self.assertEqual(self.get("FTP_MAXUNM"), "FTP_MAXUNM = 9\n")
        self.silent("--rpatch", "p.patch")
        self.assertEqual(self.get("FTP_MAXUNM"), "FTP_MAXUNM = 5\n")

    def test_load_list(self):
        self.silent("basicFlow", "txtSink", "-L", "list")
        self.assertEqual((self.dir / "list").read_text(), "basicFlow\ntxtSink\n")
        (self.dir / "list").write_text("# c\nbasicFlow # x\n\ntxtSink\n")
        self.assertEqual(self.t2conf("-S", "list").stdout, "basicFlow\ntxtSink\n")
        self.assertIn("missing", self.t2conf("-S", "missing", status=1).stderr)

    def test_parallel_calls_lose_nothing(self):
        names = ("FTP_UXNMLN", "FTP_PXNMLN", "FTP_MXNMLN", "FTP_MAXCPFI", "FTP_MAXUNM", "FTP_MAXPNM", "FTP_MAXCNM")
        calls = [subprocess.Popen(["t2conf", "ftpDecode", "-D", f"{n}=7"], env=self.env) for n in names]
        self.assertEqual([c.wait(60) for c in calls], [0] * len(names))
        self.assertEqual(self.file.read_text().count(" = 7\n"), len(names))
        self.assertEqual(sorted(p.name for p in self.file.parent.iterdir()), [".lock", "ftpDecode.config"])

    def test_home_that_cannot_be_written(self):
        (self.dir / ".tranalyzer").write_text("in the way")
        r = self.t2conf("ftpDecode", "-D", "FTP_SAVE=1", status=1)
        self.assertEqual(r.stderr.count("\n"), 1)
        self.assertIn(str(self.dir), r.stderr)

    def test_read_only_home(self):
        """As a user without rights, also when the tests run as root."""
        self.dir.chmod(0o555)
        self.addCleanup(self.dir.chmod, 0o755)
        command = ["t2conf", "ftpDecode", "-D", "FTP_SAVE=1"]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        r = subprocess.run([*command[:-4], "t2conf", "--help"], env=self.env, capture_output=True)
        if r.returncode != 0:
            self.skipTest("another user cannot run the programs here")
        r = self.run_tool(*command, status=1)
        self.assertEqual(r.stderr, f"Failed to make folder '{self.dir}/.tranalyzer/config': Permission denied\n")
        self.assertEqual(self.run_tool(*command[:-2], "-G", "FTP_SAVE").stdout, "FTP_SAVE = 0\n")

    def test_t2_uses_it(self):
        self.activate(*TUTORIAL_PLUGINS)
        carved = self.dir / "carved"
        self.silent("ftpDecode", "-D", "FTP_SAVE=1", "-D", f"FTP_F_PATH={carved}/")
        self.assertIn("ftpDecode: Number of files extracted: 1\n", self.t2("-r", EXAMPLE, "-w", self.dir / "r").stdout)
        self.assertIn("_funwithbill_Microsoft-1978.jpg_2_B", os.listdir(carved))
        self.silent("ftpDecode", "--reset")
        self.assertNotIn("files extracted", self.t2("-r", EXAMPLE, "-w", self.dir / "r").stdout)

    def test_presets_of_the_core(self):
        self.silent("-m")
        self.assertEqual(self.t2conf("--changed").stdout, "tranalyzer2 VERBOSE = 0 (default 2)\ntranalyzer2 MACHINE_REPORT = 1 (default 0)\n"
                         "tranalyzer2 DIFF_REPORT = 1 (default 0)\n")
        self.silent("--t2", "--reset")
        self.assertEqual(self.t2conf("--changed").stdout, "")
        self.silent("--dual")
        self.assertEqual(self.t2conf("--changed").stdout, "")
        self.assertEqual(self.t2conf("--ip6", status=1).stderr,
                         "Flows of IPv4 and IPv6 are always made: choose with a filter, such as t2 -r FILE -w DIR ip6\n")
        self.assertIn("'--ip4' and '--ip6' exclude each other", self.t2conf("--ip4", "--ip6", status=1).stderr)
        self.assertEqual(self.t2conf("--t2", "-G", "VERBOSE").stdout, "VERBOSE = 2\n")

    def test_active_sets(self):
        folder = self.dir / ".tranalyzer" / "plugins"
        folder.mkdir(parents=True)
        (folder / "901_txtSink.so").symlink_to(BUILD / "plugins" / "901_txtSink.so")
        self.assertEqual(self.t2conf("-9", status=1).stderr, "Plugin 'pcapd' is not installed: nothing was changed\n")
        self.silent("-s")
        self.silent("-0")
        self.assertEqual(os.listdir(folder), ["plugins.saved"])
        self.assertIn("BUILDING SUCCESSFUL", self.t2conf("-q", env={"T2HOME": str(SOURCE)}).stdout)
        self.assertIn("901_txtSink.so", os.listdir(folder))

    def test_menu(self):
        out = self.t2conf("ftpDecode", "--tui", answer="1=1\nFTP_MAXUNM=7\n1=9\n99=1\nx\nFTP_MAXUNM=default\n\n").stdout
        self.assertIn("  1  FTP_SAVE = 0  save content to FTP_F_PATH\n", out)
        self.assertIn("  1* FTP_SAVE = 1  save content to FTP_F_PATH\n", out)
        for message in ("9 is out of range, allowed are 0 to 1\n", "There is no setting 99\n", "Expected NUMBER=VALUE or NAME=VALUE\n"):
            self.assertIn(message, out)
        self.assertEqual(self.file.read_text(), "# :name: ftpDecode\nFTP_SAVE = 1\n")
        out = self.t2conf("ftpDecode", "--gui", "-n", answer="").stdout
        names = [line.split()[1] for line in out.split("\n") if " = " in line]
        self.assertEqual(names, sorted(names))
        self.assertIn("can only be used with ONE plugin", self.t2conf("--tui", status=1).stderr)

    def test_listing_names_default_and_origin(self):
        self.silent("ftpDecode", "-D", "FTP_MAXUNM=9")
        out = self.t2conf("ftpDecode", "-I", "-v", env={"FTP_NONAME": "q"}).stdout
        self.assertIn(f"\n# Maximal number of users [0 - 255], default 5, from {self.file}:2\nFTP_MAXUNM = 9\n", out)
        self.assertIn('\n# No name file name, default "nudel", from environment\nFTP_NONAME = "q"\n', out)

    def test_editor(self):
        editor = self.dir / "editor"
        editor.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        editor.chmod(0o755)
        env = {"EDITOR": f"{editor} -x", "T2HOME": str(SOURCE)}
        for words in (("ftpDecode",), ("-c", "ftpDecode")):
            self.assertEqual(self.t2conf(*words, env=env).stdout, f"-x\n{SOURCE}/plugins/ftpDecode/src/ftpDecode.h\n")

    def test_no_editor_without_a_terminal(self):
        r = self.t2conf("ftpDecode", env={"EDITOR": "", "T2HOME": str(SOURCE)}, status=1)
        self.assertEqual(r.stderr, "There is no terminal for an editor: 't2conf ftpDecode -I -v' shows the settings, -D NAME=VALUE changes one\n")

    def test_t2plugin(self):
        out = self.run_tool("t2plugin", "-l").stdout
        self.assertIn("\n[Layer 7 Plugins]\n\nftpDecode          301    FTP", out)
        self.assertIn("txtSink\n", self.run_tool("t2plugin", "-l=o", "-N").stdout)
        folder = self.dir / ".tranalyzer" / "plugins"
        folder.mkdir(parents=True)
        (folder / "301_ftpDecode.so").symlink_to(BUILD / "plugins" / "301_ftpDecode.so")
        (folder / "555_stale.so").write_text("no library")
        r = self.run_tool("t2plugin", "-l")
        self.assertIn("ftpDecode          301  * FTP", r.stdout)
        self.assertIn("555_stale", r.stderr)
        self.assertIn("* 301 ftpDecode\n", self.t2conf("-l").stdout)
        self.assertIn("Unknown group 'zz'", self.run_tool("t2plugin", "-l=zz", status=1).stderr)


if __name__ == "__main__":
    main()
