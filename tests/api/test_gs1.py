"""`POST /api/gs1/validate`: everything that is wrong, and the value in all its forms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client, Tenant

VALIDATE = "/api/gs1/validate"
GTIN = "09506000134352"


async def judged(client: Client, tenant: Tenant, **body: Any) -> Any:
    answer = await client.post(VALIDATE, json=body, headers=tenant.business)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_good_element_string_is_read_and_told_in_every_form(
    client: Client, tenant: Tenant
) -> None:
    value = f"(01){GTIN}(17)261200(3103)000750(10)AB/1"
    told = await judged(client, tenant, value=value)
    assert (told["valid"], told["type"], told["errors"]) == (True, "element_string", [])
    assert told["canonical"] == {
        "gtin": GTIN,
        "element_string": value,
        "unbracketed": f"01{GTIN}172612003103000750" + "10AB/1",
        "digital_link": f"https://id.gs1.org/01/{GTIN}/10/AB%2F1?17=261200&3103=000750",
    }
    read = {each["ai"]: each for each in told["elements"]}
    assert read["01"]["check_digit"] == "2"
    assert read["17"]["title"] == "USE BY or EXPIRY"
    assert read["17"]["readable"]["date"] == "2026-12"
    assert (read["3103"]["readable"]["number"], read["3103"]["readable"]["unit"]) == ("0.750", "kg")
    assert [each["position"] for each in told["elements"]] == [0, 18, 28, 40]


async def test_what_a_scanner_sends_is_read_with_its_separators(
    client: Client, tenant: Tenant
) -> None:
    told = await judged(client, tenant, value=f"]d201{GTIN}10ABC\x1d17261231")
    assert [(each["ai"], each["value"]) for each in told["elements"]] == [
        ("01", GTIN),
        ("10", "ABC"),
        ("17", "261231"),
    ]
    assert told["canonical"]["unbracketed"] == f"01{GTIN}17261231" + "10ABC"
    told = await judged(client, tenant, value=f"01{GTIN}10ABC\x1d21X")
    assert told["canonical"]["unbracketed"] == f"01{GTIN}10ABC\x1d21X"


async def test_every_error_is_named(client: Client, tenant: Tenant) -> None:
    value = "(01)09506000134351(17)261301(10)A(10)B(05)x"
    told = await judged(client, tenant, value=value)
    assert (told["valid"], told["canonical"]) == (False, None)
    assert [(each["ai"], each["position"], each["code"]) for each in told["errors"]] == [
        ("01", 0, "check_digit"),
        ("17", 18, "date"),
        ("10", 33, "duplicate_ai"),
        ("05", 38, "unknown_ai"),
    ]
    assert all(each["message"].endswith(".") for each in told["errors"])
    assert [each["valid"] for each in told["elements"]] == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("value", "type", "code"),
    [
        *[(" ", None, "empty"), ("123", "gtin", "length"), ("12a", "gtin", "character")],
        *[("9506000134351", "gtin", "check_digit"), ("(10)A)", None, "syntax")],
        *[("(05)1", None, "unknown_ai"), (f"(01){GTIN}(422)999", None, "value")],
        *[(f"(01){GTIN}(7006)261200", None, "date"), (f"01{GTIN}10A\x1d", None, "separator")],
        *[("(10)A", None, "missing_ai"), (f"(01){GTIN}(37)1", None, "conflicting_ai")],
        *[("(10)A(10)A", None, "duplicate_ai"), ("https://", "digital_link", "uri")],
        ("https://id.gs1.org/AQnYUc1gmiCNV4JGLQ", None, "compressed_uri"),
        (f"https://a.example/01/{GTIN}/10/%C3%A4", None, "encoding"),
        ("https://a.example/", None, "no_primary_key"),
        (f"https://a.example/01/{GTIN}?10=A", None, "misplaced_ai"),
        (f"https://a.example/01/{GTIN}/21/a/10/b", None, "qualifier_order"),
    ],
)
async def test_an_error_has_a_code(
    client: Client, tenant: Tenant, value: str, type: str | None, code: str
) -> None:
    told = await judged(client, tenant, value=value, type=type)
    assert told["valid"] is False
    assert code in {each["code"] for each in told["errors"]}


async def test_a_digital_link_of_any_domain_is_read(client: Client, tenant: Tenant) -> None:
    value = "https://shop.example/p/01/9506000134352/21/x%2Fy?17=261231&linkType=all"
    told = await judged(client, tenant, value=value)
    assert (told["valid"], told["type"]) == (True, "digital_link")
    assert told["canonical"]["digital_link"] == (f"https://id.gs1.org/01/{GTIN}/21/x%2Fy?17=261231")
    assert told["canonical"]["element_string"] == f"(01){GTIN}(17)261231(21)x/y"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        *[({}, "value"), ({"value": 5}, "value"), ({"value": ""}, "value")],
        *[({"value": "1" * 2049}, "value"), ({"value": "1", "type": "ean"}, "type")],
        ({"value": "1", "more": 1}, "more"),
    ],
)
async def test_a_request_of_a_wrong_shape_is_refused(
    client: Client, tenant: Tenant, body: dict[str, Any], field: str
) -> None:
    answer = await client.post(VALIDATE, json=body, headers=tenant.business)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


async def test_it_takes_a_credential(client: Client, tenant: Tenant) -> None:
    body = {"value": GTIN}
    assert (await client.post(VALIDATE, json=body)).status_code == 401
    answer = await client.post(VALIDATE, json=body, headers=tenant.workspace)
    assert answer.status_code == 200
