"""Statistics in every other language: the same visits, the same numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.rules.spelling import stamp
from activities.statistics.views import Figures
from tests.api.conftest import Client, Tenant
from tests.api.traffic import (
    Traffic,
    expected_shares,
    named,
    shares_of,
    told,
)

STUDIO = "/api/v1/dynamic/menu/analytics/"
CLICKS = "/api/v1/analytics/sale/clicks"
PLAN = "pro"


def tracking(traffic: Traffic) -> str:
    return f"/v1/qr-codes/{traffic.ids['qr']}/stats"


def business(traffic: Traffic) -> str:
    return f"/api/qr-links/{traffic.ids['qr']}/stats"


def counts(figures: Figures, noun: str = "scans") -> dict[str, int]:
    return {
        noun: figures.visits,
        f"unique_{noun}": figures.uniques,
        f"bot_{noun}": figures.bots,
    }


def clicks(figures: Figures) -> dict[str, int]:
    return {
        "clicks": figures.visits,
        "uniqueClicks": figures.uniques,
        "botClicks": figures.bots,
    }


async def test_tracking_tells_as_its_document_says(client: Client, traffic: Traffic) -> None:
    expected = traffic.expected(traffic.ids["qr"])
    answer = await told(client, tracking(traffic), traffic.tenant.tracking)
    assert list(answer) == ["data"]
    data = answer["data"]
    assert data["qr_code_id"] == str(traffic.ids["qr"])
    assert data["from"] == "2026-10-23T00:00:00.000Z"
    assert data["to"] == "2026-11-21T23:59:59.999Z"
    assert data["total_scans"] == expected.figures.visits
    assert data["unique_scans"] == expected.figures.uniques
    assert data["bot_scans"] == expected.figures.bots
    assert expected.last_at is not None
    assert data["last_scanned_at"] == stamp(expected.last_at)
    assert data["daily_counts"] == [
        {"date": d.day.isoformat(), "scans": d.figures.visits, "unique_scans": d.figures.uniques}
        for d in expected.days
    ]
    for name, value, dimension in (
        ("top_countries", "country", "country"),
        ("top_devices", "device_type", "device"),
        ("top_referrers", "referrer_domain", "referrer"),
    ):
        known = expected_shares(expected, dimension)
        known.pop(None, None)
        assert shares_of(data[name], value) == known
    assert {c["country"]: c["country_name"] for c in data["top_countries"]} == {
        "DE": "Germany",
        "US": "United States",
    }


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [
        (
            ("2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"),
            ("2026-11-01T00:00:00.000Z", "2026-11-02T23:59:59.999Z"),
        ),
        (
            ("2026-11-01T13:30:00Z", "2026-11-03T10:00:00.5Z"),
            ("2026-11-01T00:00:00.000Z", "2026-11-03T23:59:59.999Z"),
        ),
        (
            ("2026-11-01", "2026-11-03"),
            ("2026-11-01T00:00:00.000Z", "2026-11-03T23:59:59.999Z"),
        ),
        (
            ("2026-11-01T00:00:00+02:00", "2026-11-02T22:00:00-02:00"),
            ("2026-10-31T00:00:00.000Z", "2026-11-02T23:59:59.999Z"),
        ),
        (
            (None, "2026-11-03"),
            ("2026-10-05T00:00:00.000Z", "2026-11-03T23:59:59.999Z"),
        ),
    ],
)
async def test_tracking_counts_whole_days_and_says_which(
    client: Client, traffic: Traffic, asked: tuple[str | None, str], echoed: tuple[str, str]
) -> None:
    query = {"from": asked[0], "to": asked[1]} if asked[0] else {"to": asked[1]}
    answer = await told(client, tracking(traffic), traffic.tenant.tracking, **query)
    data = answer["data"]
    assert (data["from"], data["to"]) == echoed
    raw = [s for s in traffic.scans if echoed[0] <= stamp(s.at) <= echoed[1] and not s.is_bot]
    assert data["total_scans"] == len([s for s in raw if s.asset_id == traffic.ids["qr"]])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-11-01 00:00"}, "from"),
        ({"from": "2026-11-01T00:00:00"}, "from"),
        ({"from": "1999-11-01T00:00:00Z"}, "from"),
        ({"from": "2026-13-01"}, "from"),
        ({"to": "0001-01-01T00:00:00Z"}, "to"),
        ({"to": "1762000000"}, "to"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from"),
        ({"from": "2023-11-02", "to": "2026-11-01"}, "from"),
    ],
)
async def test_tracking_refuses_what_is_no_span(
    client: Client, traffic: Traffic, query: dict[str, str], field: str
) -> None:
    answer = await client.get(tracking(traffic), params=query, headers=traffic.tenant.tracking)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_PARAMETER")
    assert answer.json()["error"].startswith(f"{field}: ")


@pytest.mark.parametrize("language", ["studio", "business"])
async def test_plain_statistics_are_those_of_the_raw_visits(
    client: Client, traffic: Traffic, language: str
) -> None:
    zone = "Asia/Kathmandu"
    expected = traffic.expected(traffic.ids["qr"], 20, zone)
    if language == "studio":
        answer = await told(client, STUDIO, traffic.tenant.jwt, days=20, tz=zone)
        assert (answer["short_id"], answer["tz"]) == ("menu", zone)
    else:
        asked = {"days": 20, "time_zone": zone}
        answer = await told(client, business(traffic), traffic.tenant.business, **asked)
        answer = answer["stats"]
        assert answer["qr_link_id"] == str(traffic.ids["qr"])
        assert (answer["slug"], answer["time_zone"]) == ("menu", zone)
    assert (answer["from"], answer["to"]) == ("2026-11-02", "2026-11-21")
    assert answer["total_scans"] == expected.figures.visits
    assert answer["unique_scans"] == expected.figures.uniques
    assert answer["bot_scans"] == expected.figures.bots
    assert answer["all_time"] == counts(expected.all_time)
    assert answer["daily"] == [
        {"date": d.day.isoformat(), **counts(d.figures)} for d in expected.days
    ]
    assert answer["hourly"] == [{"hour": n, **counts(h)} for n, h in enumerate(expected.hours)]
    assert [counts(day) for day in expected.weekdays] == [
        {name: day[name] for name in counts(Figures())} for day in answer["weekdays"]
    ]
    for name, dimension in (("devices", "device"), ("browsers", "browser"), ("cities", "city")):
        assert shares_of(answer[name]) == expected_shares(expected, dimension)
    countries = shares_of(answer["countries"], "country")
    assert countries == expected_shares(expected, "country")
    assert [c["country_name"] for c in answer["countries"]] == named(countries)
    assert shares_of(answer["utm"]["medium"]) == expected_shares(expected, "utm_medium")
    variants = {variant["id"]: variant["scans"] for variant in answer["variants"]}
    assert variants == expected_shares(expected, "variant")


async def test_clicks_of_a_link_are_those_of_the_raw_visits(
    client: Client, traffic: Traffic
) -> None:
    expected = traffic.expected(traffic.ids["link"], 7)
    answer = await told(client, CLICKS, traffic.tenant.links, days=7)
    by_id = f"/api/v1/analytics/{answer['id']}/clicks"
    assert await told(client, by_id, traffic.tenant.links, days=7) == answer
    assert (answer["code"], answer["from"], answer["to"]) == ("sale", "2026-11-15", "2026-11-21")
    assert {name: answer[name] for name in clicks(Figures())} == clicks(expected.figures)
    assert answer["series"] == [
        {"date": d.day.isoformat(), **clicks(d.figures)} for d in expected.days
    ]
    assert shares_of(answer["countries"], "country") == expected_shares(expected, "country")
    for name, dimension in (("devices", "device"), ("browsers", "browser")):
        assert shares_of(answer[name]) == expected_shares(expected, dimension)


async def test_clicks_of_a_workspace_are_those_of_all_it_has(
    client: Client, traffic: Traffic
) -> None:
    expected = traffic.expected(traffic.organization_id)
    path = f"/api/v1/analytics/workspace/{traffic.tenant.organization}"
    answer = await told(client, path, traffic.tenant.links)
    assert answer["id"] == traffic.tenant.organization
    assert {name: answer[name] for name in clicks(Figures())} == clicks(expected.figures)
    assert shares_of(answer["kinds"]) == expected_shares(expected, "kind")
    link = traffic.expected(traffic.ids["link"])
    (top,) = answer["topLinks"]
    assert (top["code"], top["shortUrl"], top["title"]) == ("sale", "https://ink.test/sale", "Sale")
    assert {name: top[name] for name in clicks(Figures())} == clicks(link.figures)


async def test_a_workspace_that_is_not_the_keys_is_not_told_of(
    client: Client, traffic: Traffic, stranger: Tenant
) -> None:
    made = await client.post(
        "/api/v1/workspaces", json={"name": "Second"}, headers=traffic.tenant.links
    )
    for id_ in (stranger.organization, made.json()["id"], "clicks", "org_1", "0" * 32):
        path = f"/api/v1/analytics/workspace/{id_}"
        answer = await client.get(path, headers=traffic.tenant.links)
        assert answer.status_code == 404, id_


async def test_a_key_of_one_workspace_is_not_told_of_the_whole_organization(
    client: Client, traffic: Traffic, database: AsyncConnection
) -> None:
    await database.execute(
        text("UPDATE api_key SET workspace_id = (SELECT workspace_id FROM link LIMIT 1)")
    )
    path = f"/api/v1/analytics/workspace/{traffic.tenant.organization}"
    assert (await client.get(path, headers=traffic.tenant.links)).status_code == 404
    assert (await client.get(CLICKS, headers=traffic.tenant.links)).status_code == 200


@pytest.mark.parametrize("days", ["0", "732", "-1", "x", "30.5"])
async def test_links_refuses_other_numbers_of_days(
    client: Client, traffic: Traffic, days: str
) -> None:
    answer = await client.get(CLICKS, params={"days": days}, headers=traffic.tenant.links)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("days: ")


@pytest.mark.parametrize(
    ("query", "studio", "business_word"),
    [
        ({"from": "2026-11-02", "to": "2026-11-01"}, "from", "from"),
        ({"tz": "Nowhere", "time_zone": "Nowhere"}, "tz", "time_zone"),
    ],
)
async def test_what_is_no_span_is_refused_in_the_words_of_the_language(
    client: Client, traffic: Traffic, query: dict[str, str], studio: str, business_word: str
) -> None:
    answer = await client.get(STUDIO, params=query, headers=traffic.tenant.jwt)
    assert (answer.status_code, list(answer.json())) == (400, [studio])
    answer = await client.get(business(traffic), params=query, headers=traffic.tenant.business)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [business_word])


async def test_all_languages_tell_the_same(client: Client, traffic: Traffic) -> None:
    tenant = traffic.tenant
    workspace = await told(client, traffic.path("qr"), tenant.workspace)
    tracked = (await told(client, tracking(traffic), tenant.tracking))["data"]
    studio = await told(client, STUDIO, tenant.studio)
    plain = (await told(client, business(traffic), tenant.business))["stats"]
    assert (
        workspace["totals"]["total"]
        == tracked["total_scans"]
        == studio["total_scans"]
        == plain["total_scans"]
        > 0
    )
    days: list[list[Any]] = [
        [(day["date"], day["total"], day["unique"]) for day in workspace["days"]],
        *(
            [(day["date"], day["scans"], day["unique_scans"]) for day in series]
            for series in (tracked["daily_counts"], studio["daily"], plain["daily"])
        ),
    ]
    assert days[1:] == days[:-1]
    assert workspace["lastScannedAt"] == tracked["last_scanned_at"] == studio["last_scanned_at"]


async def test_a_key_of_another_workspace_is_told_nothing(
    client: Client, traffic: Traffic, database: AsyncConnection, clock: FixedClock
) -> None:
    made = await client.post(
        f"/api/org/{traffic.tenant.organization}/workspaces",
        json={"name": "Aside"},
        headers=traffic.tenant.workspace,
    )
    other = made.json()["id"].removeprefix("wsp_")
    await database.execute(text("UPDATE api_key SET workspace_id = :id"), {"id": UUID(other)})
    # Keys are remembered for a moment.
    clock.moment += timedelta(minutes=1)
    for path, headers in (
        (STUDIO, traffic.tenant.studio),
        (tracking(traffic), traffic.tenant.tracking),
        (business(traffic), traffic.tenant.business),
        (CLICKS, traffic.tenant.links),
    ):
        assert (await client.get(path, headers=headers)).status_code == 404, path
