"""Products, as another reader of GS1 Digital Links understands them."""

import string
from datetime import date
from typing import Any

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.check_digits import has_check_digit
from activities.rules.errors import InvalidFields
from activities.rules.payloads.contents import EXAMPLES, normalised, payload
from activities.rules.payloads.gs1_data import ATTRIBUTES
from tests.rules.payloads.refusals import refused

GTIN = "09506000134352"
SIGNS = "!\"%&'()*+,-./:;<=>?_" + string.ascii_letters + string.digits
VALUES = st.text(SIGNS, min_size=1, max_size=20).filter(lambda text: text not in (".", ".."))


def says(**fields: Any) -> str:
    return payload("GS1", normalised("GS1", fields))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"gtin": "96385074"}, "https://id.gs1.org/01/00000096385074"),
        ({"gtin": "614141123452"}, "https://id.gs1.org/01/00614141123452"),
        ({"gtin": "9506000134352"}, f"https://id.gs1.org/01/{GTIN}"),
        (
            {"gtin": GTIN, "serial": "12/3", "lot": "A%B", "variant": "2a"},
            f"https://id.gs1.org/01/{GTIN}/22/2a/10/A%25B/21/12%2F3",
        ),
        (
            {
                "gtin": GTIN,
                "expiry": "2026-12-31",
                "attributes": {"3103": "000750", "15": "261130"},
            },
            f"https://id.gs1.org/01/{GTIN}?15=261130&17=261231&3103=000750",
        ),
        (
            {"gtin": GTIN, "expiry": "261200", "linkType": "gs1:pip"},
            f"https://id.gs1.org/01/{GTIN}?17=261200&linkType=gs1:pip",
        ),
        (
            {"gtin": GTIN, "domain": "HTTPS://Go.Example.com:443/", "attributes": {"240": "a&b=c"}},
            f"https://go.example.com/01/{GTIN}?240=a%26b%3Dc",
        ),
        (
            {"gtin": GTIN, "domain": "https://bücher.example:8443"},
            f"https://xn--bcher-kva.example:8443/01/{GTIN}",
        ),
    ],
)
def test_a_product_is_written_out(fields: dict[str, Any], expected: str) -> None:
    assert says(**fields) == expected


@given(
    variant=VALUES,
    lot=VALUES,
    serial=VALUES,
    expiry=st.dates(date(2026, 1, 1), date(2049, 12, 31)),
    part=st.text(SIGNS, min_size=1, max_size=30),
)
def test_another_reader_sees_the_product_that_was_meant(
    variant: str, lot: str, serial: str, expiry: date, part: str
) -> None:
    text = says(
        gtin=GTIN,
        variant=variant,
        lot=lot,
        serial=serial,
        expiry=expiry.isoformat(),
        attributes={"241": part, "3103": "001234"},
    )
    read = {each.ai.ai: each.value for each in GS1DigitalLinkURI.parse(text).element_strings}
    assert read == {
        "01": GTIN,
        "22": variant,
        "10": lot,
        "21": serial,
        "17": expiry.strftime("%y%m%d"),
        "241": part,
        "3103": "001234",
    }


@given(st.text(string.digits, min_size=7, max_size=13))
def test_exactly_one_digit_is_the_check_digit(digits: str) -> None:
    assert sum(has_check_digit(f"{digits}{last}") for last in range(10)) == 1


@pytest.mark.parametrize("identifier", ATTRIBUTES)
def test_every_attribute_is_one_that_another_reader_knows(identifier: str) -> None:
    good = ["261231", "12", "x", "123456", "7", "4006381333931", "276", "2612312359"]
    accepted = [
        value for value in good if _is_fine({"gtin": GTIN, "attributes": {identifier: value}})
    ]
    assert accepted
    for value in accepted:
        read = GS1DigitalLinkURI.parse(says(gtin=GTIN, attributes={identifier: value}))
        assert [each.value for each in read.element_strings][1] == value


def _is_fine(fields: dict[str, Any]) -> bool:
    try:
        normalised("GS1", fields)
    except InvalidFields:
        return False
    return True


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        *[
            ({"gtin": gtin}, "gtin")
            for gtin in (
                *("09506000134353", "9506000134350", "96385075", "123", "1234567890", "x"),
                *("095060001343521", "0950600013435 2", "٩٦٣٨٥٠٧٤", 9506000134352, None, ""),
            )
        ],
        *[
            ({field: value}, field)
            for field in ("variant", "lot", "serial")
            for value in ("x" * 21, "a b", "ä", "a#b", "a@b", "a$b", ".", "..", 5)
        ],
        *[
            ({"expiry": value}, "expiry")
            for value in (
                *("2026-02-30", "260230", "261301", "260001", "31.12.26", "1999-12-31"),
                *("2026-12-00", "2612", "٢٦١٢٣١", 261231),
            )
        ],
        *[
            ({"domain": value}, "domain")
            for value in (
                *("http://id.gs1.org", "id.gs1.org", "https://", "https://localhost"),
                *("https://example.com/path", "https://example.com?x=1", "https://a.b#c"),
                *("https://u:p@example.com", "https://1.2.3.4", "https://[::1]", "https://a_b.com"),
                *("https://example.com:99999", "https://[x", "https://-a.com", 5),
            )
        ],
        *[({"linkType": value}, "linkType") for value in ("pip", "gs1:", "gs1:a&b=c", "x:y", 5)],
        ({"attributes": "3103"}, "attributes"),
        ({"attributes": dict.fromkeys([*ATTRIBUTES][:11], "x")}, "attributes"),
        *[
            ({"attributes": {identifier: value}}, f"attributes.{identifier}")
            for identifier, value in (
                *[("3103", "75"), ("3103", "0000750"), ("3103", 750), ("15", "261332")],
                *[("240", "x" * 31), ("240", "ä"), ("410", "4006381333932"), ("410", "1")],
                *[("10", "ABC"), ("17", "261231"), ("01", GTIN), ("99", "x"), ("colour", "red")],
                *[("422", "DEU"), ("20", "1"), ("30", "x"), ("7003", "1")],
            )
        ],
    ],
)
def test_a_wrong_field_is_refused_by_its_name(fields: dict[str, Any], name: str) -> None:
    wrong = refused("GS1", {**EXAMPLES["GS1"], **fields})
    assert next(iter(wrong)) == f"content.{name}"
    assert name == "attributes" or len(wrong) == 1


def test_a_wrong_check_digit_is_said_to_be_one() -> None:
    assert "check digit" in refused("GS1", {"gtin": "09506000134353"})["content.gtin"]
