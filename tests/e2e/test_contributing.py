# SPDX-License-Identifier: Apache-2.0
"""The recipes of CONTRIBUTING.md: applied to a copy of the tree, built, run, their edits counted."""
import hashlib
import json
import re
import shutil
import subprocess

import packets
from packets import ACK, FIN, PSH
from t2run import SOURCE, Sandbox, main, table

RECIPES = (SOURCE / "CONTRIBUTING.md").read_text()
EDITS = {"A column: one line": 1, "A setting: one line": 1, "A setting of the core: two lines": 2, "A field of Packet: two lines": 2,
         "A link type: two lines": 2}


def section(title):
    return RECIPES.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


class Recipes(Sandbox):
    def test_all(self):
        """One copy and one build for all, so that it takes a minute or two."""
        copy = self.dir / "source"
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("build*", ".git", "tests", "bench"))
        for title, edits in EDITS.items():
            diff = section(title).split("```diff\n", 1)[1].split("```", 1)[0]
            self.assertEqual(len(re.findall(r"(?m)^\+(?!\+\+ )", diff)), edits, title)
            r = subprocess.run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch"], cwd=copy, input=diff, capture_output=True, text=True)
            self.assertEqual(r.returncode, 0, f"{title}: {r.stdout}")
        carver = section("A protocol that carves: no edit elsewhere")
        for name, text in re.findall(r"File `(.+?)`:\n```\w+\n(.*?)```", carver, re.S):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_text(text)
        # The new field and the new setting of a plugin are used by the column of the first recipe.
        column = copy / "plugins" / "tcpStates" / "src" / "tcpStates.cc"
        text = column.read_text().replace('    flow.add("tcpFlowSecs"', '    if (config_.SECONDS) flow.add("tcpFlowSecs"')
        text = text.replace("    packet.add(", '    packet.add("ipFlagBits", "x", [](const State&, const Flow&, const Packet& p) { return p.ip_flags; });\n    packet.add(', 1)
        column.write_text(text)
        tree = copy / "build" / "quick"
        make = [["cmake", "-S", copy, "-B", tree, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DT2_TESTS=OFF"],
                ["cmake", "--build", tree, "--target", "t2", "tcpStates", "basicFlow", "txtSink", "fingerFiles"]]
        for command in make:
            r = subprocess.run(command, capture_output=True, text=True)
            self.assertEqual(r.returncode, 0, (r.stdout + r.stderr)[-3000:])
        self.run_it(tree)

    def run_it(self, tree):
        talk = packets.Talk(dport=79).handshake()
        talk.send("A", 101, 901, ACK | PSH, payload=5)
        talk.send("B", 901, 106, ACK | PSH, payload=300)
        talk.send("B", 1201, 106, ACK | FIN)
        talk.send("A", 106, 1202, ACK | FIN)
        talk.send("B", 1202, 107, ACK)
        path = self.dir / "user0.pcap"
        packets.write_pcap(path, [(t, b"\0\0\0\0" + f) for t, f in talk.frames])
        data = bytearray(path.read_bytes())
        data[20:24] = (147).to_bytes(4, "little")  # LINKTYPE_USER0
        path.write_bytes(data)
        command = [tree / "bin" / "t2", "-p", tree / "plugins", "-s", "-r", path, "-w", self.dir / "o", "--carve", self.dir / "files",
                   "--set", "tranalyzer2.SHOW_LINK=0"]
        r = subprocess.run(command, env=self.env, capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertNotIn("Link layer type", r.stdout)
        _, rows = table(self.dir / "o_flows.txt")
        self.assertEqual([row["tcpFlowSecs"] for row in rows], ["0.006000000", "0.006000000"])
        _, rows = table(self.dir / "o_packets.txt")
        self.assertEqual({row["ipFlagBits"] for row in rows}, {"2"})  # don't fragment
        lines = [json.loads(line) for line in (self.dir / "files" / "manifest.jsonl").read_text().splitlines()]
        [record] = [line for line in lines if line["record"] == "content"]
        self.assertEqual((record["protocol"], record["complete"], record["size"]), ("finger", True, 300))
        self.assertEqual(record["sha256"], hashlib.sha256(b"x" * 300).hexdigest())
        self.assertEqual((self.dir / "files" / record["file"]).read_bytes(), b"x" * 300)
        r = subprocess.run([*command[:-1], "tcpStates.SECONDS=0"], env=self.env, capture_output=True, text=True)
        self.assertNotIn("tcpFlowSecs", (self.dir / "o_flows.txt").read_text().split("\n", 1)[0])


if __name__ == "__main__":
    main()
