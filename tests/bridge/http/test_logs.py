from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import OutputError
from bridge.http import logs as module
from bridge.http.logs import LOGGERS, configure_logging, log_path, printable


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Loggers are the process's: they are given back as they were."""
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger.handlers[:], logger.propagate, logger.level) for logger in loggers]
    yield
    for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
        for handler in logger.handlers:
            handler.close()
        logger.handlers[:] = handlers
        logger.propagate, logger.level = propagate, level


def lines() -> list[str]:
    return log_path().read_text(encoding="utf-8").splitlines()


def test_a_line_has_time_level_and_message() -> None:
    configure_logging()
    logging.getLogger("obbligato.http").info("%s %s %d", "GET", "/health", 200)
    (line,) = lines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d INFO GET /health 200", line)


def test_nothing_goes_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    logging.getLogger("obbligato").error("an error")
    logging.getLogger("waitress").warning("a queue")
    assert capfd.readouterr() == ("", "")
    assert [line.split(" ", 1)[1] for line in lines()] == ["ERROR an error", "WARNING a queue"]


def test_a_message_cannot_look_like_another_line() -> None:
    log = configure_logging()
    log.info("GET /\r\n2026-01-01 INFO forged\u2028\x1b[31m\x85\u202e")
    (line,) = lines()
    assert line.endswith(r"GET /\r\n2026-01-01 INFO forged\u2028\x1b[31m\x85\u202e")


@given(st.text())
def test_everything_printable_stays_and_nothing_else_does(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert "".join(filter(str.isprintable, text)) == text or shown != text
    assert printable(shown) == shown


def test_long_lines_are_cut() -> None:
    configure_logging().info("x" * 10**5)
    assert len(lines()[0]) == 1000


def test_of_an_exception_only_type_and_places_are_kept() -> None:
    log = configure_logging()
    try:
        raise ValueError("the words of a song")
    except ValueError:
        log.exception("a job failed", stack_info=True)
    (line,) = lines()
    assert "ERROR a job failed" in line
    assert "ValueError at test_logs.py:" in line
    assert "song" not in line


@pytest.mark.skipif(os.name == "nt", reason="modes are those of POSIX")
def test_files_are_private_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZE", 2000)
    log = configure_logging()
    for number in range(200):
        log.info("line %d", number)
    files = sorted(log_path().parent.iterdir())
    assert [path.name for path in files] == ["bridge.log", "bridge.log.1", "bridge.log.2"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert max(path.stat().st_size for path in files) <= 2000
    assert lines()[-1].endswith("line 199")


def test_configuring_again_writes_each_line_once() -> None:
    configure_logging()
    configure_logging().info("once")
    assert len(lines()) == 1


def test_a_full_disk_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    log = configure_logging()

    class Full:
        def write(self, _: str) -> None:
            raise OSError(28, "No space left on device")

    (handler,) = log.handlers
    assert isinstance(handler, module.PrivateFile)
    with monkeypatch.context() as patched:
        patched.setattr(handler, "stream", Full())
        patched.setattr(handler, "shouldRollover", lambda record: False)
        log.info("lost")
    log.info("kept")
    assert [line.split(" ", 1)[1] for line in lines()] == ["INFO kept"]
    assert capfd.readouterr().err == ""


def test_a_log_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OBBLIGATO_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputError, match=r"bridge\.log"):
        configure_logging()
