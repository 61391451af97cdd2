# SPDX-License-Identifier: Apache-2.0
"""For tests of sinks: a run whose columns are of every type (tests/sink/allTypes.cc), its table as txtSink wrote it with the
types of the columns, and the cell that txtSink writes for a value that somebody read back from another output."""
import calendar
import math
import re

import packets
from t2run import BUILD

ALL_TYPES = BUILD / "tests" / "plugins" / "600_allTypes.so"


def capture_of_flows(path, flows):
    """One packet a flow."""
    packets.write_pcap(path, [(i * 0.001, packets.ether(packets.ipv4(
        f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", "192.0.2.1", 17,
        packets.udp(f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", "192.0.2.1", 1024 + i % 60000, 53, b"x" * (i % 7)))))
        for i in range(flows)])


def text_rows(path, separator="\t"):
    """Names and rows of cells of a table that txtSink wrote."""
    lines = path.read_bytes().decode().split("\n")
    return lines[0].lstrip("%").split(separator), [line.split(separator) for line in lines[1:-1]]


def types(headers):
    """The types of the columns, as the headers file names them."""
    found = []
    for line in headers.read_text(errors="replace").splitlines():
        cells = line.split("\t")
        if len(cells) >= 4 and cells[0].isdigit():
            found.append(cells[1])
    return found


LETTERS = {8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\", 34: "\\\""}
TURNING = {0x061c, 0x200e, 0x200f, 0x2028, 0x2029, *range(0x202a, 0x202f), *range(0x2066, 0x206a)}


def sequence(s, i):
    """Bytes of what begins at the byte s[i] >= 0x80, and the dots for it; 0: it is valid (spec txtSink 5)."""
    def more(k):
        return i + k < len(s) and s[i + k] & 0xc0 == 0x80
    c = s[i]
    if c < 0xc2 or c > 0xf4 or not more(1):
        return 1, 1
    if c < 0xe0:
        return 2, 0
    second = s[i + 1]
    if (c == 0xe0 and second < 0xa0) or (c == 0xf0 and second < 0x90) or (c == 0xf4 and second > 0x8f) or not more(2):
        return 2, 1
    if c == 0xed and second > 0x9f:
        return 3, 1
    if c < 0xf0:
        return 3, 0
    return (4, 0) if more(3) else (3, 1)


def escaped(s):
    """Bytes as txtSink escapes them."""
    out, i = [], 0
    while i < len(s) and s[i] != 0:
        c = s[i]
        if c in LETTERS:
            out.append(LETTERS[c])
        elif c < 32 or c == 127:
            out.append(f"\\u{c:04X}")
        elif c < 128:
            out.append(chr(c))
        else:
            n, dots = sequence(s, i)
            if dots:
                out.append(".")
            else:
                char = s[i:i + n].decode()
                controls = 0x80 <= ord(char) < 0xa0 or ord(char) in TURNING
                out.append(f"\\u{ord(char):04X}" if controls else char)
            i += n - 1
        i += 1
    return "".join(out)


def seconds(ns):
    sign = "-" if ns < 0 else ""
    return f"{sign}{abs(ns) // 10**9}.{abs(ns) % 10**9:09}"


def shortest(v):
    """C's %.7g of a float; what is no number is 0 in the table."""
    return "0" if not math.isfinite(v) else f"{v:.7g}"


def fixed(v):
    if not math.isfinite(v):
        return "0.000000"
    return f"{v:.7g}" if abs(v) > 1e60 else f"{v:.6f}"


def split_type(name):
    """The members of a compound's type; brackets nest."""
    parts, depth, part = [], 0, ""
    for c in name:
        depth += (c == "(") - (c == ")")
        if c == "_" and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
    return parts + [part]


def scalar(kind, v):
    """`v` is an int for whole numbers, bit fields and times (ns), a float, bytes for strings, text for addresses, letters."""
    if kind == "F":
        return shortest(v)
    if kind == "D":
        return fixed(v)
    if kind[0] in "IU" and kind[1:].isdigit():
        return str(v)
    if kind[0] == "H":
        return f"0x{v:0{int(kind[1:]) // 4}x}"
    if kind == "U64.U32":
        return seconds(v)
    if kind == "IPX":
        return "-" if v is None else v
    if kind == "S":
        return f'"{escaped(v)}"'
    return escaped(v) if kind == "SC" else v


def cell(kind, value, nested=False):
    """The cell of a value; lists and compounds are lists, an absent value is None."""
    repeated = kind.endswith(":R")
    bare = kind[:-2] if repeated else kind
    if value is None and bare != "IPX":
        return ""
    if repeated:
        text = ";".join(cell(bare, v) for v in value)
        return f"({text})" if nested else text
    members = split_type(bare[1:-1] if bare.startswith("(") else bare)
    if len(members) == 1:
        return scalar(members[0], value)
    text = "_".join(cell(kind, v, True) for kind, v in zip(members, value))
    return f"({text})" if nested else text


KEPT = dict(parse_float=lambda s: s, parse_int=lambda s: s if s == "-0" else int(s))  # digits of reals as they stand there


def ns_of(text):
    """Nanoseconds of an ISO time."""
    seconds, fraction = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", text).groups()
    date, time = seconds.split("T")
    parts = [int(x) for x in date.split("-") + time.split(":")]
    return calendar.timegm((*parts, 0, 0, 0)) * 10**9 + int(fraction)


class JsonReader:
    """Turns members into what cell() takes."""

    def __init__(self, exact):
        self.exact = [exact] if isinstance(exact, str) else list(exact or [])
        self.has_exact = exact is not None

    def scalar(self, kind, v):
        if kind == "S" or kind == "SC":
            return bytes.fromhex(self.exact.pop(0)) if self.has_exact else v.encode()
        if kind[0] == "H":
            return int(v, 16)
        if kind == "U64.U32":
            return ns_of(v) if "T" in v else round(int(v.replace(".", "").replace("-", "")) * (-1 if v[0] == "-" else 1))
        if kind in ("F", "D"):
            return float("nan") if v is None else float(v)
        return v

    def value(self, kind, v):
        if kind.endswith(":R"):
            return [self.value(kind[:-2], x) for x in v]
        members = split_type(kind[1:-1] if kind.startswith("(") else kind)
        if len(members) > 1:
            return [self.value(k, x) for k, x in zip(members, v, strict=True)]
        return self.scalar(kind, v)


def unique(names):
    """What members of the same name are called."""
    seen, out = set(), []
    for name in names:
        free, n = name, 2
        while free in seen:
            free, n = f"{name}_{n}", n + 1
        seen.add(free)
        out.append(free)
    return out
