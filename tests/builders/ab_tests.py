"""A/B tests that visitors went through, in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.rules.actors import Actor
from activities.rules.experiments import choose, roll_of
from activities.statistics.experiments import Kind
from activities.visits.conversions import RecordConversion, record_conversion
from schema.db import transaction
from tests.builders.links import A, B
from tests.builders.qr_codes import a_dynamic
from tests.builders.scans import a_visit, found, write
from tests.builders.visits import a_link

_COPY = """
INSERT INTO conversion
SELECT copied.* FROM conversion AS c, unnest(CAST(:visitors AS uuid[])) AS other,
  jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'visitor', other)) AS copied
WHERE c.id = :id
"""


async def a_tested(
    by: Actor, kind: Kind, converting: Mapping[str, float], visitors: int = 300, **more: Any
) -> UUID:
    """A code or link whose visitors convert at these rates, by the variant's name.

    Its variants are `A` and `B`, named so; every visitor came once. The first conversion of each
    variant is recorded, and those of its other visitors are copies of it.
    """
    made = await (a_dynamic if kind == "qr" else a_link)(by, variants=(A, B), **more)
    asset = await found(kind, made.id)
    seen: dict[str, int] = {variant["id"]: 0 for variant in asset.variants}
    bought: dict[str, list[UUID]] = {id_: [] for id_ in seen}
    scans = []
    for number in range(visitors):
        visitor = UUID(int=number, version=4)
        variant = choose(asset.variants, roll_of(str(visitor), asset.id))
        seen[variant["id"]] += 1
        scans.append(a_visit(asset, variant=variant["id"], visitor_id=number))
        rate = converting[variant["name"]]
        if int(seen[variant["id"]] * rate) > int((seen[variant["id"]] - 1) * rate):
            bought[variant["id"]].append(visitor)
    for first, *others in filter(None, bought.values()):
        told = RecordConversion(by.organization_id, kind, made.id, "bought", visitor=first)
        view = await record_conversion(told)
        async with transaction() as session:
            await session.execute(text(_COPY), {"id": view.id, "visitors": others})
    await write(scans)
    return made.id
