"""The texts in which MuseScore keeps the plugins that are enabled: ``plugins.xml`` (3.x), ``config.json`` (4.4 on).

Only the entry of one plugin is put in, changed or cut out; every other character stays as it is. A text that is not
as MuseScore writes it raises ``UnclearError``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree
from xml.sax.saxutils import escape


class UnclearError(ValueError):
    """The text is not what MuseScore writes."""


class PluginList(Protocol):
    """``empty`` is the text for a list that is made anew, laid out as MuseScore never does."""

    empty: str

    def is_enabled(self, text: str, key: str) -> bool: ...
    def enabled(self, text: str, key: str) -> str: ...
    def without(self, text: str, key: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Entry:
    start: int
    end: int
    key: str
    on: bool


class PluginsXml:
    """``<museScore><Plugin><path>..</path><load>1</load>..</Plugin>..</museScore>``; a key is a path with ``/``."""

    empty = '<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="3.01">\n</museScore>\n'
    _BLOCK = re.compile(r"<Plugin>.*?</Plugin>", re.DOTALL)
    _LOAD = re.compile(r"<load>[^<]*</load>|<load/>|(?=</Plugin>)")
    _END = "</museScore>"

    def is_enabled(self, text: str, key: str) -> bool:
        return any(entry.on for entry in self._entries(text) if entry.key == key)

    def enabled(self, text: str, key: str) -> str:
        entry = next((entry for entry in self._entries(text) if entry.key == key), None)
        if entry is None:
            return self._with_new(text, key)
        block = self._LOAD.sub("<load>1</load>", text[entry.start : entry.end], count=1)
        return text[: entry.start] + block + text[entry.end :]

    def without(self, text: str, key: str) -> str:
        for entry in reversed(self._entries(text)):
            if entry.key == key:
                end = text.find("\n", entry.end) + 1
                end = end if end and not text[entry.end : end].strip() else entry.end
                text = text[: _line_start(text, entry.start)] + text[end:]
        return text

    def _with_new(self, text: str, key: str) -> str:
        at = text.rfind(self._END)
        if at < 0:
            raise UnclearError("the list has no end")
        at = _line_start(text, at)
        block = f"  <Plugin>\n    <path>{escape(key)}</path>\n    <load>1</load>\n    </Plugin>\n"
        return text[:at] + ("  " + block if at == 0 or text[at - 1] == "\n" else block.lstrip()) + text[at:]

    def _entries(self, text: str) -> list[_Entry]:
        try:
            root = ElementTree.fromstring(text)
        except (ElementTree.ParseError, ValueError) as error:
            raise UnclearError(str(error)) from error
        found, blocks = root.findall("Plugin"), list(self._BLOCK.finditer(text))
        if root.tag != "museScore" or len(found) != len(blocks) or "<!" in text:
            raise UnclearError("it is laid out in another way")
        return [
            _Entry(*block.span(), plugin.findtext("path", ""), plugin.findtext("load", "").strip() == "1")
            for block, plugin in zip(blocks, found, strict=True)
        ]


class ConfigJson:
    """``[{"uri": .., "actions": [{"code": "main", "exec_point": "manually"}]}]``; a key is a URI."""

    empty = "[ ]\n"

    def is_enabled(self, text: str, key: str) -> bool:
        return any(entry.on for entry in self._entries(text) if entry.key == key)

    def enabled(self, text: str, key: str) -> str:
        entries = list(self._entries(text))
        new = json.dumps({"uri": key, "actions": [{"code": "main", "exec_point": "manually"}]})
        entry = next((entry for entry in entries if entry.key == key), None)
        if entry is not None:
            return text if entry.on else text[: entry.start] + new + text[entry.end :]
        at = entries[-1].end if entries else text.index("[") + 1
        return text[:at] + (",\n    " if entries else "") + new + text[at:]

    def without(self, text: str, key: str) -> str:
        """With the comma before it; the first goes with the comma after it."""
        entries = list(self._entries(text))
        index = next((index for index, entry in enumerate(entries) if entry.key == key), None)
        if index is None:
            return text
        start, end = entries[index].start, entries[index].end
        if index:
            start = entries[index - 1].end
        elif len(entries) > 1:
            end = entries[1].start
        return self.without(text[:start] + text[end:], key)

    def _entries(self, text: str) -> Iterator[_Entry]:
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnclearError(str(error)) from error
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise UnclearError("it is no list of plugins")
        decoder, end = json.JSONDecoder(), 0
        for one in listed:
            start = text.index("{", end)
            _, end = decoder.raw_decode(text, start)
            yield _Entry(start, end, str(one.get("uri", "")), _is_on(one.get("actions")))


def _is_on(actions: Any) -> bool:
    """Whether it may be run; MuseScore writes "disabled" for one that may not."""
    points = [action.get("exec_point") for action in actions or () if isinstance(action, dict)]
    return any(point not in (None, "", "disabled") for point in points)


def _line_start(text: str, at: int) -> int:
    """The start of the line if only blanks stand before, else the place itself."""
    start = len(text[:at].rstrip(" \t"))
    return start if start == 0 or text[start - 1] == "\n" else at
