# SPDX-License-Identifier: Apache-2.0
"""scripts/new-plugin.sh makes a plugin that builds, loads and passes its test, with no edit elsewhere."""
import os
import shutil
import subprocess

from t2run import BUILD, SOURCE, Sandbox, main


class NewPlugin(Sandbox):
    def test_from_template_to_rows(self):
        copy = self.dir / "source"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("build*", ".git", "tests", "bench"))
        subprocess.run([copy / "scripts" / "new-plugin.sh", "httpHello"], check=True, capture_output=True)
        again = subprocess.run([copy / "scripts" / "new-plugin.sh", "httpHello"], capture_output=True, text=True)
        self.assertEqual(again.returncode, 1)
        self.assertIn("exists already", again.stderr)
        tree = self.dir / "b"
        for command in (["cmake", "-S", copy, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DT2_TESTS=OFF"],
                        ["cmake", "--build", tree, "--target", "httpHello"]):
            r = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
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
