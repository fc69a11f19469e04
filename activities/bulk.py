"""The same operation on many things: each succeeds or is refused by itself, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from activities.rules.errors import DomainError, InvalidFields
from schema.db import attempt, through_deadlocks, transaction

MOST_AT_ONCE = 1000


@dataclass(frozen=True)
class Item:
    """One command of many. Items are done in the order of `rank`, whatever their place is.

    Two clients that change the same things in another order would wait for each other.
    """

    command: Any
    rank: str = ""


@dataclass(frozen=True)
class DoEach:
    """Give each command to `operation`, which answers a view."""

    operation: Callable[[Any], Awaitable[Any]]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Result:
    """What became of one item: the operation's view, or why it was refused."""

    view: Any = None
    refusal: DomainError | None = None


@dataclass(frozen=True)
class Done:
    """The results in the order of the items."""

    results: tuple[Result, ...]

    @property
    def refused(self) -> int:
        """How many items were refused."""
        return sum(result.refusal is not None for result in self.results)


async def do_each(command: DoEach) -> Done:
    """Do them all; what is refused leaves nothing behind, the others are kept together.

    Ranks order the items alone, not what each of them takes on its way (folders, tags, slugs): when
    PostgreSQL ends the whole because of that, it is done again from its start. Raises
    `InvalidFields` (`items`) for more than 1,000.
    """
    if not 1 <= len(command.items) <= MOST_AT_ONCE:
        raise InvalidFields({"items": [f"Give 1 to {MOST_AT_ONCE:,} items."]})
    return await through_deadlocks(lambda: _do_all(command))


async def _do_all(command: DoEach) -> Done:
    results: dict[int, Result] = {}
    async with transaction():
        for number, item in sorted(enumerate(command.items), key=lambda pair: pair[1].rank):
            try:
                async with attempt():
                    results[number] = Result(view=await command.operation(item.command))
            except DomainError as refusal:
                results[number] = Result(refusal=refusal)
    return Done(tuple(results[number] for number in range(len(command.items))))
