"""What a rule may be: its name and figures judged, and where it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.alerts.counting import Asked, CountVisits, count_visits
from activities.rules import naming
from activities.rules.alerts import ASKS, USUAL, WINDOWS, Span, State, rule_refusals
from activities.rules.errors import InvalidFields
from activities.rules.visible import one_line

FIGURES = ("threshold", "factor", "window_minutes")

_FOR_EVER = Span(0, 2**31 - 1)


@dataclass(frozen=True)
class BeginState:
    """How a rule of this kind about an asset or workspace begins."""

    kind: str
    asset_id: UUID | None
    workspace_id: UUID


@dataclass(frozen=True)
class Begun:
    """The state that it begins in."""

    state: State


async def begin_state(command: BeginState) -> Begun:
    """Armed; where there was a scan already, the first one is over."""
    if command.kind != "first_scan":
        return Begun("armed")
    target = command.asset_id or command.workspace_id
    workspaces = frozenset(() if command.asset_id else (command.workspace_id,))
    counted = await count_visits(CountVisits((Asked(target, _FOR_EVER),), workspaces))
    return Begun("crossed" if counted.visits[0] else "armed")


def judged(kind: str, name: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a rule; figures that are not given are the usual ones.

    Raises `InvalidFields`.
    """
    own = {name: figures.get(name) for name in FIGURES}
    for field in ASKS.get(kind, ()):
        if own[field] is None:
            own[field] = USUAL.get(field)
    wrong = rule_refusals(kind, own)
    if refusal := naming.name_refusal(name):
        wrong["name"] = [refusal]
    if wrong:
        raise InvalidFields(wrong)
    # The column is never null; a first scan is looked for in no window.
    own["window_minutes"] = own["window_minutes"] or WINDOWS[0]
    return {"kind": kind, "name": one_line(name), **own}
