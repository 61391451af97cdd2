# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks' scripts make of figures. Nothing is timed."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from t2run import SOURCE, main

BENCH = SOURCE / "bench"


def script(name, *arguments, **options):
    return subprocess.run([sys.executable, str(BENCH / name), *map(str, arguments)], capture_output=True, text=True, **options)


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def test_picture_is_of_the_table(self):
        """docs/scale.svg was drawn from docs/scale.txt, and every figure of it has a mark inside the picture."""
        table = (SOURCE / "docs/scale.txt").read_text()
        drawn = script("scale.py", "plot", input=table)
        self.assertEqual(drawn.returncode, 0, drawn.stderr)
        self.assertEqual(drawn.stdout, (SOURCE / "docs/scale.svg").read_text())
        root = ElementTree.fromstring(drawn.stdout)
        width, height = (float(x) for x in root.get("viewBox").split()[2:])
        svg = "{http://www.w3.org/2000/svg}"
        lines = root.findall(svg + "polyline")
        head, *rows = (line.split("\t") for line in table.splitlines())
        self.assertEqual(len(lines), len(head) - 1)
        self.assertEqual(sum(len(line.get("points").split()) for line in lines),
                         sum(cell != "-" for row in rows for cell in row[1:]))
        for line in lines:
            for point in line.get("points").split():
                x, y = map(float, point.split(","))
                self.assertTrue(0 < x < width and 0 < y < height, point)
        texts = [t.text for t in root.iter(svg + "text")]
        for name in head[1:]:
            self.assertIn(name, texts)

    def test_collect(self):
        for n, race in ((1000, {"a": {"wall": 0.5}, "b": {"wall": 2}}), (10, {"a": {"failed": "ended"}, "b": {"wall": 1}})):
            (self.dir / f"{n}.json").write_text(json.dumps(race))
        r = script("scale.py", "collect", f"1000={self.dir}/1000.json", f"10={self.dir}/10.json")
        self.assertEqual(r.stdout, "flows\ta\tb\n10\t-\t1.0000\n1000\t0.5000\t2.0000\n")

    def test_targets(self):
        """Reached, missed, and not measured are told apart."""
        (self.dir / "mixed.json").write_text(json.dumps({
            "tcpdump": {"wall": 1.0}, "t2, four plugins": {"wall": 0.5}, "t2, seven plugins": {"wall": 1.2}}))
        (self.dir / "real.json").write_text(json.dumps({
            "tcpdump": {"wall": 1.0}, "`-j 2`, four plugins": {"wall": 0.8}, "`-j 2`, seven plugins": {"wall": 1.0}}))
        (self.dir / "packets.json").write_text(json.dumps({"t2 -s, four plugins": {"wall": 2.0}}))
        (self.dir / "packets.bytes").write_text("900000000\n")
        lines = script("targets.py", self.dir).stdout.splitlines()
        self.assertIn("| mixed traffic, four plugins | 0.6 x tcpdump | 0.50 x | yes |", lines)
        self.assertIn("| mixed traffic, seven plugins | 1.0 x tcpdump | 1.20 x | no |", lines)
        self.assertIn("| real traffic, `-j 2`, four plugins | 0.75 x tcpdump's copy | 0.80 x | no |", lines)
        self.assertIn("| real traffic, `-j 2`, seven plugins | 1.1 x tcpdump's copy | 1.00 x | yes |", lines)
        self.assertIn("| packet mode `-s`, four plugins | at least 400 MB/s | 450 MB/s | yes |", lines)
        self.assertIn("| FTP carving, 1 GB | 2 x `cp` | not measured | |", lines)

    def test_paste(self):
        document = self.dir / "d.md"
        document.write_text("x\n<!-- bench a -->\nold\n<!-- end -->\ny\n<!-- bench b -->\n<!-- end -->\n")
        self.assertEqual(script("paste.py", "a", document, input="\nnew\n\n").returncode, 0)
        self.assertEqual(document.read_text(), "x\n<!-- bench a -->\nnew\n<!-- end -->\ny\n<!-- bench b -->\n<!-- end -->\n")
        r = script("paste.py", "c", document, input="new\n")
        self.assertEqual(r.returncode, 1)
        self.assertIn("no place for 'c'", r.stderr)

    def test_every_part_has_its_place(self):
        parts = re.search(r"^parts=\((.*)\)$", (BENCH / "run.sh").read_text(), re.M).group(1).split()
        documents = "".join((SOURCE / "docs" / name).read_text() for name in ("performance.md", "many-cores.md"))
        for part in parts:
            self.assertEqual(documents.count(f"<!-- bench {part} -->"), 1, part)


if __name__ == "__main__":
    main()
