"""Many pictures judged before any is drawn: what is wrong with which, and what they look like."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import col

from activities.gateways.drawers import TooHeavy
from activities.outside import outside
from activities.permits import needs
from activities.pictures.bulk_items import MOST_ITEMS, Bulk, BulkItem, Fault, Line, Look
from activities.pictures.bulk_looks import Draft, Looks, ReadLooks, read_looks
from activities.render.batches import measure_many
from activities.render.pictures import draw_picture
from activities.render.qr import Unrenderable
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, ItemsRefused
from activities.rules.file_names import TEMPLATE, file_stem, template_refusal, unique_names
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from activities.shelf.placing import HaveRoom, have_room
from activities.shelf.visible import visible
from schema.db import transaction
from schema.tables import QrCodeRow

MOST_PROVED = 24
"""Kinds of picture that are proved before any is drawn; others are judged one by one."""

_ANY_CODE = "0000000"
_MEASURED_AT_ONCE = 1000
_ONE_OF = "Give exactly one of data, destination_url and short_id."


@dataclass(frozen=True)
class PrepareBulk:
    """Pictures that are asked for together; their files are named by `name_template`.

    With `continue_on_error` those that cannot be made are left out; else one of them is enough to
    refuse all.
    """

    by: Actor
    items: tuple[BulkItem, ...]
    name_template: str = TEMPLATE
    continue_on_error: bool = False


@dataclass(frozen=True)
class _Code:
    """A code of the actor's as its picture needs it."""

    payload: str
    name: str
    style: Mapping[str, Any]


@needs("assets.read")
async def prepare_bulk(command: PrepareBulk) -> Bulk:
    """Judge every item; nothing is made or counted.

    Raises `InvalidFields` (`items`, `name_template`), `Forbidden` for who may make no codes but
    asks for some, `PlanLimitReached` when there is no room for them, and `ItemsRefused`.
    """
    _must_be_sound(command)
    by, items = command.by, command.items
    faults = {n: item.fault for n, item in enumerate(items) if item.fault}
    faults |= {n: _ONE_OF for n, item in enumerate(items) if n not in faults and not _is_one(item)}
    codes = await _codes(by, [item.short_code for item in items if item.short_code])
    for n, item in enumerate(items):
        if n not in faults and item.short_code and item.short_code not in codes:
            faults[n] = "There is no such QR code here."
    faults |= await _wrong_destinations(by, items, faults)
    drafts = tuple(
        Draft(n, item, codes[item.short_code].style if item.short_code else {})
        for n, item in enumerate(items)
        if n not in faults
    )
    looks = await read_looks(ReadLooks(by, drafts))
    faults |= looks.faults
    lines = _lines(command, looks, codes)
    lines = await _proved(by, looks.looks, lines, faults)
    if faults and not command.continue_on_error:
        raise ItemsRefused(dict(sorted(faults.items())))
    told = (Fault(n, items[n].name, faults[n] or "") for n in sorted(faults))
    return Bulk(looks.looks, tuple(lines), tuple(told))


def _must_be_sound(command: PrepareBulk) -> None:
    if not 1 <= len(command.items) <= MOST_ITEMS:
        raise InvalidFields({"items": [f"Give 1 to {MOST_ITEMS:,} items."]})
    if refusal := template_refusal(command.name_template):
        raise InvalidFields({"name_template": [refusal]})


def _is_one(item: BulkItem) -> bool:
    wanted = (item.data, item.short_code, item.destination_url)
    return sum(part is not None for part in wanted) == 1


async def _codes(by: Actor, short_codes: Sequence[str]) -> dict[str, _Code]:
    """The codes that the actor sees, in one query."""
    if not short_codes:
        return {}
    query = visible(QrCodeRow, by).where(col(QrCodeRow.short_code).in_(set(short_codes)))
    found = query.with_only_columns(
        col(QrCodeRow.short_code),
        col(QrCodeRow.payload),
        col(QrCodeRow.name),
        col(QrCodeRow.style),
    )
    async with transaction() as session:
        rows = (await session.execute(found)).all()
    return {
        code: _Code(payload or outside().short_url(code), name, style)
        for code, payload, name, style in rows
    }


