"""The options of the writing commands, validated once for the command line, HTTP and Python."""

from __future__ import annotations

import dataclasses
import difflib
import re
import reprlib
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from bridge.errors import RequestError
from engine.exact import Fraction
from engine.instruments import INSTRUMENTS, SETS, recognise
from engine.interface import CHOIR, Controls, Sampling
from engine.pitch import Pitch

_DEFAULTS = Sampling()
_PITCH = re.compile(r"([A-Ga-g])(##?|bb?|♯|♭)?(-?\d)")
_ALTER = {None: 0, "#": 1, "##": 2, "♯": 1, "b": -1, "bb": -2, "♭": -1}
_NAMED_VALUES = {"whole": 1, "half": 2, "quarter": 4, "eighth": 8, "sixteenth": 16}
_VALUE = re.compile(r"(?:1/)?(\d+)(?:st|nd|rd|th)?")
_VALUES = (1, 2, 4, 8, 16, 32, 64)
_ORDINALS = ("4th", "8th", "16th", "32nd", "64th")
MAX_MEASURES = 1000  # that one request may append
MAX_PARTS = 100  # that one request may name or add
MAX_TEXT = 1000  # characters of a name, or of a list of measures
CONTROLS = (
    "density",
    "polyphony",
    "low",
    "high",
    "shortest",
)  # limits that the notes of every engine keep to


def read_key_number(value: Any) -> Any:
    """A MIDI key number from itself or from a pitch name ("C3", "F#4", "Bb2"; C4 is 60)."""
    text = str(value).strip()
    if match := _PITCH.fullmatch(text):
        step, accidental, octave = match.groups()
        return Pitch(step.upper(), _ALTER[accidental], int(octave)).midi
    if text.isdecimal():
        return int(text)
    raise ValueError('must be a pitch such as "C3" or "Bb2", or a MIDI key number from 0 to 127')


def read_note_value(value: Any) -> Any:
    """Quarters from an undotted note value: its name ("16th", "eighth") or part of a whole note ("1/16")."""
    text = str(value).strip().lower()
    match = _VALUE.fullmatch(text)
    divisor = _NAMED_VALUES.get(text) or (int(match[1]) if match else 0)
    if divisor not in _VALUES:
        raise ValueError('must be a note value such as "eighth", "16th" or "1/16", from whole to 64th')
    return Fraction(4, divisor)


def note_value_name(quarters: Fraction) -> str:
    """The name of the longest undotted note value, from whole to 64th, that lasts no longer than that."""
    divisor = next((divisor for divisor in _VALUES if Fraction(4, divisor) <= quarters), _VALUES[-1])
    names = {number: name for name, number in _NAMED_VALUES.items()}
    return names.get(divisor, f"1/{divisor}")


def read_instrument(value: Any) -> str:
    """The name of an instrument or of a set of instruments, whatever its case and separators."""
    name = re.sub(r"[\s_]+", "-", str(value).strip().lower())
    known = [name for name in (*INSTRUMENTS, *SETS) if name != "other"]
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=3)
    meant = recognise(name.replace("-", " "))
    if meant != "other" and meant not in near:
        near.append(meant)
    advice = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    raise ValueError(f"names no instrument that Obbligato knows; {advice}")


def read_voice(value: Any) -> str:
    """The name of a choir's voice, "bass" among them."""
    name = str(value).strip().lower()
    found = "bass-voice" if name == "bass" else name
    if found not in SETS["satb"]:
        raise ValueError("names no voice of a choir; use soprano, alto, tenor or bass")
    return found


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _none_as_empty(value: Any) -> Any:
    return "" if value is None else value


