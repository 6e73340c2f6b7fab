"""What the checker has to say: a fault or a remark, and its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from bridge.documents.musicxml_header import part_name

Severity = Literal["fault", "remark"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong (a ``fault``) or unusual (a ``remark``).

    ``part`` is an id, "" where no single part is concerned; ``measure`` is as printed, "" where no single
    measure is, and may come again, unlike its ``index`` in the part. ``name`` is the part's, for people.
    """

    part: str
    measure: str
    message: str
    severity: Severity = "fault"
    name: str = field(default="", compare=False)
    index: int = -1

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    @property
    def place(self) -> str:
        """Part and measure in words."""
        part = f"part {self.part}" + (f" ({self.name})" if self.name else "")
        measure = f"measure {self.measure}" if self.measure else ""
        return ", ".join(filter(None, (part if self.part else "", measure))) or "the document"


def fault_at(element: etree._Element | None, message: str) -> Fault:
    """A fault at that element's part and measure, found by going up from it."""
    if element is None:
        return Fault("", "", message)
    part = measure = ""
    index = -1
    for node in (element, *element.iterancestors()):
        if node.tag == "measure":
            measure = node.get("number", "")
            index = sum(1 for _ in node.itersiblings("measure", preceding=True))
        elif node.tag in ("part", "score-part"):
            part = node.get("id", "")
    entries = element.getroottree().getroot().iterfind("part-list/score-part")
    name = next((part_name(entry) for entry in entries if part and entry.get("id") == part), "")
    return Fault(part, measure, message, name=name, index=index)
