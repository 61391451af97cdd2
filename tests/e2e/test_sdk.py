# SPDX-License-Identifier: Apache-2.0
"""An installation alone, without the source tree and without rights: a user makes, builds and tests a plugin with it."""
import hashlib
import os
import shutil
import subprocess
import tempfile

from t2run import BUILD, Sandbox, main


class Sdk(Sandbox):
    def setUp(self):
        super().setUp()
        self.prefix = self.dir / "prefix"
        env = {**os.environ, "DESTDIR": ""}
        r = subprocess.run(["cmake", "--install", BUILD, "--prefix", self.prefix], env=env, capture_output=True, text=True)
        self.assertEqual(r.returncode, 0, r.stderr)
        # The source tree is somewhere else, or gone.
        (self.prefix / "share" / "tranalyzer" / "home").write_text("/nonexistent/t2pp\n")
        self.env.pop("T2HOME", None)
        self.env["PATH"] = f"{self.prefix}/bin:/usr/local/bin:/usr/bin:/bin"
        self.env["CCACHE_DISABLE"] = "1"
        self.env.pop("CMAKE_CXX_COMPILER_LAUNCHER", None)
        self.as_user = []
        if os.geteuid() == 0 and shutil.which("setpriv"):
            home = tempfile.TemporaryDirectory(prefix="t2user")
            self.addCleanup(home.cleanup)
            os.chown(home.name, 65534, 65534)
            self.dir.chmod(0o755)
            self.env["HOME"] = home.name
            self.as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    def type(self, line, status=0):
        r = subprocess.run([*self.as_user, "bash", "-c", line], env=self.env, cwd=self.env["HOME"], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=300)
        self.assertEqual(r.returncode, status, r.stdout + r.stderr)
        return r.stdout + r.stderr

    def test_the_stamp_follows_the_headers(self):
        """A header that differs is another API, whatever somebody forgot to count up."""
        headers = sorted((self.prefix / "include" / "t2").glob("*.h"))
        digests = [hashlib.sha256(h.read_bytes()).hexdigest() for h in headers if h.name != "api_digest.h"]
        digest = hashlib.sha256("".join(digests).encode()).hexdigest()[:16]
        plugin = next((BUILD / "plugins").glob("*_txtSink.so")).read_bytes()
        self.assertIn(f"t2-api-{digest} ".encode(), plugin)

    def test_make_build_and_test(self):
        home = self.env["HOME"]
        said = self.type("t2build tranalyzer2 basicFlow txtSink")
        self.assertIn("basicFlow as installed\n", said)
        self.assertNotIn("successfully built", said)
        made = self.type("t2plugin -c httpHello")
        self.assertEqual(made, f"Made {home}/.tranalyzer/sources/plugins/httpHello. Next: t2build httpHello && t2plugin -t httpHello\n")
        said = self.type("t2build httpHello && t2plugin -t httpHello")
        self.assertIn("httpHello successfully built\n", said)
        self.assertIn("\nOK\n", said)
        self.assertEqual(self.type("t2build -l"), "basicFlow\nhttpHello\ntxtSink\n")
        self.assertRegex(self.type("t2plugin -l"), r"(?m)^httpHello +400  \* ")
        self.assertEqual(self.type("t2conf httpHello -G HTTP_HELLO_WORD"), 'HTTP_HELLO_WORD = "USER"\n')
        # A second one, and one that does not compile: said, and what was active stays.
        self.type("t2plugin -c dnsHello && t2build dnsHello && t2plugin -t dnsHello")
        self.assertRegex(self.type("t2plugin -c other -n 100", 1), "NUMBER 100 is taken by basicFlow")
        source = f"{home}/.tranalyzer/sources/plugins/httpHello/src/httpHello.cc"
        self.type(f"sed -i s/Hex8/Hx8/ {source}")
        said = self.type("t2build httpHello", 1)
        self.assertRegex(said, r"could not be built:\n    httpHello\n")
        self.assertRegex(said, r"httpHello.cc:\d+:\d+: error: ")
        self.assertLess(said.count("\n"), 40)
        self.assertEqual(self.type("t2build -l"), "basicFlow\ndnsHello\nhttpHello\ntxtSink\n")


if __name__ == "__main__":
    main()
