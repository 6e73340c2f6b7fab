"""What hostile clients send: documents that are no scores, requests that are no requests, and scores gone wrong."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Iterator

_HEAD = b'<?xml version="1.0"?>\n'
_LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
_SCORE = b"<score-partwise><part-list/></score-partwise>"


def documents() -> Iterator[tuple[str, bytes]]:
    """Ten attacks in XML and zip, by name."""
    yield "billion laughs", _HEAD + b'<!DOCTYPE x [<!ENTITY l0 "ha">' + _LAUGHS + b"]><x>&l9;</x>"
    yield "external entity", _HEAD + b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    yield (
        "external network entity",
        _HEAD + b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]><x>&e;</x>',
    )
    yield "parameter entity", _HEAD + b'<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><x/>'
    yield (
        "xinclude",
        _HEAD
        + (
            b'<score-partwise xmlns:xi="http://www.w3.org/2001/XInclude">'
            b'<xi:include href="file:///etc/passwd" parse="text"/></score-partwise>'
        ),
    )
    yield "million levels", b"<a>" * 1_000_000
    yield (
        "million attributes",
        b"<score-partwise " + b" ".join(b'a%d="1"' % i for i in range(1_000_000)) + b"/>",
    )
    yield "zip bomb", archive({"score.xml": bytes(500 * 2**20)})
    yield (
        "zip with a path to elsewhere",
        archive({"../../../../tmp/evil.xml": _SCORE}, "../../../../tmp/evil.xml"),
    )
    yield "zip that lies about its size", _lying(archive({"score.xml": bytes(200 * 2**20)}))


def archive(members: dict[str, bytes], root: str = "score.xml") -> bytes:
    """An .mxl with those members."""
    packed = io.BytesIO()
    container = f'<container><rootfiles><rootfile full-path="{root}"/></rootfiles></container>'
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("META-INF/container.xml", container)
        for name, data in members.items():
            file.writestr(name, data)
    return packed.getvalue()


def _lying(data: bytes) -> bytes:
    """Every unpacked size in the directory said to be 1000 bytes."""
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data = data[: place + 24] + struct.pack("<I", 1000) + data[place + 28 :]
        place = data.find(b"PK\x01\x02", place + 4)
    return data


def bodies() -> Iterator[tuple[str, bytes]]:
    """Bodies of ``POST /api/v1/jobs`` that are no requests, by name."""
    yield "nothing", b""
    yield "no JSON", b"{"
    yield "deep JSON", b'{"options":' + b"[" * 200_000
    yield "deep JSON, closed", b'{"options":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
    yield "a list", b"[]"
    yield "a number", b"1e999999"
    yield "no UTF-8", b'{"task":"\xff\xfe"}'
    yield "surrogates", b'{"task":"accompany","musicxml":"\\ud800<score-partwise/>"}'
    yield "another task", json.dumps({"task": "delete", "musicxml": "<a/>"}).encode()
    yield "no score", b'{"task":"accompany"}'
    yield "two scores", b'{"task":"accompany","musicxml":"<a/>","mxl":"UEs="}'
    yield "no base64", b'{"task":"accompany","mxl":"***"}'
    yield "a path as an engine", _options(engine="../../../etc/passwd")
    yield "a path as a style", _options(style="../../../etc/passwd")
    yield "an output path", _options(output="/tmp/evil.musicxml")
    yield "huge numbers", _options(takes=10**30, seed=10**30, temperature=1e308)
    yield "no numbers", _options(takes="NaN", density="Infinity")
    yield "a long text", _options(style="x" * 10_000_000)
    yield "many instruments", _options(add=["piano"] * 100_000)


def _options(**options: object) -> bytes:
    score = '<score-partwise><part-list><score-part id="P1"><part-name/></score-part></part-list></score-partwise>'
    return json.dumps({"task": "accompany", "musicxml": score, "options": options}).encode()


def paths() -> Iterator[str]:
    """Addresses that try to leave the API."""
    yield from ("/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd")
    for collection in ("jobs", "takes"):
        yield f"/api/v1/{collection}/..%2f..%2fetc%2fpasswd"
        yield f"/api/v1/{collection}/%00"
        yield f"/api/v1/{collection}/{'a' * 8000}"
        yield f"/api/v1/{collection}/'%20OR%201=1--"
        yield f"/api/v1/{collection}/%27%3B%20DROP%20TABLE%20takes%3B--"
        yield f"/api/v1/{collection}/_"
        yield f"/api/v1/{collection}/%25"
    for number in ("../../../../etc/passwd", "9" * 20, "-1", "1e3", "%00"):
        yield f"/api/v1/jobs/x/takes/{number}"
    for query in ("limit=-1", "limit=" + "9" * 20, "before=%00", "limit=1&limit=2", "x=" + "y" * 8000):
        yield f"/api/v1/takes?{query}"
    yield "/%ff%fe"


def raw_requests() -> Iterator[tuple[str, bytes]]:
    """Bytes on the socket that are no HTTP, or break its rules, by name."""
    post = b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    yield "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n"
    yield "a huge header", b"GET /health HTTP/1.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"
    yield "two lengths", post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"
    chunked = b"Transfer-Encoding: chunked\r\n"
    yield "length and chunks", post + b"Content-Length: 5\r\n" + chunked + b"\r\n0\r\n\r\n"
    yield "bad chunks", post + chunked + b"\r\nZZZ\r\n"
    yield "negative length", post + b"Content-Length: -1\r\n\r\n"
    yield "no host", b"GET /health HTTP/1.1\r\n\r\n"
    yield "newline in a header", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\nX: y\r\n\r\n"


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A real score gone wrong in one to five ways."""
    for _ in range(rng.randint(1, 5)):
        data = rng.choice(_MUTATIONS)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) or 1)
    return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[min(b, a + rng.choice((1, 20, 500, 20_000))) :]


def _double(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    piece = data[a : a + rng.choice((20, 500, 20_000))]
    return data[:a] + piece * rng.choice((2, 30)) + data[a:]


def _number(data: bytes, rng: random.Random) -> bytes:
    """Some text of some element becomes a bad number."""
    place = data.find(b">", rng.randrange(len(data) or 1)) + 1
    end = data.find(b"<", place)
    wrong = rng.choice(
        (b"-1", b"0", b"1e9", b"99999999999999999999", b"NaN", b"0.0001", b"", b"\xe2\x99\xad", b"12/7")
    )
    return data[:place] + wrong + data[end:] if 0 < place <= end else data


def _element(data: bytes, rng: random.Random) -> bytes:
    """An element is taken away, or stands twice."""
    start = data.find(b"<", rng.randrange(len(data) or 1))
    name = data[start + 1 : start + 30].split(b">")[0].split(b" ")[0]
    end = data.find(b"</" + name + b">", start)
    if start < 0 or end < 0 or not name.strip(b"/"):
        return data
    end += len(name) + 3
    return data[:start] + rng.choice((b"", data[start:end] * 2)) + data[end:]


def _rename(data: bytes, rng: random.Random) -> bytes:
    names = b"note measure duration part backup time pitch tuplet divisions".split()
    return data.replace(rng.choice(names), rng.choice(names), rng.choice((1, 5, -1)))


_MUTATIONS = (_flip, _cut, _double, _number, _number, _element, _element, _rename)
