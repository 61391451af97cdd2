# SPDX-License-Identifier: Apache-2.0
"""t2sql: queries on the database of a run; values look as in the flow table."""
import subprocess

import cells
from t2run import BUILD, EXAMPLE, PLUGINS, Sandbox, main

if not list(PLUGINS.glob("*_sqliteSink.so")):
    raise SystemExit(77)


class T2sql(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "tcpStates", "ftpDecode", "txtSink", "sqliteSink")
        self.t2("-r", EXAMPLE, "-w", "x")

    def sql(self, *args, status=0):
        r = subprocess.run([BUILD / "bin" / "t2sql", *map(str, args)], cwd=self.dir, env=self.env, capture_output=True, text=True)
        self.assertEqual(r.returncode, status, r.stderr)
        return r.stdout if status == 0 else r.stderr

    def test_values_look_as_in_the_flow_table(self):
        names, rows = cells.text_rows(self.dir / "x_flows.txt")
        wanted = ["dir", "flowInd", "flowStat", "duration", "ethType", "srcIP", "srcPort", "ftpStat"]
        out = self.sql("x.sqlite", f"SELECT {', '.join(wanted)} FROM flows ORDER BY rowid").splitlines()
        self.assertEqual(out[0], "%" + "\t".join(wanted))
        self.assertEqual([line.split("\t") for line in out[1:]], [[row[names.index(n)] for n in wanted] for row in rows])

    def test_functions(self):
        count = "SELECT count(*) FROM flows WHERE "
        self.assertEqual(self.sql("-n", "x.sqlite", count + "in_net(srcIP, '67.180.0.0/14')"), "4\n")
        self.assertEqual(self.sql("-n", "x.sqlite", count + "in_net(srcIP, '67.180.72.77/32') OR in_net(srcIP, '::/0')"), "0\n")
        self.assertEqual(self.sql("-n", "x.sqlite", count + "srcIP = ip('67.180.72.76')"), "4\n")
        self.assertEqual(self.sql("-n", "x.sqlite", "SELECT DISTINCT ip_text(dstIP) FROM flows WHERE dir='A'"), "128.121.136.217\n")
        self.assertEqual(self.sql("-n", "x.sqlite", "SELECT time_text(timeFirst) FROM flows WHERE rowid = 1"),
                         "2007-01-07T18:49:26.764244000Z\n")
        self.assertIn("in_net() wants a network", self.sql("x.sqlite", "SELECT in_net(srcIP, '10.0.0.0/33') FROM flows", status=1))

    def test_columns_and_tables(self):
        self.assertIn("flows_text\tview", self.sql("x.sqlite"))
        explained = self.sql("-c", "x.sqlite", "flowstat")
        self.assertIn("flows\tflowStat\tH64\t\tFlow status and warnings", explained)
        self.assertIn("0x4000\t\tIPv4 flow", explained)
        self.assertIn("ns since 1970-01-01 UTC", self.sql("-c", "x.sqlite"))

    def test_errors_in_one_line(self):
        self.assertEqual(self.sql("none.sqlite", status=1), "t2sql: Failed to open file 'none.sqlite': No such file or directory\n")
        self.assertIn("cannot be read: file is not a database", self.sql("x_flows.txt", status=1))
        self.assertIn("no such column: srcip4. See 't2sql -c FILE'", self.sql("x.sqlite", "SELECT srcip4 FROM flows", status=1))
        self.assertIn("readonly", self.sql("x.sqlite", "DELETE FROM flows", status=1))
        self.assertIn("One query at a time", self.sql("x.sqlite", "SELECT 1; SELECT 2", status=1))
        self.assertIn("put it in quotes", self.sql("x.sqlite", "SELECT", "1", status=1))
        self.assertIn("Try 't2sql --help'", self.sql("--nothing", status=1))
        self.assertIn("Usage: t2sql", self.sql("--help"))

    def test_on_a_terminal_it_is_aligned(self):
        shown, status = self.terminal(BUILD / "bin" / "t2sql", self.dir / "x.sqlite", "SELECT dir, srcIP, srcPort FROM flows LIMIT 2")
        self.assertEqual(status, 0)
        self.assertIn(b"B     128.121.136.217  30012", shown)


if __name__ == "__main__":
    main()
