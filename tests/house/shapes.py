"""The types of commands and views as the checks read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Part:
    """One field of a dataclass, or a type that stands alone (then `owner` and `name` are empty)."""

    owner: str
    name: str
    hint: Any


def is_frozen(hint: Any) -> bool:
    """Whether this is a frozen dataclass, plain or generic as `Page[View]`."""
    cls = get_origin(hint) or hint
    return is_dataclass(cls) and bool(cls.__dict__["__dataclass_params__"].frozen)


def members(hint: Any) -> tuple[Any, ...]:
    """The types of `A | B`; a type that is no union is its only member."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def parts(hint: Any, owner: str = "", name: str = "") -> Iterator[Part]:
    """Everything inside a type, down to what is neither union, tuple nor dataclass."""
    if len(members(hint)) > 1:
        for member in members(hint):
            yield from parts(member, owner, name)
    elif get_origin(hint) is tuple:
        for item in get_args(hint):
            if item is not Ellipsis:
                yield from parts(item, owner, name)
    elif is_dataclass(get_origin(hint) or hint):
        yield Part(owner, name, hint)
        cls = get_origin(hint) or hint
        hints = get_type_hints(cls)
        for argument in get_args(hint):
            yield from parts(argument, cls.__name__, "")
        for field in fields(cls):
            yield from parts(hints[field.name], cls.__name__, field.name)
    elif hint is not NoneType:
        yield Part(owner, name, hint)
