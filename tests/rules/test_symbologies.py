"""What a barcode may say, judged against biip where GS1 wrote the rule."""

import re

import pytest
from biip import checksums
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.check_digits import check_digit, expanded, has_check_digit
from activities.rules.element_strings import joined, read_elements
from activities.rules.errors import InvalidFields
from activities.rules.symbologies import (
    EXAMPLES,
    SYMBOLOGIES,
    Symbology,
    normalise,
    read_symbology,
)
from tests.rules.gs1.samples import element_strings

NUMBERS: dict[Symbology, int] = {"EAN13": 13, "EAN8": 8, "UPCA": 12, "ITF14": 14}


def refusal(symbology: Symbology, value: str) -> str:
    with pytest.raises(InvalidFields) as caught:
        normalise(symbology, value)
    assert list(caught.value.fields) == ["value"]
    (sentence,) = caught.value.fields["value"]
    assert re.fullmatch(r"[A-Z(].*\.", sentence)
    return sentence


def digits(length: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=length, max_size=length)


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Symbology, str]:
    """A kind of article number and one without its check digit."""
    symbology = draw(st.sampled_from(sorted(NUMBERS)))
    return symbology, draw(digits(NUMBERS[symbology] - 1))


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_a_symbology_is_known_by_its_name_however_it_is_spelled(symbology: Symbology) -> None:
    for spelling in (
        symbology,
        symbology.lower(),
        symbology.replace("_", "-"),
        symbology.replace("_", " "),
    ):
        assert read_symbology(spelling) == symbology


@pytest.mark.parametrize(
    ("text", "symbology"),
    [
        ("ean-13", "EAN13"),
        ("Code 128", "CODE128"),
        ("gs1-128", "GS1_128"),
        ("UPC-A", "UPCA"),
        ("Data Matrix", "DATAMATRIX"),
        ("GS1 DataMatrix", "GS1_DATAMATRIX"),
        ("PDF-417", "PDF417"),
        ("itf-14", "ITF14"),
    ],
)
def test_usual_spellings_are_read(text: str, symbology: Symbology) -> None:
    assert read_symbology(text) == symbology


@pytest.mark.parametrize("text", ["", "QR", "EAN", "CODE 93", "ＥＡＮ13"])
def test_an_unknown_symbology_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        read_symbology(text)
    (sentence,) = caught.value.fields["type"]
    assert all(symbology in sentence for symbology in SYMBOLOGIES)


@pytest.mark.parametrize("symbology", SYMBOLOGIES)
def test_an_example_is_right_as_it_stands(symbology: Symbology) -> None:
    assert normalise(symbology, EXAMPLES[symbology]).value == EXAMPLES[symbology]


@pytest.mark.parametrize(
    ("symbology", "given", "kept", "text"),
    [
        ("EAN13", "400638133393", "4006381333931", "4 006381 333931"),
        ("EAN13", "978-3-16-148410-0", "9783161484100", "9 783161 484100"),
        ("EAN8", "9638507", "96385074", "9638 5074"),
        ("UPCA", " 0 36000 29145 2 ", "036000291452", "0 36000 29145 2"),
        ("UPCA", "03600029145", "036000291452", "0 36000 29145 2"),
        ("UPCE", "425261", "04252614", "0 425261 4"),
        ("UPCE", "0425261", "04252614", "0 425261 4"),
        ("UPCE", "1425261", "14252611", "1 425261 1"),
        ("ITF14", "0950600013435", "09506000134352", "09506000134352"),
        ("CODE39", " ab-12 $/+%. ", "AB-12 $/+%.", "AB-12 $/+%."),
        ("CODE128", " Ab  ~!\\ ", "Ab  ~!\\", "Ab  ~!\\"),
        ("DATAMATRIX", " Zürich\t日本\n", " Zürich\t日本\n", " Zürich\t日本\n"),
        ("GS1_128", "(01)09506000134352", "(01)09506000134352", "(01)09506000134352"),
    ],
)
def test_a_value_is_kept_in_its_one_spelling(
    symbology: Symbology, given: str, kept: str, text: str
) -> None:
    normalised = normalise(symbology, given)
    assert (normalised.value, normalised.text) == (kept, text)


def test_the_drawer_gets_identifiers_in_square_brackets() -> None:
    for symbology in ("GS1_128", "GS1_DATAMATRIX"):
        normalised = normalise(read_symbology(symbology), "(10)A-1(17)260200")
        assert normalised.encoded == "[10]A-1[17]260200"


