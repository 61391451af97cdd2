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
        tree = copy / "build" / "release"
        r = subprocess.run(["cmake", "-S", copy, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DT2_TESTS=OFF"],
                           capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.env.update(T2HOME=str(copy), PATH=f"{BUILD}/bin:{os.environ['PATH']}")
        made = self.type("t2plugin -c httpHello")
        self.assertEqual(made, "Made plugins/httpHello. Next: t2build httpHello && ctest --test-dir build/release -R httpHello\n")
        self.assertIn("exists already", self.type("t2plugin -c httpHello", 1))
        self.assertIn("begins with a small letter", self.type("t2plugin -c Hello", 1))

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
        self.own_test(copy, tree)

    def type(self, line, status=0):
        r = subprocess.run(["bash", "-c", line], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout if status == 0 else r.stderr

    def own_test(self, copy, tree):
        (tree / "bin").mkdir(exist_ok=True)
        (tree / "bin" / "t2").symlink_to(BUILD / "bin" / "t2")
        for name in ("100_basicFlow.so", "901_txtSink.so"):
            (tree / "plugins" / name).symlink_to(BUILD / "plugins" / name)
        test = copy / "plugins" / "httpHello" / "tests" / "test_httpHello.py"
        r = subprocess.run(["python3", test], capture_output=True, text=True,
                           env={**os.environ, "T2_BUILD": str(tree), "T2_SOURCE": str(SOURCE)})
        self.assertEqual(r.returncode, 0, r.stderr)


if __name__ == "__main__":
    main()
