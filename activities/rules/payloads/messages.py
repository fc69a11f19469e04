"""EMAIL, SMS and TEL: a message or a call that the reader of the code only has to send or start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from activities.rules.payloads.fields import FieldReader, without_absent
from activities.rules.payloads.reachable import (
    LONGEST_ADDRESS,
    LONGEST_NUMBER,
    global_number,
    mail_address,
    number_or_short_code,
)

LONGEST_SUBJECT = 200
LONGEST_BODY = 1600
MOST_ADDRESSES = 10

EMAIL_FIELDS: Mapping[str, str] = {
    "to": f"The addresses to write to: one, or a list of up to {MOST_ADDRESSES}. Required.",
    "cc": "Addresses that get a copy: one, or a list.",
    "bcc": "Addresses that get a copy unseen by the others: one, or a list.",
    "subject": f"The subject, up to {LONGEST_SUBJECT} characters.",
    "body": f"The text, up to {LONGEST_BODY} characters, in lines.",
}
EMAIL_EXAMPLE: Mapping[str, Any] = {
    "to": ["hello@example.com"],
    "subject": "Table for two & a dog",
    "body": "Good evening,\nis there a table at 8?",
}

SMS_FIELDS: Mapping[str, str] = {
    "number": "The number with + and country code, or a short code of 3 to 8 digits. Required.",
    "body": f"The text, up to {LONGEST_BODY} characters, in lines.",
}
SMS_EXAMPLE: Mapping[str, Any] = {"number": "+4930901820", "body": "VOTE: Jürgen"}

TEL_FIELDS: Mapping[str, str] = {
    "number": "The number with + and country code. Required.",
    "extension": "The extension behind the number, 1 to 10 digits.",
}
TEL_EXAMPLE: Mapping[str, Any] = {"number": "+4930901820", "extension": "12"}

_EXTENSION = re.compile(r"[0-9]{1,10}")


def read_email(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: lists of addresses, line feeds. Raises InvalidFields."""
    reader = FieldReader(fields, EMAIL_FIELDS)
    if not reader.has("to") or fields["to"] == []:
        reader.refuse("to", "Give the address to write to.")
    content = {
        name: reader.read_many(name, MOST_ADDRESSES, LONGEST_ADDRESS, mail_address)
        for name in ("to", "cc", "bcc")
    }
    subject = reader.text("subject", LONGEST_SUBJECT)
    body = reader.text("body", LONGEST_BODY, spacing="lines")
    reader.done()
    return without_absent({**content, "subject": subject, "body": body})


def email_payload(content: Mapping[str, Any]) -> str:
    """A `mailto:` address of RFC 6068.

    All but unreserved signs are percent-encoded, a space as %20 and a line end as %0D%0A.
    """
    headers = [f"{name}={_addresses(content[name])}" for name in ("cc", "bcc") if name in content]
    for name in ("subject", "body"):
        if name in content:
            headers.append(f"{name}={quote(content[name].replace(chr(10), chr(13) + chr(10)), '')}")
    return f"mailto:{_addresses(content['to'])}{'?' if headers else ''}{'&'.join(headers)}"


def read_sms(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: `+` and digits, line feeds. Raises InvalidFields."""
    reader = FieldReader(fields, SMS_FIELDS)
    asked = "Give the number to write to."
    number = reader.read("number", LONGEST_NUMBER, number_or_short_code, required=asked)
    body = reader.text("body", LONGEST_BODY, spacing="lines")
    reader.done()
    return without_absent({"number": number, "body": body})


def sms_payload(content: Mapping[str, Any]) -> str:
    """`SMSTO:number:text`, the text as it is.

    RFC 5724 has `sms:number?body=`, but phones disagree on how its body begins and drop it; the
    older notation, which ZXing describes, is read by the cameras of Android and iOS alike.
    """
    return ":".join(["SMSTO", content["number"], *([content["body"]] if "body" in content else [])])


def read_tel(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in canonical form: `+` and digits. Raises InvalidFields."""
    reader = FieldReader(fields, TEL_FIELDS)
    asked = "Give the number to call."
    number = reader.read("number", LONGEST_NUMBER, global_number, required=asked)
    extension = reader.read("extension", LONGEST_NUMBER, _extension)
    reader.done()
    return without_absent({"number": number, "extension": extension})


def tel_payload(content: Mapping[str, Any]) -> str:
    """A `tel:` address of RFC 3966 for a global number."""
    extension = content.get("extension")
    return f"tel:{content['number']}" + (f";ext={extension}" if extension else "")


def _addresses(addresses: list[str]) -> str:
    return ",".join(quote(address, safe="@") for address in addresses)


def _extension(text: str) -> str:
    if not _EXTENSION.fullmatch(text):
        raise ValueError("Give 1 to 10 digits.")
    return text