@pytest.mark.parametrize(
    ("symbology", "value", "why"),
    [
        *((symbology, "  ", "Give a value.") for symbology in SYMBOLOGIES),
        ("EAN13", "4006381333932", "The check digit of 400638133393 is 1, not 2."),
        ("EAN13", "40063813339", "12 digits, or 13 with the check digit; these are 11."),
        ("EAN13", "40063813339311", "these are 14"),
        ("EAN13", "400638133393X", "Give digits only"),
        ("EAN13", "４００６３８１３３３９３１", "Give digits only"),
        ("EAN8", "96385075", "is 4, not 5"),
        ("EAN8", "963850", "7 digits, or 8"),
        ("UPCA", "036000291453", "is 2, not 3"),
        ("UPCA", "0360002914", "11 digits, or 12"),
        ("ITF14", "09506000134351", "is 2, not 1"),
        ("ITF14", "095060001343", "13 digits, or 14"),
        ("UPCE", "04252615", "The check digit of 0425261 is 4, not 5."),
        ("UPCE", "42526", "these are 5"),
        ("UPCE", "2425261", "is 0 or 1"),
        ("UPCE", "120003", "another one stands for the same"),
        ("UPCE", "123405", "another one stands for the same"),
        ("CODE39", "A_B", "CODE39 takes letters A to Z"),
        ("CODE39", "ß", "CODE39 takes letters A to Z"),
        ("CODE39", "ſ", "CODE39 takes letters A to Z"),
        ("CODE39", "A" * 81, "at most 80 characters"),
        ("CODE128", "Zürich", "of ASCII only"),
        ("CODE128", "a\tb", "of ASCII only"),
        ("CODE128", "a\n", "of ASCII only"),
        ("CODE128", "A" * 81, "at most 80 characters"),
        ("DATAMATRIX", "a" * 1557, "at most 1556 bytes; these are 1557."),
        ("PDF417", "é" * 555, "at most 1108 bytes; these are 1110."),
        ("AZTEC", "a" * 1915, "at most 1914 bytes"),
        ("AZTEC", "a\x00b", "control characters"),
        ("PDF417", "a\r\nb", "control characters"),
        ("DATAMATRIX", "a\x1db", "control characters"),
        ("DATAMATRIX", "a\ud800", "control characters"),
    ],
)
def test_what_a_symbology_cannot_say_is_refused(symbology: Symbology, value: str, why: str) -> None:
    assert why in refusal(symbology, value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("09506000134352", "in parentheses"),
        ("01)09506000134352", "in parentheses"),
        ("(10)A(B)", "in parentheses"),
        ("(10)A)", "in parentheses"),
        ("(1)A", "in parentheses"),
        ("(10)A (21)B", "(10) takes 1 to 20 letters"),
        ("(10)", "(10) takes 1 to 20 letters"),
        ("(10)ä", "(10) takes 1 to 20 letters"),
        ("(10)" + "A" * 21, "(10) takes 1 to 20 letters"),
        ("(01)0950600013435", "(01) takes 14 digits"),
        ("(01)09506000134351", "09506000134351 should end in 2."),
        ("(02)09506000134351(37)1", "should end in 2."),
        ("(00)106141412345678909", "106141412345678909 should end in 8."),
        ("(05)1", "(05) is not an application identifier known here."),
        ("(9999)1", "(9999) is not an application identifier known here."),
        ("(17)261301", "a date as YYMMDD; '261301' is none."),
        ("(17)260230", "a date as YYMMDD"),
        ("(11)250229", "a date as YYMMDD"),
        ("(7006)260200", "a date as YYMMDD"),
        ("(17)26020", "(17) takes a date as YYMMDD"),
        ("(37)123456789", "(37) takes 1 to 8 digits"),
        ("(421)12", "(421) takes 3 digits, then 1 to 9 letters"),
        ("(10)A(10)B", "(10) is given twice."),
        ("(99)" + "A" * 47, "at most 48 characters; these are 49."),
        ("(10)" + "A" * 20 + "(21)" + "B" * 20 + "(22)CC", "these are 50."),
    ],
)
def test_element_strings_that_gs1_does_not_allow_are_refused(value: str, why: str) -> None:
    assert why in refusal("GS1_128", value)


@pytest.mark.parametrize(
    "value",
    [
        "(00)106141412345678908",
        "(11)240229(17)260200(7006)261231",
        "(253)9506000134352",
        "(253)9506000134352ABC",
        "(3103)000123(3925)12345",
        "(8006)095060001343520102",
        "(99)" + "A" * 46,
    ],
)
def test_element_strings_that_gs1_allows_are_kept(value: str) -> None:
    assert normalise("GS1_128", value).value == value


def test_a_long_element_string_fits_a_matrix() -> None:
    value = "(91)" + "A" * 90
    assert normalise("GS1_DATAMATRIX", value).value == value


@given(element_strings())
def test_element_strings_say_to_biip_what_they_say_here(value: str) -> None:
    elements = read_elements(value)
    message = GS1Message.parse(joined(elements))
    assert [(each.ai.ai, each.value) for each in message.element_strings] == [
        (each.identifier, each.data) for each in elements
    ]
    assert not [each.gtin_error for each in message.element_strings if each.gtin_error]
    assert not [each.sscc_error for each in message.element_strings if each.sscc_error]
    assert normalise("GS1_DATAMATRIX", value).value == value


@given(st.text("0123456789", min_size=1, max_size=20))
def test_check_digits_are_those_of_biip(body: str) -> None:
    assert int(check_digit(body)) == checksums.gs1_standard_check_digit(body)
    assert has_check_digit(body + check_digit(body))


@given(numbers(), st.data())
def test_one_changed_digit_is_refused(number: tuple[Symbology, str], data: st.DataObject) -> None:
    symbology, body = number
    whole = normalise(symbology, body).value
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from("0123456789".replace(whole[place], "")))
    assert "check digit" in refusal(symbology, whole[:place] + other + whole[place + 1 :])


@given(digits(6), st.sampled_from("01"))
def test_a_upc_e_number_has_the_check_digit_of_its_long_form(body: str, system: str) -> None:
    long = expanded(system + body)
    if long is None:
        refusal("UPCE", system + body)
        return
    kept = normalise("UPCE", system + body).value
    assert int(kept[-1]) == checksums.gs1_standard_check_digit(long)
    assert len(long) == 11


@given(st.sampled_from(SYMBOLOGIES), st.one_of(st.text(), digits(6), digits(12), element_strings()))
def test_normalising_what_was_normalised_changes_nothing(symbology: Symbology, value: str) -> None:
    try:
        once = normalise(symbology, value)
    except InvalidFields:
        return
    assert normalise(symbology, once.value) == once
