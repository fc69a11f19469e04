"""`/api/org/{orgId}/stats`: everything an organization has, and where visitors strayed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.rules.spelling import prefixed, stamp
from activities.statistics.rolling import RollUp, roll_up
from activities.visits.unknown import CountUnknown, count_unknown
from tests.api.conftest import Client, Tenant
from tests.api.traffic import (
    TODAY,
    Traffic,
    actor_of,
    expected_shares,
    shares_of,
    spoken,
    told,
)
from tests.builders.batches import Seen, a_batch
from tests.builders.qr_codes import a_dynamic
from tests.builders.visits import a_domain, a_link
from tests.conftest import NOW


def path_of(tenant: Tenant) -> str:
    return f"/api/org/{tenant.organization}/stats"


async def test_figures_are_those_of_everything(client: Client, traffic: Traffic) -> None:
    expected = traffic.expected(traffic.organization_id)
    answer = await told(client, path_of(traffic.tenant), traffic.tenant.workspace)
    assert answer["totals"] == spoken(expected.figures)
    assert answer["allTime"] == spoken(expected.all_time)
    assert expected.last_at is not None
    assert answer["lastVisitAt"] == stamp(expected.last_at)
    assert answer["days"] == [
        {"date": day.day.isoformat(), **spoken(day.figures)} for day in expected.days
    ]
    assert shares_of(answer["kinds"]["items"]) == expected_shares(expected, "kind")
    assert shares_of(answer["devices"]["items"]) == expected_shares(expected, "device")
    countries = shares_of(answer["countries"]["items"], "code")
    assert countries == expected_shares(expected, "country")


@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns", "Asia/Kathmandu"])
@pytest.mark.parametrize("is_rolled_up", [False, True])
async def test_the_leaders_figures_are_their_own(
    client: Client, traffic: Traffic, zone: str, is_rolled_up: bool
) -> None:
    if is_rolled_up:
        await roll_up(RollUp())
    first, last = TODAY - timedelta(12), TODAY - timedelta(3)
    asked = {"from": str(first), "to": str(last), "timeZone": zone}
    answer = await told(client, path_of(traffic.tenant), traffic.tenant.workspace, **asked)
    for kind, name, address, listed in (
        ("qr", "Menu", "https://ink.test/q/menu", answer["topCodes"]),
        ("link", "Sale", "https://ink.test/sale", answer["topLinks"]),
    ):
        id_ = traffic.ids[kind]
        figures = traffic.between(id_, first, last, zone).figures
        assert listed == [
            {
                "id": prefixed("qr" if kind == "qr" else "lnk", id_),
                "name": name,
                "shortUrl": address,
                **spoken(figures),
            }
        ]


async def test_ten_lead_and_no_more(client: Client, tenant: Tenant) -> None:
    by = await actor_of(tenant)
    codes = [await a_dynamic(by, name=f"Code {n:02}") for n in range(13)]
    for n, code in enumerate(codes):
        await a_batch([Seen(code.id, by.organization_id, NOW) for _ in range(n)] or [_nobody(by)])
    answer = await told(client, path_of(tenant), tenant.workspace, days=1)
    assert [code["name"] for code in answer["topCodes"]] == [
        f"Code {n:02}" for n in range(12, 2, -1)
    ]
    assert [code["total"] for code in answer["topCodes"]] == list(range(12, 2, -1))
    assert answer["topLinks"] == []


def _nobody(by: object) -> Seen:
    owner = by.organization_id  # type: ignore[attr-defined]
    return Seen(owner, owner, NOW, is_bot=True)


async def test_what_was_thrown_away_leads_no_more(client: Client, traffic: Traffic) -> None:
    code = prefixed("qr", traffic.ids["qr"])
    await client.delete(f"/api/qr/{code}", headers=traffic.tenant.workspace)
    answer = await told(client, path_of(traffic.tenant), traffic.tenant.workspace)
    assert answer["topCodes"] == []
    assert answer["totals"] == spoken(traffic.expected(traffic.organization_id).figures)


async def test_leaders_on_a_custom_domain_have_its_address(client: Client, tenant: Tenant) -> None:
    by = await actor_of(tenant)
    await a_domain(by)
    link = await a_link(by, slug="menu", domain="links.acme.com")
    await a_batch([Seen(link.id, by.organization_id, NOW, kind="link")])
    answer = await told(client, path_of(tenant), tenant.workspace)
    assert answer["topLinks"][0]["shortUrl"] == "https://links.acme.com/menu"


async def test_strays_are_told_of_the_organizations_own_domains(
    client: Client, tenant: Tenant, stranger: Tenant, database: AsyncConnection
) -> None:
    by, other = await actor_of(tenant), await actor_of(stranger)
    await a_domain(by, "links.acme.com")
    await a_domain(by, "waiting.acme.com", "pending")
    await a_domain(other, "links.stranger.com")
    await database.execute(text("UPDATE domain SET verified_at = '2026-11-10' WHERE true"))
    visits = {
        (date(2026, 11, 21), "links.acme.com"): 3,
        (date(2026, 11, 10), "links.acme.com"): 4,
        # Of who had the domain before.
        (date(2026, 11, 9), "links.acme.com"): 50,
        (date(2026, 11, 20), "links.stranger.com"): 60,
        (date(2026, 11, 20), "waiting.acme.com"): 70,
        (date(2026, 11, 20), ""): 80,
    }
    await count_unknown(CountUnknown(visits))
    answer = await told(client, path_of(tenant), tenant.workspace)
    assert answer["unknownAddresses"] == [{"hostname": "links.acme.com", "total": 7}]
    answer = await told(client, path_of(tenant), tenant.workspace, days=5)
    assert answer["unknownAddresses"] == [{"hostname": "links.acme.com", "total": 3}]


async def test_nothing_is_told_to_who_is_no_member(
    client: Client, traffic: Traffic, stranger: Tenant
) -> None:
    answer = await client.get(path_of(traffic.tenant), headers=stranger.workspace)
    assert answer.status_code == 404
    empty = await told(client, path_of(stranger), stranger.workspace)
    assert empty["totals"] == {"total": 0, "unique": 0, "bots": 0}
    assert (empty["topCodes"], empty["kinds"]["items"]) == ([], [])
