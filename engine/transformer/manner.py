"""What knows styles and composers: a network that guides the one that writes, and what their parts are usually like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.interface import Controls
from engine.transformer.window import Likeness
from engine.transformer.writing_network import WritingNetwork

Usual = dict[str, dict[str, Likeness]]  # by style or composer, and instrument


@dataclass(frozen=True, slots=True)
class Manner:
    """``network`` reads as ``guidance`` says."""

    network: WritingNetwork
    usual: Usual

    def likeness(self, asked: Controls, instrument: str) -> Likeness | None:
        """What a part of that composer or else that style is usually like, None where too few are known.

        The given parts would have it otherwise: to a slow song the network writes few notes, in whatever style.
        """
        for name in (asked.composer, asked.style):
            if found := self.usual.get(name, {}).get(instrument):
                low, high = asked.low or 0, 127 if asked.high is None else asked.high
                return found._replace(register=min(max(found.register, low), high))
        return None


def usual_as_meta(usual: Usual) -> dict[str, Any]:
    """As it goes into the .json of the weights."""
    named = {
        name: {instrument: likeness._asdict() for instrument, likeness in parts.items()}
        for name, parts in usual.items()
    }
    return {"usual": named}


def usual_from(meta: dict[str, Any]) -> Usual:
    """From the .json of the weights."""
    return {
        name: {instrument: Likeness(**values) for instrument, values in parts.items()}
        for name, parts in meta["usual"].items()
    }
