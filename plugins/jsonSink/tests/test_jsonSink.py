# SPDX-License-Identifier: Apache-2.0
"""jsonSink: rows read back by Python and jq equal txtSink's cells; profiles, exact bytes, bits, parts, compression."""
import gzip
import json
import re
import shutil
import subprocess
import unittest

import cells
from t2run import EXAMPLE, Sandbox, main

def cell_of(kind, name, row):
    return cells.cell(kind, cells.JsonReader(row.get(name + "_hex")).value(kind, row[name]))


class JsonSink(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "basicStats", "tcpStates", "ftpDecode", "communityID", "txtSink", "jsonSink")

    def with_all_types(self, flows=500):
        (self.plugins / cells.ALL_TYPES.name).symlink_to(cells.ALL_TYPES)
        cells.capture_of_flows(self.dir / "many.pcap", flows)
        return self.dir / "many.pcap"

    def run_t2(self, capture, *settings, options=("-s",)):
        sets = [word for s in settings for word in ("--set", f"jsonSink.{s}")]
        return self.t2("-r", capture, "-w", self.dir / "x", *options, *sets)

    def rows(self, table="flows", **how):
        return [json.loads(line, **how) for line in (self.dir / f"x_{table}.json").read_text("utf-8").splitlines()]

    def assert_same(self, kinds, names, text_rows, json_rows):
        self.assertEqual(len(json_rows), len(text_rows))
        compared = 0
        for text, obj in zip(text_rows, json_rows):
            for kind, name, expected in zip(kinds, cells.unique(names), text, strict=True):
                if name in obj:
                    self.assertEqual(cell_of(kind, name, obj), expected, name)
                else:  # left out: no value, or no address
                    self.assertIn(expected, ("", "-") if kind == "IPX" else ("",), name)
                compared += 1
        return compared

    def test_every_type_equals_the_table(self):
        self.run_t2(self.with_all_types(), "JSON_EXACT=1")
        names, text = cells.text_rows(self.dir / "x_flows.txt")
        kinds = cells.types(self.dir / "x_headers.txt")
        self.assertGreater(self.assert_same(kinds, names, text, self.rows(**cells.KEPT)), 500 * 90)
        # Digits of reals are those of the table.
        for row, obj in zip(text, self.rows(**cells.KEPT)):
            for name in ("f", "d"):
                if obj[name] is not None:
                    self.assertEqual(str(obj[name]), row[names.index(name)])

    def test_the_example_and_its_packets(self):
        self.run_t2(EXAMPLE)
        names, text = cells.text_rows(self.dir / "x_flows.txt")
        self.assert_same(cells.types(self.dir / "x_headers.txt"), names, text, self.rows(**cells.KEPT))
        names, text = cells.text_rows(self.dir / "x_packets.txt")
        self.assertEqual(len(self.rows("packets")), len(text))
        for row, obj in zip(text, self.rows("packets")):
            shown = dict(zip(names, row))
            self.assertEqual((str(obj["pktNo"]), obj["srcIP"], str(obj["srcPort"]), obj["hdrDesc"], obj.get("l7Content", "")),
                             tuple(shown[n] for n in ("pktNo", "srcIP", "srcPort", "hdrDesc", "l7Content")))

    @unittest.skipUnless(shutil.which("jq"), "jq is not there")
    def test_jq_reads_it(self):
        self.run_t2(self.with_all_types(), "JSON_BITS=1", "JSON_TIMES=2")
        for table in ("flows", "packets"):
            got = subprocess.run(["jq", "-c", "[.s, .sc, .scList, .ip, .h64]", self.dir / f"x_{table}.json"], capture_output=True,
                                 check=True)
            wanted = [[r.get(n) for n in ("s", "sc", "scList", "ip", "h64")] for r in self.rows(table)]
            self.assertEqual([json.loads(line) for line in got.stdout.decode().split("\n")[:-1]], wanted)

    def test_always_utf8_and_nothing_a_terminal_obeys(self):
        self.run_t2(self.with_all_types())
        data = (self.dir / "x_flows.json").read_bytes()
        text = data.decode("utf-8", errors="strict")
        self.assertFalse(re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u202a-\u202e]", text))
        self.assertEqual(text.count("\n"), 500)
        self.assertFalse(any(name.endswith("_hex") for row in self.rows() for name in row))

    def test_times(self):
        self.run_t2(EXAMPLE, "JSON_TIMES=1")
        ns = self.rows()
        self.run_t2(EXAMPLE, "JSON_TIMES=2")
        for one, both in zip(ns, self.rows()):
            self.assertEqual(one["timeFirst"], both["timeFirst_ns"])
            self.assertEqual(cells.ns_of(both["timeFirst"]), both["timeFirst_ns"])
            self.assertEqual(one["duration"], both["duration_ns"])

    def test_bits(self):
        self.run_t2(EXAMPLE, "JSON_BITS=1")
        row = self.rows()[0]
        self.assertEqual((row["flowStat"], row["flowStat_texts"]), ("0x0400000000004000", ["IPv4 flow", "IPv4 packet"]))

    def test_elastic(self):
        self.run_t2(EXAMPLE)
        own = self.rows()
        self.run_t2(EXAMPLE, "JSON_PROFILE=1")
        for a, b in zip(own, self.rows()):
            self.assertEqual((b["source.ip"], b["destination.port"], b["network.community_id"], b["@timestamp"]),
                             (a["srcIP"], a["dstPort"], a["communityID"], a["timeFirst"]))
            self.assertEqual((b["network.transport"], b["network.iana_number"], b["network.type"]), ("tcp", "6", "ipv4"))
            self.assertEqual(b["event.duration"], round(a["duration"] * 10**9))
            self.assertEqual(b["source.mac"][0], a["srcMac"][0].upper().replace(":", "-"))
            self.assertEqual(b["t2.flowStat"], a["flowStat"])
        self.run_t2(EXAMPLE, "JSON_PROFILE=1", "JSON_OTHERS=0")
        self.assertFalse(any(name.startswith("t2.") for row in self.rows() for name in row))
        self.assertEqual(self.rows("packets")[0]["source.port"], 4075)

    def test_zeek(self):
        self.run_t2(EXAMPLE)
        own = [row for row in self.rows() if row["dir"] == "A"]
        self.run_t2(EXAMPLE, "JSON_PROFILE=2", "JSON_OTHERS=0")
        rows = self.rows()
        self.assertEqual(len(rows), len(own))
        for a, b in zip(own, rows):
            self.assertEqual((b["id.orig_h"], b["id.resp_p"], b["proto"], b["orig_bytes"], b["resp_pkts"], b["community_id"]),
                             (a["srcIP"], a["dstPort"], "tcp", a["l7BytesSnt"], a["pktsRcvd"], a["communityID"]))
            self.assertEqual(set(b), {"uid", "ts", "duration", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto",
                                      "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "community_id"})

    def test_compression_parts_and_standard_output(self):
        self.run_t2(EXAMPLE)
        flows, packets = ((self.dir / f"x_{t}.json").read_bytes() for t in ("flows", "packets"))
        self.run_t2(EXAMPLE, "JSON_COMPRESS=1")
        self.assertEqual(gzip.decompress((self.dir / "x_flows.json.gz").read_bytes()), flows)
        self.assertEqual(gzip.decompress((self.dir / "x_packets.json.gz").read_bytes()), packets)
        if shutil.which("zstd"):
            self.run_t2(EXAMPLE, "JSON_COMPRESS=2")
            done = subprocess.run(["zstd", "-dcq", self.dir / "x_packets.json.zst"], capture_output=True, check=True)
            self.assertEqual(done.stdout, packets)
        self.t2("-r", EXAMPLE, "-W", f"{self.dir}/p:3f")
        parts = sorted(self.dir.glob("p_flows.json?"))
        self.assertEqual([p.read_bytes().count(b"\n") for p in parts], [3, 3, 2])
        self.assertEqual(b"".join(p.read_bytes() for p in parts), flows)
        (self.plugins / "901_txtSink.so").unlink()
        self.assertEqual(self.t2("-r", EXAMPLE, "-w", "-").stdout.encode(), flows)


if __name__ == "__main__":
    main()
