# SPDX-License-Identifier: Apache-2.0
"""The tutorial's second run, with tp0f and tcpFlags: who behaves badly. With the reference's float times and exact."""
import pathlib
import subprocess

from t2run import BUILD, EXAMPLE, SOURCE, TUTORIAL_PLUGINS, Sandbox, main, table

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"


class TutorialSecondRun(Sandbox):
    maxDiff = None

    def run_tutorial(self, *more, rules="0"):
        self.activate(*TUTORIAL_PLUGINS, "tp0f", "tcpFlags")
        settings = [f"basicFlow.BFO_SUBNET_FILE={SOURCE}/examples/tutorial-subnets.txt", f"tp0f.TP0FRULES={rules}", *more]
        words = [word for s in settings for word in ("--set", s)]
        self.report = self.t2("-s", "-r", EXAMPLE, "-w", self.dir / "o", *words).stdout

    def same_table(self, name, expected, but=()):
        names, rows = table(self.dir / f"o_{name}.txt")
        expected_names, wanted = table(EXPECTED / expected)
        self.assertEqual(names, expected_names)
        self.assertEqual(len(rows), len(wanted))
        for row, want in zip(rows, wanted):
            self.assertEqual({k: v for k, v in row.items() if k not in but}, {k: v for k, v in want.items() if k not in but})

    def test_reference_times(self):
        self.run_tutorial("tranalyzer2.FLOAT32_TIMES=1")
        self.same_table("flows", "tutorial_second_flows_float32.txt")
        self.same_table("packets", "tutorial_second_packets_float32.txt")

    def test_exact_times(self):
        self.run_tutorial()
        self.same_table("flows", "tutorial_second_flows_exact.txt")
        self.same_table("packets", "tutorial_second_packets_float32.txt", but={"pktTrip"})
        _, rows = table(self.dir / "o_flows.txt")
        trips = {(r["flowInd"], r["dir"]): (r["tcpRTTAckTripMin"], r["tcpRTTAckTripMax"], r["tcpRTTAckTripAve"]) for r in rows}
        self.assertEqual(trips["4", "A"], ("0.01239", "0.012879", "0.0126345"))
        self.assertEqual(trips["4", "B"], ("2.8e-05", "2.8e-05", "1.4e-05"))

    def test_bad_behaviour(self):
        """bitsanyset($tcpAnomaly,0x2000) selects the four rows that the tutorial prints, with all plugins, too."""
        self.activate("basicStats")
        self.run_tutorial("tranalyzer2.FLOAT32_TIMES=1", rules="1")
        _, rows = table(self.dir / "o_flows.txt")
        # Its own command prints them: only those rows, whole.
        tawk = subprocess.run([BUILD / "bin" / "tawk", "bitsanyset($tcpAnomaly,0x2000)", self.dir / "o_flows.txt"], env=self.env,
                              capture_output=True, text=True, check=True)
        (self.dir / "bad.txt").write_text(tawk.stdout)
        names, bad = table(self.dir / "bad.txt")
        self.assertEqual(names, list(rows[0]))
        self.assertEqual(bad, [r for r in rows if r["flowInd"] in ("3", "4")])
        columns = ("dir", "flowInd", "tcpAnomaly", "tcpFlags", "tp0fClName", "tp0fPrName", "tp0fVerName", "tcpStatesAFlags",
                   "tcpRTTAckTripAve", "tcpRTTSseqAA")
        self.assertEqual([" ".join(r[c] for c in columns) for r in bad], [
            "A 3 0x3000 0x0111 win Windows unknown 0x83 0.01421603 0",
            "B 3 0x2000 0x0111 unix Linux unknown 0x03 4.3488e-05 0.01425952",
            "A 4 0x3000 0x0111 win Windows unknown 0x83 0.01263448 0",
            "B 4 0x2000 0x0111 unix Linux unknown 0x03 1.4016e-05 0.0126485"])
        _, packets = table(self.dir / "o_packets.txt")
        self.assertEqual({p["tcpAnomaly"] for p in packets if p["flowInd"] in ("3", "4")}, {"0x0000"})
        for line in ("Aggregated ipFlags=0x0040", "Aggregated tcpFStat=0x0811", "Aggregated tcpFlags=0x071f", "Aggregated tcpAnomaly=0x3000",
                     "Number of TCP scans attempted, successful: 2, 2 [100.00%]"):
            self.assertIn(f"tcpFlags: {line}\n", self.report)


if __name__ == "__main__":
    main()
