"""What a change leaves alone: a field that was not given keeps its value; null takes it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Final, Literal

from activities.rules.errors import VersionMismatch


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final[Literal[Unset.UNSET]] = Unset.UNSET
"""The default of a field that a change does not mention."""


def given(command: Any) -> dict[str, Any]:
    """The fields of a command that were given: by name, those that may be left out and were not."""
    values = {
        field.name: getattr(command, field.name)
        for field in fields(command)
        if field.default is UNSET
    }
    return {name: value for name, value in values.items() if value is not UNSET}


def must_be_version(expected: int | None, version: int) -> None:
    """Raise `VersionMismatch` when a client expects another version than there is."""
    if expected is not None and expected != version:
        raise VersionMismatch


def told(column: str, otherwise: Mapping[str, str]) -> str:
    """What events call a field: the column in camel case, unless it is named `otherwise`."""
    head, *rest = column.split("_")
    return otherwise.get(column, head + "".join(part.title() for part in rest))
