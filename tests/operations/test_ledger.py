"""A batch of visits is written as a whole, as it was seen, and limits hold in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.cause import Cause
from activities.rules.actors import Actor
from activities.rules.lifecycle import Lifecycle
from activities.rules.scan_ids import first_id, nth_id
from activities.visitors import Visitor
from activities.visits.ledger import LoadScans, keep_aside, load_scans, new_batch
from activities.visits.scans import Scan
from activities.visits.targets import Asset, Kind
from schema.direct import Direct
from tests.builders.examples import so_many
from tests.builders.scans import a_visit, an_asset, found, how_many, rows, write
from tests.builders.tenants import PERSON, ROBOT, a_code, a_tenant
from tests.builders.visits import a_link
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

SECOND = timedelta(seconds=1)
FIRST = first_id(1_795_262_400_000, b"\x01" * 6)
ODD = (
    *("a\tb", "a\nb", "a\r\nb", "\\", "\\N", "\\.", "a\\tb", "\\\\", "", " ", "'\"", "{}", "NULL"),
    *("Grüße aus Köln", "日本", "\U0001f9f6", "\x01\x07\x0b\x1b\x7f", "\u2028", "\ufeff", "%s"),
)
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SURROGATES = st.text(st.characters(categories=["Cs"]), min_size=1, max_size=3)


def seen(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("id", "is_counted")}


def as_kept(scan: Scan) -> dict[str, Any]:
    """What the row of a scan has to hold."""
    asset = scan.asset
    return {
        "created_at": scan.at,
        "organization_id": asset.organization_id,
        "asset_id": asset.id,
        "asset_kind": asset.kind,
        "variant": scan.variant,
        "rule": scan.rule,
        "visitor": scan.visitor_id,
        **scan.visitor.kept,
    }


def saying(word: str | None, **more: Any) -> Visitor:
    """A visitor who says this word wherever a visitor can."""
    return replace(
        PERSON,
        country=word,
        region=word,
        city=word,
        device=word or "",
        os=word,
        browser=word,
        language=word,
        referrer_domain=word,
        utm=None if word is None else {"source": word, word: ""},
        **more,
    )


@pytest.mark.parametrize("word", [*ODD, None])
async def test_what_was_seen_is_kept_letter_by_letter(word: str | None) -> None:
    scan = a_visit(
        an_asset(),
        saying(word, local_hour=23),
        at=NOW + timedelta(microseconds=1),
        variant=word,
        rule=word,
        visitor_id=-(2**63),
    )
    assert await write([scan], FIRST) == (True,)
    (row,) = await rows("scan")
    assert (row["id"], row["is_counted"]) == (FIRST, False)
    assert seen(row) == as_kept(scan)


async def test_what_cannot_be_kept_is_left_out_and_costs_nothing_else() -> None:
    odd = replace(PERSON, city="a\x00b\udcfc", utm=None, browser="\ud83e")
    assert await write([a_visit(an_asset(), odd), a_visit(an_asset(2))]) == (True, True)
    first, second = await rows("scan")
    assert (first["city"], first["browser"], first["os"]) == ("ab?", "?", "iOS")
    assert second["asset_id"] == UUID(int=2)


WORDS = STORABLE | st.none()
MOMENTS = st.timedeltas(timedelta(-100), timedelta(100)).map(NOW.__add__)
VISITORS = st.builds(
    partial(Visitor, is_preview=False, has_opted_out=False, whence=b""),
    country=WORDS,
    device=STORABLE,
    os=WORDS,
    browser=WORDS,
    language=WORDS,
    referrer_domain=WORDS,
    is_bot=st.booleans(),
    region=WORDS,
    city=WORDS,
    local_hour=st.none() | st.integers(0, 23),
    utm=st.none() | st.dictionaries(STORABLE, STORABLE, min_size=1, max_size=3),
)
SCANS = st.builds(
    partial(Scan, destination_url="", is_wanted=False, columns=""),
    asset=st.builds(partial(an_asset, limit=None), st.integers(1, 3)),
    visitor=VISITORS,
    at=MOMENTS,
    variant=WORDS,
    rule=WORDS,
    visitor_id=st.none() | st.integers(-(2**63), 2**63 - 1),
)


@given(st.lists(SCANS, min_size=1, max_size=8))
@settings(
    max_examples=so_many(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_what_is_written_is_read_back(scans: list[Scan]) -> None:
    first = new_batch()
    assert await write(scans, first) == (True,) * len(scans)
    last = nth_id(first, len(scans) - 1)
    written = await rows("scan", f"id BETWEEN '{first}' AND '{last}'")
    assert [row["id"] for row in written] == [nth_id(first, n) for n in range(len(scans))]
    assert [seen(row) for row in written] == [as_kept(scan) for scan in scans]
    assert not any(row["is_counted"] for row in written)


@given(SURROGATES, STORABLE)
@settings(
    max_examples=so_many(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_half_a_letter_costs_that_letter_only(half: str, rest: str) -> None:
    first = new_batch()
    await write([a_visit(an_asset(), replace(PERSON, city=half + rest))], first)
    (row,) = await rows("scan", f"id = '{first}'")
    assert row["city"] == "?" * len(half) + rest


async def test_a_batch_is_noted_once_with_its_range() -> None:
    times = (NOW, NOW - SECOND, NOW + SECOND)
    await write([a_visit(an_asset(n), at=at) for n, at in enumerate(times, 1)], FIRST)
    (noted,) = await rows("scan_batch")
    assert noted == {
        "id": FIRST,
        "last_id": nth_id(FIRST, 2),
        "first_at": NOW - SECOND,
        "last_at": NOW + SECOND,
        "size": 3,
    }


async def test_scans_of_several_months_are_one_batch() -> None:
    await write([a_visit(an_asset(), at=NOW + n * timedelta(days=31)) for n in range(-40, 3)])
    (noted,) = await rows("scan_batch")
    assert (noted["size"], await how_many("scan")) == (43, 43)


async def test_events_tell_of_people_only_where_somebody_listens() -> None:
    cause = Cause("01HZ8", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    by = await a_tenant()
    link = replace(an_asset(2, "link", by=by), slug="shöp\t", hostname="links.acme.com")
    scans = [
        a_visit(an_asset(), ROBOT, is_wanted=True),
        a_visit(an_asset()),
        a_visit(link, is_wanted=True, cause=cause, destination_url='https://x.example/"\\\n'),
    ]
    await write(scans, FIRST)
    (event,) = await rows("event", "kind IN ('qr.scanned', 'link.clicked')")
    assert (event["kind"], event["asset_id"]) == ("link.clicked", link.id)
    assert (event["created_at"], event["organization_id"]) == (NOW, link.organization_id)
    assert (event["request_id"], event["traceparent"]) == (cause.request_id, cause.traceparent)
    assert event["payload"]["clickId"] == f"scn_{nth_id(FIRST, 2).hex}"
    assert event["payload"]["slug"] == "shöp\t"
    assert event["payload"]["destinationUrl"] == 'https://x.example/"\\\n'


async def limited(by: Actor, kind: Kind, slug: str, limit: int) -> Asset:
    if kind == "link":
        return await found("link", (await a_link(by, slug=slug, click_limit=limit)).id)
    code = await a_code(by, short_code=slug, scan_limit=limit)  # type: ignore[arg-type]
    return await found("qr", code.id)


async def used(asset: Asset) -> tuple[int, datetime | None]:
    """How many visits its own counter has, and the time of the last."""
    (row,) = await rows("qr_code" if asset.kind == "qr" else "link", f"id = '{asset.id}'")
    if asset.kind == "qr":
        return row["scan_count"], row["last_scanned_at"]
    return row["click_count"], row["last_clicked_at"]


@pytest.mark.parametrize("kind", ["qr", "link"])
async def test_of_a_batch_as_many_as_the_limit_pass_and_no_more(kind: Kind) -> None:
    asset = await limited(await a_tenant(), kind, "hot", 10)
    batch = [a_visit(asset, at=NOW + n * SECOND) for n in range(64)]
    assert await write(batch, FIRST) == (True,) * 10 + (False,) * 54
    assert await used(asset) == (10, NOW + 9 * SECOND)
    written = await rows("scan")
    assert [row["id"] for row in written] == [nth_id(FIRST, n) for n in range(10)]
    assert all(row["is_counted"] for row in written)
    reached = await rows("event", "kind = 'qr.scan_limit_reached'", "sequence")
    assert [row["payload"]["scanLimit"] for row in reached] == ([10] if kind == "qr" else [])
    assert await how_many("route_change", f"changed = 'asset {asset.id}'") == 1
    assert await write(batch) == (False,) * 64
    assert await how_many("event", "kind = 'qr.scan_limit_reached'") == len(reached)
    assert await how_many("scan_batch") == 1


async def test_bots_pass_a_limit_and_do_not_count_for_it() -> None:
    asset = await limited(await a_tenant(), "qr", "hot", 2)
    visitors = (ROBOT, PERSON, ROBOT, PERSON, ROBOT, PERSON, replace(PERSON, is_bot=True))
    times = [NOW + n * SECOND for n in range(7)]
    batch = [a_visit(asset, who, at=at) for who, at in zip(visitors, times, strict=True)]
    assert await write(batch) == (True, True, True, True, True, False, True)
    assert await used(asset) == (2, NOW + 3 * SECOND)
    assert await how_many("scan", "is_counted AND NOT is_bot") == 2
    assert await how_many("scan", "is_bot AND NOT is_counted") == 4


async def test_every_asset_of_a_batch_has_its_own_limit() -> None:
    by = await a_tenant()
    free = await found("qr", (await a_code(by)).id)
    code, link = await limited(by, "qr", "code", 1), await limited(by, "link", "link", 3)
    other = await limited(by, "link", "other", 5)
    batch = [a_visit(asset) for _ in range(4) for asset in (link, free, code, other)]
    passed = await write(batch)
    let = [scan.asset.slug for scan, is_let in zip(batch, passed, strict=True) if is_let]
    assert Counter(let) == {"link": 3, "code": 1, "other": 4, free.slug: 4}
    assert [(await used(each))[0] for each in (code, link, other, free)] == [1, 3, 4, 0]
    assert await how_many("scan") == len(let)


@pytest.mark.parametrize(
    ("change", "passing"),
    [
        ("visit_limit = 3", 3),
        ("visit_limit = NULL", 8),
        ("visit_limit = 5, scan_count = 4", 1),
        ("visit_limit = 2, scan_count = 4", 0),
    ],
)
async def test_the_limit_that_counts_is_that_of_now(
    database: AsyncConnection, change: str, passing: int
) -> None:
    asset = await limited(await a_tenant(), "qr", "hot", 10)
    await database.execute(text(f"UPDATE qr_code SET {change}"))
    assert sum(await write([a_visit(asset)] * 8)) == passing
    assert await how_many("scan") == passing


async def test_of_an_asset_that_is_no_more_nothing_limited_passes(
    database: AsyncConnection,
) -> None:
    gone = an_asset(99, limit=10)
    free = replace(gone, lifecycle=Lifecycle())
    assert await write([a_visit(gone), a_visit(free), a_visit(gone, ROBOT)]) == (False, True, True)


async def test_who_is_refused_leaves_the_ids_of_the_others_as_they_are() -> None:
    by = await a_tenant()
    asset = await limited(by, "qr", "hot", 1)
    batch = [a_visit(asset), a_visit(asset), a_visit(an_asset(by=by), is_wanted=True)]
    assert await write(batch, FIRST) == (True, False, True)
    assert [row["id"] for row in await rows("scan")] == [FIRST, nth_id(FIRST, 2)]
    (told,) = await rows("event", "kind = 'qr.scanned'")
    assert told["payload"]["scanId"] == f"scn_{nth_id(FIRST, 2).hex}"


async def test_a_batch_with_limits_is_written_as_a_whole_or_not_at_all() -> None:
    asset = await limited(await a_tenant(), "qr", "hot", 2)
    unstorable = replace(PERSON, utm={"source": "\x00"})
    for bad in (a_visit(an_asset(), unstorable), a_visit(asset, unstorable)):
        with pytest.raises(Exception, match="Unicode escape"):
            await write([a_visit(asset), bad, a_visit(asset)])
        assert (await used(asset))[0] == 0
        for table in ("scan", "scan_batch", "event"):
            told = "kind LIKE '%limit%'" if table == "event" else "true"
            assert await how_many(table, told) == 0
    assert await write([a_visit(asset)] * 3) == (True, True, False)


async def load(scans: list[Scan], first: UUID) -> bool:
    kept = keep_aside(first, scans)
    return await load_scans(LoadScans(kept.scans, kept.events, Direct(patience=3)))


async def test_a_batch_that_was_kept_aside_is_loaded_once() -> None:
    by = await a_tenant()
    batch = [a_visit(an_asset(n, by=by), is_wanted=n != 2) for n in (1, 2, 3)]
    assert await load(batch, FIRST)
    assert not await load(batch, FIRST)
    assert await how_many("scan") == 3
    assert await how_many("event", "kind = 'qr.scanned'") == 2
    (noted,) = await rows("scan_batch")
    assert (noted["id"], noted["last_id"], noted["size"]) == (FIRST, nth_id(FIRST, 2), 3)


async def test_what_was_written_although_nobody_knew_is_not_loaded_again() -> None:
    by = await a_tenant()
    asset = await limited(by, "qr", "hot", 1)
    times = [NOW + n * SECOND for n in range(5)]
    assets = (asset, an_asset(1, by=by), asset, an_asset(2, by=by), an_asset(3, by=by))
    batch = [a_visit(a, at=at, is_wanted=True) for a, at in zip(assets, times, strict=True)]
    assert await write(batch, FIRST) == (True, True, False, True, True)
    assert not await load(batch, FIRST)
    assert await how_many("scan") == 4
    assert await how_many("event", "kind = 'qr.scanned'") == 4


async def test_what_is_kept_aside_has_no_limited_visits() -> None:
    batch = [a_visit(an_asset(limit=5)), a_visit(an_asset(limit=5), ROBOT), a_visit(an_asset(2))]
    assert await load(batch, FIRST)
    assert [row["id"] for row in await rows("scan")] == [nth_id(FIRST, 1), nth_id(FIRST, 2)]
