"""The looks of many pictures: each distinct one is read, and its logo found, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from activities.brand.logos import LogoOf, logo_of
from activities.permits import needs
from activities.pictures.bulk_items import BulkItem, Look
from activities.pictures.making import Wish, dpi_of, pixels_of, styled
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, InvalidFields, PlanLimitReached
from activities.rules.looks import Logo, Style
from activities.rules.reading_styles import drawable

MOST_LOGOS = 20
"""Different ones in one request."""

_FETCHED_AT_ONCE = 4


@dataclass(frozen=True)
class Draft:
    """An item, and what lies below its style: that of the code whose picture it is."""

    index: int
    item: BulkItem
    kept_style: Mapping[str, Any]


@dataclass(frozen=True)
class ReadLooks:
    """How these pictures shall look."""

    by: Actor
    drafts: tuple[Draft, ...]


@dataclass(frozen=True)
class Looks:
    """The distinct looks, for each index its number, and what is wrong with the others."""

    looks: tuple[Look, ...]
    numbers: Mapping[int, int]
    faults: Mapping[int, str]


@needs("assets.read")
async def read_looks(command: ReadLooks) -> Looks:
    """Read them."""
    read, faults = await asyncio.to_thread(_read, command)
    logos = list(dict.fromkeys(look.style.logo for look in read.values() if look.style.logo))
    gate = asyncio.Semaphore(_FETCHED_AT_ONCE)

    async def find(logo: Logo) -> bytes | str:
        try:
            async with gate:
                return (await logo_of(LogoOf(command.by, logo))).png
        except DomainError as refusal:
            return told(refusal)

    found = dict(zip(logos, await asyncio.gather(*map(find, logos[:MOST_LOGOS])), strict=False))
    looks: dict[Look, int] = {}
    numbers: dict[int, int] = {}
    for index, look in read.items():
        logo = look.style.logo
        png = found.get(logo, f"Use at most {MOST_LOGOS} logos at once.") if logo else None
        if isinstance(png, str):
            faults[index] = png
        else:
            numbers[index] = looks.setdefault(replace(look, logo=png), len(looks))
    return Looks(tuple(looks), numbers, faults)


def told(refusal: DomainError) -> str:
    """What is wrong with one of many, in one line."""
    if isinstance(refusal, PlanLimitReached) and refusal.what == "inches":
        return f"size_inches > plan max ({refusal.limit})"
    if isinstance(refusal, InvalidFields):
        return " ".join(f"{name}: {said[0]}" for name, said in refusal.fields.items())
    return str(refusal)


def _read(command: ReadLooks) -> tuple[dict[int, Look], dict[int, str]]:
    plan = command.by.plan
    known: dict[tuple[Wish, str], Look | str] = {}
    read: dict[int, Look] = {}
    faults: dict[int, str] = {}
    for draft in command.drafts:
        asked = json.dumps((draft.item.changes, draft.kept_style), sort_keys=True, default=str)
        key = (draft.item.wish, asked)
        if key not in known:
            known[key] = _look(draft, plan)
        look = known[key]
        if isinstance(look, str):
            faults[draft.index] = look
        else:
            read[draft.index] = look
    return read, faults


def _look(draft: Draft, plan: str) -> Look | str:
    wish = draft.item.wish
    try:
        below = drawable(draft.kept_style) if draft.kept_style else Style()
        style = styled(below, draft.item.changes)
        return Look(wish.output, style, pixels_of(wish, plan), dpi_of(wish), forced=wish.force)
    except DomainError as refusal:
        return told(refusal)
