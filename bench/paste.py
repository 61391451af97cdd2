#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts standard input between the lines `<!-- bench NAME -->` and `<!-- end -->` of a document.

  paste.py NAME DOCUMENT <TEXT
"""
import pathlib
import sys


def main():
    name, path = sys.argv[1], pathlib.Path(sys.argv[2])
    text = sys.stdin.read().strip("\n")
    document = path.read_text(encoding="utf-8")
    before, start, rest = document.partition(f"<!-- bench {name} -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    if not end:
        sys.exit(f"paste.py: {path} has no place for '{name}'")
    if text:
        path.write_text(f"{before}{start}{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
