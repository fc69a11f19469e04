"""Mails, short messages and calls that a code starts."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.payloads.contents import ContentType, normalised, payload
from tests.rules.payloads.refusals import refused

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)
LINES = st.lists(TEXTS, max_size=4).map("\n".join)


def says(type: ContentType, **fields: Any) -> str:
    return payload(type, normalised(type, fields))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"to": "a@example.com"}, "mailto:a@example.com"),
        ({"to": ["a@Example.COM", "b@example.com"]}, "mailto:a@example.com,b@example.com"),
        ({"to": "a+b=c/d@example.com"}, "mailto:a%2Bb%3Dc%2Fd@example.com"),
        ({"to": "a@bücher.example"}, "mailto:a@b%C3%BCcher.example"),
        (
            {"to": "a@example.com", "subject": "Größe & more", "body": "1\r\n2 + 3%"},
            "mailto:a@example.com?subject=Gr%C3%B6%C3%9Fe%20%26%20more&body=1%0D%0A2%20%2B%203%25",
        ),
        (
            {"to": "a@example.com", "cc": ["b@example.com", "c@example.com"], "bcc": "d@e.fr"},
            "mailto:a@example.com?cc=b@example.com,c@example.com&bcc=d@e.fr",
        ),
    ],
)
def test_a_mail_is_written_out(fields: dict[str, Any], expected: str) -> None:
    assert says("EMAIL", **fields) == expected


@given(subject=TEXTS, body=LINES)
def test_a_mail_program_reads_the_subject_and_the_text_that_were_meant(
    subject: str, body: str
) -> None:
    parts = urlsplit(says("EMAIL", to="x'y@example.com", subject=subject, body=body))
    assert (parts.scheme, unquote(parts.path)) == ("mailto", "x'y@example.com")
    assert "+" not in parts.query
    read = parse_qs(parts.query, keep_blank_values=True)
    assert read.get("subject", [""]) == [subject.strip(" ")]
    assert read.get("body", [""]) == [body.replace("\n", "\r\n")]


@pytest.mark.parametrize(
    "address",
    [
        *["x", "@example.com", "a@", "a@localhost", "a b@example.com", "a@exa mple.com"],
        *["a@-x.com", "a@x-.com", "a@x..com", "a@.com", ".a@x.com", "a.@x.com", "a..b@x.com"],
        *['"a b"@x.com', "ü@x.com", "a@b@c.com", f"{'a' * 65}@x.com", f"a@{'x' * 64}.com"],
        *["a@x.com,b@x.com", "a@x.com?bcc=b@x.com", "Anna <a@x.com>", "a@x_y.com", "", 5, None],
        *["a?b@x.com", "a&b@x.com", "a%0ab@x.com", "a#b@x.com"],
    ],
)
@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_what_is_no_address_is_refused_by_its_place(field: str, address: object) -> None:
    fields = {"to": ["a@example.com"], field: ["b@example.com", address]}
    assert list(refused("EMAIL", fields)) == [f"content.{field}.1"]


def test_addresses_have_a_limit_and_one_is_needed() -> None:
    many = [f"a{n}@example.com" for n in range(11)]
    assert normalised("EMAIL", {"to": many[:10]})["to"] == many[:10]
    assert refused("EMAIL", {"to": many}) == {"content.to": "Give no more than 10."}
    absent: list[object] = [None, "", []]
    for to in absent:
        wrong = refused("EMAIL", {"to": to, "cc": "a@example.com"})
        assert wrong == {"content.to": "Give the address to write to."}
    assert refused("EMAIL", {"to": {"a": 1}}) == {"content.to": "Give a list."}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"number": "+49 (0)151 123-456.78"}, "SMSTO:+4915112345678"),
        ({"number": "80085", "body": "WIN: 5"}, "SMSTO:80085:WIN: 5"),
        ({"number": "+15105550101", "body": "a\r\nb 🦀"}, "SMSTO:+15105550101:a\nb 🦀"),
    ],
)
def test_a_short_message_is_written_out(fields: dict[str, Any], expected: str) -> None:
    assert says("SMS", **fields) == expected


@given(body=LINES)
def test_everything_behind_the_number_is_the_text(body: str) -> None:
    scheme, number, *rest = says("SMS", number="+15105550101", body=body).split(":", 2)
    assert (scheme, number, "".join(rest)) == ("SMSTO", "+15105550101", body)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"number": "+1 (510) 555-0101"}, "tel:+15105550101"),
        ({"number": "+49/30/901820", "extension": "0012"}, "tel:+4930901820;ext=0012"),
    ],
)
def test_a_call_is_written_out(fields: dict[str, Any], expected: str) -> None:
    assert says("TEL", **fields) == expected


@pytest.mark.parametrize(
    "number",
    [
        *["030901820", "0049 30 901820", "+0301234567", "+12345", "+1234567890123456", "+", "tel"],
        *["+49 30 90x", "+٤٩٣٠٩٠١٨٢٠", "+49;ext=1", "++4930901820", "", None, 4930901820, "+" * 50],
    ],
)
@pytest.mark.parametrize("type", ["SMS", "TEL"])
def test_what_is_no_number_is_refused(type: ContentType, number: object) -> None:
    assert list(refused(type, {"number": number})) == ["content.number"]


def test_a_short_code_is_no_number_to_call() -> None:
    assert list(refused("TEL", {"number": "80085"})) == ["content.number"]
    assert list(refused("SMS", {"number": "80"})) == ["content.number"]


@pytest.mark.parametrize("extension", ["x", "1" * 11, "1;2", "+1", 12])
def test_an_extension_is_digits(extension: object) -> None:
    wrong = refused("TEL", {"number": "+4930901820", "extension": extension})
    assert list(wrong) == ["content.extension"]
