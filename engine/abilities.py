"""What an engine can be asked for, by what it says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from engine.instruments import SETS
from engine.interface import EngineInfo, Passage
from engine.score import Metre


@dataclass(frozen=True, slots=True)
class Refusal:
    """``what`` an engine does not do ("cannot continue"), and what it ``can`` do ("It can accompany")."""

    what: str
    can: str


def refused_task(info: EngineInfo, task: str) -> Refusal | None:
    """Why the engine cannot do a task; None where it can."""
    if not info.tasks or task in info.tasks:
        return None
    return Refusal(f"cannot {task}", f"It can {_listed(info.tasks)}")


def refused_passage(info: EngineInfo, passage: Passage) -> Refusal | None:
    """Why the engine cannot write these parts together, these metres or so many measures; None where it can."""
    score = passage.score
    written = [score.parts[index].instrument for index in sorted({part for part, _ in passage.mask})]
    measures = [score.measures[index] for index in sorted({measure for _, measure in passage.mask})]
    unknown = [name for name in written if info.instruments and name not in info.instruments]
    if unknown:
        return Refusal(f'knows no instrument "{unknown[0]}"', f"It writes for {_listed(info.instruments)}")
    if info.parts and len(written) > info.parts:
        most = (
            "one part at a time, `continue` a score of one"
            if info.parts == 1
            else f"up to {info.parts} at once"
        )
        return Refusal(f"does not write {len(written)} parts at once", f"It writes {most}")
    if info.ensembles and not any(Counter(written) <= Counter(_players(name)) for name in info.ensembles):
        players = _listed(info.ensembles, "or")
        return Refusal(
            f"does not write for {_listed(written)} together", f"It writes for the players of {players}"
        )
    strange = [measure for measure in measures if info.metres and _name(measure.metre) not in info.metres]
    if strange:
        return Refusal(
            f"does not write in {_name(strange[0].metre)} (measure {strange[0].number})",
            f"It writes in {_listed(info.metres)}; choose other measures with --measures",
        )
    if info.measures and len(measures) > info.measures:
        place = f"{measures[0].number}-{measures[-1].number}"
        return Refusal(
            f"does not write {len(measures)} measures at once ({place})",
            f"It writes up to {info.measures}; choose fewer with --measures",
        )
    return None


def _players(name: str) -> tuple[str, ...]:
    return SETS.get(name, (name,))


def _name(metre: Metre) -> str:
    return "senza misura" if metre.symbol == "senza" else f"{metre.beats}/{metre.unit}"


def _listed(names: Iterable[str], last: str = "and") -> str:
    *others, final = names
    return f"{', '.join(others)} {last} {final}" if others else final
