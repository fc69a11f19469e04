"""Static codes over HTTP, read back from their pictures by an independent reader."""

from __future__ import annotations

import pytest

from activities.rules.payloads.contents import CONTENT_TYPES, EXAMPLES, FIELDS, ContentType
from tests.api.conftest import Client, Tenant, held_by
from tests.api.surface import every_operation

QR = "/api/qr"
STATIC = [kind for kind in CONTENT_TYPES if kind != "URL"]
SAID = {
    "WIFI": r"WIFI:T:WPA;S:Café Größenwahn;P:flat\;white\:2;;",
    "TEL": "tel:+4930901820;ext=12",
    "TEXT": "Table 12\nBon appétit!",
    "VCARD": "BEGIN:VCARD\r\nVERSION:3.0\r\n",
    "EVENT": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n",
    "EMAIL": "mailto:hello@example.com?",
    "SMS": "SMSTO:+4930901820:",
    "GEO": "geo:52.516275,13.377704",
    "GS1": "https://",
}
"""What each example starts with when it is read."""


@pytest.mark.parametrize("kind", STATIC)
async def test_a_reader_finds_what_the_answer_says(
    client: Client, tenant: Tenant, kind: ContentType
) -> None:
    body = {"type": kind, "content": EXAMPLES[kind]}
    made = await client.post(QR, json=body, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    code = made.json()
    assert (code["type"], code["content"], code["isDynamic"]) == (kind, EXAMPLES[kind], False)
    assert (code["shortCode"], code["shortUrl"], code["destinationUrl"]) == (None, None, None)
    png = await client.get(f"{code['imageUrl']}?size=800", headers=tenant.workspace)
    read = held_by(png.content) or ""
    assert read == code["payload"]
    assert read.startswith(SAID[kind])


async def test_a_static_address_is_read_as_browsers_send_it(client: Client, tenant: Tenant) -> None:
    url = "https://exämple.com/süß"
    body: dict[str, object] = {"destinationUrl": url, "isDynamic": False}
    code = (await client.post(QR, json=body, headers=tenant.workspace)).json()
    assert (code["destinationUrl"], code["shortUrl"]) == (url, None)
    png = await client.get(f"{code['imageUrl']}?size=400", headers=tenant.workspace)
    assert held_by(png.content) == code["payload"] == "https://xn--exmple-cua.com/s%C3%BC%C3%9F"


async def test_a_changed_content_is_drawn_anew(client: Client, tenant: Tenant) -> None:
    body = {"type": "TEXT", "content": {"text": "before"}}
    code = (await client.post(QR, json=body, headers=tenant.workspace)).json()
    one = f"{QR}/{code['id']}"
    change = {"content": {"text": "after"}}
    assert (await client.patch(one, json=change, headers=tenant.workspace)).status_code == 200
    png = await client.get(f"{one}/image", headers=tenant.workspace)
    assert held_by(png.content) == "after"


async def test_too_much_content_is_a_wrong_field(client: Client, tenant: Tenant) -> None:
    body = {"type": "TEXT", "content": {"text": "ü" * 2000}}
    answer = await client.post(QR, json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["content"])
    address = {"destinationUrl": "https://x.example/" + "ü" * 900, "isDynamic": False}
    answer = await client.post(QR, json=address, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["destinationUrl"])


async def test_a_static_code_is_no_dynamic_one_for_the_studio(
    client: Client, tenant: Tenant
) -> None:
    body = {"type": "TEXT", "content": {"text": "x"}}
    code = (await client.post(QR, json=body, headers=tenant.workspace)).json()
    listed = await client.get("/api/v1/dynamic/", headers=tenant.studio)
    assert listed.json()["count"] == 0
    for spelled in (code["id"], code["id"].removeprefix("qr_")):
        path = f"/api/v1/dynamic/{spelled}/"
        assert (await client.get(path, headers=tenant.studio)).status_code == 404
        assert (await client.delete(path, headers=tenant.studio)).status_code == 404


def test_the_document_tells_every_field_of_every_type() -> None:
    document = next(asked.document for asked in every_operation() if asked.path == QR)
    schema = document["components"]["schemas"]["QrIn"]["properties"]["content"]
    assert schema["description"]
    told = {part["title"]: part for part in schema["anyOf"] if part["type"] == "object"}
    assert set(told) == set(CONTENT_TYPES)
    for kind, part in told.items():
        assert {name: f["description"] for name, f in part["properties"].items()} == FIELDS[kind]
        assert part["examples"] == [EXAMPLES[kind]]
    assert told["WIFI"]["required"] == ["ssid"]
