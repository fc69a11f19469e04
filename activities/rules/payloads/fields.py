"""Reads what a client sent for a content; everything that is wrong with it is said at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from activities.rules import destinations
from activities.rules.errors import InvalidFields

_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
_LONGEST_KEY = 40
_DECIMALS = 8

Spacing = Literal["trimmed", "kept", "lines"]
"""`trimmed`: one line without spaces at its ends; `kept`: one line as it is; `lines`: also line
feeds (which CR LF and CR become) and tabs, as they are."""


class FieldReader:
    """Takes fields one by one and collects refusals under keys such as `content.ssid`.

    A field that is absent, null or an empty text is None. After the last field `done` raises.
    """

    def __init__(
        self,
        fields: object,
        known: Iterable[str],
        path: str = "content",
        wrong: dict[str, list[str]] | None = None,
    ) -> None:
        self._path = path
        self._wrong: dict[str, list[str]] = {} if wrong is None else wrong
        self._fields: Mapping[str, Any] = fields if isinstance(fields, Mapping) else {}
        names = tuple(known)
        self._is_object = isinstance(fields, Mapping)
        if not self._is_object:
            self._wrong[path] = [f"Give an object with the fields {_listed(names)}."]
        for name in self._fields:
            if name not in names:
                short = "".join(c for c in str(name)[:_LONGEST_KEY] if c.isprintable())
                self.refuse(short, f"There is no such field; the fields are {_listed(names)}.")

    def refuse(self, name: str, sentence: str) -> None:
        """Collect a refusal of this field, unless there is no object that it could be in."""
        if not self._is_object:
            return
        key = f"{self._path}.{name}" if name else self._path
        self._wrong.setdefault(key, []).append(sentence)

    def done(self) -> None:
        """Raises InvalidFields when anything was refused."""
        if self._wrong:
            raise InvalidFields(self._wrong)

    def has(self, name: str) -> bool:
        """Whether the client gave this field, right or wrong."""
        return self._fields.get(name) not in (None, "")

    def text(
        self, name: str, longest: int, *, required: str = "", spacing: Spacing = "trimmed"
    ) -> str | None:
        """Text of at most `longest` characters; `required` is what to say when there is none."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, str):
            self.refuse(name, "Give a text.")
            return None
        text, refusal = _plain(value or "", longest, spacing)
        if refusal:
            self.refuse(name, refusal)
            return None
        if required and not text.strip():
            self.refuse(name, required)
            return None
        return text or None

    def read(
        self, name: str, longest: int, reader: Callable[[str], str], *, required: str = ""
    ) -> str | None:
        """Text that `reader` makes canonical; the sentence of its ValueError is the refusal."""
        text = self.text(name, longest, required=required)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as fault:
            self.refuse(name, str(fault))
            return None

    def read_many(
        self, name: str, most: int, longest: int, reader: Callable[[str], str]
    ) -> list[str]:
        """A list of such texts, or one of them; refusals name the place, as `content.to.0`."""
        given = self._fields.get(name)
        texts = self._list(name, [given] if isinstance(given, str) and given else given, most)
        numbered = {str(place): text for place, text in enumerate(texts)}
        inner = FieldReader(numbered, numbered, f"{self._path}.{name}", self._wrong)
        found = [inner.read(place, longest, reader, required="Give a text.") for place in numbered]
        return [text for text in found if text is not None]

    def objects(self, name: str, most: int, known: Sequence[str]) -> list[FieldReader]:
        """Readers of a list of objects with these fields; their refusals are collected here."""
        return [
            FieldReader(each, known, f"{self._path}.{name}.{place}", self._wrong)
            for place, each in enumerate(self._list(name, self._fields.get(name), most))
        ]

    def inside(self, name: str, known: Sequence[str]) -> FieldReader | None:
        """Reader of an object with these fields; its refusals are collected here."""
        if not self.has(name):
            return None
        return FieldReader(self._fields[name], known, f"{self._path}.{name}", self._wrong)

    def names(self) -> tuple[str, ...]:
        """The fields that the client gave."""
        return tuple(name for name in self._fields if self.has(name))

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of the choices, spelled exactly."""
        value = self._fields.get(name)
        if value is None or value == "":
            return default
        if not isinstance(value, str) or value not in choices:
            self.refuse(name, f"Choose one of {_listed(choices)}.")
            return default
        return value

    def flag(self, name: str) -> bool:
        """true or false; false when absent."""
        value = self._fields.get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, "Give true or false.")
        return value is True

    def number(
        self, name: str, lowest: int, highest: int, *, required: str = ""
    ) -> int | float | None:
        """A number between the two, both included, rounded to 8 decimals."""
        value = self._fields.get(name)
        if value is None:
            if required:
                self.refuse(name, required)
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(name, "Give a number.")
            return None
        if not lowest <= value <= highest:
            self.refuse(name, f"Give a number from {lowest} to {highest}.")
            return None
        rounded = round(value, _DECIMALS)
        return int(rounded) if rounded == int(rounded) else rounded

    def url(self, name: str, *, required: str = "") -> str | None:
        """An http or https address, see `destinations.refusal`."""
        return self.read(name, destinations.LONGEST, _address, required=required)

    def _list(self, name: str, value: object, most: int) -> list[Any]:
        if value is None or value == "":
            return []
        if not isinstance(value, list | tuple):
            self.refuse(name, "Give a list.")
            return []
        if len(value) > most:
            self.refuse(name, f"Give no more than {most}.")
            return []
        return list(value)


def without_absent(content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that there are, in their order: None and empty lists and objects left out."""
    return {name: value for name, value in content.items() if value not in (None, [], {})}


def decimal(value: float) -> str:
    """The number as it was written, in plain decimals: 1e-07 is `0.0000001`."""
    return format(Decimal(repr(value)), "f")


def _address(url: str) -> str:
    if refusal := destinations.refusal(url):
        raise ValueError(refusal)
    return url


def _plain(text: str, longest: int, spacing: Spacing) -> tuple[str, str | None]:
    """The text as it is kept, and why it is refused."""
    if spacing == "trimmed":
        text = text.strip(" ")
    if spacing == "lines":
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > longest:
        return text, f"Ensure this text has no more than {longest} characters."
    allowed = "\n\t" if spacing == "lines" else ""
    if any(unicodedata.category(c) in _CONTROLS and c not in allowed for c in text):
        where = "" if spacing == "lines" else "Write this in one line. "
        return text, f"{where}Remove control characters."
    return text, None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