Short = Annotated[str, Field(max_length=MAX_TEXT)]
Text = Annotated[Short, BeforeValidator(_none_as_empty)]
Like = Annotated[Text, Field(description="Measures of the same part, in whose manner it is written.")]
Texts = Annotated[tuple[Short, ...], Field(max_length=MAX_PARTS), BeforeValidator(_as_tuple)]
Instrument = Annotated[
    str,
    BeforeValidator(read_instrument),
    WithJsonSchema({"type": "string", "enum": [*(name for name in INSTRUMENTS if name != "other"), *SETS]}),
]
Instruments = Annotated[tuple[Instrument, ...], Field(max_length=MAX_PARTS), BeforeValidator(_as_tuple)]
Voice = Annotated[
    str,
    BeforeValidator(read_voice),
    WithJsonSchema({"type": "string", "enum": ["soprano", "alto", "tenor", "bass"]}),
]
Voices = Annotated[
    tuple[Voice, ...],
    Field(min_length=1, max_length=MAX_PARTS),
    BeforeValidator(_as_tuple),
]
KeyNumber = Annotated[
    int,
    Field(ge=0, le=127),
    BeforeValidator(read_key_number),
    WithJsonSchema(
        {
            "description": "A sounding pitch, or a MIDI key number (C4 is 60).",
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 127},
                {"type": "string", "pattern": "^[A-G](#|b)?[0-8]$"},
            ],
        }
    ),
]
NoteLength = Annotated[
    Fraction,
    BeforeValidator(read_note_value),
    PlainSerializer(lambda quarters: str(quarters / 4)),
    WithJsonSchema(
        {
            "description": "The shortest note value.",
            "type": "string",
            "enum": [*_NAMED_VALUES, *_ORDINALS, *(f"1/{value}" for value in _VALUES[1:])],
        }
    ),
]


