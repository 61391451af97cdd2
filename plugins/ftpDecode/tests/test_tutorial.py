# SPDX-License-Identifier: Apache-2.0
"""The tutorial's rows, packet column, report and carved files, to the letter."""
import hashlib
import json

from ftpcap import FtpCase, Run
from t2run import EXAMPLE, SOURCE, main

COLUMNS = ("ftpStat", "ftpCDFindex", "ftpCC", "ftpRC", "ftpNumUser", "ftpUser", "ftpNumPass", "ftpPass", "ftpNumCP", "ftpCP",
           "ftpPLen")
NAME = '"/funwithbill/Microsoft-1978.jpg"'
ROWS = [
    ("A", "2", "0x02", "1", "", "", "0", "", "0", "", "1", NAME, "64170"),
    ("B", "2", "0x02", "1", "", "", "0", "", "0", "", "1", NAME, "64170"),
    ("A", "1", "0x09", "2", "TYPE;PASV;SIZE;RETR", "", "0", "", "0", "", "2", '"I";' + NAME, "0"),
    ("B", "1", "0x09", "2", "", "200;227;213;150;226", "0", "", "0", "", "1", NAME, "64170"),
    ("A", "3", "0x01", "", "", "", "0", "", "0", "", "0", "", "0"),
    ("B", "3", "0x01", "", "", "", "0", "", "0", "", "0", "", "0"),
    ("A", "4", "0x01", "", "", "", "0", "", "0", "", "0", "", "0"),
    ("B", "4", "0x01", "", "", "", "0", "", "0", "", "0", "", "0"),
]
PICTURE = "_funwithbill_Microsoft-1978.jpg_2_B"
REPLIES = (b"200 Type set to I\r\n227 Entering Passive Mode (128,121,136,217,117,60).\r\n213 64170\r\n"
           b"150 Opening BINARY mode data connection for /funwithbill/Microsoft-1978.jpg (64170 bytes)\r\n"
           b"226 Transfer complete.\r\n")


