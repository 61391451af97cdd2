# SPDX-License-Identifier: Apache-2.0
"""/tmp/FTPFILES that belongs to somebody else: files go to a folder of the user's own, which is said in one line."""
import os
import pwd
import subprocess
import unittest

from t2run import EXAMPLE, T2, Sandbox, main


@unittest.skipIf(os.geteuid() != 0, "needs root to make another user's folder")
class DefaultFolder(Sandbox):
    def setUp(self):
        super().setUp()
        self.activate("basicFlow", "ftpDecode", "txtSink")
        # A /tmp of its own: nothing of this machine is touched.
        self.tmp = self.dir / "tmp"
        self.tmp.mkdir()
        self.tmp.chmod(0o1777)
        self.space = ["unshare", "-m", "bash", "-c", f'cd "{self.dir}" && exec 3<. && mount --bind "{self.tmp}" /tmp && cd /proc/self/fd/3 && exec "$0" "$@"']
        if subprocess.run([*self.space, "true"], capture_output=True).returncode:
            self.skipTest("no mounts here")

    def carve(self, *options):
        # Nothing under the real /tmp can be named any more: what is needed lies beside the working folder.
        command = [*self.space, str(T2), "-p", "plugins/", "-r", "in.pcap", "-w", "o", "--set", "ftpDecode.FTP_SAVE=1", *options]
        (self.dir / "in.pcap").write_bytes(EXAMPLE.read_bytes())
        r = subprocess.run(command, cwd=self.dir, env={**self.env, "HOME": ""}, capture_output=True, text=True, timeout=120)
        return r

    def test_whose_folder(self):
        user = pwd.getpwuid(os.geteuid()).pw_name
        r = self.carve()
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertNotIn("another user", r.stdout)
        self.assertTrue((self.tmp / "FTPFILES" / "ftp_flow_1_A.txt").exists())
        os.chown(self.tmp / "FTPFILES", 65534, 65534)
        before = sorted((self.tmp / "FTPFILES").iterdir())
        r = self.carve()
        self.assertEqual(r.returncode, 0, r.stderr)
        self.assertIn(f"[INF] ftpDecode: '/tmp/FTPFILES/' belongs to another user: files go to '/tmp/FTPFILES-{user}/'\n", r.stdout)
        own = self.tmp / f"FTPFILES-{user}"
        self.assertTrue((own / "_funwithbill_Microsoft-1978.jpg_2_B").exists())
        self.assertEqual(own.stat().st_mode & 0o777, 0o700)
        self.assertEqual(sorted((self.tmp / "FTPFILES").iterdir()), before)
        # A folder that the user names is taken or refused, never changed for another one.
        r = self.carve("--set", "ftpDecode.FTP_F_PATH=/tmp/FTPFILES/")
        self.assertEqual(r.returncode, 1)
        self.assertIn("belongs to another user", r.stderr)
        os.chown(own, 65534, 65534)
        r = self.carve()
        self.assertEqual((r.returncode, r.stderr.count("\n")), (1, 1), r.stderr)


if __name__ == "__main__":
    main()
