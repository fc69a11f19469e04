"""What a conversion may say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from activities.rules.conversions import faults
from activities.rules.currencies import MINOR_UNITS, spelled


def wrong(step: str = "purchase", **said: Any) -> set[str]:
    """The fields that are refused."""
    nothing: dict[str, Any] = {"value": None, "currency": None, "dedupe_key": None, "details": {}}
    told = faults(step, **{**nothing, **said})
    assert all(sentence.endswith(".") for fault in told.values() for sentence in fault)
    return set(told)


def money(value: str, currency: str) -> set[str]:
    return wrong(value=Decimal(value), currency=currency)


@pytest.mark.parametrize("step", ["purchase", "sign_up", "a", "step-2.done", "x" * 64])
def test_a_step_is_a_word_of_ones_own(step: str) -> None:
    assert wrong(step) == set()


@pytest.mark.parametrize("step", ["", "Purchase", "a b", "kauf€", "x" * 65, "step\n", "a/b"])
def test_another_step_is_refused(step: str) -> None:
    assert wrong(step) == {"step"}


def test_a_value_and_its_currency_belong_together() -> None:
    assert wrong(value=Decimal(5)) == {"currency"}
    assert wrong(currency="EUR") == {"value"}
    assert money("5", "EUR") == set()


@pytest.mark.parametrize("currency", ["usd", "US", "EURO", "XXX", "XAU", "XTS", "HRK", "QQQ", ""])
def test_what_nobody_pays_with_is_no_currency(currency: str) -> None:
    assert money("5", currency) == {"currency"}


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        *(("0", "EUR"), ("129.99", "USD"), ("129.9900", "USD"), ("1E+12", "EUR")),
        *(("1000000000000", "JPY"), ("1500.0", "JPY"), ("1.234", "KWD"), ("0.0001", "CLF")),
    ],
)
def test_a_value_has_the_decimals_of_its_currency_at_most(value: str, currency: str) -> None:
    assert money(value, currency) == set()


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        *(("-0.01", "EUR"), ("1000000000000.01", "EUR"), ("NaN", "EUR"), ("Infinity", "EUR")),
        *(("129.999", "USD"), ("1500.5", "JPY"), ("1.2345", "KWD"), ("1E-7", "EUR")),
    ],
)
def test_another_value_is_refused(value: str, currency: str) -> None:
    assert money(value, currency) == {"value"}


def test_a_value_is_spelled_with_all_its_decimals() -> None:
    assert spelled(Decimal("129.9"), "USD") == "129.90"
    assert spelled(Decimal("1500.0"), "JPY") == "1500"
    assert spelled(Decimal("1E+12"), "KWD") == "1000000000000.000"
    assert spelled(Decimal("-0.0"), "EUR") == "0.00"


def test_the_table_is_that_of_iso_4217() -> None:
    assert len(MINOR_UNITS) == 165
    assert all(len(code) == 3 and code.isupper() for code in MINOR_UNITS)
    assert {MINOR_UNITS[code] for code in ("EUR", "JPY", "BHD", "CLF")} == {2, 0, 3, 4}


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b", "a\u200bb"])
def test_a_key_is_short_and_visible(key: str) -> None:
    assert wrong(dedupe_key=key) == {"dedupe_key"}
    assert wrong(dedupe_key="order 1001/ü") == set()


@pytest.mark.parametrize(
    "details",
    [
        {str(number): number for number in range(21)},
        {"": "x"},
        {"x" * 65: 1},
        {"a\x00": 1},
        {"plan": "x" * 501},
        {"plan": "a\x00b"},
        {"plan": "\ud800"},
        {"plan": ["yearly"]},
        {"plan": {"a": 1}},
        {"price": float("nan")},
        {"price": float("inf")},
        {"price": 2**53 + 1},
    ],
)
def test_details_are_few_and_plain(details: dict[str, Any]) -> None:
    assert wrong(details=details) == {"details"}


def test_plain_details_are_kept() -> None:
    details = {"plan": "yearly\nplus", "price": 1.5, "seats": 3, "trial": False, "coupon": None}
    assert wrong(details=details) == set()


def test_all_faults_are_told_at_once() -> None:
    told = wrong("No", value=Decimal(1), dedupe_key="", details={"": 1})
    assert told == {"step", "currency", "dedupe_key", "details"}
