"""VCARD: a person or an organization for the address book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activities.rules import destinations
from activities.rules.payloads.content_lines import document, escaped, structured
from activities.rules.payloads.days import read_day
from activities.rules.payloads.fields import FieldReader, without_absent
from activities.rules.payloads.reachable import (
    LONGEST_ADDRESS,
    LONGEST_NUMBER,
    global_number,
    mail_address,
)

VERSIONS = ("3.0", "4.0")
PHONE_TYPES = {"mobile": "CELL", "work": "WORK", "home": "HOME", "fax": "FAX"}
ADDRESS_PARTS = ("street", "city", "region", "postalCode", "country")
LONGEST_NAME = 100
LONGEST_NOTE = 500
MOST = 10

FIELDS: Mapping[str, str] = {
    "version": "The version of vCard, 3.0 (which most phones read) or 4.0. Default 3.0.",
    "firstName": f"Up to {LONGEST_NAME} characters. This, lastName or organization is required.",
    "lastName": f"Up to {LONGEST_NAME} characters.",
    "organization": f"The company or club, up to {LONGEST_NAME} characters.",
    "department": f"The part of the organization, up to {LONGEST_NAME} characters.",
    "title": f"What the person is there, up to {LONGEST_NAME} characters.",
    "phones": (
        f"Up to {MOST} objects: number with + and country code, and type, one of "
        f"{', '.join(PHONE_TYPES)} (default mobile)."
    ),
    "emails": f"Mail addresses: one, or a list of up to {MOST}.",
    "url": "The http or https address of a web site.",
    "address": f"The postal address, an object with any of {', '.join(ADDRESS_PARTS)}.",
    "birthday": "The day of birth, such as 1990-05-17.",
    "note": f"Anything else, up to {LONGEST_NOTE} characters, in lines.",
}
EXAMPLE: Mapping[str, Any] = {
    "version": "3.0",
    "firstName": "Jürgen",
    "lastName": "Müller",
    "organization": "Müller, Söhne & Co",
    "title": "Baker",
    "phones": [{"type": "mobile", "number": "+4915112345678"}],
    "emails": ["juergen@example.com"],
    "url": "https://example.com",
    "address": {
        "street": "Hauptstraße 5",
        "city": "Berlin",
        "postalCode": "10827",
        "country": "Germany",
    },
    "note": "Open from 6; closed on Mondays.",
}


def read_vcard(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: numbers `+` and digits, line feeds. Raises InvalidFields."""
    reader = FieldReader(fields, FIELDS)
    names = ("firstName", "lastName", "organization")
    if not any(reader.has(name) for name in names):
        reader.refuse("firstName", "Give a first name, a last name or an organization.")
    content = {
        "version": reader.choice("version", VERSIONS, "3.0"),
        **{name: _name(reader, name) for name in names},
        "department": reader.text("department", LONGEST_NAME),
        "title": reader.text("title", LONGEST_NAME),
        "phones": [_phone(phone) for phone in reader.objects("phones", MOST, ("type", "number"))],
        "emails": reader.read_many("emails", MOST, LONGEST_ADDRESS, mail_address),
        "url": reader.url("url"),
        "address": _postal(reader.inside("address", ADDRESS_PARTS)),
        "birthday": reader.read("birthday", LONGEST_NAME, _day),
        "note": reader.text("note", LONGEST_NOTE, spacing="lines"),
    }
    reader.done()
    return without_absent(content)


def vcard_payload(content: Mapping[str, Any]) -> str:
    """A vCard of RFC 2426 (3.0) or RFC 6350 (4.0).

    FN is the name, or the organization where there is no name; N is always there.
    """
    first, last = content.get("firstName", ""), content.get("lastName", "")
    lines = [
        *("BEGIN:VCARD", f"VERSION:{content['version']}", f"N:{structured([last, first])};;;"),
        f"FN:{escaped(f'{first} {last}'.strip() or content['organization'])}",
    ]
    company = [content.get("organization", ""), content.get("department", "")]
    if any(company):
        lines.append(f"ORG:{structured(company if company[1] else company[:1])}")
    if "title" in content:
        lines.append(f"TITLE:{escaped(content['title'])}")
    lines += [
        f"TEL;TYPE={PHONE_TYPES[phone['type']]}:{phone['number']}"
        for phone in content.get("phones", [])
    ]
    lines += [f"EMAIL:{escaped(address)}" for address in content.get("emails", [])]
    return document([*lines, *_further(content), "END:VCARD"])


def _further(content: Mapping[str, Any]) -> list[str]:
    lines = []
    if "url" in content:
        lines.append(f"URL:{destinations.location(content['url'])}")
    if address := content.get("address"):
        parts = structured(address.get(part, "") for part in ADDRESS_PARTS)
        lines.append(f"ADR:;;{parts}")
    if birthday := content.get("birthday"):
        basic = content["version"] == "4.0"
        lines.append(f"BDAY:{birthday.replace('-', '') if basic else birthday}")
    if "note" in content:
        lines.append(f"NOTE:{escaped(content['note'])}")
    return lines


def _name(reader: FieldReader, name: str) -> str | None:
    required = "Give a name that is not only spaces." if reader.has(name) else ""
    return reader.text(name, LONGEST_NAME, required=required)


def _phone(reader: FieldReader) -> dict[str, Any]:
    kind = reader.choice("type", tuple(PHONE_TYPES), "mobile")
    asked = "Give the number."
    number = reader.read("number", LONGEST_NUMBER, global_number, required=asked)
    return {"type": kind, "number": number}


def _postal(reader: FieldReader | None) -> dict[str, Any]:
    if reader is None:
        return {}
    return without_absent({part: reader.text(part, LONGEST_NAME) for part in ADDRESS_PARTS})


def _day(text: str) -> str:
    return read_day(text, "Give a day, such as 1990-05-17.").isoformat()
