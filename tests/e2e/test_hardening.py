# SPDX-License-Identifier: Apache-2.0
"""What SECURITY.md says of the binaries, looked up in the binaries."""
import platform
import re
import subprocess
import unittest

from t2run import BUILD, T2, main

CACHE = (BUILD / "CMakeCache.txt").read_text()
SANITIZED = not re.search(r"^T2_SANITIZE:[A-Z]+=$", CACHE, re.M)
RELEASE = "CMAKE_BUILD_TYPE:STRING=Release" in CACHE


def output(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def binaries():
    found = [p for p in (BUILD / "bin").iterdir() if p.read_bytes()[:4] == b"\x7fELF"]
    return found, list((BUILD / "plugins").glob("*.so"))


@unittest.skipIf(SANITIZED, "sanitizer builds are for finding mistakes, not for surviving them")
class Hardening(unittest.TestCase):
    def setUp(self):
        self.programs, self.plugins = binaries()
        self.assertIn(T2, self.programs)
        self.assertGreaterEqual(len(self.plugins), 7)

    def each(self):
        for path in self.programs + self.plugins:
            with self.subTest(path.name):
                yield path

    def test_position_independent(self):
        for path in self.programs:
            with self.subTest(path.name):
                self.assertRegex(output("readelf", "-dW", path), r"FLAGS_1.*\bPIE\b")

    def test_tables_are_read_only_before_the_first_packet(self):
        for path in self.each():
            self.assertIn("GNU_RELRO", output("readelf", "-lW", path))
            dynamic = output("readelf", "-dW", path)
            self.assertRegex(dynamic, r"\(FLAGS_1\).*\bNOW\b")
            self.assertNotRegex(dynamic, r"TEXTREL|\(RPATH\)")

    def test_no_memory_is_writable_and_executable(self):
        for path in self.each():
            segments = output("readelf", "-lW", path)
            self.assertRegex(segments, r"GNU_STACK .* RW  ")
            self.assertNotRegex(segments, r"(LOAD|GNU_STACK) .* RWE ")

    def test_stack_protector(self):
        for path in self.each():
            self.assertIn("__stack_chk_fail", output("readelf", "--dyn-syms", "-W", path))

    @unittest.skipUnless(platform.machine() == "x86_64", "instructions of x86-64")
    def test_control_flow_and_stack_clash_protection(self):
        code = output("objdump", "-d", "--no-show-raw-insn", T2)
        self.assertGreater(code.count("endbr64"), 1000)
        self.assertRegex(code, r"orq +\$0x0,\(%rsp\)")

    @unittest.skipUnless(RELEASE, "only in release builds")
    def test_checked_library_calls(self):
        symbols = output("readelf", "--dyn-syms", "-W", T2)
        self.assertRegex(symbols, r"__\w+_chk@")
        self.assertIn("__glibcxx_assert_fail", symbols)


if __name__ == "__main__":
    main()
