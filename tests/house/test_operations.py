"""An operation is `async def verb(command) -> view`, both frozen, and only it opens a transaction.

Operations are the public `async def` of `activities`, beside its rules, renderers and gateways.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, fields, is_dataclass
from inspect import Parameter
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from sqlmodel import SQLModel

from activities.rules.actors import Actor
from activities.rules.paging import Page
from schema.tables import OrganizationRow
from tests.house.shapes import is_frozen, members, parts
from tests.house.source import FLOORS, Source, offenders, public_definitions, sources, within

OTHER_KINDS = ("activities.rules", "activities.render", "activities.gateways")
NOUNS = [s for s in sources("activities") if not within(s.module, *OTHER_KINDS)]

CHANGING = ("activities.gateways", "workers")
"""Where a dataclass may change: it follows a connection or a process, and leaves with neither."""

Operation = Callable[..., Any]


def operations() -> list[Operation]:
    return [
        getattr(source.loaded(), node.name)
        for source in NOUNS
        for node in public_definitions(source.tree)
        if isinstance(node, ast.AsyncFunctionDef)
    ]


def wrong_shape(operation: Operation) -> list[str]:
    """What of an operation's signature is not one frozen command in, a frozen view out."""
    hints = get_type_hints(operation)
    taken = list(inspect.signature(operation).parameters.values())
    found = []
    if len(taken) > 1:
        found.append("takes more than one command")
    for parameter in taken:
        command = hints[parameter.name]
        plain = parameter.kind is Parameter.POSITIONAL_OR_KEYWORD
        if not plain or parameter.default is not Parameter.empty or not is_frozen(command):
            found.append(f"{parameter.name} is not a frozen command")
        elif any(f.name == "by" for f in fields(command)) and fields(command)[0].name != "by":
            found.append("`by` is not the first field of the command")
        found += [f"{part} comes in" for part in unfit(command)]
    if not is_view(hints["return"]):
        found.append(f"answers {hints['return']}")
    return found + [f"{part} leaves" for part in unfit(hints["return"])]


def is_view(hint: Any) -> bool:
    """Nothing, a yes or no, a frozen dataclass, a tuple of those, or one of these or nothing."""
    if len(members(hint)) > 1:
        return all(map(is_view, members(hint)))
    if get_origin(hint) is tuple:
        return all(is_view(item) for item in get_args(hint) if item is not Ellipsis)
    return hint in (None, NoneType, bool) or is_frozen(hint)


def unfit(hint: Any) -> list[str]:
    """Rows and changing dataclasses, however deep inside."""
    types = [get_origin(part.hint) or part.hint for part in parts(hint)]
    return [
        cls.__name__
        for cls in types
        if isinstance(cls, type)
        and (issubclass(cls, SQLModel) or (is_dataclass(cls) and not is_frozen(cls)))
    ]


@pytest.mark.parametrize(
    "operation", operations(), ids=lambda o: f"{o.__module__.partition('.')[2]}.{o.__name__}"
)
def test_an_operation_takes_a_command_and_answers_a_view(operation: Operation) -> None:
    assert wrong_shape(operation) == []


@dataclass(frozen=True)
class Sound:
    by: Actor
    id: UUID


@dataclass(frozen=True)
class ByComesLate:
    id: UUID
    by: Actor


@dataclass(frozen=True)
class WithRow:
    row: OrganizationRow | None


@dataclass
class Thawed:
    id: UUID


@dataclass(frozen=True)
class WithThawed:
    inner: tuple[Thawed, ...]


async def paged(command: Sound) -> Page[Sound]: ...  # type: ignore[empty-body]
async def maybe(command: Sound) -> Sound | None: ...
async def several(command: Sound) -> tuple[Sound, ...]: ...  # type: ignore[empty-body]
async def asked() -> bool: ...  # type: ignore[empty-body]
async def two(by: Actor, command: Sound) -> None: ...
async def defaulted(command: Sound | None = None) -> None: ...
async def loose(command: UUID) -> None: ...
async def thawed(command: Thawed) -> None: ...
async def late(command: ByComesLate) -> None: ...
async def untyped(command: Sound) -> dict[str, Any]: ...  # type: ignore[empty-body]
async def listed(command: Sound) -> list[Sound]: ...  # type: ignore[empty-body]
async def melted(command: Sound) -> Thawed | None: ...
async def leaking(command: Sound) -> WithRow: ...  # type: ignore[empty-body]
async def leaking_pages(command: Sound) -> Page[OrganizationRow]: ...  # type: ignore[empty-body]
async def melting(command: WithThawed) -> None: ...
async def streamed(command: Sound) -> AsyncIterator[Sound]: ...  # type: ignore[empty-body]


@pytest.mark.parametrize("operation", [paged, maybe, several, asked])
def test_a_sound_operation_passes(operation: Operation) -> None:
    assert wrong_shape(operation) == []


@pytest.mark.parametrize(
    "operation",
    [
        *(two, defaulted, loose, thawed, late, untyped, listed, melted),
        *(leaking, leaking_pages, melting, streamed),
    ],
)
def test_another_shape_is_found(operation: Operation) -> None:
    assert wrong_shape(operation)


def thawed_dataclasses(source: Source) -> list[str]:
    """The dataclasses of a file that say nothing of `frozen=True`."""
    return [
        node.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if within(_called(source, decorator), "dataclasses.dataclass")
        and "frozen=True" not in ast.unparse(decorator)
    ]


def _called(source: Source, decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return source.full_name(target) or ""


def test_every_dataclass_is_frozen() -> None:
    still = [source for source in sources(*FLOORS) if not within(source.module, *CHANGING)]
    assert offenders(thawed_dataclasses, still) == {}


def test_a_dataclass_that_is_not_frozen_is_found() -> None:
    for head in ("@dataclass", "@dataclass()", "@dataclass(slots=True, frozen=False)"):
        text = f"from dataclasses import dataclass\n{head}\nclass A:\n    x: int"
        assert thawed_dataclasses(Source("activities/x.py", text)) == ["A"]


def users_of(name: str) -> set[str]:
    """The modules of the five floors that import a thing or reach for it."""
    return {
        source.module
        for source in sources(*FLOORS)
        if name in source.imports() or name in [used for _, used in source.names]
    }


def test_only_operations_open_a_transaction() -> None:
    nouns = {source.module for source in NOUNS}
    using = users_of("schema.db.transaction")
    assert using, "the door to the database is not where it was"
    assert using - nouns == set()


def test_only_operations_announce() -> None:
    nouns = {source.module for source in NOUNS}
    using = users_of("activities.outbox.emit")
    assert using, "the outbox is not where it was"
    assert using - nouns == set()
