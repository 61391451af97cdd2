#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over files of the fuzz preset, as scripts/lint.sh calls it: tidy.py FILE.cc...
A file found clean is not looked at again until something it depends on changes: clang-tidy, its
settings, the compiler's flags, the file itself or a header it reads. Exit 1 if anything is found."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

BUILD = pathlib.Path("build/fuzz")
CLEAN = BUILD / "tidy-clean"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def flags(entry):
    """Those of the compiler, without output and file."""
    words = shlex.split(entry["command"])
    compiler = next(i for i, word in enumerate(words) if word.endswith("clang++"))
    return words[compiler + 1:words.index("-o")]


def headers(entry):
    """The file and all it includes, system headers too."""
    rule = subprocess.run(["clang++", *flags(entry), "-M", entry["file"]], cwd=entry["directory"], check=True,
                          capture_output=True, text=True)
    return rule.stdout.replace("\\\n", " ").split(":", 1)[1].split()


def fingerprint(entry, settings):
    h = hashlib.sha256(settings + entry["command"].encode())
    for path in headers(entry):
        h.update((pathlib.Path(entry["directory"]) / path).read_bytes())
    return h.hexdigest()


def check(entry, settings):
    """What clang-tidy finds, empty if nothing."""
    stamp = CLEAN / fingerprint(entry, settings)
    if stamp.exists():
        return ""
    r = subprocess.run(["clang-tidy", "--quiet", entry["file"], "--", *flags(entry)], cwd=entry["directory"],
                       capture_output=True, text=True)
    if r.returncode == 0 and not r.stdout:
        stamp.touch()
        return ""
    return r.stdout or r.stderr or f"{entry['file']}: clang-tidy ended with {r.returncode}\n"


def main():
    wanted = {os.path.realpath(f) for f in sys.argv[1:]}
    # One command per file, although some are built twice, for a fuzz target too.
    commands = {os.path.realpath(e["file"]): e for e in json.loads((BUILD / "compile_commands.json").read_text())}
    entries = [e for path, e in commands.items() if path in wanted]
    if missing := wanted - set(commands):
        sys.exit(f"No part of the fuzz preset: {' '.join(sorted(missing))}")
    settings = output("clang-tidy", "--version").encode() + pathlib.Path(".clang-tidy").read_bytes()
    CLEAN.mkdir(exist_ok=True)
    found = set()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for text in pool.map(lambda e: check(e, settings), entries):
            # Many files meet the same header: once is enough.
            if text not in found:
                print(text, end="", flush=True)
            found.add(text)
    sys.exit(1 if found - {""} else 0)


if __name__ == "__main__":
    main()