async def _wrong_destinations(
    by: Actor, items: Sequence[BulkItem], faults: Mapping[int, str | None]
) -> dict[int, str]:
    """Those that no code can lead to. There has to be room for the others."""
    urls = {
        str(n): item.destination_url
        for n, item in enumerate(items)
        if item.destination_url is not None and n not in faults
    }
    if not urls:
        return {}
    by.must("assets.write")
    wrong: dict[int, str] = {}
    while urls:
        try:
            await judge_destinations(JudgeDestinations(by.organization_id, urls))
            break
        except InvalidFields as refused:
            wrong |= {int(n): f"destination_url: {said[0]}" for n, said in refused.fields.items()}
            urls = {n: url for n, url in urls.items() if n not in refused.fields}
    if urls:
        await have_room(HaveRoom(by, len(urls)))
    return wrong


def _lines(command: PrepareBulk, looks: Looks, codes: Mapping[str, _Code]) -> list[Line]:
    unique = unique_names()
    lines = []
    for n, item in enumerate(command.items):
        number = looks.numbers.get(n)
        if number is None:
            continue
        code = codes.get(item.short_code or "")
        stem = file_stem(command.name_template, n, item.name, item.short_code or "")
        lines.append(
            Line(
                index=n,
                name=item.name,
                file=unique(stem, looks.looks[number].output),
                payload=code.payload if code else item.data or "",
                look=number,
                title=code.name if code else "",
                destination_url=item.destination_url,
            )
        )
    return lines


async def _proved(
    by: Actor, looks: Sequence[Look], lines: Sequence[Line], faults: dict[int, Any]
) -> list[Line]:
    """The lines that can be drawn, with the score of their kind; what is wrong goes to `faults`."""
    kinds: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for at in range(0, len(lines), _MEASURED_AT_ONCE):
        part = lines[at : at + _MEASURED_AT_ONCE]
        asked = [(_payload(line), looks[line.look].style) for line in part]
        found = await outside().drawers.run(by.organization_id, measure_many, asked)
        for line, measured in zip(part, found, strict=True):
            if measured.modules is None:
                faults[line.index] = f"data: {measured.fault}"
            else:
                kinds[line.look, measured.modules].append(line)
    common = sorted(kinds.values(), key=len, reverse=True)
    judged = await asyncio.gather(
        *(_judged(by, looks[kind[0].look], kind[0]) for kind in common[:MOST_PROVED])
    )
    kept = [line for kind in common[MOST_PROVED:] for line in kind]
    for kind, verdict in zip(common, judged, strict=False):
        if isinstance(verdict, str):
            faults.update({line.index: verdict for line in kind})
        else:
            kept += [replace(line, score=verdict) for line in kind]
    return sorted(kept, key=lambda line: line.index)


def _payload(line: Line) -> str:
    """What its symbol holds, or something as long: drawn short codes are all of one length."""
    return outside().short_url(_ANY_CODE) if line.destination_url else line.payload


async def _judged(by: Actor, look: Look, line: Line) -> int | str:
    """The score of a kind of picture, or what is wrong with it."""
    picture = look.picture(_payload(line), line.title)
    try:
        drawn = await outside().drawers.run(by.organization_id, draw_picture, picture)
    except Unrenderable as fault:
        return f"{'data' if fault.field == 'payload' else fault.field}: {fault}"
    except TooHeavy as fault:
        return f"This picture cannot be drawn: {fault}"
    score = drawn.score
    assert score is not None
    if score.is_readable or look.forced:
        return score.value
    told = " ".join(reason.sentence for reason in score.reasons)
    return f"This style scores {score.value} of 100: {told} Change it, or ask with force."
