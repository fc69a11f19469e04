"""`/api/{qr,links,barcode,pages}/{id}/stats`: figures, days, shares, tests and routes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from activities.rules.spelling import prefixed, stamp
from activities.statistics.rolling import RollUp, roll_up
from activities.visitors import Visitor
from tests.api.conftest import Client, Tenant
from tests.api.traffic import (
    HALVES,
    PREFIXES,
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
from tests.builders.visits import a_link, click, scan, somebody
from tests.conftest import NOW

KINDS = ("qr", "link", "barcode", "page")
LAST = {
    "qr": "lastScannedAt",
    "link": "lastClickedAt",
    "barcode": "lastScannedAt",
    "page": "lastViewedAt",
}
LISTS = {
    "devices": "device",
    "regions": "region",
    "cities": "city",
    "referrers": "referrer",
    "browsers": "browser",
    "operatingSystems": "os",
    "languages": "language",
}
RULES = (
    {
        "id": "german",
        "name": "Germany",
        "when": [{"type": "country", "in": ["DE"]}],
        "destinationUrl": "https://example.de",
    },
    {
        "id": "phones",
        "name": "Phones",
        "when": [{"type": "device", "in": ["mobile"]}],
        "destinationUrl": "https://m.example",
    },
)


@pytest.mark.parametrize("kind", KINDS)
async def test_figures_are_those_of_the_raw_visits(
    client: Client, traffic: Traffic, kind: str
) -> None:
    id_ = traffic.ids[kind]
    expected = traffic.expected(id_)
    answer = await told(client, traffic.path(kind), traffic.tenant.workspace)
    assert answer["id"] == prefixed(PREFIXES[kind], id_)
    assert (answer["from"], answer["to"]) == ("2026-10-23", "2026-11-21")
    assert answer["timeZone"] == "UTC"
    assert answer["totals"] == spoken(expected.figures)
    assert answer["allTime"] == spoken(expected.all_time)
    assert expected.last_at is not None
    assert answer[LAST[kind]] == stamp(expected.last_at)
    assert answer["days"] == [
        {"date": day.day.isoformat(), **spoken(day.figures)} for day in expected.days
    ]
    assert answer["hours"] == [{"hour": n, **spoken(each)} for n, each in enumerate(expected.hours)]
    weekdays = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert answer["weekdays"] == [
        {"weekday": name, **spoken(each)}
        for name, each in zip(weekdays, expected.weekdays, strict=True)
    ]


@pytest.mark.parametrize("kind", KINDS)
async def test_shares_add_up_to_all_visits(client: Client, traffic: Traffic, kind: str) -> None:
    expected = traffic.expected(traffic.ids[kind])
    answer = await told(client, traffic.path(kind), traffic.tenant.workspace)
    for name, dimension in LISTS.items():
        assert shares_of(answer[name]["items"]) == expected_shares(expected, dimension), name
        assert answer[name]["other"] is None
    countries = answer["countries"]["items"]
    assert shares_of(countries, "code") == expected_shares(expected, "country")
    names = {each["code"]: each["name"] for each in countries}
    assert names == {"DE": "Germany", "US": "United States", None: "Unknown"}
    for name, shares in answer["utm"].items():
        assert shares_of(shares["items"]) == expected_shares(expected, f"utm_{name}")
    for each in countries:
        assert each["share"] == round(each["total"] / expected.figures.visits, 4)


@pytest.mark.parametrize("zone", ["America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"])
async def test_days_are_those_of_the_time_zone(client: Client, traffic: Traffic, zone: str) -> None:
    first, last = date(2026, 10, 25), date(2026, 11, 20)
    expected = traffic.between(traffic.ids["qr"], first, last, zone)
    asked = {"from": str(first), "to": str(last), "timeZone": zone}
    answer = await told(client, traffic.path("qr"), traffic.tenant.workspace, **asked)
    assert answer["totals"] == spoken(expected.figures)
    assert [day["total"] for day in answer["days"]] == [d.figures.visits for d in expected.days]
    assert [hour["unique"] for hour in answer["hours"]] == [h.uniques for h in expected.hours]


async def test_figures_stay_when_visits_are_added_to_totals(
    client: Client, traffic: Traffic
) -> None:
    before = [await told(client, traffic.path(k), traffic.tenant.workspace) for k in KINDS]
    await roll_up(RollUp())
    after = [await told(client, traffic.path(k), traffic.tenant.workspace) for k in KINDS]
    assert after == before


async def test_a_visit_is_told_at_once(client: Client, tenant: Tenant) -> None:
    code = await a_dynamic(await actor_of(tenant), short_code="fresh")
    path = f"/api/qr/{prefixed('qr', code.id)}/stats"
    none = await told(client, path, tenant.workspace)
    assert (none["totals"]["total"], none["lastScannedAt"]) == (0, None)
    assert len(none["days"]) == 30
    await scan("fresh")
    one = await told(client, path, tenant.workspace, days=1)
    assert one["totals"] == {"total": 1, "unique": one["totals"]["unique"], "bots": 0}
    assert one["days"] == [{"date": str(TODAY), **one["totals"]}]
    assert one["lastScannedAt"] == "2026-11-21T12:00:00.000Z"
    assert one["devices"]["items"][0]["value"] == "mobile"


async def test_long_lists_are_cut(client: Client, tenant: Tenant) -> None:
    by = await actor_of(tenant)
    code = await a_dynamic(by)
    browsers = [n for n in range(25) for _ in range(n + 1)]
    await a_batch(
        [
            Seen(code.id, by.organization_id, NOW, told={"browser": f"Browser {n:02}"})
            for n in browsers
        ]
    )
    answer = await told(client, f"/api/qr/{prefixed('qr', code.id)}/stats", tenant.workspace)
    items, other = answer["browsers"]["items"], answer["browsers"]["other"]
    assert [item["value"] for item in items] == [f"Browser {n:02}" for n in range(24, 4, -1)]
    assert (other["values"], other["total"]) == (5, 1 + 2 + 3 + 4 + 5)
    assert sum(item["total"] for item in items) + other["total"] == len(browsers)
    assert other["share"] == round(15 / len(browsers), 4)


async def test_variants_are_told_of_and_what_is_left(client: Client, traffic: Traffic) -> None:
    expected = expected_shares(traffic.expected(traffic.ids["qr"]), "variant")
    answer = await told(client, traffic.path("qr"), traffic.tenant.workspace)
    test = answer["abTest"]
    tested = expected["a"] + expected["b"]
    for variant, half in zip(test["variants"], HALVES, strict=True):
        assert {name: variant[name] for name in half} == half
        assert variant["total"] == expected[half["id"]]
        assert variant["share"] == round(variant["total"] / tested, 4)
    assert (test["formerTotal"], test["untestedTotal"]) == (0, 0)
    assert answer["routing"] is None
    link = await told(client, traffic.path("link"), traffic.tenant.workspace)
    assert (link["abTest"], link["routing"]) == (None, None)


async def test_variants_of_before_are_told_together(client: Client, tenant: Tenant) -> None:
    by = await actor_of(tenant)
    code = await a_dynamic(by, variants=HALVES)
    seen = ["a", "a", "gone", "old", None]
    await a_batch([Seen(code.id, by.organization_id, NOW, told={"variant": v}) for v in seen])
    answer = await told(client, f"/api/qr/{prefixed('qr', code.id)}/stats", tenant.workspace)
    test = answer["abTest"]
    assert [(v["id"], v["total"], v["share"]) for v in test["variants"]] == [
        ("a", 2, 1.0),
        ("b", 0, 0.0),
    ]
    assert (test["formerTotal"], test["untestedTotal"]) == (2, 1)


@pytest.mark.parametrize("kind", ["link", "qr"])
async def test_rules_are_told_of_also_for_a_code_that_follows_the_link(
    client: Client, tenant: Tenant, kind: str
) -> None:
    by = await actor_of(tenant)
    link = await a_link(by, slug="ruled", rules=RULES)
    code = await a_dynamic(by, short_code="tied", destination_url=None, link_id=link.id)
    visitors: list[Visitor] = [
        *(somebody(country="DE") for _ in range(3)),
        *(somebody(country="FR") for _ in range(2)),
        somebody(country="FR", device="desktop"),
    ]
    for visitor in visitors:
        await (click("ruled", visitor) if kind == "link" else scan("tied", visitor))
    id_ = prefixed(PREFIXES[kind], link.id if kind == "link" else code.id)
    path = f"/api/{'links' if kind == 'link' else 'qr'}/{id_}/stats"
    routing = (await told(client, path, tenant.workspace))["routing"]
    assert [(r["id"], r["name"], r["total"], r["share"]) for r in routing["rules"]] == [
        ("german", "Germany", 3, 0.5),
        ("phones", "Phones", 2, 0.3333),
    ]
    assert (routing["unmatched"]["total"], routing["formerTotal"]) == (1, 0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 732}, "days"),
        ({"days": "x"}, "days"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": "1700000000"}, "from"),
        ({"to": "yesterday"}, "to"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from"),
        ({"from": "2023-01-01", "to": "2026-11-01"}, "from"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": "../etc/passwd"}, "timeZone"),
        ({"timeZone": "localtime"}, "timeZone"),
    ],
)
async def test_days_that_make_no_span_are_refused(
    client: Client, tenant: Tenant, query: dict[str, Any], field: str
) -> None:
    code = await a_dynamic(await actor_of(tenant))
    path = f"/api/qr/{prefixed('qr', code.id)}/stats"
    answer = await client.get(path, params=query, headers=tenant.workspace)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()["fields"]) == [field]


async def test_two_years_are_a_span(client: Client, tenant: Tenant) -> None:
    code = await a_dynamic(await actor_of(tenant))
    path = f"/api/qr/{prefixed('qr', code.id)}/stats"
    answer = await told(client, path, tenant.workspace, days=731)
    assert len(answer["days"]) == 731
    assert answer["from"] == str(TODAY - timedelta(730))


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_there_has_no_statistics(
    client: Client, traffic: Traffic, stranger: Tenant, kind: str
) -> None:
    path = traffic.path(kind)
    assert (await client.get(path, headers=stranger.workspace)).status_code == 404
    wrong = f"{path[: path.index('_') + 1]}{'0' * 32}/stats"
    assert (await client.get(wrong, headers=traffic.tenant.workspace)).status_code == 404
    thing = path.removesuffix("/stats")
    assert (await client.delete(thing, headers=traffic.tenant.workspace)).status_code == 204
    assert (await client.get(path, headers=traffic.tenant.workspace)).status_code == 404
