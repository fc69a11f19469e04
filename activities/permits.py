"""The guard of an operation: `@needs("assets.write")` refuses who lacks that permission.

It looks before anything is read or written; `tests/house/test_permissions.py` holds the table. An
operation that PostgreSQL ended because it and another one waited for each other is done again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, Protocol, TypeVar

from activities.rules.actors import Actor
from activities.rules.permissions import Permission
from schema.db import through_deadlocks


class Command(Protocol):
    """A command that says who gives it."""

    @property
    def by(self) -> Actor:
        """The actor."""
        ...


Given = TypeVar("Given", bound=Command)
View = TypeVar("View")
Operation = Callable[[Given], Coroutine[Any, Any, View]]


def needs(
    permission: Permission,
) -> Callable[[Callable[[Given], Awaitable[View]]], Operation[Given, View]]:
    """Guard an operation: it raises `Forbidden` when `command.by` lacks the permission."""

    def guard(operation: Callable[[Given], Awaitable[View]]) -> Operation[Given, View]:
        @wraps(operation)
        async def guarded(command: Given) -> View:
            command.by.must(permission)
            return await through_deadlocks(lambda: operation(command))

        guarded.needs = permission  # type: ignore[attr-defined]
        return guarded

    return guard
