"""Takes of finished work go into the history."""

from __future__ import annotations

import logging
import zlib

from bridge.errors import HistoryError
from bridge.jobs.job import Job
from bridge.jobs.messages import Made
from bridge.takes import History, NewTake

log = logging.getLogger("obbligato.jobs")


class HistoryRecorder:
    """A ``bridge.jobs.desk.Recorder``: a history that cannot be written costs nobody a take."""

    def __init__(self, history: History) -> None:
        self._history = history

    def record(self, job: Job, made: Made) -> str | None:
        """Keep a take with what gives it again as the only one."""
        options = job.order.options.model_copy(update={"seed": made.seed, "takes": 1})
        take = NewTake(
            task=job.task,
            title=made.title,
            parts=made.parts,
            measures=made.measures,
            seed=made.seed,
            engine=made.engine,
            options=options.model_dump(mode="json", exclude_defaults=True),
            suffix=made.suffix,
        )
        try:
            return self._history.record(take, zlib.decompress(made.files["score"]))
        except HistoryError as error:
            log.error("a take was not kept: %s", error.message)
            return None