class Tutorial(FtpCase):
    def rows(self, run):
        return [tuple(r[c] for c in ("dir", "flowInd", *COLUMNS)) for r in run.rows]

    def test_decoding(self):
        run = Run(self, EXAMPLE, save=False, packets=True)
        self.assertEqual(self.rows(run), ROWS)
        self.assertEqual(run.report, ["ftpDecode: Aggregated ftpStat=0x0b",
                                      "ftpDecode: Number of FTP control packets: 20 [21.74%]",
                                      "ftpDecode: Number of FTP-DATA packets: 69 [75.00%]"])
        stat = [p["ftpStat"] for p in run.packets]
        self.assertEqual(stat[:13], ["0x01"] * 3 + ["0x09"] + ["0x00"] * 3 + ["0x09"] * 4 + ["0x02"] * 2)
        self.assertFalse(run.folder.exists())

    def test_carving(self):
        run = Run(self, EXAMPLE)
        expected = list(ROWS)
        expected[1] = ("B", "2", "0x06") + ROWS[1][3:]
        self.assertEqual(self.rows(run), expected)
        self.assertEqual(run.report, ["ftpDecode: Aggregated ftpStat=0x0f",
                                      "ftpDecode: Number of FTP control packets: 20 [21.74%]",
                                      "ftpDecode: Number of FTP-DATA packets: 69 [75.00%]",
                                      "ftpDecode: Number of files extracted: 1"])
        self.assertEqual(list(run.files), [PICTURE])
        self.assertEqual(run.files[PICTURE], (SOURCE / "examples/Microsoft-1978.jpg").read_bytes())
        request = b" /funwithbill/Microsoft-1978.jpg\r\n"
        self.assertEqual(run.transcripts, {
            "ftp_flow_1_A.txt": b"TYPE I\r\nPASV\r\nSIZE" + request + b"RETR" + request, "ftp_flow_1_B.txt": REPLIES})

    def test_transcripts_as_the_tutorial_shows_them(self):
        run = Run(self, EXAMPLE, "FTP_CTL_MINLEN=10")
        request = b" /funwithbill/Microsoft-1978.jpg\r\n"
        self.assertEqual(run.transcripts, {"ftp_flow_1_A.txt": b"SIZE" + request + b"RETR" + request,
                                           "ftp_flow_1_B.txt": REPLIES})

    def test_manifest(self):
        run = Run(self, EXAMPLE)
        head = run.manifest[0]
        self.assertEqual((head["format"], head["captures"]), (2, [{"file": str(EXAMPLE)}]))
        self.assertEqual(run.manifest[-1], {
            "record": "end", "contents": 1, "complete": 1, "ended": "input",
            "captures": [{"file": str(EXAMPLE), "bytes": EXAMPLE.stat().st_size, "packets": 92, "link_types": [1],
                          "first": "1168195766.739929000", "last": "1168195799.748737000",
                          "sha256": hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()}],
            "limits": {"files_not_made": 0, "bytes_not_written": 0, "files_without_digest": 0, "bytes_not_kept": 0}})
        self.assertEqual(head["settings"]["ftpDecode"]["FTP_SAVE"], "1")
        self.assertEqual(head["settings"]["tranalyzer2"]["FLOW_TIMEOUT"], "182")
        self.assertEqual(set(head["settings"]), {"tranalyzer2", "utils", "basicFlow", "tcpStates", "ftpDecode", "txtSink"})
        self.assertEqual((head["program"], head["record"]), ("T2++", "run"))
        m = run.record(PICTURE)
        self.assertEqual((m["command"], m["path"], m["declared"], m["size"], m["complete"], m["missing"]),
                         ("RETR", "/funwithbill/Microsoft-1978.jpg", 64170, 64170, True, []))
        self.assertEqual((m["control_flow"], m["data_flow"], m["direction"], m["reply"]), (1, 2, "B", 226))
        self.assertEqual((m["client"], m["server"]), ({"ip": "67.180.72.76", "port": 4075}, {"ip": "128.121.136.217", "port": 21}))
        self.assertEqual((m["start"], m["end"], m["way"], m["kind"]), ("syn", "fin", "download", "file"))
        self.assertEqual((m["first"], m["last"]["packet"]), ({"packet": 12, "time": "1168195766.827519000", "in_capture": 12,
                                                             "capture": str(EXAMPLE)}, 79))

    def test_manifest_names_every_capture_of_a_list(self):
        copy, files = self.dir / "copy.pcap", self.dir / "files"
        copy.write_bytes(EXAMPLE.read_bytes() + b"cut")
        (self.dir / "list.txt").write_text(f"# two\n{EXAMPLE}\n{copy}\n")
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-R", "list.txt", "-w", self.dir / "out", "tcp", env={"FTP_F_PATH": str(files)})
        head, *_, end = (json.loads(x) for x in (files / ".manifest.jsonl").read_text().splitlines())
        self.assertEqual(head["captures"], [{"file": str(p)} for p in (EXAMPLE, copy)])
        self.assertEqual([(c["file"], c["sha256"], c["packets"]) for c in end["captures"]],
                         [(str(p), hashlib.sha256(p.read_bytes()).hexdigest(), 92) for p in (EXAMPLE, copy)])
        self.assertEqual(head["filter"], "tcp")

    def test_manifest_names_rotating_captures(self):
        files = self.dir / "files"
        for k in (0, 1):
            (self.dir / f"cap{k}").write_bytes(EXAMPLE.read_bytes())
        self.t2("--set", "ftpDecode.FTP_SAVE=1", "-D", f"{self.dir}/cap0,1", "-w", self.dir / "out", env={"FTP_F_PATH": str(files)})
        digest = hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
        records = [json.loads(x) for x in (files / ".manifest.jsonl").read_text().splitlines()]
        self.assertEqual(records[0]["captures"], [])
        self.assertEqual([(c["file"], c["sha256"]) for c in records[-1]["captures"]],
                         [(f"{self.dir}/cap{k}", digest) for k in (0, 1)])

    def test_bit_field_column(self):
        run = Run(self, EXAMPLE, "FTP_BTFLD=1", save=False)
        self.assertEqual(run.row(1, "A")["ftpCBF"], "0x0004084040000000")
        self.assertEqual(list(run.rows[0]).index("ftpCBF"), list(run.rows[0]).index("ftpCDFindex") + 1)


main()
