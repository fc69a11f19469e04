"""Numbers that are never refused for being too small or too large: they are brought into range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class Clamped:
    """An integer of a query, as `Annotated[int, Clamped(25, 1, 50)] = 25`.

    Without a value (`?limit=`) it is the default. Text that is no number is refused.
    """

    default: int
    least: int
    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read the number, then clamp it."""
        inner = core_schema.no_info_after_validator_function(self._clamped, handler(source))
        return core_schema.no_info_before_validator_function(self._read, inner)

    def __get_pydantic_json_schema__(self, _: CoreSchema, __: Any) -> dict[str, Any]:
        """Every number is taken, and none."""
        return {"anyOf": [{"type": "integer"}, {"type": "string", "const": ""}]}

    def _read(self, given: object) -> object:
        return self.default if given == "" else given

    def _clamped(self, number: int) -> int:
        return max(self.least, min(self.most, number))