class WritingOptions(BaseModel):
    """What every writing command takes: its long options, with underscores for the dashes inside them.

    ``low`` and ``high`` are MIDI key numbers after validation, ``shortest`` is in quarters, ``density`` in
    onsets per quarter note. Build the options of a task with ``parse``, which raises Obbligato's own error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False)
    task: ClassVar[str]

    part: Texts = ()
    engine: Short = "transformer"
    style: Text = ""
    composer: Text = ""
    density: float | None = Field(None, gt=0)
    polyphony: int | None = Field(None, ge=1)
    low: KeyNumber | None = None
    high: KeyNumber | None = None
    shortest: NoteLength | None = None
    chords: Literal["follow", "suggest", "ignore"] = "follow"
    temperature: float = Field(_DEFAULTS.temperature, gt=0, le=5)
    top_p: float = Field(_DEFAULTS.top_p, gt=0, le=1)
    seed: int | None = Field(None, ge=0, lt=2**63)
    takes: int = Field(1, ge=1, le=99)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """The validated options; missing ones take their defaults. Raises ``RequestError``."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = {item["loc"][:1]: item for item in reversed(error.errors())}  # the others follow from it
            raise RequestError("; ".join(map(_sentence, reversed(first.values())))) from None

    @model_validator(mode="after")
    def _range_is_playable(self) -> Self:
        low, high = self.low or 0, 127 if self.high is None else self.high
        if low > high:
            raise ValueError(f"low ({low}) lies above high ({high})")
        for name in self.instruments:
            instrument = INSTRUMENTS[name]
            if low > instrument.high or high < instrument.low:
                range_ = f"{instrument.low} to {instrument.high}"
                raise ValueError(f"low and high leave no note to the {name}, whose MIDI keys are {range_}")
        return self

    @property
    def instruments(self) -> tuple[str, ...]:
        """The instruments of the parts to be added."""
        return ()

    @property
    def controls(self) -> Controls:
        """The wishes in the engine's terms."""
        return Controls(
            style=self.style,
            composer=self.composer,
            density=self.density,
            polyphony=self.polyphony,
            low=self.low,
            high=self.high,
            shortest=self.shortest,
        )

    def seeded(self) -> Self:
        """These options with a seed: their own, or a random one when they have none."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbelow(2**31)})

    def sampling(self, take: int) -> Sampling:
        """How to draw the takes, counted from 1 as they are drawn: the kth of seed s is the first of seed s + k - 1."""
        return Sampling((self.seed or 0) + take - 1, self.temperature, self.top_p)


class RewritingOptions(WritingOptions):
    """What can be asked where notes stand that are written anew; see ``engine.frames`` for what is kept of them."""

    rhythm: Literal["new", "keep"] = Field("new", description="keep: every note stays, but for its pitch.")
    vary: float | None = Field(
        None, ge=0, le=1, description="Only that share of the passage is written anew; the other notes stay."
    )
    like: Like = ""

    @property
    def controls(self) -> Controls:
        return dataclasses.replace(super().controls, rhythm=self.rhythm, vary=self.vary)

    @property
    def keeps(self) -> str:
        """The option that keeps some of the notes that stand there, if there is one."""
        return "rhythm keep" if self.rhythm == "keep" else "vary" if self.vary is not None else ""


class ReturningOptions(WritingOptions):
    """What can be asked where parts are given from beginning to end; see ``engine.returns``."""

    returns: Literal["free", "alike"] = Field(
        "free", description="alike: sections whose given parts return get what they had; free: most do."
    )

    @property
    def controls(self) -> Controls:
        return dataclasses.replace(super().controls, returns=self.returns)


class AccompanyOptions(RewritingOptions, ReturningOptions):
    """New parts, or existing ones (``into``) that are silent there or may be replaced."""

    task = "accompany"

    measures: Text = ""
    add: Instruments = ()
    into: Texts = ()
    replace: bool = False

    @model_validator(mode="after")
    def _something_to_replace(self) -> Self:
        if self.replace and not self.into:
            raise ValueError("replace asks for into: the part that may be replaced")
        if self.keeps and (self.add or not self.replace):
            raise ValueError(
                f"{self.keeps} asks for into and replace, without add: a new part has nothing to keep"
            )
        if self.keeps and self.returns == "alike":
            raise ValueError(f"{self.keeps} and returns alike exclude each other")
        if self.like and (self.add or not self.into):
            raise ValueError("like asks for into, without add: a new part has no measures to be like")
        return self

    @property
    def instruments(self) -> tuple[str, ...]:
        """The instruments of the parts to be added, with the sets in ``add`` expanded."""
        return tuple(name for group in self.groups for name in group)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The same, set by set; a piano if nothing is said."""
        wanted = self.add if self.add or self.into else ("piano",)
        return tuple(SETS.get(item, (item,)) for item in wanted)


class FillOptions(RewritingOptions):
    """Measures of existing parts written anew, to fit what stands before and after."""

    task = "fill"

    measures: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    into: Texts = ()


class HarmonizeOptions(ReturningOptions):
    """Further voices for a given one, each on a staff of its own or two on a staff."""

    task = "harmonize"

    measures: Text = ""
    add: Voices = ()  # those that are missing
    staves: Literal[2, 4] = 4
    temperature: float = Field(CHOIR.temperature, gt=0, le=5)
    top_p: float = Field(CHOIR.top_p, gt=0, le=1)

    @property
    def instruments(self) -> tuple[str, ...]:
        return self.add


class ContinueOptions(WritingOptions):
    """Measures appended in every part."""

    task = "continue"

    count: int = Field(ge=1, le=MAX_MEASURES)
    like: Like = ""


TASKS: dict[str, type[WritingOptions]] = {
    options.task: options for options in (AccompanyOptions, FillOptions, HarmonizeOptions, ContinueOptions)
}


def _sentence(item: Any) -> str:
    """One pydantic error as a person would say it: the option, what it must be, what it was."""
    message = item["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    if not item["loc"]:
        return str(message)
    name = item["loc"][0]
    if item["type"] == "extra_forbidden":
        return f"there is no option {name}"
    if item["type"] == "missing":
        return f"{name} must be given"
    return f"{name} {message[0].lower()}{message[1:]} (got {reprlib.repr(item['input'])})"
