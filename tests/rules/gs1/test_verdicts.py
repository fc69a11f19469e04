"""Verdicts: every fault by its name and place, and the same thing in all its forms."""

from __future__ import annotations

import time

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.rules.check_digits import check_digit
from activities.rules.gs1.meanings import century_year, meaning_of
from activities.rules.gs1.reading import LONGEST, Form
from activities.rules.gs1.verdicts import Verdict, judge
from tests.rules.gs1.samples import data_of

GTIN = "09506000134352"
ITEM = f"(01){GTIN}"
LINK = f"https://example.com/01/{GTIN}"
SSCC = "106141412345678908"
QUIET = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)

BESIDE_A_GTIN = ("10", "11", "13", "15", "16", "17", "20", "22", "240", "241", "243", "3103")
"""Identifiers that need nothing but a GTIN and can all be together."""


def verdict(text: str, form: Form | None = None) -> Verdict:
    return judge(text, form, 2026)


def said(text: str, form: Form | None = None) -> list[tuple[str, str | None, int | None]]:
    return [(fault.code, fault.ai, fault.position) for fault in verdict(text, form).faults]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        *[("9506000134352", "gtin"), ("96385074", "gtin"), ("614141123452", "gtin")],
        *[("123", "gtin"), ("95060001-34352", "gtin"), (ITEM, "element_string")],
        *[(f"01{GTIN}", "element_string"), ("10ABC", "element_string")],
        *[("]C110ABC", "element_string"), (LINK, "digital_link"), ("ftp://x", "digital_link")],
        *[("hello", "element_string"), ("HTTPS://EXAMPLE.COM/01/1", "digital_link")],
    ],
)
def test_a_value_is_taken_for_what_it_looks_like(text: str, form: Form) -> None:
    assert verdict(text).form == form


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        *[("  ", [("empty", None, None)]), ("123", [("length", "01", 0)])],
        *[("050600013435X", [("unknown_ai", None, 0)]), ("950-600", [("character", "01", 3)])],
        ("9506000134351", [("check_digit", "01", 0)]),
        (f"(01){GTIN[:-1]}1", [("check_digit", "01", 0)]),
        (f"{ITEM}(17)261301", [("date", "17", 18)]),
        (f"{ITEM}(7006)261200", [("date", "7006", 18)]),
        (f"{ITEM}(17)26130", [("length", "17", 18)]),
        (f"{ITEM}(10){'A' * 21}", [("length", "10", 18)]),
        (f"{ITEM}(10)ä", [("character", "10", 18)]),
        (f"{ITEM}(422)999", [("value", "422", 18)]),
        (f"{ITEM}(05)1", [("unknown_ai", "05", 18)]),
        (f"{ITEM}(10)A(10)B", [("duplicate_ai", "10", 23)]),
        (f"{ITEM}(10)A(B)(21)C", [("syntax", None, 23)]),
        (f"x{ITEM}", [("unknown_ai", None, 0)]),
        ("(10)A", [("missing_ai", "10", 0)]),
        (f"(02){GTIN}", [("missing_ai", "02", 0)]),
        (f"(02){GTIN}(37)5", [("missing_ai", "37", 18)]),
        (f"(00){SSCC}(02){GTIN}(37)5", []),
        (
            f"(00){SSCC}{ITEM}(02){GTIN}(37)5",
            [("conflicting_ai", "01", 22), ("conflicting_ai", "02", 40)],
        ),
        (f"{ITEM}(250)A", [("missing_ai", "250", 18)]),
        (f"{ITEM}(250)A(21)B", []),
        (f"{ITEM}(21)A(235)B", [("conflicting_ai", "21", 18)]),
        (f"{ITEM}(3103)000750(3102)000750", [("conflicting_ai", "3103", 18)]),
        (f"{ITEM}(3922)100", [("missing_ai", "3922", 18)]),
        (f"{ITEM}(3103)000750(3922)100", []),
        ("(3902)100", [("missing_ai", "3902", 0)]),
        ("(8020)A(3902)100(415)9506000134352", []),
        ("(420)10115(421)27610115", [("conflicting_ai", "420", 0)]),
        ("(8017)106141412345678908(8018)106141412345678908", [("conflicting_ai", "8017", 0)]),
        ("(7020)A(416)9506000134352", [("missing_ai", "7020", 0)]),
        (f"01{GTIN}10ABC\x1d", [("separator", None, 21)]),
        (f"01{GTIN}10ABC\x1d05x\x1d21y", [("unknown_ai", None, 22)]),
        (f"01{GTIN[:-1]}", [("length", "01", 0)]),
        ("ftp://example.com/01/1", [("uri", None, 0)]),
        *[("https:///01/1", [("uri", None, 0)]), ("https://[x/01/1", [("uri", None, 0)])],
        (f"{LINK}/10/a b", [("encoding", None, None)]),
        (f"{LINK}/10/%C3%A4", [("encoding", "10", 38)]),
        (f"{LINK}/10/%zz", [("encoding", "10", 38)]),
        ("https://example.com/products", [("no_primary_key", None, 20)]),
        ("https://example.com", [("no_primary_key", None, None)]),
        (f"{LINK}/10", [("uri", None, 20)]),
        ("https://id.gs1.org/AQnYUc1gmiCNV4JGLQ", [("compressed_uri", None, 19)]),
        (f"{LINK}/21/a/10/b", [("qualifier_order", "01", 20)]),
        (f"{LINK}/10/a/10/b", [("qualifier_order", "01", 20), ("duplicate_ai", "10", 43)]),
        (f"{LINK}/17/261231", [("misplaced_ai", "17", 38)]),
        (f"{LINK}?10=a", [("misplaced_ai", "10", 38)]),
        (f"{LINK}?05=a", [("unknown_ai", "05", 38)]),
        (f"{LINK}?17=261301&linkType=all", [("date", "17", 38)]),
    ],
)
def test_a_fault_has_a_name_and_a_place(
    text: str, faults: list[tuple[str, str | None, int | None]]
) -> None:
    assert said(text) == faults
    assert bool(faults) is (verdict(text).unbracketed is None)


