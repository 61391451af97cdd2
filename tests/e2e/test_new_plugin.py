# SPDX-License-Identifier: Apache-2.0
"""scripts/new-plugin.sh makes a plugin that builds, loads and passes its test, with no edit elsewhere; t2build compiles
it again when its source was edited, and keeps the old one when that fails."""
import os
import shutil
import subprocess

from t2run import BUILD, SOURCE, Sandbox, main


class NewPlugin(Sandbox):
    def test_from_template_to_rows(self):
        copy = self.dir / "source"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("build*", ".git", "tests", "bench"))
        shutil.copytree(SOURCE / "tests" / "support", copy / "tests" / "support")
        tree = copy / "build" / "release"
        r = subprocess.run(["cmake", "-S", copy, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DT2_TESTS=OFF"],
                           capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.env.update(T2HOME=str(copy), PATH=f"{BUILD}/bin:{os.environ['PATH']}")
        made = self.type("t2plugin -c httpHello")
        self.assertEqual(made, f"Made {copy}/plugins/httpHello. Next: t2build httpHello && t2plugin -t httpHello\n")
        self.assertIn("exists already", self.type("t2plugin -c httpHello", 1))
        self.refusals()

        self.type(f"T2HOME={SOURCE} t2build basicFlow")
        self.assertIn("httpHello successfully built\n", self.type("t2build httpHello"))
        self.assertEqual(self.type("t2build -l"), "basicFlow\nhttpHello\n")
        self.assertEqual(self.type("t2conf httpHello -G HTTP_HELLO_WORD"), 'HTTP_HELLO_WORD = "USER"\n')
        header = copy / "plugins" / "httpHello" / "src" / "httpHello.h"
        header.write_text(header.read_text().replace('"USER"', '"RETR"'))
        self.type("t2build httpHello")
        self.assertEqual(self.type("t2conf httpHello -G HTTP_HELLO_WORD"), 'HTTP_HELLO_WORD = "RETR"\n')
        header.write_text(header.read_text().replace("String", "Sring"))
        failed = self.type("t2build httpHello", 1)
        self.assertIn("The following plugins could not be built:\n    httpHello\n", failed)
        self.assertIn("error: ", failed)
        self.assertEqual(self.type("t2conf httpHello -G HTTP_HELLO_WORD"), 'HTTP_HELLO_WORD = "RETR"\n')
        header.write_text(header.read_text().replace("Sring", "String"))
        self.type("t2build -c httpHello && t2build httpHello")
        self.type(f"T2HOME={SOURCE} t2build basicFlow txtSink")
        self.assertIn("OK", self.type("t2build httpHello && t2plugin -t httpHello 2>&1"))
        header.write_text(header.read_text().replace("_WORD\"", "_TERM\""))
        self.assertIn("FAILED", self.type("t2build httpHello && { t2plugin -t httpHello 2>&1 || { test $? = 1 && exit 0; } }"))

    def refusals(self):
        """Names and numbers that could not be built or would push another plugin away."""
        for name, message in (("Hello", "begins with a small letter"), ("class", "'class' is a word of C\\+\\+"), ("co_yield", "a word of C"),
                              ("flow", "'flow' is a word of the API"), ("packet", "a word of the API"), ("plugin", "a word of the API"),
                              ("test", "is taken by T2\\+\\+ or by CMake"), ("tawk", "is taken by"), ("txtSink", "exists already"),
                              ("mine -n 100", "NUMBER 100 is taken by basicFlow"), ("mine -n 400", "NUMBER 400 is taken by httpHello"),
                              ("mine -n 1000", "must have three digits"), ("mine -n x", "must have three digits"), ("''", "requires an argument")):
            with self.subTest(name):
                self.assertRegex(self.type(f"t2plugin -c {name}", 1), message)
        self.assertRegex(self.type("t2plugin -t nothing", 1), "Plugin 'nothing' has no tests")

    def type(self, line, status=0):
        r = subprocess.run(["bash", "-c", line], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout if status == 0 else r.stderr


if __name__ == "__main__":
    main()
