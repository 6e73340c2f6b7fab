"""What the server refuses before a request reaches the application."""

import subprocess
import sys

import pytest
from waitress.parser import HTTPRequestParser
from waitress.server import Adjustments

from bridge.http.channels import refusal
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


@pytest.mark.parametrize(
    ("module", "without"),
    [("server", ["flask", "waitress"]), ("app", ["bridge.service", "mido", "music21", "torch"])],
)
def test_neither_waits_for_the_other(module, without):
    """The worker begins before Flask is imported, and what answers imports nothing that writes."""
    code = f"import sys, bridge.http.{module}; print(sorted(set({without!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
