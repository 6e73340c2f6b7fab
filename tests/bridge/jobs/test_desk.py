import threading
import time
from pathlib import Path

import pytest

from bridge.errors import EngineError, NotFoundError, QueueFullError, RequestError
from bridge.jobs.desk import Desk, Limits
from bridge.jobs.messages import Began, Drop, Ready
from bridge.options import TASKS
from tests.bridge.fake_worker import FakeLink, Memory, eventually

SCORE = Path("examples/ode-to-joy.musicxml").read_bytes()


@pytest.fixture
def links():
    return []


@pytest.fixture
def memory():
    return Memory()


@pytest.fixture
def make_desk(links, memory):
    desks = []

    def make(ready=True, link=FakeLink, **limits):
        desk = Desk(lambda *calls: link(links, *calls), memory, Limits(**limits))
        desks.append(desk)
        eventually(lambda: links)
        if ready:
            links[-1].answered(Ready(1.0))
        return desk

    yield make
    for desk in desks:
        desk.close()


def order(desk, **options):
    return desk.submit(TASKS["accompany"].parse({"measures": "1-4", **options}), SCORE, "the score")


def states(*jobs):
    return [job.state for job in jobs]


def test_a_job_runs_and_ends(make_desk, links):
    desk = make_desk()
    job = order(desk)
    assert (job.state, job.total) == ("running", 4)
    link = links[0]
    link.answered(Began(job.id, 4))
    for done in (1, 2, 3, 4):
        link.write(job.id, done)
    link.make(job.id)
    link.end(job.id)
    assert (job.state, job.done) == ("done", 4)
    assert job.status()["takes"] == [
        {
            "number": 1,
            "done": True,
            "seed": 7,
            "parts": ["Piano"],
            "measures": "1-4",
            "remarks": [],
            "history": "take1",
        }
    ]
    assert [event.name for event in job.events] == ["state", "state", *["measure"] * 4, "take", "state"]


def test_jobs_wait_until_the_engine_is_loaded(make_desk, links):
    desk = make_desk(ready=False)
    job = order(desk)
    assert job.state == "queued" and links[0].orders == []
    links[0].answered(Ready(2.0))
    assert job.state == "running" and links[0].orders == [job.id]


def test_only_so_many_run_and_wait(make_desk, links):
    desk = make_desk(together=2, waiting=3)
    jobs = [order(desk) for _ in range(5)]
    assert states(*jobs) == ["running"] * 2 + ["queued"] * 3
    with pytest.raises(QueueFullError) as full:
        order(desk)
    assert full.value.retry_after >= 1
    links[0].end(jobs[0].id)
    assert states(*jobs[:4]) == ["done", "running", "running", "queued"]
    order(desk)


def test_scores_that_wait_are_bounded_in_bytes(make_desk, links):
    desk = make_desk(together=1, memory=3 * len(SCORE) + 1)
    for _ in range(4):  # one is written, three wait
        order(desk)
    with pytest.raises(QueueFullError):
        order(desk)


def test_what_is_wrong_is_said_at_once(make_desk, links):
    desk = make_desk()
    with pytest.raises(RequestError, match="99"):
        order(desk, measures="99")
    with pytest.raises(RequestError, match="no engine"):
        order(desk, engine="hurdy-gurdy")
    assert links[0].orders == []


def test_a_queued_job_is_cancelled_without_the_worker(make_desk, links):
    desk = make_desk(together=1)
    first, second = order(desk), order(desk)
    desk.cancel(second.id)
    assert states(first, second) == ["running", "cancelled"]
    links[0].end(first.id)
    assert links[0].orders == [first.id]


def test_a_running_job_is_cancelled_at_once_and_left_by_the_worker(make_desk, links):
    desk = make_desk(together=1)
    first, second = order(desk), order(desk)
    desk.cancel(first.id)
    assert states(first, second) == ["cancelled", "queued"]
    assert links[0].sent[-1] == Drop(first.id)
    links[0].write(first.id, 1)  # was on its way
    links[0].end(first.id)
    assert states(first, second) == ["cancelled", "running"]
    desk.cancel(first.id)  # again: nothing happens
    assert first.state == "cancelled"


