"""The plugin in the real MuseScore 3: a click, and the measures stand in the open score; one undo takes them back."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from musescore import headless
from musescore.plugin import CANCEL, DISCARD, FIRST, SECOND, START, WRITE, held, panel, with_silent_piano

from benchmarks.bridge.running import bridge
from tests.bridge.fake_worker import eventually

pytestmark = pytest.mark.skipif(
    headless.executable() is None or not all(map(shutil.which, ("Xvfb", "xdotool", "xwininfo"))),
    reason="MuseScore 3, Xvfb, xdotool or xwininfo is not installed",
)
EXAMPLES = Path("examples")


@pytest.fixture(scope="module")
def running():
    with bridge() as started:
        started.wait_ready()
        yield started


@pytest.mark.parametrize("name", ["auld-lang-syne", "barcarole"])  # a pickup; 6/8 with duplets
def test_a_click_and_the_measures_stand_there_and_one_undo_takes_them_back(running, tmp_path, name):
    score = tmp_path / "song.musicxml"
    with_silent_piano(EXAMPLES / f"{name}.musicxml", score)
    with panel(score, running, tmp_path) as at:
        before = at.text()
        at.ask(1, 4)
        at.wait_notes()
        first = at.notes()
        assert len({tick for _, _, tick, _, _ in first}) >= 4
        at.click(SECOND)  # the next take
        eventually(lambda: at.notes() not in ([], first))
        at.click(FIRST)  # the first again
        eventually(lambda: at.notes() == first)
        at.undo()
        assert at.notes() == []
        assert at.text() == before


@pytest.fixture
def song(tmp_path):
    score = tmp_path / "song.musicxml"
    with_silent_piano(EXAMPLES / "ode-to-joy.musicxml", score)
    return score


def test_without_a_bridge_it_says_so(song, tmp_path):
    with panel(song, None, tmp_path) as at:
        before = at.text()
        at.ask(1, 2)
        at.wait_said("bridge: The bridge, which writes the music, is not running")
        assert at.text() == before


def test_it_starts_the_bridge_after_a_yes_and_goes_on(song, tmp_path):
    command = ["env", f"OBBLIGATO_HOME={tmp_path}", sys.executable, "-m", "bridge", "serve", "--port", "0"]
    announcement = tmp_path / "config" / "bridge.json"
    try:
        with panel(song, None, tmp_path, command) as at:
            at.ask(1, 2)
            at.wait_said("bridge: The bridge, which writes the music, is not running")
            at.click(START)
            at.wait_said("inserted")
            assert at.notes()
    finally:
        if announcement.exists():
            os.kill(json.loads(announcement.read_text(encoding="utf-8"))["pid"], signal.SIGTERM)


def test_a_bridge_that_cannot_be_started_is_told_by_its_command(song, tmp_path):
    with panel(song, None, tmp_path, ["false"]) as at:
        at.ask(1, 2)
        at.wait_said("bridge: The bridge, which writes the music, is not running")
        at.click(START)
        at.wait_said("bridge: The bridge did not start. Run this in a terminal")


def test_nothing_selected_and_then_a_single_note(running, song, tmp_path):
    with panel(song, running, tmp_path) as at:
        at.session.key("Escape", "Escape")
        at.open()
        at.click(WRITE)
        at.wait_said("idle: Select the measures")
        at.session.eval('cmd("first-element")')
        at.session.eval('cmd("next-chord")')
        time.sleep(0.8)
        at.click(WRITE)
        at.wait_said("inserted")
        assert {tick // 1920 for _, _, tick, _, _ in at.notes()} == {0}  # its measure, and no other


def test_a_bridge_that_is_killed_while_it_writes(song, tmp_path):
    with bridge() as own, panel(song, own, tmp_path) as at:
        own.wait_ready()
        before = at.text()
        at.ask(1, 16)
        at.wait_said("writing")
        own.process.kill()
        own.process.wait()
        at.wait_said("ended while it wrote; nothing was changed")
        assert at.text() == before


def test_a_score_that_is_edited_meanwhile_is_left_alone(running, song, tmp_path):
    with panel(song, running, tmp_path) as at:
        with held(running):
            at.ask(1, 16)
            at.wait_said("writing")
            at.session.eval(
                "(function () { curScore.startCmd(); var c = curScore.newCursor(); c.track = 4; c.rewind(0);"
                " c.setDuration(1, 4); c.addNote(60); curScore.endCmd(); })()"
            )
        edited = at.notes()
        assert len(edited) == 1
        at.wait_said("edited while Obbligato wrote")
        assert at.notes() == edited


def test_where_no_part_can_be_added_the_score_with_it_is_opened_beside(running, tmp_path):
    score = tmp_path / "song.musicxml"
    shutil.copy(EXAMPLES / "ode-to-joy.musicxml", score)
    with panel(score, running, tmp_path) as at:
        before, melody = at.text(), len(at.notes(0, 0))
        at.ask(1, 4)
        at.wait_said("open beside yours")
        assert at.session.eval("curScore.nstaves") == 3
        assert len(at.notes(0, 0)) == melody and at.notes()
        at.session.eval('cmd("next-score")')
        assert at.session.eval("curScore.nstaves") == 1 and at.text() == before


def test_a_token_that_is_not_the_bridges(running, song, tmp_path):
    told = json.loads((running.home / "config" / "bridge.json").read_text(encoding="utf-8"))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "bridge.json").write_text(
        json.dumps(told | {"token": "another"}), encoding="utf-8"
    )
    with panel(song, None, tmp_path) as at:
        before = at.text()
        at.ask(1, 2)
        at.wait_said("idle: The bridge that answers is not the one")
        assert at.text() == before


def test_cancelled_in_the_middle(running, song, tmp_path):
    with panel(song, running, tmp_path) as at:
        before = at.text()
        with held(running):
            at.ask(1, 16)
            at.wait_said("writing")
            at.click(CANCEL)
            at.wait_said("idle: Cancelled; nothing was written")
        time.sleep(1.5)  # longer than the job had to go
        assert at.text() == before


def discarded(at):
    """Answers the question whether the score is to be saved, which comes in its own time."""
    time.sleep(0.5)
    at.click(DISCARD)
    return "song" not in str(at.session.windows())


def test_a_score_that_is_closed_meanwhile(running, song, tmp_path):
    with panel(song, running, tmp_path) as at:
        with held(running):
            at.ask(1, 16)
            at.wait_said("writing")
            at.session.focus()
            at.session.key("ctrl+w")
            eventually(lambda: discarded(at))
        at.wait_said("idle: The score was closed")
        assert at.session.eval("curScore") is None


def test_a_panel_that_is_closed_writes_nothing_and_cancels(running, song, tmp_path):
    with panel(song, running, tmp_path) as at:
        before = at.text()
        with held(running):
            at.ask(1, 16)
            at.wait_said("writing")
            at.close()
            eventually(lambda: "Obbligato" not in dict(at.session.windows()).values())
        time.sleep(3)  # longer than the job had to go
        assert at.text() == before
        assert "Obbligato inserted" not in at.session.logtext()


def test_measures_are_appended_in_every_part_and_one_undo_takes_them_back(running, tmp_path):
    score = tmp_path / "song.musicxml"
    shutil.copy(EXAMPLES / "ode-to-joy.musicxml", score)
    settings = running.home / "config" / "plugin.json"
    settings.write_text('{"task": 3, "count": 4}', encoding="utf-8")  # as chosen the last time
    with panel(score, running, tmp_path) as at:
        before, count = at.text(), at.session.eval("curScore.nmeasures")
        at.open()
        at.click(WRITE)
        at.wait_said("inserted")
        assert at.session.eval("curScore.nmeasures") == count + 4
        new = [tick for _, _, tick, _, _ in at.notes(0, 0) if tick >= 1920 * count]
        assert {tick // 1920 for tick in new} <= set(range(count, count + 4)) and len(new) >= 4
        at.undo()
        assert at.text() == before
    settings.unlink()
