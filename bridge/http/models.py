"""What goes in and out as JSON. The specification of the API is made from these models."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Base64Bytes, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridge.errors import InputError
from bridge.options import AccompanyOptions, ContinueOptions, FillOptions, HarmonizeOptions, Short

Task = Literal["accompany", "fill", "harmonize", "continue"]
Format = Literal["measures", "score", "midi", "events"]
_DECLARED = re.compile(r"""^\ufeff?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*+=?\s*+=?\s*+")  # tried in one way only, however long the white space


def _base64(value: Any) -> Any:
    """Refuse what is none; a decoder would leave out what it does not know, and the score be broken or empty."""
    if isinstance(value, str) and not _BASE64.fullmatch(value):
        raise ValueError("this is not base64")
    return value


class Strict(BaseModel):
    """A request: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PassageOf(Strict):
    """The passage: where to write and what to go by."""

    measures: Short = Field(
        "", description="Measures by their printed numbers; all if empty.", examples=["9-16"]
    )
    parts: tuple[Short | int, ...] = Field(
        (), description="Parts to listen to, or to fill: id, name or number from 1."
    )


class PartsOf(PassageOf):
    """What to go by where the place is given: what is continued is continued at its end."""

    measures: Literal[""] = Field("", description="None: measures are appended.")


class FormRequest(Strict):
    """The fields of a form; beside them it holds one file, the score."""

    task: Task
    passage: PassageOf = PassageOf()
    options: dict[str, Any] = Field({}, description="The options of the command: `top_p` for `--top-p`.")


class JobRequest(FormRequest):
    """A score and what to do with it."""

    musicxml: str | None = Field(None, description="The score as MusicXML text; or give `mxl`.")
    mxl: Annotated[Base64Bytes, BeforeValidator(_base64)] | None = Field(
        None, description="The score as compressed MusicXML, in base64."
    )

    @model_validator(mode="after")
    def _one_score(self) -> JobRequest:
        if (self.musicxml is None) == (self.mxl is None):
            raise ValueError("give the score once: as musicxml or as mxl")
        return self

    @property
    def data(self) -> bytes:
        """The score as bytes, in the encoding that it declares. Raises ``InputError``."""
        if self.mxl is not None:
            return bytes(self.mxl)
        text = self.musicxml or ""
        declared = _DECLARED.match(text)
        try:
            return text.encode(declared[1] if declared else "utf-8")
        except (LookupError, UnicodeError) as error:
            raise InputError(f"the score is not in the encoding that it declares: {error}") from None


class AccompanyJob(JobRequest):
    """New parts, or existing ones that are silent there."""

    task: Literal["accompany"]
    options: AccompanyOptions = AccompanyOptions()  # type: ignore[assignment]


class FillJob(JobRequest):
    """Measures written anew; they are named in `passage` or in `options`."""

    task: Literal["fill"]
    options: FillOptions  # type: ignore[assignment]


class HarmonizeJob(JobRequest):
    """Voices for a given one."""

    task: Literal["harmonize"]
    options: HarmonizeOptions = HarmonizeOptions()  # type: ignore[assignment]


class ContinueJob(JobRequest):
    """Measures appended in every part."""

    task: Literal["continue"]
    passage: PartsOf = PartsOf()
    options: ContinueOptions  # type: ignore[assignment]


# For the specification only: requests are read as ``JobRequest`` and their options by the task's own ``parse``,
# whose messages are those of the command line.
AnyJob = Annotated[AccompanyJob | FillJob | HarmonizeJob | ContinueJob, Field(discriminator="task")]


class Problem(BaseModel):
    """What went wrong, as in RFC 9457."""

    type: str = Field(
        description="`urn:obbligato:` and the error's code.", examples=["urn:obbligato:bad-request"]
    )
    title: str
    status: int
    detail: str = Field(description="One line that names the place.")
    hint: str = Field(description="What to do; may be empty.")


class TakeStatus(BaseModel):
    """A take, finished or not."""

    number: int = Field(
        description="From 1, the best first when all are written, by seed until then; the K of `takes/K`."
    )
    done: bool
    measures_done: int | None = Field(
        None, description="While it is written: so many measures can be fetched."
    )
    seed: int | None = Field(None, description="Gives this take again, as the only one.")
    parts: list[str] | None = Field(None, description="Names of the parts that were written in.")
    measures: str | None = Field(None, description="Printed numbers of the written measures.")
    remarks: list[str] | None = Field(None, description="What could not be kept, one line each.")
    history: str | None = Field(None, description="Its id in the history.")


class JobStatus(BaseModel):
    """Where a job is."""

    id: str
    task: Task
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    measures_done: int = Field(description="Over all takes.")
    measures_total: int = Field(description="Over all takes; 0 while it is not known.")
    seconds: float = Field(description="Since it began, or, while it waits, since it came.")
    takes: list[TakeStatus]
    problem: Problem | None = Field(None, description="Why it failed.")


class EngineDescription(BaseModel):
    """What an engine can do."""

    name: str
    description: str
    parameters: int
    licence: str
    data: str
    tasks: list[str]
    instruments: list[str]
    styles: list[str]
    composers: list[str]
    weights: str
    ensembles: list[str] = Field(description="If any: all parts written at once must be of one of these.")
    metres: list[str] = Field(description="If any: the only ones that it writes in.")
    measures: int = Field(description="The most that it writes at once; 0 is no limit.")
    parts: int = Field(description="The most that are written together; 0 is no limit.")
    refuses: list[str] = Field(description="Options that it can do nothing with.")
    fault: str = Field(description="If any: why it cannot be used.")


class Engines(BaseModel):
    """What can write, and what can be asked of it."""

    engines: list[EngineDescription]
    sets: dict[str, list[str]] = Field(description="Names for several instruments at once.")
    controls: list[str] = Field(description="Options that the notes of every engine keep to.")


class Health(BaseModel):
    """A sign of life."""

    status: Literal["ok"] = "ok"
    version: str
    api: Literal[1] = 1
    engines: list[str]
    ready: bool = Field(description="Whether the engine is loaded; jobs are taken before that too.")


class JobId(BaseModel):
    """In the path."""

    id: str = Field(description="As in `Location`.")


class TakeNumber(JobId):
    """In the path."""

    number: int = Field(ge=1, description="From 1.")


class TakeFormat(BaseModel):
    """In the query."""

    format: Format = "score"


class HistoryId(BaseModel):
    """In the path."""

    id: str = Field(description="The id of a take in the history, or a beginning of it that fits no other.")


class HistoryPage(BaseModel):
    """In the query."""

    limit: int = Field(50, ge=1, le=1000, description="So many at most.")
    before: str = Field("", description="Only takes older than the one of this id.")


class Record(BaseModel):
    """A take in the history."""

    id: str
    created: str = Field(description="UTC, ISO 8601.")
    task: Task
    title: str = Field(description="Of the score; may be empty.")
    parts: list[str] = Field(description="Names of the parts that were written in.")
    measures: Short = Field(description="Printed numbers of the written measures.")
    seed: int = Field(
        description="Gives this take again, as the only one, with these options and this version."
    )
    engine: str
    version: str = Field(description="Of Obbligato.")
    options: dict[str, Any]
    suffix: Literal[".musicxml", ".mxl"] = Field(description="Of the score.")
    size: int = Field(description="Bytes of the score.")


class Records(BaseModel):
    """A page of the history."""

    takes: list[Record]
