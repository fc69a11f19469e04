"""Every type of content: documented, canonical, within a symbol, and read back from one."""

import io
import json
from typing import Any, get_args

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from activities.render.qr import QrSpec, render_png
from activities.rules.errors import InvalidFields
from activities.rules.payloads.contents import (
    CONTENT_TYPES,
    EXAMPLES,
    FIELDS,
    LONGEST_PAYLOAD,
    ContentType,
    normalised,
    payload,
)
from tests.rules.payloads.refusals import refused

AWKWARD: list[tuple[ContentType, dict[str, Any]]] = [
    ("URL", {"url": "https://bücher.example/größe?q=a b".replace(" ", "%20")}),
    ("TEXT", {"text": "ÄÖÜ ß\n🦀 日本語; \\n, \"'\t:"}),
    ("WIFI", {"ssid": '"Müller";\\,:', "password": '\\;,:"\\\\ ;;', "hidden": True}),
    ("WIFI", {"ssid": "🦀 crab", "encryption": "nopass"}),
    ("WIFI", {"ssid": "CAFE", "password": "12345678"}),
    ("SMS", {"number": "+49 151 12345678", "body": "Grüße:\n🦀; \\"}),
    ("EMAIL", {"to": "a+b=c@bücher.example", "subject": "50% ü?", "body": "🦀\n\n&=#"}),
    ("GEO", {"latitude": -0.00000001, "longitude": 180, "altitude": -3.5, "label": "Ü (1)/2 🦀"}),
    ("VCARD", {"version": "4.0", "organization": "A;B\\C,D 🦀", "note": "x\ny;\\n" + "ü" * 100}),
    ("EVENT", {"title": "ü;,\\ 🦀" * 20, "startsAt": "2026-05-01", "allDay": True}),
    ("GS1", {"gtin": "96385074", "lot": "!\"%&'()*+,-./:;<", "serial": "=>?_aZ09"}),
]


def read_back(text: str) -> str:
    spec = QrSpec(
        payload=text,
        error_correction="M",
        quiet_zone=4,
        size_px=900,
        foreground="#000000",
        background="#ffffff",
    )
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(render_png(spec))).convert("L"))
    assert found is not None
    return bytes(found.bytes).decode()


def test_every_type_has_fields_and_an_example() -> None:
    assert get_args(ContentType) == CONTENT_TYPES
    assert tuple(FIELDS) == tuple(EXAMPLES) == CONTENT_TYPES
    for name in CONTENT_TYPES:
        assert set(EXAMPLES[name]) <= set(FIELDS[name])
        assert all(text.endswith(".") and "\n" not in text for text in FIELDS[name].values())


@pytest.mark.parametrize("type", CONTENT_TYPES)
def test_an_example_is_canonical_and_says_itself_in_a_symbol(type: ContentType) -> None:
    content = normalised(type, EXAMPLES[type])
    assert content == EXAMPLES[type]
    assert read_back(payload(type, content)) == payload(type, content)


@pytest.mark.parametrize(("type", "fields"), AWKWARD)
def test_awkward_signs_survive_the_symbol(type: ContentType, fields: dict[str, Any]) -> None:
    text = payload(type, normalised(type, fields))
    assert read_back(text) == text


@pytest.mark.parametrize(("type", "fields"), [*EXAMPLES.items(), *AWKWARD])
def test_a_content_is_json_and_stays_as_it_is_when_normalised_again(
    type: ContentType, fields: dict[str, Any]
) -> None:
    content = normalised(type, fields)
    stored = json.loads(json.dumps(content, sort_keys=True))
    assert stored == content == normalised(type, stored)
    assert payload(type, stored) == payload(type, content)


@pytest.mark.parametrize("type", CONTENT_TYPES)
def test_an_unknown_field_is_refused_by_its_name(type: ContentType) -> None:
    wrong = refused(type, {**EXAMPLES[type], "colour": "red"})
    assert list(wrong) == ["content.colour"]
    assert all(name in wrong["content.colour"] for name in FIELDS[type])


@pytest.mark.parametrize("type", CONTENT_TYPES)
@pytest.mark.parametrize("fields", [None, [], "text", 5])
def test_what_is_no_object_is_refused(type: ContentType, fields: object) -> None:
    wrong = refused(type, fields)
    assert list(wrong) == ["content"]
    assert wrong["content"].startswith("Give an object with the fields")


@pytest.mark.parametrize("type", CONTENT_TYPES)
def test_every_field_is_refused_under_its_name_when_its_type_is_wrong(type: ContentType) -> None:
    wrong = refused(type, {name: object() for name in FIELDS[type]})
    assert set(wrong) >= {f"content.{name}" for name in FIELDS[type] if name != "attributes"}


