"""The engines as a request names them: found by name, loaded, and asked what they know."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TypeVar

from bridge.errors import EngineError, RequestError
from bridge.options import WritingOptions
from engine.abilities import Refusal, refused_passage, refused_task
from engine.instruments import INSTRUMENTS
from engine.interface import Engine, EngineInfo, Passage
from engine.registry import DEFAULT, available, described, load_engine

Options = TypeVar("Options", bound=WritingOptions)


def open_engine(name: str) -> Engine:
    """The engine of that name. Raises ``RequestError`` when unknown, ``EngineError`` when it cannot be loaded."""
    known = engine_info(name).name
    try:
        return load_engine(known)
    except Exception as error:  # it may be of another distribution
        raise _unusable(known, " ".join(str(error).split()) or type(error).__name__) from error


def engine_info(name: str) -> EngineInfo:
    """What the engine of that name says of itself; errors are those of ``open_engine``."""
    try:
        info = described(name)
    except KeyError:
        names = ", ".join(info.name for info in engine_infos())
        raise RequestError(f'there is no engine "{name}"', f"Installed are: {names}.") from None
    if info.fault:
        raise _unusable(name, info.fault)
    return info


def engine_infos() -> list[EngineInfo]:
    """What the installed engines say of themselves, those with a fault among them."""
    return available()


def _unusable(name: str, reason: str) -> EngineError:
    hint = "Install the package that it comes from again: weights are part of it."
    return EngineError(f"the engine {name} cannot be loaded: {reason}", hint)


def resolved(options: Options, info: EngineInfo) -> Options:
    """The options with style and composer as the engine spells them.

    A name may be shortened to its beginning, in any case: "schub" is "Schubert, Franz". Raises ``RequestError``
    when the engine does not know the task, option, instrument, style or composer, or when several begin like that.
    """
    _refuse(info, refused_task(info, options.task))
    for name in info.refuses:
        if getattr(options, name, None):
            _refuse(info, Refusal(f'can do nothing with "{name}"', "Leave it away"))
    for instrument in options.instruments:
        _known(info.name, "instrument", instrument, info.instruments or tuple(INSTRUMENTS))
    names = {
        kind: _known(info.name, kind, wish, known)
        for kind, wish, known in (
            ("style", options.style, info.styles),
            ("composer", options.composer, info.composers),
        )
        if wish
    }
    return options.model_copy(update=names)


def require_able(info: EngineInfo, passage: Passage) -> None:
    """Raises ``RequestError`` where the engine cannot write these parts together, these metres or so many measures."""
    _refuse(info, refused_passage(info, passage))


def _refuse(info: EngineInfo, refusal: Refusal | None) -> None:
    if refusal:
        other = "" if info.name == DEFAULT else f", or use --engine {DEFAULT}"
        raise RequestError(f"the engine {info.name} {refusal.what}", f"{refusal.can}{other}.")


def _known(engine: str, kind: str, wish: str, known: Sequence[str]) -> str:
    if wish in known:
        return wish
    begin_so = [name for name in known if name.casefold().startswith(wish.casefold())]
    if len(begin_so) == 1:
        return begin_so[0]
    near = begin_so or difflib.get_close_matches(wish, known, n=3) or sorted(known)[:12]
    hint = f"It knows {'; '.join(near)}. `obbligato engines` lists all." if near else f"Leave {kind} away."
    number = "more than one" if begin_so else "no"
    raise RequestError(f'the engine {engine} knows {number} {kind} "{wish}"', hint)
