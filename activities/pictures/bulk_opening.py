"""Many pictures begun and drawn: paid for, their codes made, and part after part of the archive."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from activities.bulk import MOST_AT_ONCE, DoEach, Item, Result, do_each
from activities.gateways.drawers import DrawersBusy, TooHeavy
from activities.outside import outside
from activities.permits import needs
from activities.pictures.bulk_items import MOST_STREAMED, Bulk, Fault, Line, Look, order_of
from activities.pictures.bulk_looks import told
from activities.pictures.quota import Allowance, SpendRenders, spend_renders
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.render.batches import Order, Outcome, Part, draw_many
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, ItemsRefused
from schema.db import transaction

PART_SECONDS = 60.0
"""What drawing one part may take."""

_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries while others have all the places to wait."""


@dataclass(frozen=True)
class OpenBulk:
    """A bulk that was judged shall be drawn and sent now."""

    by: Actor
    bulk: Bulk
    continue_on_error: bool = False


@dataclass(frozen=True)
class OpenedBulk:
    """What is to be drawn, every payload known, and what the organization has left."""

    bulk: Bulk
    allowance: Allowance


@dataclass(frozen=True)
class MakeCodes:
    """The dynamic codes of those lines that have a destination."""

    by: Actor
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class MadeCodes:
    """The lines whose payload is known now, and why others have none."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class DrawPart:
    """A part of a bulk of an organization."""

    organization_id: UUID
    looks: tuple[Look, ...]
    lines: tuple[Line, ...]


@needs("assets.read")
async def open_bulk(command: OpenBulk) -> OpenedBulk:
    """Make its codes and count its renders, both or neither.

    Raises `QuotaSpent`, `ItemsRefused` for codes that cannot be made, unless it goes on without
    them, and `InvalidFields` (`async`) for more codes than are made while somebody waits.
    """
    by, bulk = command.by, command.bulk
    if sum(line.destination_url is not None for line in bulk.lines) > MOST_STREAMED:
        sentence = f"More than {MOST_STREAMED} new codes are made as a job; leave this out."
        raise InvalidFields({"async": [sentence]})
    async with transaction():
        made = await make_codes(MakeCodes(by, bulk.lines))
        if made.faults and not command.continue_on_error:
            raise ItemsRefused({fault.index: fault.sentence for fault in made.faults})
        allowance = await spend_renders(SpendRenders(by, len(made.lines)))
    faults = sorted((*bulk.faults, *made.faults), key=lambda fault: fault.index)
    return OpenedBulk(Bulk(bulk.looks, made.lines, tuple(faults)), allowance)


@needs("assets.read")
async def make_codes(command: MakeCodes) -> MadeCodes:
    """Make them in one transaction. Lines that hold something already stay as they are."""
    wanted = [line for line in command.lines if line.destination_url is not None]
    results: dict[int, Result] = {}
    async with transaction():
        for at in range(0, len(wanted), MOST_AT_ONCE):
            part = wanted[at : at + MOST_AT_ONCE]
            items = tuple(
                Item(CreateQrCode(command.by, line.destination_url, line.name)) for line in part
            )
            done = await do_each(DoEach(create_qr_code, items))
            results |= {line.index: r for line, r in zip(part, done.results, strict=True)}
    lines, faults = [], []
    for line in command.lines:
        result = results.get(line.index)
        if result is None:
            lines.append(line)
        elif result.refusal is not None:
            faults.append(Fault(line.index, line.name, told(result.refusal)))
        else:
            code = result.view
            lines.append(replace(line, payload=code.payload, title=code.name))
    return MadeCodes(tuple(lines), tuple(faults))


async def draw_bulk_part(command: DrawPart) -> Part:
    """Draw it. What is too much to draw is left out; the other pictures come all the same.

    Raises `DrawersBusy` when there was no place for long.
    """
    orders = [order_of(line, command.looks) for line in command.lines]
    try:
        return await _draw(command.organization_id, orders)
    except TooHeavy as fault:
        if len(orders) == 1:
            return Part(b"", (Outcome(None, fault=f"This picture cannot be drawn: {fault}"),))
    half = len(orders) // 2
    parts = [
        await draw_bulk_part(replace(command, lines=lines))
        for lines in (command.lines[:half], command.lines[half:])
    ]
    return _joined(*parts)


async def _draw(organization_id: UUID, orders: Sequence[Order]) -> Part:
    for pause in _PAUSES:
        try:
            return await _run(organization_id, orders)
        except DrawersBusy:
            await asyncio.sleep(pause)
    return await _run(organization_id, orders)


async def _run(organization_id: UUID, orders: Sequence[Order]) -> Part:
    drawers = outside().drawers
    return await drawers.run(organization_id, draw_many, orders, seconds=PART_SECONDS)


def _joined(first: Part, second: Part) -> Part:
    """The second part after the first."""
    by = len(first.content)
    later = (
        replace(outcome, member=replace(outcome.member, at=outcome.member.at + by))
        if outcome.member
        else outcome
        for outcome in second.outcomes
    )
    return Part(first.content + second.content, (*first.outcomes, *later))
