#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Time against number of flows, as a table and as a picture.

  scale.py collect N=RESULT.json ... >docs/scale.txt
  scale.py plot <docs/scale.txt >docs/scale.svg

The table: a row per number of flows, a column per program, seconds; "-" where a program failed.
"""
import json
import math
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 40, 55
# Okabe and Ito's colours that stand out on white and on black; each series has its own mark and dashes as well.
STYLES = (("#0072b2", "circle", ""), ("#d55e00", "square", "7 3"), ("#009e73", "triangle", "2 3"),
          ("#b0609a", "diamond", "9 3 2 3"))


def collect(arguments):
    races = {}
    for argument in arguments:
        n, path = argument.split("=", 1)
        with open(path, encoding="utf-8") as f:
            races[int(n)] = json.load(f)
    programs = list(dict.fromkeys(p for race in races.values() for p in race))
    print("\t".join(["flows", *programs]))
    for n, race in sorted(races.items()):
        walls = (race.get(p, {}).get("wall") for p in programs)
        print("\t".join([str(n), *("-" if w is None else f"{w:.4f}" for w in walls)]))


def read_table(text):
    """{program: [(flows, seconds), ...]}"""
    head, *rows = (line.split("\t") for line in text.splitlines() if line)
    return {name: [(int(r[0]), float(r[i])) for r in rows if r[i] != "-"] for i, name in enumerate(head) if i > 0}


def tick(n, unit=""):
    if unit:
        return f"{n:g} {unit}"
    return f"{n / 1e6:g} M" if n >= 1e6 else f"{n / 1e3:g} k" if n >= 1e3 else f"{n:g}"


class Axis:
    """A logarithmic scale of whole decades."""

    def __init__(self, values, start, end):
        self.low = math.floor(math.log10(min(values)) + 1e-9)
        self.high = math.ceil(math.log10(max(values)) - 1e-9)
        self.start, self.end = start, end

    def __call__(self, v):
        return self.start + (math.log10(v) - self.low) / (self.high - self.low) * (self.end - self.start)

    def decades(self):
        return [10.0 ** k for k in range(self.low, self.high + 1)]


def mark(shape, x, y, colour):
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>'
    points = {"square": ((-4, -4), (4, -4), (4, 4), (-4, 4)), "triangle": ((0, -5.5), (5, 4), (-5, 4)),
              "diamond": ((0, -6), (6, 0), (0, 6), (-6, 0))}[shape]
    return f'<polygon points="{" ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in points)}" fill="{colour}"/>'


def spread(ends, gap):
    """Moves labels apart that would cover each other; `ends`: (y, ...) from top to bottom."""
    placed = []
    for y, *rest in sorted(ends):
        placed.append((max(y, placed[-1][0] + gap) if placed else y, *rest))
    return placed


def plot(series):
    x = Axis([n for points in series.values() for n, _ in points], LEFT, WIDTH - RIGHT)
    y = Axis([s for points in series.values() for _, s in points], HEIGHT - BOTTOM, TOP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           'aria-label="Wall time against number of one-packet flows" font-family="sans-serif" font-size="13">',
           # Grey in the middle: to be read on white and on black alike.
           "<style>text { fill: #777 } .grid { stroke: #777; stroke-opacity: .3 } .line { fill: none; stroke-width: 2 } "
           "@media (prefers-color-scheme: dark) { text { fill: #aaa } }</style>"]
    for v in x.decades():
        out.append(f'<line class="grid" x1="{x(v):.1f}" y1="{TOP}" x2="{x(v):.1f}" y2="{HEIGHT - BOTTOM}"/>')
        out.append(f'<text x="{x(v):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{tick(v)}</text>')
    for v in y.decades():
        out.append(f'<line class="grid" x1="{LEFT}" y1="{y(v):.1f}" x2="{WIDTH - RIGHT}" y2="{y(v):.1f}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(v) + 4:.1f}" text-anchor="end">{tick(v, "s")}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">flows of one packet</text>')
    out.append(f'<text x="{LEFT}" y="{TOP - 16}" text-anchor="middle">wall time</text>')
    ends = []
    for (name, points), (colour, shape, dashes) in zip(series.items(), STYLES):
        path = " ".join(f"{x(n):.1f},{y(s):.1f}" for n, s in points)
        out.append(f'<polyline class="line" stroke="{colour}" stroke-dasharray="{dashes or "none"}" points="{path}"/>')
        out += [mark(shape, x(n), y(s), colour) for n, s in points]
        ends.append((y(points[-1][1]), x(points[-1][0]), name, colour, shape))
    for at, right, name, colour, shape in spread(ends, 17):
        out.append(mark(shape, right + 18, at, colour))
        out.append(f'<text x="{right + 28:.1f}" y="{at + 4:.1f}">{escape(name)}</text>')
    out.append("</svg>")
    return "\n".join(out)


def main():
    if sys.argv[1:2] == ["collect"]:
        collect(sys.argv[2:])
    elif sys.argv[1:] == ["plot"]:
        print(plot(read_table(sys.stdin.read())))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
