# SPDX-License-Identifier: Apache-2.0
"""t2build: prompts, messages and exit statuses of spec tools 1.3."""
import os
import pathlib
import shutil
import subprocess

from t2run import BUILD, SOURCE, Sandbox, main, plugin_compiler

FOUR = ("basicFlow", "tcpStates", "ftpDecode", "txtSink")


class T2Build(Sandbox):
    def setUp(self):
        super().setUp()
        self.folder = self.dir / ".tranalyzer" / "plugins"
        self.env.update(T2HOME=str(SOURCE), PATH=f"{BUILD}/bin:{os.environ['PATH']}")

    def t2build(self, *args, answer="", status=0):
        r = subprocess.run(["t2build", *map(str, args)], input=answer, env=self.env, cwd=self.dir, capture_output=True, text=True, timeout=300)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r

    def active(self):
        return self.t2build("-l").stdout.split()

    def test_tutorial(self):
        self.assertEqual(self.t2build("-e", "-y").stdout, "Plugin folder does not exist\n")
        r = self.t2build("tranalyzer2", *FOUR)
        lines = r.stdout.split("\n")
        self.assertIn("'Tranalyzer2'", lines)
        for name in FOUR:
            at = lines.index(f"Plugin '{name}'")
            self.assertEqual(lines[at + 1:at + 4], [f"{name} successfully built", "", f"Plugin {name} copied into {self.folder}"])
        self.assertEqual(lines[-4:], ["", "BUILDING SUCCESSFUL", "", ""])
        self.assertEqual(self.active(), sorted(FOUR))
        self.assertEqual(sorted(p.name for p in self.folder.iterdir()),
                         ["100_basicFlow.so", "132_tcpStates.so", "301_ftpDecode.so", "901_txtSink.so"])
        r = self.t2build("-e", "-y")
        self.assertEqual(r.stdout, f"Are you sure you want to empty the plugin folder '{self.folder}' (y/N)? yes\n"
                                   "Plugin folder emptied\n")
        self.assertFalse(self.folder.exists())

    def test_additive_unload_and_rebuild(self):
        self.t2build("basicFlow")
        self.t2build("txtSink/")
        self.assertEqual(self.active(), ["basicFlow", "txtSink"])
        self.assertIn("UNLOADING SUCCESSFUL", self.t2build("-u", "basicFlow").stdout)
        self.assertEqual(self.active(), ["txtSink"])
        self.assertIn("Plugin 'txtSink'", self.t2build("-R").stdout)
        listing = self.dir / "list"
        listing.write_text("# mine\n132_tcpStates.so\n")
        self.t2build("-b", listing)
        self.assertEqual(self.active(), ["tcpStates", "txtSink"])
        self.t2build("--no-sink", "basicFlow", "txtSink", "-p", self.dir / "other")
        self.assertEqual([p.name for p in (self.dir / "other").iterdir()], ["100_basicFlow.so"])

    def test_empty_asks_and_spares_what_is_not_ours(self):
        self.t2build("basicFlow")
        r = self.t2build("-e", answer="n\n", status=1)
        self.assertTrue(r.stdout.endswith("(y/N)? Plugin folder not emptied\n"))
        self.t2build("-e", status=1)
        self.assertEqual(self.active(), ["basicFlow"])
        (self.folder / "notes.txt").write_text("mine")
        r = self.t2build("-e", answer="Y\n")
        self.assertIn(f"Not a plugin, left in '{self.folder}': notes.txt", r.stdout)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["notes.txt"])
        (self.dir / "precious").write_text("x")
        self.t2build("-e", "-y", "-p", self.dir, status=1)
        self.assertTrue((self.dir / "precious").exists())

    def test_folders_that_are_not_emptied(self):
        """A link, HOME, and folders of others: nothing in them goes."""
        other = self.dir / "other"
        other.mkdir()
        (other / "photo.jpg").write_text("x")
        (other / "sub").mkdir()
        (self.dir / "link").symlink_to(other)
        r = self.t2build("-e", "-y", "-p", self.dir / "link", status=1)
        self.assertIn("is a symbolic link", r.stderr)
        for folder in ("/", "//", self.dir):
            self.assertIn("is not a plugin folder", self.t2build("-e", "-y", "-p", folder, status=1).stderr)
        r = self.t2build("-e", "-y", "-p", other)
        self.assertIn("left in", r.stdout)
        self.assertEqual(sorted(p.name for p in other.iterdir()), ["photo.jpg", "sub"])

    def source(self):
        """A source tree with one plugin that has data, and the build tree of the installation."""
        home = self.dir / "home"
        (home / "plugins" / "txtSink" / "data").mkdir(parents=True)
        (home / "plugins" / "txtSink" / "data" / "words.txt").write_text("one\n")
        (home / "plugins" / "txtSink" / "NUMBER").write_text("901\n")
        self.env["T2HOME"] = str(home)
        return home

    def test_data_files(self):
        home = self.source()
        self.assertIn(f"words.txt copied into {self.folder}\n", self.t2build("txtSink").stdout)
        self.assertIn(f"words.txt already exists in {self.folder}\n", self.t2build("txtSink").stdout)
        (self.folder / "words.txt").write_text("mine\n")
        r = self.t2build("txtSink")
        self.assertIn(f"A different version of words.txt already exists in {self.folder}\nUse 't2build -f txtSink'", r.stdout)
        self.assertEqual((self.folder / "words.txt").read_text(), "mine\n")
        self.assertIn("words.txt copied into", self.t2build("-f", "txtSink").stdout)
        self.assertEqual((self.folder / "words.txt").read_text(), "one\n")
        self.t2build("-u", "txtSink")
        self.assertEqual([p.name for p in self.folder.iterdir()], ["words.txt"])
        self.t2build("-e", "-y")
        self.assertFalse(self.folder.exists())
        self.assertEqual(self.t2build("-e", "-y").stdout, "Plugin folder does not exist\n")
        self.t2build("txtSink")
        self.assertEqual((self.folder / "words.txt").read_text(), "one\n")
        self.assertTrue(home.exists())

    def test_lists_that_cannot_be_read(self):
        missing = "Failed to open file '{}' for reading: No such file or directory\n"
        self.assertEqual(self.t2build("-b", "no.list", status=1).stderr, missing.format("no.list"))
        self.source()
        self.assertEqual(self.t2build("-b", "txtSink", status=1).stderr, missing.format(self.dir / "home" / "plugins.build"))
        self.assertIn("Is a directory", self.t2build("-b", self.dir, status=1).stderr)
        self.assertFalse(self.folder.exists())

    def test_a_load_list_that_leaves_out_what_was_built(self):
        listing = self.folder / "plugins.txt"
        self.folder.mkdir(parents=True)
        listing.write_text("basicFlow\n901_txtSink.so\n")
        r = self.t2build("basicFlow", "ftpDecode", "txtSink")
        self.assertIn("BUILDING SUCCESSFUL", r.stdout)
        self.assertEqual(r.stderr, f"t2 does not load ftpDecode because of the list '{listing}': add the name, or remove the list "
                                   "to load all plugins\n")
        for mode, left in ((2, "basicFlow txtSink"), (0, "")):
            subprocess.run(["t2conf", "tranalyzer2", "-D", f"USE_PLLIST={mode}"], env=self.env, check=True)
            stderr = self.t2build("basicFlow", "ftpDecode", "txtSink").stderr
            self.assertIn(f"t2 does not load {left} because" if left else "", stderr)
            self.assertEqual(stderr.count("\n"), 1 if left else 0)

    def test_archives_are_not_overwritten(self):
        self.source()
        archive = self.dir / "txtSink.tar.gz"
        archive.write_text("mine")
        for answer in ("", "n\n"):
            r = self.t2build("-k", "txtSink", answer=answer, status=1)
            self.assertIn("'txtSink.tar.gz' exists already. Overwrite it (y/N)? ", r.stdout)
            self.assertTrue(r.stderr.startswith("'txtSink.tar.gz' is kept: -y overwrites it\n"), r.stderr)
            self.assertEqual(archive.read_text(), "mine")
        self.t2build("-k", "txtSink", answer="y\n")
        self.assertEqual(archive.read_bytes()[:2], b"\x1f\x8b")
        archive.write_text("mine")
        self.t2build("-k", "-y", "txtSink")
        self.assertEqual(archive.read_bytes()[:2], b"\x1f\x8b")
        self.assertEqual([p.name for p in self.dir.iterdir() if "new" in p.name], [])

    def test_package_clean_update(self):
        self.source()
        self.assertIn("PACKAGING SUCCESSFUL", self.t2build("-k", "txtSink").stdout)
        listed = subprocess.run(["tar", "-tf", "txtSink.tar.gz"], cwd=self.dir, capture_output=True, text=True).stdout
        self.assertIn("txtSink/data/words.txt\n", listed)
        self.assertIn("t2plugins.tar.xz written\n", self.t2build("-KJ", "txtSink").stdout)
        r = self.t2build("-k", "basicFlow", status=1)
        self.assertIn("The following plugins could not be packaged:\n    basicFlow\n", r.stderr)
        self.assertIn("CLEANING SUCCESSFUL", self.t2build("-c", "txtSink").stdout)
        self.t2build("txtSink")
        r = self.t2build("-c", "-e", "-y", "txtSink")
        self.assertIn("Plugin folder emptied\n", r.stdout)
        self.assertFalse(self.folder.exists())
        r = self.t2build("-U", "txtSink")
        self.assertIn("Plugin 'txtSink' has no data to update\n", r.stdout)
        self.assertIn("UPDATING SUCCESSFUL", r.stdout)

    def test_stale_library(self):
        """A library that does not fit t2 is refused by t2, named by t2plugin, and replaced by t2build -R."""
        self.t2build("txtSink")
        (self.folder / "132_tcpStates.so").write_text("no library")
        r = subprocess.run(["t2plugin", "-l"], env=self.env, capture_output=True, text=True)
        self.assertIn("132_tcpStates", r.stderr)
        self.assertIn("Run 't2build tcpStates'", r.stderr)
        self.assertRegex(r.stdout, r"(?m)^tcpStates +132  ! ")
        self.assertRegex(r.stdout, r"(?m)^txtSink +901  \* ")
        self.assertRegex(r.stdout, r"(?m)^ftpDecode +301    F")
        r = self.t2build("-R")
        self.assertEqual(subprocess.run(["t2plugin", "-l"], env=self.env, capture_output=True, text=True).stderr, "")
        self.assertEqual(self.active(), ["tcpStates", "txtSink"])

    def test_errors(self):
        r = self.t2build("noSuchPlugin", "basicFlow", status=1)
        self.assertIn("Plugin 'noSuchPlugin' could not be found", r.stderr)
        self.assertIn("The following plugins could not be built:\n    noSuchPlugin\n", r.stderr)
        self.assertEqual(self.active(), ["basicFlow"])
        r = self.t2build("-Z", status=1)
        self.assertEqual(r.stderr, "Unknown option '-Z'\nTry 't2build --help' for more information.\n")
        r = self.t2build("-p", status=1)
        self.assertEqual(r.stderr, "Option '-p' requires an argument\nTry 't2build --help' for more information.\n")
        r = self.t2build("--reset", "ftpDecode", status=1)
        self.assertIn("Did you mean to call 't2conf --reset ftpDecode' instead?", r.stderr)
        self.assertEqual(self.t2build("-p", self.dir / "none", "-l").stdout, f"No plugins in '{self.dir}/none'\n")
        self.assertIn("Usage: t2build", self.t2build("--help").stdout)

    def source_that_cannot_be_built(self):
        """An installation whose source tree was edited and has no build folder, or none that may be written to."""
        prefix = self.dir / "prefix"
        for name in ("bin", "plugins", "share"):
            shutil.copytree(BUILD / name, prefix / name, symlinks=True)
        self.env["PATH"] = f"{prefix}/bin:{os.environ['PATH']}"
        home = self.source()
        (home / "plugins" / "txtSink" / "src").mkdir()
        return home, home / "plugins" / "txtSink" / "src" / "txtSink.cc"

    def test_sources_that_are_not_compiled(self):
        """Never "successfully built", and never the old library for a source that is newer."""
        home, source = self.source_that_cannot_be_built()
        source.write_text("not C++\n")
        r = self.t2build("txtSink", status=1)
        self.assertIn(f"txtSink was not compiled: there is no build folder '{home}/build/release': run {home}/setup.sh\n", r.stderr)
        self.assertNotIn("successfully", r.stdout)
        self.assertFalse(self.folder.exists())
        os.utime(source, (0, 0))  # as it was when the library was built
        r = self.t2build("txtSink")
        self.assertIn("txtSink as installed: there is no build folder", r.stdout)
        self.assertNotIn("successfully built", r.stdout)
        self.assertEqual(self.active(), ["txtSink"])

    def test_a_plugin_whose_library_is_missing(self):
        """One line, and when the library is there, it is found."""
        known, seen = self.dir / "pc", subprocess.check_output(["pkg-config", "--variable", "pc_path", "pkg-config"], text=True)
        known.mkdir()
        for folder in reversed(seen.strip().split(":")):
            for file in pathlib.Path(folder).glob("*.pc"):
                (known / file.name).unlink(missing_ok=True)
                (known / file.name).symlink_to(file)
        tree = self.dir / "build"
        for missing, plugin, library, package in (("sqlite3.pc", "sqliteSink", "libsqlite3", "libsqlite3-dev"),
                                                  ("libnghttp2.pc", "httpSniffer", "libnghttp2", "libnghttp2-dev")):
            line = (f"{plugin} was not compiled: {library} is missing. Install it (Debian: apt-get install {package}) "
                    "and run t2build again")
            away = (known / missing).rename(self.dir / missing)
            env = {**self.env, "PKG_CONFIG_LIBDIR": str(known)}
            shutil.rmtree(tree, ignore_errors=True)
            configure = ["cmake", "-S", SOURCE, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DT2_TESTS=OFF"]
            r = subprocess.run(configure, env=env, capture_output=True, text=True)
            self.assertEqual(r.returncode, 0, r.stderr)
            self.assertEqual([found for found in r.stdout.splitlines() if "not compiled" in found], [f"-- {line}"])
            (tree / "bin" / "t2").symlink_to(BUILD / "bin" / "t2")
            r = subprocess.run([tree / "bin" / "t2build", plugin], env=env, cwd=self.dir, capture_output=True, text=True)
            self.assertEqual((r.returncode, r.stderr),
                             (1, f"\nThe following plugins could not be built:\n    {plugin}\n\n{line}\n"))
            self.assertFalse(self.folder.exists())
            away.rename(known / missing)
            r = subprocess.run(["cmake", tree], env=env, capture_output=True, text=True)
            self.assertNotIn("not compiled", r.stdout)
            self.assertFalse((tree / "plugins" / f"{plugin}.left_out").exists())

    def unprivileged(self, *args):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        if command and shutil.which("setpriv") is None:
            self.skipTest("no setpriv")
        r = subprocess.run([*command, "t2build", *map(str, args)], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=300)
        return r

    def test_a_build_folder_that_is_read_only(self):
        home, source = self.source_that_cannot_be_built()
        tree = home / "build" / "release"
        tree.mkdir(parents=True)
        (tree / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={home}\n")
        tree.chmod(0o555)
        self.addCleanup(tree.chmod, 0o755)
        source.write_text("not C++\n")
        self.dir.chmod(0o777)
        r = self.unprivileged("txtSink")
        self.assertEqual(r.returncode, 1)
        self.assertIn(f"txtSink was not compiled: the build folder '{tree}' cannot be written to\n", r.stderr)

    def test_a_library_that_crashes_t2(self):
        home, source = self.source_that_cannot_be_built()
        library = self.dir / "prefix" / "plugins" / "901_txtSink.so"
        code = self.dir / "crash.cc"
        header = SOURCE / "include" / "t2" / "plugin.h"
        code.write_text(f'#include "{header}"\n__attribute__((constructor)) static void at_once() {{ __builtin_trap(); }}\n'
                        'struct P final : t2::Plugin {\n'
                        '  t2::PluginInfo info() const override { return {"txtSink", "1", "", {}}; }\n};\nT2_PLUGIN(P)\n')
        subprocess.run([*plugin_compiler(), "-o", library, code], check=True)
        r = self.t2build("txtSink", status=1)
        self.assertIn("t2 ended with status", r.stderr)
        self.assertFalse(self.folder.exists())

    def test_a_folder_that_cannot_be_emptied(self):
        self.t2build("txtSink")
        self.folder.chmod(0o555)
        self.addCleanup(lambda: self.folder.exists() and self.folder.chmod(0o755))
        self.dir.chmod(0o777)
        (self.dir / ".tranalyzer").chmod(0o777)
        (self.dir / ".tranalyzer" / "t2build.lock").chmod(0o666)
        home, _ = self.source_that_cannot_be_built()  # programs that another user may run
        r = self.unprivileged("-e", "-y")
        self.assertEqual(r.returncode, 1)
        self.assertIn(f"Plugin folder '{self.folder}' not emptied: 1 file(s) could not be removed\n", r.stderr)
        self.assertNotIn("Plugin folder emptied", r.stdout)
        self.assertTrue((self.folder / "901_txtSink.so").exists())

    def test_no_home_and_the_default_set(self):
        env = {k: v for k, v in self.env.items() if k != "HOME"}
        r = subprocess.run(["t2build", "txtSink"], env=env, cwd=self.dir, capture_output=True, text=True)
        self.assertEqual((r.returncode, r.stderr), (1, "HOME is not set: it is the folder that plugins and settings lie in\n"))
        self.t2build()
        self.assertLessEqual(set(FOUR), set(self.active()))

    def test_a_second_one_waits_for_nobody(self):
        (self.dir / ".tranalyzer").mkdir()
        with subprocess.Popen(["flock", self.dir / ".tranalyzer" / "t2build.lock", "sleep", "20"]) as holder:
            try:
                while subprocess.run(["flock", "-n", self.dir / ".tranalyzer" / "t2build.lock", "true"]).returncode == 0:
                    pass
                r = self.t2build("basicFlow", status=1)
                self.assertTrue(r.stderr.startswith("Another t2build process is currently running\n"))
                self.t2build("-X", "basicFlow")
            finally:
                holder.terminate()
                subprocess.run(["pkill", "-P", str(holder.pid)])


if __name__ == "__main__":
    main()
