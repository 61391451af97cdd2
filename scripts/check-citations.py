#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every section of docs/spec/ or docs/design.md that a comment or a document cites is there. Prints those that are not."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = ROOT / "docs" / "spec"
NAMES = sorted((p.stem for p in SPEC.glob("*.md") if p.stem != "README"), key=len, reverse=True)
SECTION = r"(?:[A-H]\.\d+|[A-H](?![a-zA-Z0-9])|D\d|\d+(?:\.\d+)*)"
LIST = rf"({SECTION}(?:(?:,| and| or|-| to) ?{SECTION})*)"
NAMED = re.compile(rf"\b({'|'.join(NAMES)})(?:\.md)?,? (?:sections? )?{LIST}")
CITED = re.compile(rf"\bspec(?:ification)? (?=({'|'.join(NAMES)})\b)|\bspec {LIST}")
DESIGN = re.compile(rf"\b(?:docs/)?design\.md,? (?:sections? )?{LIST}")
SUFFIXES = {".h", ".cc", ".py", ".sh", ".awk", ".md", ".txt"}


def sections(path):
    """Numbers of headings, and of decisions, in a document."""
    text = path.read_text()
    found = set(re.findall(r"^#+ (?:Plugin )?([A-H]\.?\d*|\d+(?:\.\d+)*)\.?(?=[ .])", text, re.M))
    found |= set(re.findall(r"\*\*(D\d)\*\*", text))
    return {s.rstrip(".") for s in found}


def main():
    known = {name: sections(SPEC / f"{name}.md") for name in NAMES}
    design = sections(ROOT / "docs" / "design.md")
    missing, count = [], 0
    for path in sorted(p for top in ROOT.iterdir() if top.name not in (".git", "build") for p in (top.rglob("*") if top.is_dir() else [top])):
        name = str(path.relative_to(ROOT))
        if path.suffix not in SUFFIXES or name.startswith("docs/spec/") or not path.is_file():
            continue
        # Comments go over several lines.
        text = re.sub(r"\n\s*(?://+|#)? ?", " ", path.read_text(errors="replace"))
        own = path.relative_to(ROOT).parts[1] if name.startswith("plugins/") else None
        cited = []
        for m in CITED.finditer(text):
            if m.group(1):  # "spec core 3.2, 3.5, txtSink 4": until something else follows
                at = m.end()
                while n := NAMED.match(text, at):
                    cited += [(n.group(1), s) for s in re.findall(SECTION, n.group(2))]
                    at = n.end() + len(re.match(r"(?:,| and)? ?", text[n.end():]).group())
            elif own in known:
                cited += [(own, s) for s in re.findall(SECTION, m.group(2))]
        for book, section in cited:
            count += 1
            if section not in known[book]:
                missing.append(f"{name}: spec {book} {section}")
        for m in DESIGN.finditer(text):
            for section in re.findall(SECTION, m.group(1)):
                count += 1
                if section not in design:
                    missing.append(f"{name}: design.md {section}")
        if re.search(r"\bDESIGN\.md\b|\.\./shared\b", text) and name != "scripts/check-citations.py":
            missing.append(f"{name}: points outside of the repository")
    print("\n".join(missing))
    print(f"{count} citations, {len(missing)} without a place")
    return 1 if missing or count < 100 else 0


sys.exit(main())
