# SPDX-License-Identifier: Apache-2.0
"""The FTP tutorial on its capture: report, flows and packets, with the reference's float times and exact."""
import decimal
import pathlib
import re

from t2run import EXAMPLE, SOURCE, TUTORIAL_PLUGINS, Sandbox, main, table

EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
# Times of the run, memory, banner, data revision and paths are not part of the comparison.
VARIABLE = re.compile(r"Finished |Memory usage|\[INF\] IPv[46] Ver|T2\+\+|Processing file")


class Tutorial(Sandbox):
    maxDiff = None

    def run_tutorial(self, *more):
        self.activate(*TUTORIAL_PLUGINS)
        out = self.dir / "results"
        out.mkdir()
        settings = ["--set", f"basicFlow.BFO_SUBNET_FILE={SOURCE}/examples/tutorial-subnets.txt", *more]
        report = self.t2("-s", "-r", EXAMPLE, "-w", out, *settings).stdout
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ["ftp-dpic_flows.txt", "ftp-dpic_headers.txt", "ftp-dpic_packets.txt"])
        return out, [line for line in report.split("\n") if not VARIABLE.match(line)]

    def check_report_and_flows(self, out, report):
        self.assertEqual(report, (EXPECTED / "tutorial_report.txt").read_text().split("\n"))
        self.assertEqual((out / "ftp-dpic_flows.txt").read_text(), (EXPECTED / "tutorial_flows.txt").read_text())

    def test_reference_times(self):
        out, report = self.run_tutorial("--set", "tranalyzer2.FLOAT32_TIMES=1")
        self.check_report_and_flows(out, report)
        self.assertEqual((out / "ftp-dpic_packets.txt").read_text(),
                         (EXPECTED / "tutorial_packets_float32.txt").read_text())

    def test_exact_times(self):
        out, report = self.run_tutorial()
        self.check_report_and_flows(out, report)
        names, rows = table(out / "ftp-dpic_packets.txt")
        expected_names, expected = table(EXPECTED / "tutorial_packets_float32.txt")
        self.assertEqual(names, expected_names)
        last = {}
        for row, want in zip(rows, expected, strict=True):
            flow, direction = row["flowInd"], row["flowStat"][-1]
            other = {"0": "1", "1": "0"}[direction]
            time = decimal.Decimal(row["time"])
            want["pktTrip"] = str(time - last.get((flow, other), time))
            last[flow, direction] = time
            self.assertEqual({**row, "pktTrip": decimal.Decimal(row["pktTrip"])},
                             {**want, "pktTrip": decimal.Decimal(want["pktTrip"])})

    def test_exact_values_of_the_specification(self):
        out, _ = self.run_tutorial()
        _, rows = table(out / "ftp-dpic_packets.txt")
        trips = {1: "0.000000000", 2: "0.011723000", 3: "0.000358000", 4: "0.012041000", 6: "0.018481000",
                 8: "0.018881000", 9: "0.024013000", 11: "0.011855000", 12: "0.044708000", 13: "0.045929000",
                 89: "0.012390000", 90: "0.012879000", 91: "0.000028000"}
        for number, trip in trips.items():
            self.assertEqual(rows[number - 1]["pktTrip"], trip, number)


if __name__ == "__main__":
    main()
