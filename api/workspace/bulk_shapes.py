"""What calls about many things at once answer: a result for each, in the order of the items."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from pydantic import Field

from activities.bulk import MOST_AT_ONCE, DoEach, Done, Item, Result, do_each
from activities.rules.errors import InvalidFields
from activities.rules.spelling import prefixed, unprefixed
from api.dialect import Text
from api.scalars import In, Out
from api.workspace.errors import present
from api.workspace.listing import LONGEST_ID

Given = TypeVar("Given")


class IdsIn(In):
    """Things to throw away."""

    ids: list[Text] = Field(
        min_length=1,
        max_length=MOST_AT_ONCE,
        description="their ids",
        examples=[["0" * 32]],
    )


class BulkErrorOut(Out):
    """Why one item was refused: as a call about it alone would have answered."""

    error: str = Field(description="a sentence that says what to do")
    code: str = Field(description="for machines", examples=["SLUG_TAKEN"])
    fields: dict[str, list[str]] | None = Field(None, description="what is wrong with which field")


class BulkResultOut(Out):
    """What became of one item."""

    index: int = Field(description="its place in the call, from 0", examples=[0])
    id: str | None = Field(description="the thing; null when the item was refused")
    error: BulkErrorOut | None = Field(description="why it was refused; null when it was not")


class BulkOut(Out):
    """What became of all items."""

    succeeded: int = Field(description="how many were done", examples=[1])
    failed: int = Field(description="how many were refused; they left nothing behind")
    results: list[BulkResultOut] = Field(description="one for each item, in their order")


VERSION = Field(
    None,
    ge=1,
    le=2**31 - 1,
    description="the `version` that was read; refused when it is another by now",
    examples=[None],
)


def an_item_id(prefix: str) -> Any:
    """The field of an item that names the thing to change."""
    return Field(
        max_length=LONGEST_ID,
        description=f"{prefix}_ and 32 hex digits",
        examples=[f"{prefix}_" + "0" * 32],
    )


@dataclass(frozen=True)
class Gone:
    """A thing that was thrown away, by its id."""

    id: UUID


async def each(
    prefix: str,
    operation: Callable[[Given], Awaitable[Any]],
    items: Iterable[Given],
    rank: Callable[[Given], str],
) -> BulkOut:
    """Do it for every item, in the order of `rank`, and say what became of each."""
    done = await do_each(DoEach(operation, tuple(Item(item, rank(item)) for item in items)))
    return present_done(prefix, done)


def rank_of(prefix: str, text: str) -> str:
    """Where a thing stands among others, the same for every spelling of its id."""
    found = unprefixed(prefix, text)
    return found.hex if found else ""


def present_done(prefix: str, done: Done) -> BulkOut:
    """The results in this dialect's words."""
    return BulkOut(
        succeeded=len(done.results) - done.refused,
        failed=done.refused,
        results=[_result(prefix, index, result) for index, result in enumerate(done.results)],
    )


def must_be_without_password(body: Any) -> None:
    """Raise `InvalidFields`: hashing a thousand passwords would take minutes."""
    if body.password is not None:
        raise InvalidFields({"password": ["Set a password with a call of its own."]})


def _result(prefix: str, index: int, result: Result) -> BulkResultOut:
    made: UUID | None = result.view.id if result.view else None
    error = None
    if result.refusal:
        error = BulkErrorOut.model_validate(dict(present(result.refusal).body))
    return BulkResultOut(index=index, id=prefixed(prefix, made) if made else None, error=error)
