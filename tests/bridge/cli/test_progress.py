from __future__ import annotations

import io
import sys

import pytest

from bridge.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "seen"), [(Terminal(), True), (io.StringIO(), False)])
def test_the_bar_is_drawn_for_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, seen: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with progress_bar("song [draft].musicxml") as advance:
        advance(3, 8, "measure 12a")
    for words in ("song [draft].musicxml", "3/8", "measure 12a"):
        assert (words in stream.getvalue()) == seen
