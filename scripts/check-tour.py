#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/tour.md leads where it says: every file that it names is there, and each question of its table comes to its answer in
two steps: the document names the file or its folder, and the file has what is to be looked for. Prints what does not hold."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| ([^|]+\?) \| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$", re.M)


def exists(name):
    return any((top / name).exists() for top in (ROOT, ROOT / "src"))


def main():
    tour = (ROOT / "docs" / "tour.md").read_text()
    wrong = [f"no file {name}" for name in re.findall(r"`([\w/.-]+\.(?:cc|h|md|sh|py))`", tour) if "/" in name and not exists(name)]
    rows = ROW.findall(tour)
    for question, document, file, word in rows:
        if not exists(document) or not exists(file):
            continue  # said above
        if pathlib.Path(file).parent != pathlib.Path(document).parent:
            text = (ROOT / document).read_text()
            if file not in text and not any(name in text for name in (file.rpartition("/")[2], word)):
                wrong.append(f"{question} {document} does not lead to {file}")
        if word not in (ROOT / file).read_text():
            wrong.append(f"{question} {file} has no {word}")
    if len(rows) < 10:
        wrong.append(f"{len(rows)} questions")
    print("\n".join([*wrong, f"{len(rows)} questions, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
