#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/report-picture.py [OUT.png]: the README's first picture (docs/report.png), a real report of the example in Debian's
chromium. Needs a release build; tests/e2e/test_t2report_page.py runs it."""
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SOURCE / "tests" / "support"))
sys.dont_write_bytecode = True
from browser import Browser  # noqa: E402  (lies in the tests)

build = pathlib.Path(os.environ.get("T2_BUILD", SOURCE / "build" / "release"))
out = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else SOURCE / "docs" / "report.png").resolve()
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([build / "bin" / "t2report", "-r", SOURCE / "examples" / "ftp-dpic.pcap", "-o", "report.html"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    with Browser() as browser:
        browser.open(f"file://{folder}/report.html", width=1280, height=860)
        browser.screenshot(out)
print(f"{out}: {out.stat().st_size} bytes")