def test_every_fault_is_told_and_not_only_the_first() -> None:
    text = "(01)09506000134351(17)261301(10)A(10)B(05)x(422)999(21)" + "A" * 21
    assert [fault.code for fault in verdict(text).faults] == [
        *("check_digit", "date", "duplicate_ai", "unknown_ai", "value", "length"),
    ]
    assert [each.is_valid for each in verdict(text).elements] == [
        *(False, False, True, True, False, False, False),
    ]


def test_the_right_check_digit_is_told() -> None:
    found = verdict("9506000134351")
    assert found.elements[0].check_digit == "2"
    assert found.faults[0].message.endswith("09506000134351 should end in 2.")


@given(st.sampled_from([7, 11, 12, 13]), st.data())
def test_a_gtin_is_good_here_when_it_is_to_biip(length: int, data: st.DataObject) -> None:
    body = data.draw(st.text("0123456789", min_size=length, max_size=length))
    number = body + data.draw(st.sampled_from("0123456789"))
    found = verdict(number, "gtin")
    assert bool(found.faults) is (number[-1] != check_digit(body))
    if not found.faults and int(number) and not number.startswith("000000"):
        assert Gtin.parse(number).as_gtin_14() == found.gtin


@QUIET
@given(st.lists(st.sampled_from(BESIDE_A_GTIN), unique=True), st.data())
def test_all_forms_say_the_same_to_biip_and_here(names: list[str], data: st.DataObject) -> None:
    meant = {"01": GTIN, **{name: data.draw(data_of(name)) for name in names}}
    text = "".join(f"({name}){value}" for name, value in meant.items())
    found = verdict(text)
    assert found.faults == ()
    message = GS1Message.parse(found.unbracketed or "")
    assert {each.ai.ai: each.value for each in message.element_strings} == meant
    if meant.get("10") not in (".", "..") and meant.get("22") not in (".", ".."):
        uri = GS1DigitalLinkURI.parse(found.digital_link or "")
        assert {each.ai.ai: each.value for each in uri.element_strings} == meant
    for form in (found.element_string, found.unbracketed, found.digital_link):
        again = verdict(form or "")
        assert again.faults == ()
        assert {each.ai: each.value for each in again.elements} == meant
        assert (again.unbracketed, again.digital_link) == (found.unbracketed, found.digital_link)


@given(st.text(max_size=300), st.sampled_from([None, "gtin", "element_string", "digital_link"]))
def test_any_text_gets_a_verdict(text: str, form: Form | None) -> None:
    found = verdict(text, form)
    assert bool(found.faults) is (found.unbracketed is None)
    assert all(fault.message[-1] == "." for fault in found.faults)


@pytest.mark.parametrize(
    "text",
    [
        *["(" * LONGEST, "(90)" * 512, "(90)A" * 409, "01" * 1024, "10" + "\x1d" * 2046],
        *["https://a.b/" + "01/" * 678, "https://a.b/01/1?" + "&" * 2000, "%" * LONGEST],
        *["https://a.b/01/" + "%41" * 670, "423" + "276" * 680, "8013" + "A" * 2044],
        "".join(f"({name}0)1" for name in range(300, 600)),
    ],
)
def test_hostile_text_is_judged_quickly(text: str) -> None:
    began = time.perf_counter()
    verdict(text)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("name", "data", "meaning"),
    [
        ("17", "261231", {"date": "2026-12-31"}),
        ("17", "261200", {"date": "2026-12"}),
        ("17", "761231", {"date": "2076-12-31"}),
        ("17", "771231", {"date": "1977-12-31"}),
        ("7007", "261101261130", {"date": "2026-11-01", "until": "2026-11-30"}),
        ("7003", "2612311430", {"date": "2026-12-31T14:30"}),
        ("8008", "261231143059", {"date": "2026-12-31T14:30:59"}),
        ("8008", "26123114", {"date": "2026-12-31T14"}),
        ("4324", "2612310830", {"date": "2026-12-31T08:30"}),
        ("4324", "2612000830", {"date": "2026-12"}),
        ("3103", "000750", {"number": "0.750", "unit": "kg"}),
        ("3100", "000750", {"number": "750", "unit": "kg"}),
        ("3375", "012345", {"number": "0.12345", "unit": "kg/m²"}),
        ("3600", "000002", {"number": "2", "unit": "qt (US)"}),
        ("3922", "1999", {"number": "19.99"}),
        ("3932", "9781999", {"currency": "978", "number": "19.99"}),
        ("3941", "0125", {"number": "12.5", "unit": "%"}),
        ("4331", "001850-", {"number": "-18.50", "unit": "°C"}),
        ("4330", "010400", {"number": "104.00", "unit": "°F"}),
        ("37", "0012", {"number": "12"}),
        ("422", "276", {"country": "276"}),
        ("423", "276840", {"country": "276 840"}),
        ("10", "ABC", {}),
    ],
)
def test_an_element_is_read_for_people(name: str, data: str, meaning: dict[str, str]) -> None:
    assert meaning_of(name, data, 2026) == meaning


@given(st.integers(0, 99), st.integers(2020, 2099))
def test_a_year_is_the_nearest_that_its_digits_can_mean(two: int, year: int) -> None:
    found = century_year(two, year)
    assert found % 100 == two
    assert -49 <= found - year <= 50
