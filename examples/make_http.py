#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes http.pcap, the example of docs/carving.md: a page in gzip, a picture in two ranges over two connections, a form
with a file, and a download that was cut. usage: make_http.py OUT.pcap"""
import gzip
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent / "tests" / "support"))
from ftpcap import Capture, Tcp  # noqa: E402

PICTURE = (ROOT / "Microsoft-1978.jpg").read_bytes()
PAGE = b"<html><body><h1>Eleven people</h1><img src=\"/pic/Microsoft-1978.jpg\"></body></html>\n"
CLIENT, SERVER = "192.0.2.10", "198.51.100.20"


def get(path, more=b""):
    return b"GET %s HTTP/1.1\r\nHost: www.example\r\nUser-Agent: Browser/1.0\r\n%s\r\n" % (path, more)


def ok(body, more, status=b"200 OK", length=None):
    return b"HTTP/1.1 %s\r\nServer: nginx\r\nContent-Length: %d\r\n%s\r\n" % (status, length or len(body), more) + body


def part(first, last):
    more = b"Content-Type: image/jpeg\r\nETag: \"3a\"\r\nContent-Range: bytes %d-%d/%d\r\n" % (first, last, len(PICTURE))
    return ok(PICTURE[first:last + 1], more, b"206 Partial Content")


cap = Capture(step=0.002)
cap.time = 1_700_000_000.0
web = Tcp(cap, CLIENT, 50001, SERVER, 8080, mss=1448)
web.up(get(b"/people.html", b"Accept-Encoding: gzip\r\n"))
web.down(ok(gzip.compress(PAGE, mtime=0), b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n"))
web.up(get(b"/pic/Microsoft-1978.jpg", b"Range: bytes=0-39999\r\n"))
web.down(part(0, 39999))
rest = Tcp(cap, CLIENT, 50002, SERVER, 8080, mss=1448)
rest.up(get(b"/pic/Microsoft-1978.jpg", b"Range: bytes=40000-\r\n"))
rest.down(part(40000, len(PICTURE) - 1))
form = (b"--x\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\nwho is who?\r\n"
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"names.txt\"\r\nContent-Type: text/plain\r\n\r\n"
        b"Bill, Paul and nine more\n\r\n--x--\r\n")
web.up(b"POST /comment HTTP/1.1\r\nHost: www.example\r\nContent-Type: multipart/form-data; boundary=x\r\n"
       b"Content-Length: %d\r\n\r\n" % len(form) + form)
web.down(ok(b"thanks\n", b"Content-Type: text/plain\r\n"))
rest.up(get(b"/big.iso"))
rest.down(ok(bytes(3000), b"Content-Type: application/octet-stream\r\n", length=700_000_000))
rest.rst(0)
web.close()
cap.write(sys.argv[1])
