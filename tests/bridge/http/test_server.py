"""What the server refuses before a request reaches the application."""

import subprocess
import sys

import pytest
from waitress.parser import HTTPRequestParser
from waitress.server import Adjustments

from bridge.http.server import refusal
from bridge.http.settings import MAX_BODY, MAX_HEADER


@pytest.mark.parametrize(
    ("header", "status", "hint"),
    [
        ("Content-Length: 999999999", 413, "32 MB"),
        (f"Cookie: {'x' * 40_000}", 431, "32 KB"),
        ("Transfer-Encoding: gzip", 501, "Content-Length"),
        ("Content-Length: many", 400, "HTTP/1.1"),
        ("no header", 400, "HTTP/1.1"),
    ],
)
def test_what_is_no_request_is_a_problem_that_says_what_to_do(header, status, hint):
    limits = Adjustments(max_request_body_size=MAX_BODY, max_request_header_size=MAX_HEADER)
    parser = HTTPRequestParser(limits)
    parser.received(f"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\n\r\n".encode())
    problem = refusal(parser.error)
    assert (problem["type"], problem["status"]) == ("urn:obbligato:bad-http", status)
    assert hint in problem["hint"]


def test_what_answers_imports_nothing_that_writes():
    heavy = {"bridge.service", "mido", "music21", "numpy", "torch"}
    code = f"import sys, bridge.http.server; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
