"""Every application identifier, beside what biip knows of it."""

import re

import pytest
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_messages import GS1Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.rules.element_strings import joined, read_elements
from activities.rules.gs1.checks import CHECKS
from activities.rules.gs1.identifiers import (
    IDENTIFIERS,
    KEYS,
    name_length,
    needs_separator,
)
from activities.rules.gs1.values import faults_of, parts_of
from tests.rules.gs1.samples import GOOD, data_of

NEWER = {"717", "8014", "8040", "8041", "8042", "8043"}
"""Given out after the list that biip has."""


@pytest.mark.parametrize("name", sorted(IDENTIFIERS.keys() - NEWER))
def test_the_table_agrees_with_biip(name: str) -> None:
    known = GS1ApplicationIdentifier.extract(name)
    _, *theirs = re.sub(r"[\[\]]", "", known.format).split("+")
    ours = [part.length for part in parts_of(IDENTIFIERS[name].content)]
    assert known.ai == name
    assert sum(ours) == sum(int((re.findall("[0-9]+", part) or ["1"])[-1]) for part in theirs)
    assert needs_separator(name) == known.separator_required


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data(), st.sampled_from(sorted(IDENTIFIERS.keys() - NEWER)))
def test_what_is_good_here_is_read_by_biip(data: st.DataObject, name: str) -> None:
    said = data.draw(data_of(name))
    assert list(faults_of(name, said)) == []
    (element,) = GS1Message.parse(joined(read_elements(f"({name}){said}"))).element_strings
    assert (element.ai.ai, element.value) == (name, said)
    assert (element.gtin_error, element.sscc_error) == (None, None)


def test_everything_in_the_table_leads_to_something_in_it() -> None:
    for known in IDENTIFIERS.values():
        for pattern in {each for company in known.needs for each in company} | {*known.never}:
            spelled = re.compile(pattern.replace("n", "[0-9]"))
            assert any(map(spelled.fullmatch, IDENTIFIERS)), (known.name, pattern)
        for part in parts_of(known.content):
            assert set(part.checks) <= CHECKS.keys()
    assert IDENTIFIERS.keys() > KEYS.keys()
    assert {name for ways in KEYS.values() for way in ways for name in way} < IDENTIFIERS.keys()


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_how_long_an_identifier_is_is_seen_by_its_first_digits(name: str) -> None:
    assert name_length(name + "123") == len(name)


def test_every_check_has_good_samples() -> None:
    assert CHECKS.keys() - GOOD.keys() == {"pair", "letter"}
    for name, goods in GOOD.items():
        whole = {"nonzero", "zero"}
        assert all(CHECKS[name][0](good) for good in goods if name not in whole)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *[("421", "000x"), ("422", "999"), ("423", "276999"), ("7030", "998x"), ("3910", "0001")],
        *[("4307", "XX"), ("4317", "de"), ("4309", "18000000013600000000")],
        *[("4309", "18000000003600000001"), ("4300", "%ZZ"), ("4302", "a%"), ("4321", "2")],
        *[("4324", "2601012460"), ("4325", "2601012400"), ("4330", "001234+")],
        *[("401", "ABC1"), ("8004", "12"), ("8010", "AB1234"), ("7023", "x1234")],
        *[("7040", "1AB!"), ("7241", "00"), ("7241", "11"), ("7250", "20240001")],
        *[("7252", "3"), ("7258", "2/1"), ("7258", "0/1"), ("8001", "00000000100010")],
        *[("8001", "12345123451239"), ("8003", "19506000134352"), ("8006", "095060001343520201")],
        *[("8006", "095060001343520001"), ("8007", "DE88370400440532013000"), ("8007", "DE89")],
        *[("8007", "XX89370400440532013000"), ("8008", "26010124"), ("8008", "2601012360")],
        *[("8011", "01"), ("8013", "1987654Ad4X4bL5ttr2310c2J"), ("8014", "12345678")],
    ],
)
def test_what_means_nothing_is_a_wrong_value(name: str, data: str) -> None:
    assert {fault.code for fault in faults_of(name, data)} == {"value"}


def test_a_global_model_number_ends_in_its_check_characters() -> None:
    assert list(faults_of("8013", "1987654Ad4X4bL5ttr2310c2K")) == []
