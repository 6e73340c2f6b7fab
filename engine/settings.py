"""Tables of a configuration as dataclasses, every name, type and size checked before hours of work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

T = TypeVar("T")
Share = Annotated[float, Field(ge=0, le=1)]


def settled(kind: type[T], table: Mapping[str, Any]) -> T:
    """An instance of the dataclass ``kind``. Raises ValueError that says of each wrong setting what it must be."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if unknown := [name for name in table if name not in names]:
        raise ValueError(f"no setting {', '.join(unknown)}; there are {', '.join(names)}")
    try:
        # As JSON, in which a list is a tuple too and yet no text is a number.
        return TypeAdapter(kind).validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        raise ValueError("; ".join(map(_sentence, error.errors()))) from None


def _sentence(item: Any) -> str:
    name, message = ".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, ")
    if item["type"] == "missing":
        return f"{name} must be set"
    return f"{name} {message.replace('Input should be', 'must be')}".strip()