def test_nothing_is_told_or_kept_of_a_job_after_its_end(make_desk, links, memory):
    desk = make_desk()
    job = order(desk)
    desk.cancel(job.id)
    links[0].answered(Began(job.id, 9))
    links[0].write(job.id, 1)
    links[0].make(job.id)
    assert (job.takes, job.total, memory.takes) == ({}, 4, [])
    assert job.events[-1].data == {"state": "cancelled"}


def test_a_take_that_is_written_again_is_kept_once(make_desk, links, memory):
    desk = make_desk()
    job = order(desk, takes=2)
    links[0].make(job.id, 1)
    links[0].lost()
    eventually(lambda: len(links) == 2)
    links[1].answered(Ready(1.0))
    links[1].make(job.id, 1)
    links[1].make(job.id, 2)
    assert memory.takes == [(job.id, 1), (job.id, 2)]


def test_a_worker_that_does_not_leave_is_ended_and_the_others_are_written_again(make_desk, links):
    desk = make_desk(leaving=0.05, attempts=1)
    first, second = order(desk), order(desk)
    desk.cancel(first.id)
    eventually(lambda: len(links) == 2)
    assert links[0].sent[-1] == "killed"
    assert states(first, second) == ["cancelled", "queued"]
    links[1].answered(Ready(1.0))
    assert states(first, second) == ["cancelled", "running"] and links[1].orders == [second.id]


def test_a_worker_that_dies_is_started_again(make_desk, links):
    desk = make_desk()
    first, second = order(desk), order(desk)
    links[0].write(first.id, 1)
    links[0].lost()
    eventually(lambda: len(links) == 2)
    assert states(first, second) == ["queued", "queued"] and first.done == 0
    links[1].answered(Ready(1.0))
    assert links[1].orders == [first.id, second.id]


def test_a_job_with_which_the_worker_dies_twice_fails(make_desk, links):
    desk = make_desk()
    job = order(desk)
    links[0].lost()
    eventually(lambda: len(links) == 2)
    links[1].answered(Ready(1.0))
    links[1].lost()
    eventually(lambda: job.over)
    assert job.state == "failed" and job.problem["type"] == "urn:obbligato:engine-failed"


def given_up(desk, links):
    """The job for which an engine was to be loaded that never is."""
    job = order(desk)
    for count in (1, 2, 3):
        eventually(lambda count=count: len(links) == count)
        links[-1].lost()
    eventually(lambda: job.over)
    return job


def test_an_engine_that_never_loads_is_given_up(make_desk, links):
    assert "doctor" in given_up(make_desk(ready=False), links).problem["hint"]


def test_each_refusal_is_an_error_of_its_own(make_desk, links):
    desk = make_desk(ready=False)
    given_up(desk, links)

    def refusal():
        with pytest.raises(EngineError, match="cannot be started") as refused:
            order(desk)
        return refused.value

    assert refusal() is not refusal()


def test_a_worker_that_dies_while_it_is_started_is_started_again(make_desk, links):
    class Stillborn(FakeLink):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            if len(links) == 1:
                threading.Thread(target=self.lost).start()
                time.sleep(0.1)

    make_desk(ready=False, link=Stillborn)
    eventually(lambda: len(links) == 2)


def test_a_job_is_stopped_at_its_time_limit(make_desk, links):
    desk = make_desk(seconds=0.05)
    job = order(desk)
    eventually(lambda: links[0].sent[-1:] == [Drop(job.id)])
    assert job.over and job.problem["type"] == "urn:obbligato:took-too-long"


def test_results_are_bounded_in_memory_the_oldest_go_first(make_desk, links):
    desk = make_desk(memory=40_000)
    jobs = []
    for _ in range(4):
        jobs.append(order(desk))
        links[0].make(jobs[-1].id)
        links[0].end(jobs[-1].id)
    with pytest.raises(NotFoundError):
        desk.job(jobs[0].id)
    assert desk.job(jobs[-1].id) is jobs[-1]


def test_ended_jobs_are_forgotten_in_time(make_desk, links):
    desk = make_desk(kept=0.05)
    job = order(desk)
    links[0].end(job.id)

    def gone():
        try:
            desk.job(job.id)
        except NotFoundError:
            return True
        return False

    eventually(gone)


def test_closing_cancels_what_is_not_finished(make_desk, links):
    desk = make_desk(together=1)
    jobs = [order(desk) for _ in range(2)]
    desk.close()
    assert states(*jobs) == ["cancelled", "cancelled"] and links[0].closed