@pytest.mark.parametrize("type", CONTENT_TYPES)
def test_nothing_at_all_is_refused(type: ContentType) -> None:
    assert refused(type, {})
    assert refused(type, dict.fromkeys(FIELDS[type]))
    assert refused(type, dict.fromkeys(FIELDS[type], ""))


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
@pytest.mark.parametrize(
    ("type", "field"),
    [
        *[("VCARD", name) for name in ("firstName", "organization", "title", "note", "url")],
        *[("WIFI", "ssid"), ("WIFI", "password"), ("EMAIL", "subject"), ("EMAIL", "body")],
        *[("SMS", "body"), ("GEO", "label"), ("EVENT", "title"), ("EVENT", "description")],
        *[("EVENT", "location"), ("TEXT", "text"), ("URL", "url"), ("GS1", "lot")],
    ],
)
def test_control_signs_are_refused(type: ContentType, field: str, sign: str) -> None:
    wrong = refused(type, {**EXAMPLES[type], field: f"abcdefgh{sign}"})
    assert list(wrong) == [f"content.{field}"]


@pytest.mark.parametrize("field", ["firstName", "title"])
def test_a_line_end_is_refused_where_there_is_one_line(field: str) -> None:
    wrong = refused("VCARD", {**EXAMPLES["VCARD"], field: "a\r\nTEL:666"})
    assert wrong[f"content.{field}"].startswith("Write this in one line.")


@pytest.mark.parametrize(
    ("type", "field", "longest"),
    [
        *[("TEXT", "text", 2000), ("EMAIL", "subject", 200), ("EMAIL", "body", 1600)],
        *[("SMS", "body", 1600), ("GEO", "label", 100), ("EVENT", "title", 200)],
        *[("EVENT", "location", 300), ("EVENT", "description", 1000), ("VCARD", "note", 500)],
        *[("VCARD", name, 100) for name in ("firstName", "lastName", "organization", "title")],
        ("VCARD", "department", 100),
    ],
)
def test_a_text_has_a_limit(type: ContentType, field: str, longest: int) -> None:
    most = "x" * longest
    assert normalised(type, {**EXAMPLES[type], field: most})[field] == most
    wrong = refused(type, {**EXAMPLES[type], field: f"{most}x"})
    assert f"{longest} characters" in wrong[f"content.{field}"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(st.data(), st.sampled_from(CONTENT_TYPES))
def test_whatever_is_sent_is_either_canonical_or_refused(
    data: st.DataObject, type: ContentType
) -> None:
    changes = st.dictionaries(st.sampled_from(sorted(FIELDS[type])), JSON, max_size=3)
    fields = {**EXAMPLES[type], **data.draw(changes)}
    try:
        content = normalised(type, fields)
        text = payload(type, content)
    except InvalidFields:
        return
    assert normalised(type, content) == content
    assert 0 < len(text.encode()) <= LONGEST_PAYLOAD


def test_every_fault_is_told_at_once() -> None:
    wrong = refused("SMS", {"number": "12", "body": 5, "extra": 1})
    assert list(wrong) == ["content.extra", "content.number", "content.body"]


def test_a_payload_is_no_longer_than_a_symbol_holds() -> None:
    fits = "ü" * (LONGEST_PAYLOAD // 2)
    assert len(payload("TEXT", normalised("TEXT", {"text": fits})).encode()) == 2330
    assert QrSpec(payload=fits)
    assert render_png(QrSpec(payload=fits, error_correction="M"))
    with pytest.raises(InvalidFields) as caught:
        payload("TEXT", normalised("TEXT", {"text": f"{fits}ü"}))
    assert list(caught.value.fields) == ["content"]


@pytest.mark.parametrize("url", ["ftp://example.com", "https://a b.example", "javascript:1"])
@pytest.mark.parametrize("type", ["URL", "VCARD", "EVENT"])
def test_an_address_that_a_code_may_not_lead_to_is_refused(type: ContentType, url: str) -> None:
    assert list(refused(type, {**EXAMPLES[type], "url": url})) == ["content.url"]


def test_an_address_is_written_in_ascii() -> None:
    content = normalised("URL", {"url": " https://bücher.example/größe "})
    assert content == {"url": "https://bücher.example/größe"}
    assert payload("URL", content) == "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe"


def test_line_ends_of_a_text_become_line_feeds_and_spaces_stay() -> None:
    content = normalised("TEXT", {"text": " a\r\nb\rc\n "})
    assert payload("TEXT", content) == " a\nb\nc\n "
