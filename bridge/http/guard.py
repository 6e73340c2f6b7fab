"""Who may ask at all: programs of this machine that hold the token, and no web page.

A browser beside the bridge is the danger: any page may send requests to 127.0.0.1. It cannot know the token
(which also stops forged requests), its requests carry an ``Origin`` or ``Sec-Fetch-Site`` that gives it away, and
a name of its own that it points to 127.0.0.1 (DNS rebinding) shows in ``Host``. No answer carries a CORS header.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from flask import Request, Response

from bridge.errors import AccessError, TokenError

OPEN = "/health"  # needs no token
_OWN_SITES = ("same-origin", "none")  # "none": an address that a person typed
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """``hosts`` are the values of ``Host`` that mean this bridge."""

    token: str
    hosts: frozenset[str]

    @classmethod
    def of(cls, token: str, port: int) -> Guard:
        """For a bridge on that port of this machine."""
        return cls(token, frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost")))

    def check(self, request: Request) -> None:
        """Raises ``AccessError`` or ``TokenError``."""
        if request.headers.get("Host", "").lower() not in self.hosts:
            raise AccessError("the request names another host", "Ask 127.0.0.1 with the bridge's port.")
        origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
        foreign = origin is not None and origin.lower() not in {f"http://{host}" for host in self.hosts}
        if foreign or (site is not None and site.lower() not in _OWN_SITES):
            raise AccessError("web pages may not use the bridge", "Use a program of this machine.")
        if request.path != OPEN and not self._holds_token(request):
            hint = "Send the token of bridge.json: Authorization: Bearer TOKEN."
            raise TokenError("the token is missing or wrong", hint)

    def _holds_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(token.strip().encode(), self.token.encode())
        return right and scheme.lower() == "bearer"


def protect(response: Response) -> Response:
    """The headers that keep an answer out of caches and frames."""
    response.headers.update(_HEADERS)
    return response
