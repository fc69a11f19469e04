"""Places, with exactly the decimals that were given."""

import math
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.payloads.contents import normalised, payload
from tests.rules.payloads.refusals import refused


def says(**fields: Any) -> str:
    return payload("GEO", normalised("GEO", fields))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"latitude": 52.520008, "longitude": 13.404954}, "geo:52.520008,13.404954"),
        ({"latitude": 0, "longitude": -0.0}, "geo:0,0"),
        ({"latitude": 90.0, "longitude": -180}, "geo:90,-180"),
        ({"latitude": 1e-7, "longitude": -1e-8}, "geo:0.0000001,-0.00000001"),
        ({"latitude": 0.1 + 0.2, "longitude": 1e-9}, "geo:0.3,0"),
        ({"latitude": 1, "longitude": 2, "altitude": -3.25}, "geo:1,2,-3.25"),
        (
            {"latitude": 1, "longitude": 2, "altitude": 3, "label": "Bar (1. Stock) & Café"},
            "geo:1,2,3?q=1,2(Bar%20%281.%20Stock%29%20%26%20Caf%C3%A9)",
        ),
    ],
)
def test_a_place_is_written_out(fields: dict[str, Any], expected: str) -> None:
    assert says(**fields) == expected


@given(
    latitude=st.decimals(-90, 90, places=8),
    longitude=st.decimals(-180, 180, places=8),
    label=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), max_size=50),
)
def test_no_decimal_is_lost(latitude: Decimal, longitude: Decimal, label: str) -> None:
    text = says(latitude=float(latitude), longitude=float(longitude), label=label)
    place, _, query = text.removeprefix("geo:").partition("?")
    assert "e" not in place.lower()
    assert [Decimal(part) for part in place.split(",")] == [latitude, longitude]
    if label:
        pin, _, name = query.removeprefix("q=").partition("(")
        assert (pin, unquote(name)) == (place, f"{label})")


@pytest.mark.parametrize("field", ["latitude", "longitude", "altitude"])
@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 100_001, -12_001, 10**400, "52.5", True, [1]]
)
def test_what_is_no_degree_is_refused(field: str, value: object) -> None:
    assert list(refused("GEO", {"latitude": 1, "longitude": 1, field: value})) == [
        f"content.{field}"
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("latitude", 90.00000001), ("latitude", -91), ("longitude", 180.1)]
)
def test_the_limits_are_exact(field: str, value: float) -> None:
    wrong = refused("GEO", {"latitude": 1, "longitude": 1, field: value})
    assert wrong[f"content.{field}"].startswith("Give a number from -")


def test_both_degrees_are_needed() -> None:
    assert list(refused("GEO", {"label": "x"})) == ["content.latitude", "content.longitude"]
