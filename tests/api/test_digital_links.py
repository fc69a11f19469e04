"""GS1 Digital Links over HTTP: products that lead on, and what is told about them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.rules.actors import Actor
from tests.api.conftest import Client, Tenant, held_by
from tests.api.test_redirects import CUSTOM, JSON, PHONE
from tests.api.traffic import actor_of
from tests.builders.visits import a_domain, count

QR = "/api/qr"
GTIN = "09506000134352"
OTHER = "09506000134369"
PRODUCT = f"/01/{GTIN}"
PIP = "https://brand.example/pip"
LINKSET = {"Accept": "application/linkset+json"}
VOC = "https://ref.gs1.org/voc/"


@pytest.fixture
async def by(tenant: Tenant) -> Actor:
    return await actor_of(tenant)


async def a_product(
    client: Client, tenant: Tenant, url: str = "https://brand.example/", **more: Any
) -> Any:
    """A dynamic code of type GS1."""
    content = {"gtin": GTIN, **more.pop("content", {})}
    body = {"type": "GS1", "destinationUrl": url, "content": content, **more}
    made = await client.post(QR, json=body, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    return made.json()


async def led(client: Client, path: str, **headers: str) -> str:
    answer = await client.get(path, headers={**PHONE, **headers})
    assert answer.status_code == 307, answer.text
    return answer.headers["location"]


async def test_a_product_is_made_printed_and_led_on(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    code = await a_product(client, tenant, content={"lot": "A/1", "expiry": "2026-12-31"})
    assert code["isDynamic"] is True
    assert code["payload"] == f"https://ink.test{PRODUCT}/10/A%2F1?17=261231"
    png = await client.get(f"{code['imageUrl']}?size=800", headers=tenant.workspace)
    assert held_by(png.content) == code["payload"]
    path = code["payload"].removeprefix("https://ink.test")
    answer = await client.get(path, headers=PHONE)
    assert (answer.status_code, answer.headers["location"]) == (
        307,
        "https://brand.example/?17=261231",
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["link"] == (
        f'<https://ink.test{PRODUCT}/10/A%2F1?linkType=linkset>; rel="linkset"; '
        'type="application/linkset+json"'
    )
    assert await count(database, "scan WHERE NOT is_bot AND asset_kind = 'qr'") == 1
    assert (await client.head(path, headers=PHONE)).status_code == 307
    assert await count(database, "scan WHERE NOT is_bot") == 1
    assert (await client.get(f"/q/{code['shortCode']}", headers=PHONE)).status_code == 302


@pytest.mark.parametrize("gtin", ["9506000134352", GTIN])
async def test_a_gtin_is_found_however_long_it_is_written(
    client: Client, tenant: Tenant, gtin: str
) -> None:
    await a_product(client, tenant)
    assert await led(client, f"/01/{gtin}") == "https://brand.example/"
    assert await led(client, f"/01/{gtin}/") == "https://brand.example/"


async def test_the_most_exact_code_leads_and_others_stand_in(
    client: Client, tenant: Tenant
) -> None:
    for url, content in (
        ("https://all.example/", {}),
        ("https://lot.example/", {"lot": "L1"}),
        ("https://variant.example/", {"variant": "V"}),
        ("https://serial.example/", {"serial": "S1"}),
        ("https://both.example/", {"lot": "L1", "serial": "S1"}),
    ):
        await a_product(client, tenant, url, content=content)
    assert await led(client, PRODUCT) == "https://all.example/"
    assert await led(client, f"{PRODUCT}/10/L1") == "https://lot.example/"
    assert await led(client, f"{PRODUCT}/10/L2") == "https://all.example/"
    assert await led(client, f"{PRODUCT}/10/L1/21/S1") == "https://both.example/"
    assert await led(client, f"{PRODUCT}/10/L2/21/S1") == "https://serial.example/"
    assert await led(client, f"{PRODUCT}/10/L1/21/S2") == "https://lot.example/"
    assert await led(client, f"{PRODUCT}/22/V/10/L9") == "https://variant.example/"
    assert await led(client, f"{PRODUCT}/22/V/10/L1") == "https://lot.example/"


async def test_a_paused_or_deleted_code_lets_the_next_one_lead(
    client: Client, tenant: Tenant
) -> None:
    await a_product(client, tenant, "https://all.example/")
    lot = await a_product(client, tenant, "https://lot.example/", content={"lot": "L1"})
    one = f"{QR}/{lot['id']}"
    await client.patch(one, json={"isActive": False}, headers=tenant.workspace)
    assert await led(client, f"{PRODUCT}/10/L1") == "https://all.example/"
    await client.patch(one, json={"isActive": True}, headers=tenant.workspace)
    assert await led(client, f"{PRODUCT}/10/L1") == "https://lot.example/"
    await client.delete(one, headers=tenant.workspace)
    assert await led(client, f"{PRODUCT}/10/L1") == "https://all.example/"


async def test_a_link_type_chooses_and_the_query_is_passed_on(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    links = {"gs1:pip": PIP, "gs1:hasRetailers": "https://brand.example/shops?a=1"}
    await a_product(client, tenant, content={"links": links})
    assert await led(client, f"{PRODUCT}?linkType=gs1:pip") == PIP
    assert await led(client, f"{PRODUCT}?linkType=gs1%3Apip&b=2") == f"{PIP}?b=2"
    assert await led(client, f"{PRODUCT}?linkType=https://ref.gs1.org/voc/pip") == PIP
    told = await led(client, f"{PRODUCT}?linkType=gs1:hasRetailers&17=261231&b=%20c")
    assert told == "https://brand.example/shops?a=1&17=261231&b=%20c"
    for unknown in ("gs1:epil", "nonsense", "gs1:defaultLink", ""):
        told = await led(client, f"{PRODUCT}?linkType={unknown}")
        assert told == "https://brand.example/"
    assert await count(database, "scan") == 8


@pytest.mark.parametrize("how", ["?linkType=linkset", "?linkType=all", "Accept"])
async def test_all_links_are_told_and_nothing_is_counted(
    client: Client, tenant: Tenant, database: AsyncConnection, how: str
) -> None:
    links = {"gs1:pip": PIP, "gs1:recallStatus": "https://brand.example/süß"}
    await a_product(client, tenant, content={"links": links}, name="Secret project")
    path = PRODUCT + (how if how[0] == "?" else "")
    answer = await client.get(path, headers={**PHONE, **(LINKSET if how == "Accept" else {})})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/linkset+json"
    assert "linkset-context" in answer.headers["link"]
    assert "Accept" in answer.headers["vary"]
    assert answer.json() == {
        "linkset": [
            {
                "anchor": f"https://ink.test{PRODUCT}",
                f"{VOC}defaultLink": [{"href": "https://brand.example/", "title": "Default link"}],
                f"{VOC}pip": [{"href": PIP, "title": "Pip"}],
                f"{VOC}recallStatus": [
                    {"href": "https://brand.example/s%C3%BC%C3%9F", "title": "Recall status"}
                ],
            }
        ]
    }
    assert await count(database, "scan") == 0


async def test_links_of_a_protected_or_ended_code_stay_untold(
    client: Client, tenant: Tenant
) -> None:
    await a_product(client, tenant, content={"links": {"gs1:pip": PIP}}, password="sesame")
    for path in (PRODUCT, f"{PRODUCT}?linkType=gs1:pip", f"{PRODUCT}?linkType=linkset"):
        answer = await client.get(path, headers={**PHONE, **JSON})
        assert (answer.status_code, answer.json()["code"]) == (403, "PASSWORD_REQUIRED")
    ended = {"gtin": OTHER, "links": {"gs1:pip": PIP}}
    await a_product(client, tenant, content=ended, scanLimit=1)
    assert await led(client, f"/01/{OTHER}?linkType=gs1:pip") == PIP
    for path in (f"/01/{OTHER}", f"/01/{OTHER}?linkType=linkset"):
        answer = await client.get(path, headers={**PHONE, **LINKSET})
        assert (answer.status_code, PIP in answer.text) == (410, False)


@pytest.mark.parametrize(
    "path",
    [
        *[
            "/01/09506000134353",
            "/01/123",
            "/01/x",
            "/01/",
            f"{PRODUCT}/10",
            f"{PRODUCT}/17/261231",
        ],
        *[f"{PRODUCT}/21/a/10/b", f"{PRODUCT}/10/{'A' * 21}", f"{PRODUCT}/10/%C3%A4"],
        *[f"{PRODUCT}/10/%00", f"{PRODUCT}/10/%zz", f"{PRODUCT}/more", "/01/" + "1/" * 1000],
        f"{PRODUCT}/10/a/10/b",
    ],
)
async def test_what_is_no_product_is_a_bad_request(
    client: Client, tenant: Tenant, path: str
) -> None:
    await a_product(client, tenant)
    answer = await client.get(path, headers=PHONE)
    assert answer.status_code == 400
    assert "Compare it with the product" in answer.text
    assert (await client.get(path, headers={**PHONE, **JSON})).json()["code"] == "BAD_REQUEST"


async def test_an_unknown_product_is_a_page_and_guesses_are_throttled(client: Client) -> None:
    page = await client.get(PRODUCT, headers={"Accept-Language": "de"})
    assert (page.status_code, page.headers["content-language"]) == (404, "de")
    statuses = [(await client.get(PRODUCT)).status_code for _ in range(120)]
    assert statuses == [404] * 119 + [429]


async def test_pages_of_others_may_ask_and_products_are_for_visiting_only(client: Client) -> None:
    asked = await client.options(PRODUCT)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    refused = await client.post(PRODUCT)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_a_custom_domain_has_products_of_its_own(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    await a_domain(by)
    own = {"domain": "https://links.acme.com"}
    code = await a_product(client, tenant, "https://own.example/", content=own)
    assert code["payload"] == f"https://links.acme.com{PRODUCT}"
    assert await led(client, PRODUCT, **CUSTOM) == "https://own.example/"
    assert (await client.get(PRODUCT, headers=PHONE)).status_code == 404
    await a_product(client, tenant, "https://ours.example/")
    assert await led(client, PRODUCT) == "https://ours.example/"
    assert await led(client, PRODUCT, **CUSTOM) == "https://own.example/"
    told = (await client.get(PRODUCT, headers={**LINKSET, **CUSTOM})).json()
    assert told["linkset"][0]["anchor"] == f"https://links.acme.com{PRODUCT}"


async def test_at_a_custom_domain_nobody_meets_products_of_others(
    client: Client, tenant: Tenant, stranger: Tenant, by: Actor
) -> None:
    await a_product(client, stranger)
    await a_product(client, tenant, "https://mine.example/", content={"gtin": OTHER})
    await a_domain(by)
    assert (await client.get(PRODUCT, headers={**PHONE, **CUSTOM})).status_code == 404
    assert await led(client, f"/01/{OTHER}", **CUSTOM) == "https://mine.example/"


async def test_nobody_takes_a_product_over(
    client: Client, tenant: Tenant, stranger: Tenant, database: AsyncConnection
) -> None:
    code = await a_product(client, tenant)
    body = {"type": "GS1", "destinationUrl": "https://evil.example/", "content": {"gtin": GTIN}}
    for other in (stranger, tenant):
        refused = await client.post(QR, json=body, headers=other.workspace)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["content.gtin"])
    await client.delete(f"{QR}/{code['id']}", headers=tenant.workspace)
    refused = await client.post(QR, json=body, headers=stranger.workspace)
    assert list(refused.json()["fields"]) == ["content.gtin"]
    assert await count(database, "qr_code WHERE deleted_at IS NULL") == 0
    again = await a_product(client, tenant, "https://again.example/")
    assert await led(client, PRODUCT) == "https://again.example/"
    restored = await client.post(f"{QR}/{code['id']}/restore", headers=tenant.workspace)
    assert restored.status_code == 200
    assert await led(client, PRODUCT) == again["destinationUrl"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": {"gtin": GTIN, "domain": "https://id.gs1.org"}}, "content.domain"),
        ({"content": {"gtin": GTIN, "domain": "https://links.other.com"}}, "content.domain"),
        ({"content": {"gtin": GTIN, "links": {"pip": PIP}}}, "content.links"),
        ({"content": {"gtin": GTIN, "links": [PIP]}}, "content.links"),
        ({"content": {"gtin": GTIN, "links": {"gs1:defaultLink": PIP}}}, "content.links"),
        ({"content": {"gtin": GTIN, "links": {"gs1:pip": "ftp://x"}}}, "content.links.gs1:pip"),
        (
            {"content": {"gtin": GTIN, "links": {"gs1:pip": "https://ink.test/q/x"}}},
            "content.links.gs1:pip",
        ),
        (
            {"content": {"gtin": GTIN, "links": {f"gs1:{'a' * n}": PIP for n in range(1, 22)}}},
            "content.links",
        ),
        ({"destinationUrl": None, "isDynamic": True}, "destinationUrl"),
        ({"isDynamic": False}, "destinationUrl"),
        (
            {
                "destinationUrl": None,
                "isDynamic": False,
                "content": {"gtin": GTIN, "links": {"gs1:pip": PIP}},
            },
            "content.links",
        ),
    ],
)
async def test_a_wrong_product_is_refused_by_the_field(
    client: Client, tenant: Tenant, stranger: Tenant, body: dict[str, Any], field: str
) -> None:
    await a_domain(await actor_of(stranger), "links.other.com")
    whole = {
        "type": "GS1",
        "destinationUrl": "https://brand.example/",
        "content": {"gtin": GTIN},
        **body,
    }
    refused = await client.post(QR, json=whole, headers=tenant.workspace)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, [field]), refused.text


async def test_a_product_can_be_changed_and_what_is_printed_leads_on(
    client: Client, tenant: Tenant
) -> None:
    code = await a_product(client, tenant)
    one = f"{QR}/{code['id']}"
    change: dict[str, Any] = {"destinationUrl": "https://new.example/"}
    assert (await client.patch(one, json=change, headers=tenant.workspace)).status_code == 200
    assert await led(client, PRODUCT) == "https://new.example/"
    change = {"content": {"gtin": OTHER, "links": {"gs1:pip": PIP}}}
    changed = await client.patch(one, json=change, headers=tenant.workspace)
    assert changed.json()["payload"] == f"https://ink.test/01/{OTHER}"
    assert await led(client, PRODUCT) == await led(client, f"/01/{OTHER}")
    assert await led(client, f"/01/{OTHER}?linkType=gs1:pip") == PIP
    copy = await client.post(f"{QR}/{code['id']}/duplicate", json={}, headers=tenant.workspace)
    assert list(copy.json()["fields"]) == ["content.gtin"]


async def test_a_static_code_is_resolved_elsewhere(client: Client, tenant: Tenant) -> None:
    body = {"type": "GS1", "content": {"gtin": GTIN}}
    made = await client.post(QR, json=body, headers=tenant.workspace)
    assert (made.json()["isDynamic"], made.json()["payload"]) == (
        False,
        f"https://id.gs1.org{PRODUCT}",
    )
    assert (await client.get(PRODUCT, headers=PHONE)).status_code == 404


async def test_the_resolver_describes_itself(client: Client, by: Actor) -> None:
    told = (await client.get("/.well-known/gs1resolver")).json()
    assert (told["resolverRoot"], told["supportedPrimaryKeys"]) == ("https://ink.test", ["01"])
    await a_domain(by)
    told = (await client.get("/.well-known/gs1resolver", headers=CUSTOM)).json()
    assert told["resolverRoot"] == "https://links.acme.com"


async def test_a_domain_that_ended_has_no_products(
    client: Client, tenant: Tenant, by: Actor, database: AsyncConnection
) -> None:
    await a_domain(by)
    own = {"domain": "https://links.acme.com"}
    await a_product(client, tenant, content=own)
    await database.execute(text("UPDATE domain SET deleted_at = now()"))
    assert (await client.get(PRODUCT, headers={**PHONE, **CUSTOM})).status_code == 404
    await a_domain(by)
    assert await led(client, PRODUCT, **CUSTOM) == "https://brand.example/"
