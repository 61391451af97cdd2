# SPDX-License-Identifier: Apache-2.0
"""Runs every ```console block of the documentation: what a document shows is what the programs print.

A line "$ COMMAND" is run in one shell per document, the lines behind it are the expected output; a line "..." stands
for any lines. A block "```console NAME" is run where that program is there (NEEDED).
"""
import os
import pathlib
import re
import shutil
import subprocess

from t2run import BUILD, SOURCE, Sandbox, main

DOCUMENTS = [p for p in [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
             if "```console" in p.read_text()]


def python_has(*modules):
    return subprocess.run(["/usr/bin/python3", "-c", f"import {', '.join(modules)}"], capture_output=True).returncode == 0


def node_has(module):
    return shutil.which("node") and (pathlib.Path(os.environ.get("T2_NODE_MODULES", "")) / "node_modules" / module).is_dir()


NEEDED = {
    "": lambda: True,
    "jq": lambda: shutil.which("jq"),
    "R": lambda: shutil.which("Rscript"),
    "sqlite": lambda: (BUILD / "bin" / "t2sql").exists(),
    "sqlite3": lambda: shutil.which("sqlite3") and (BUILD / "bin" / "t2sql").exists(),
    "duckdb": lambda: shutil.which("duckdb"),
    "chdb": lambda: node_has("chdb"),
    "pandas": lambda: python_has("pandas"),
    "pyarrow": lambda: python_has("pandas", "pyarrow"),
    "polars": lambda: python_has("polars"),
}


def blocks(text):
    """Yields (command, expected lines)."""
    for needed, block in re.findall(r"^```console ?(\w*)\n(.*?)^```", text, re.M | re.S):
        if not NEEDED[needed]():
            print(f"left out, for {needed} is not there: {block.partition(chr(10))[0]}")
            continue
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output.split("\n")[:-1]


def pattern(lines):
    parts = []
    for line in lines:
        parts.append("(?:.*\n)*?" if line == "..." else re.escape(line) + " *\n")
    return re.compile("".join(parts))


class Documents(Sandbox):
    def test_every_command(self):
        self.assertTrue(DOCUMENTS)
        for document in DOCUMENTS:
            home = self.dir / document.stem
            home.mkdir()
            (home / "examples").symlink_to(SOURCE / "examples")
            env = {**self.env, "HOME": str(home), "T2HOME": str(SOURCE), "PATH": f"{BUILD}/bin:{os.environ['PATH']}"}
            for command, expected in blocks(document.read_text()):
                with self.subTest(document=document.name, command=command):
                    r = subprocess.run(["bash", "-c", command], cwd=home, env=env, capture_output=True, text=True, timeout=300)
                    self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
                    self.assertRegex(re.sub(r"^\n+", "", r.stdout.rstrip("\n") + "\n" if r.stdout else ""),
                                     re.compile(r"\A" + pattern(expected).pattern + r"\Z") if expected else r"\A\Z")


if __name__ == "__main__":
    main()
