"""Contacts, as another reader of vCards understands them."""

from typing import Any

import pytest
import vobject  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.payloads.contents import EXAMPLES, normalised, payload
from tests.rules.payloads.refusals import refused

WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=100).map(
    lambda text: text.strip(" ")
)
NAMES = WORDS.filter(lambda text: text.strip() != "")
VERSIONS = st.sampled_from(["3.0", "4.0"])


def says(**fields: Any) -> str:
    return payload("VCARD", normalised("VCARD", fields))


def understood(text: str) -> Any:
    return vobject.readOne(text)


FULL = {
    "firstName": "Jürgen",
    "lastName": "Müller; Sohn",
    "organization": "Müller, Söhne",
    "department": "R&D",
    "title": "Baker",
    "phones": [
        {"number": "+49 (0)151 12345678"},
        {"type": "work", "number": "+49 30 901820"},
        {"type": "fax", "number": "+49 30 901821"},
    ],
    "emails": "Juergen@Example.com",
    "url": "https://example.com/a,b;c",
    "address": {"street": "Hauptstr. 5, Hof", "city": "Berlin", "postalCode": "10827"},
    "birthday": "1990-05-17",
    "note": "a\r\nb; c, d \\ e",
}


def test_a_contact_is_written_out() -> None:
    assert says(**FULL) == "\r\n".join(
        [
            *("BEGIN:VCARD", "VERSION:3.0", "N:Müller\\; Sohn;Jürgen;;;"),
            *("FN:Jürgen Müller\\; Sohn", "ORG:Müller\\, Söhne;R&D", "TITLE:Baker"),
            *("TEL;TYPE=CELL:+4915112345678", "TEL;TYPE=WORK:+4930901820"),
            *("TEL;TYPE=FAX:+4930901821", "EMAIL:Juergen@example.com"),
            *("URL:https://example.com/a,b;c", "ADR:;;Hauptstr. 5\\, Hof;Berlin;;10827;"),
            *("BDAY:1990-05-17", "NOTE:a\\nb\\; c\\, d \\\\ e", "END:VCARD", ""),
        ]
    )


def test_version_4_writes_days_without_hyphens() -> None:
    text = says(**{**FULL, "version": "4.0"})
    assert "VERSION:4.0\r\n" in text
    assert "BDAY:19900517\r\n" in text


def test_an_organization_is_called_by_its_name() -> None:
    text = says(organization="A; B")
    assert (
        text == "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:A\\; B\r\nORG:A\\; B\r\nEND:VCARD\r\n"
    )
    assert "FN:Cher\r\n" in says(lastName="Cher", organization="X")


@given(version=VERSIONS, first=NAMES, last=WORDS, company=NAMES, part=WORDS)
def test_another_reader_sees_the_names_that_were_meant(
    version: str, first: str, last: str, company: str, part: str
) -> None:
    card = understood(
        says(version=version, firstName=first, lastName=last or None, organization=company,
             department=part)
    )  # fmt: skip
    assert (card.n.value.given, card.n.value.family) == (first, last)
    assert card.fn.value == f"{first} {last}".strip()
    assert card.org.value == [company, part] if part else [company]
    assert card.version.value == version


@given(street=WORDS, city=WORDS, note=st.lists(WORDS, max_size=4).map("\n".join))
def test_another_reader_sees_the_texts_that_were_meant(street: str, city: str, note: str) -> None:
    fields = {**FULL, "address": {"street": street, "city": city, "country": "X"}, "note": note}
    card = understood(says(**fields))
    assert (card.adr.value.street, card.adr.value.city) == (street, city)
    assert card.adr.value.country == "X"
    assert getattr(card, "note", None) is None or card.note.value == note
    assert [tel.value for tel in card.tel_list] == [
        *("+4915112345678", "+4930901820", "+4930901821")
    ]


def test_long_lines_are_folded_between_characters() -> None:
    text = says(organization="x", note="ü🦀" * 100)
    lines = text.encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])
    assert understood(text).note.value == "ü🦀" * 100


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"version": "2.1"}, "version"),
        ({"version": 3.0}, "version"),
        ({"firstName": "\u00a0"}, "firstName"),
        ({"phones": "+4930901820"}, "phones"),
        ({"phones": ["+4930901820"]}, "phones.0"),
        ({"phones": [{"number": "030"}]}, "phones.0.number"),
        ({"phones": [{"type": "mobile"}]}, "phones.0.number"),
        ({"phones": [{"type": "pager", "number": "+4930901820"}]}, "phones.0.type"),
        ({"phones": [{"number": "+4930901820", "label": "x"}]}, "phones.0.label"),
        ({"phones": [{"number": "+4930901820"}] * 11}, "phones"),
        ({"emails": ["a@example.com", "x"]}, "emails.1"),
        ({"emails": ["a@example.com"] * 11}, "emails"),
        ({"emails": [{"address": "a@example.com"}]}, "emails.0"),
        ({"address": "Hauptstraße 5"}, "address"),
        ({"address": {"zip": "10827"}}, "address.zip"),
        ({"address": {"street": "a\nb"}}, "address.street"),
        ({"address": {"city": "x" * 101}}, "address.city"),
        *[({"address": {part: 5}}, f"address.{part}") for part in ("region", "country")],
        ({"address": {"postalCode": 10827}}, "address.postalCode"),
        *[({"birthday": day}, "birthday") for day in ("17.5.1990", "1990-02-30", "19900517", 1990)],
        ({"birthday": "1990-05-17T00:00:00Z"}, "birthday"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(fields: dict[str, Any], name: str) -> None:
    assert list(refused("VCARD", {**EXAMPLES["VCARD"], **fields})) == [f"content.{name}"]


def test_a_contact_needs_a_name() -> None:
    wrong = refused("VCARD", {"emails": ["a@example.com"]})
    assert list(wrong) == ["content.firstName"]
