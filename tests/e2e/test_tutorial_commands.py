# SPDX-License-Identifier: Apache-2.0
"""Every command line of the tutorial, typed as it stands there, in a fresh HOME."""
import os
import shutil
import subprocess

from t2run import BUILD, EXAMPLE, SOURCE, Sandbox, main

FOUR = ("basicFlow", "tcpStates", "ftpDecode", "txtSink")


class Tutorial(Sandbox):
    def setUp(self):
        super().setUp()
        self.env.update(T2HOME=str(SOURCE), PATH=f"{BUILD}/bin:{os.environ['PATH']}")
        for name in ("data", "results", "test_data/data"):
            (self.dir / name).mkdir(parents=True)
        for folder in ("data", "test_data/data"):
            shutil.copy(EXAMPLE, self.dir / folder)
        # The tutorial extracts to /tmp/FTPFILES; a test may not empty that folder.
        self.files = self.dir / "FTPFILES"
        self.env["FTP_F_PATH"] = f"{self.files}/"

    def type(self, line, status=0):
        r = subprocess.run(["bash", "-c", line], env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           errors="replace", timeout=600)
        self.assertEqual(r.returncode, status, f"{line}\n{r.stdout}{r.stderr}")
        return r.stdout

    def test_commands(self):
        plugins = self.dir / ".tranalyzer" / "plugins"
        plugins.mkdir(parents=True)
        self.assertEqual(self.type("t2build -e -y"),
                         f"Are you sure you want to empty the plugin folder '{plugins}' (y/N)? yes\nPlugin folder emptied\n")
        self.assertIn("BUILDING SUCCESSFUL", self.type("t2build tranalyzer2 basicFlow tcpStates ftpDecode txtSink"))
        report = self.type("t2 -s -r ~/data/ftp-dpic.pcap -w ~/results")
        for line in ("    03: ftpDecode", "tcpStates: Aggregated tcpStatesAFlags=0xc3\n", "ftpDecode: Aggregated ftpStat=0x0b\n",
                     "ftpDecode: Number of FTP-DATA packets: 69 [75.00%]\n", "Number of processed      flows: 8\n",
                     "Aggregated flowStat=0x0400000000004000\n"):
            self.assertIn(line, report)
        self.assertIn("     3 | 0x08    | FTP active parent flow\n", self.type("tawk -V ftpStat=0x0b"))
        flows = self.type("tcol ~/results/ftp-dpic_flows.txt").split("\n")
        self.assertEqual(len(flows), 10)
        self.assertTrue(flows[1].startswith("A     2        0x0400000000004000  1168195766.764244000  1168195766.976730000  0.212486000   1  "))
        packets = self.type("head -n 14 ~/results/ftp-dpic_packets.txt | tcol").split("\n")
        self.assertEqual(len(packets), 15)
        self.assertTrue(packets[0].startswith("%pktNo  flowInd  flowStat            time                  pktIAT"))

        self.assertIn("BUILDING SUCCESSFUL", self.type("t2conf ftpDecode -D FTP_SAVE=1 && t2build ftpDecode"))
        report = self.type("t2 -r ~/test_data/data/ftp-dpic.pcap -w ~/results")
        self.assertIn("ftpDecode: Aggregated ftpStat=0x0f\n", report)
        self.assertIn("ftpDecode: Number of files extracted: 1\n", report)
        self.assertIn("     2 | 0x04    | FTP passive parent flow write finished\n", self.type("tawk -V ftpStat=0x0f"))
        self.type("tcol ~/results/ftp-dpic_flows.txt")
        listing = self.type("ls $FTP_F_PATH").split()
        for name in ("ftp_flow_1_A.txt", "ftp_flow_1_B.txt", "_funwithbill_Microsoft-1978.jpg_2_B"):
            self.assertIn(name, listing)
        self.assertIn("RETR /funwithbill/Microsoft-1978.jpg\n", self.type("cat $FTP_F_PATH/ftp_flow_1_A.txt").replace("\r", ""))
        self.assertIn("227 Entering Passive Mode (128,121,136,217,117,60).\n", self.type("cat $FTP_F_PATH/ftp_flow_1_B.txt").replace("\r", ""))
        self.assertIn("     7 | 0x80            | Potential evil behavior (scan)\n", self.type("tawk -V tcpStatesAFlags=0xc3"))

        self.second_part()

        self.assertIn("BUILDING SUCCESSFUL", self.type("t2conf ftpDecode --reset && t2build ftpDecode"))
        self.assertEqual(self.type("t2conf ftpDecode -G FTP_SAVE"), "FTP_SAVE = 0\n")

    def second_part(self):
        self.assertTrue(self.type("tawk 'hdr() || flow(4)' ~/results/ftp-dpic_packets.txt | tcol").split("\n")[1].startswith("88 "))
        if not all(list((BUILD / "plugins").glob(f"*_{name}.so")) for name in ("basicStats", "tcpFlags", "tp0f")):
            return
        self.assertIn("BUILDING SUCCESSFUL", self.type("t2build basicStats tcpFlags tp0f"))
        self.type("t2 -s -r ~/test_data/data/ftp-dpic.pcap -w ~/results")
        rows = self.type("tawk 'bitsanyset($tcpAnomaly,0x2000)' ~/results/ftp-dpic_flows.txt | tcol").split("\n")[:-1]
        self.assertEqual([row.split()[:2] for row in rows], [["%dir", "flowInd"], ["A", "3"], ["B", "3"], ["A", "4"], ["B", "4"]])
        rows = self.type("tawk 'hdr() || flow(4)' ~/results/ftp-dpic_packets.txt | tcol").split("\n")[:-1]
        self.assertEqual([row.split()[0] for row in rows], ["%pktNo", "88", "89", "90", "91"])
        self.assertIn("     8 | 0x0100     | FIN_ACK: Acknowledgement of FIN\n", self.type("tawk -V tcpFlags=0x0111"))


if __name__ == "__main__":
    main()
