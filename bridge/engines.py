"""The engines as a request names them: found by name, loaded, and asked what they know."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from bridge.errors import EngineError, RequestError
from bridge.options import WritingOptions
from engine.instruments import INSTRUMENTS
from engine.interface import Engine, EngineInfo
from engine.registry import available, load_engine

Options = TypeVar("Options", bound=WritingOptions)


def open_engine(name: str) -> Engine:
    """The engine of that name. Raises ``RequestError`` when unknown, ``EngineError`` without weights."""
    with _weights_required():
        return load_engine(engine_info(name).name)


def engine_info(name: str) -> EngineInfo:
    """What the engine of that name says of itself; errors are those of ``open_engine``."""
    infos = {info.name: info for info in engine_infos()}
    if name not in infos:
        raise RequestError(f'there is no engine "{name}"', f"Installed are: {', '.join(infos)}.")
    return infos[name]


def engine_infos() -> list[EngineInfo]:
    """What the installed engines say of themselves. Raises ``EngineError`` when weights are missing."""
    with _weights_required():
        return available()


@contextmanager
def _weights_required() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = f"the engine's weights cannot be read: {error}"
        raise EngineError(reason, "Install Obbligato again; its weights are part of the package.") from error


def resolved(options: Options, info: EngineInfo) -> Options:
    """The options with style and composer as the engine spells them.

    A name may be shortened to its beginning, in any case: "schub" is "Schubert, Franz". Raises ``RequestError``
    when the engine does not know the instrument, style or composer, or when several begin like that.
    """
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
