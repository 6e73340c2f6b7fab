"""A real bridge: processes, sockets and the shipped engine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.bridge.running import bridge, start

EXAMPLE = Path("examples/ode-to-joy.musicxml")
OTHER = Path("examples/barcarole.musicxml")
DATA = EXAMPLE.read_bytes()
WANTED = {"measures": "1-4", "add": ["piano"], "seed": 7}


@pytest.fixture(scope="module")
def running():
    with bridge() as started:
        started.wait_ready()
        yield started


@pytest.fixture(scope="module")
def by_command(tmp_path_factory):
    """The same by the command line, two scores in one run: two takes of each."""
    folder = tmp_path_factory.mktemp("out")
    arguments = [
        "accompany",
        EXAMPLE,
        OTHER,
        "--add",
        "piano",
        "--measures",
        "1-4",
        "--seed",
        "7",
        "--takes",
        "2",
    ]
    subprocess.run(
        [sys.executable, "-m", "bridge", *arguments, "-o", f"{folder}/"], check=True, capture_output=True
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def finished(running, answer):
    assert answer.status == 202, answer.body
    path = answer.headers["location"]
    state = running.wait(answer.json()["id"])
    assert state["state"] == "done", state
    return path


def take(running, path, number=1, format="score"):
    return running.ask("GET", f"{path}/takes/{number}?format={format}").body


def test_the_same_seed_gives_the_same_bytes_however_it_is_asked(running, by_command):
    jobs = [running.job(data, takes=2, **WANTED) for data in (DATA, OTHER.read_bytes())]  # written together
    alone = running.job(DATA, **WANTED | {"seed": 8})
    for answer, name in zip(jobs, ("ode-to-joy", "barcarole"), strict=True):
        path = finished(running, answer)
        assert take(running, path, 1) == by_command[f"{name}.obbligato.musicxml"]
        assert take(running, path, 2) == by_command[f"{name}.obbligato.take2.musicxml"]
    assert take(running, finished(running, alone)) == by_command["ode-to-joy.obbligato.take2.musicxml"]


def test_the_history_gives_the_same_bytes_too(running, by_command):
    path = finished(running, running.job(DATA, **WANTED))
    (listed,) = running.ask("GET", path).json()["takes"]
    stored = running.ask("GET", f"/api/v1/takes/{listed['history']}")
    assert stored.body == by_command["ode-to-joy.obbligato.musicxml"]


def test_the_example_in_python(running, by_command, tmp_path):
    output = tmp_path / "out.musicxml"
    announcement = running.home / "config" / "bridge.json"
    subprocess.run([sys.executable, "docs/api-examples/job.py", announcement, EXAMPLE, output], check=True)
    assert output.read_bytes() == by_command["ode-to-joy.obbligato.musicxml"]


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not installed")
def test_the_example_with_curl(running, by_command, tmp_path):
    script = Path("docs/api-examples/job.sh").absolute()
    names = {"BRIDGE": str(running.home / "config" / "bridge.json"), "SCORE": str(EXAMPLE.absolute())}
    subprocess.run(["bash", "-e", script], check=True, cwd=tmp_path, env=os.environ | names)
    assert (tmp_path / "accompanied.musicxml").read_bytes() == by_command["ode-to-joy.obbligato.musicxml"]
    assert (tmp_path / "accompanied.mid").read_bytes().startswith(b"MThd")


def test_measures_can_be_fetched_while_the_others_are_written(running):
    path = running.job(DATA, add=["piano"], seed=7).headers["location"]
    while not running.ask("GET", path).json()["measures_done"]:
        time.sleep(0.01)
    early = running.ask("GET", f"{path}/takes/1?format=events").json()
    running.wait(path.rsplit("/", 1)[1])
    whole = json.loads(take(running, path, format="events"))
    assert 0 < len(early["measures"]) <= len(whole["measures"]) == 16
    first = [[note["pitch"] for note in e["notes"]] for e in early["events"] if e["measure"] == 0]
    assert first == [[note["pitch"] for note in e["notes"]] for e in whole["events"] if e["measure"] == 0]


def test_midi_is_read_when_its_turn_comes(running):
    path = finished(running, running.job(DATA, **WANTED))
    form, kind = form_of(take(running, path, format="midi"), {"measures": "1-2"})
    answer = running.ask("POST", "/api/v1/jobs", form, Content_Type=kind)
    assert answer.json()["measures_total"] == 0
    assert take(running, finished(running, answer)).startswith(b"<?xml")


def test_what_is_wrong_with_it_then_fails_the_job(running):
    form, kind = form_of(b"MThd\x00\x00\x00\x06\x00\x01", {})
    answer = running.ask("POST", "/api/v1/jobs", form, Content_Type=kind)
    state = running.wait(answer.json()["id"])
    assert (state["state"], state["problem"]["type"]) == ("failed", "urn:obbligato:bad-input")


def form_of(score, options):
    """A form with a file."""
    fields = {"task": "accompany", "options": json.dumps(options)}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
        for k, v in fields.items()
    ]
    head = b'--b\r\nContent-Disposition: form-data; name="score"; filename="a.mid"\r\n\r\n'
    return b"".join([*parts, head, score, b"\r\n--b--\r\n"]), "multipart/form-data; boundary=b"


def test_a_hundred_open_event_streams_block_nobody(running):
    path = running.job(DATA, add=["piano"], takes=20).headers["location"]
    bodies = []
    threads = [
        threading.Thread(target=lambda: bodies.append(running.ask("GET", f"{path}/events", timeout=120).body))
        for _ in range(100)
    ]
    for thread in threads:
        thread.start()
    assert running.ask("GET", "/health").status == 200
    assert running.job(DATA, **WANTED).status == 202
    assert running.ask("DELETE", path).status == 204
    for thread in threads:
        thread.join()
    assert len(bodies) == 100 and all(b'"cancelled"' in body for body in bodies)


def test_streams_that_are_only_looked_at_give_their_place_back(running):
    path = finished(running, running.job(DATA, **WANTED))
    for _ in range(150):  # more than may be open
        assert running.ask("HEAD", f"{path}/events").status == 200
    assert running.ask("GET", f"{path}/events").status == 200


def test_a_worker_that_is_killed_is_started_again_and_nothing_is_lost(running, by_command):
    answer = running.job(DATA, **WANTED)
    (worker,) = psutil.Process(running.process.pid).children()[-1:]
    worker.kill()
    assert take(running, finished(running, answer)) == by_command["ode-to-joy.obbligato.musicxml"]


def test_the_log_says_what_happened_but_not_to_which_music(running):
    finished(
        running, running.job(DATA.replace(b"Ode to Joy", b"A Secret"), **WANTED | {"composer": "Schubert"})
    )
    (log,) = running.home.rglob("bridge.log")
    text = log.read_text(encoding="utf-8")
    assert "POST /api/v1/jobs 202" in text
    for secret in ("Secret", "Schubert", running.token):
        assert secret not in text


def test_it_ends_on_request_and_takes_its_announcement_back(tmp_path):
    started = start(tmp_path)
    worker = psutil.Process(started.process.pid).children()
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(60) == 0
    assert not (tmp_path / "config" / "bridge.json").exists()
    assert not psutil.wait_procs(worker, timeout=30)[1]


def test_after_kill_9_its_worker_goes_too_and_the_next_start_works(tmp_path):
    started = start(tmp_path)
    started.job(DATA, **WANTED)
    workers = psutil.Process(started.process.pid).children()
    started.process.kill()
    started.process.wait()
    assert not psutil.wait_procs(workers, timeout=30)[1]
    with bridge(tmp_path) as again:
        assert again.ask("GET", "/api/v1/takes").status == 200
