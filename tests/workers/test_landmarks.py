"""The sample of landmarks is sound: sixty real places with their own web addresses."""

import csv
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

LANDMARKS = Path(__file__).parents[2] / "workers" / "samples" / "landmarks.csv"
HEADER = ["name", "city", "country", "latitude", "longitude", "website"]


@pytest.fixture(scope="module")
def landmarks() -> list[dict[str, str]]:
    with LANDMARKS.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, strict=True)
        rows = list(reader)
    assert reader.fieldnames == HEADER
    return rows


def test_there_are_sixty_complete_landmarks(landmarks: list[dict[str, str]]) -> None:
    assert len(landmarks) == 60
    for place in landmarks:
        assert list(place) == HEADER
        assert all(value and value == value.strip() for value in place.values()), place


@pytest.mark.parametrize("column", ["name", "website"])
def test_no_landmark_comes_twice(landmarks: list[dict[str, str]], column: str) -> None:
    values = [place[column].casefold() for place in landmarks]
    assert len(set(values)) == len(values)


def test_no_two_landmarks_stand_at_one_spot(landmarks: list[dict[str, str]]) -> None:
    spots = {(place["latitude"], place["longitude"]) for place in landmarks}
    assert len(spots) == len(landmarks)


def test_coordinates_are_in_range_with_four_to_six_decimals(
    landmarks: list[dict[str, str]],
) -> None:
    for place in landmarks:
        for column, limit in (("latitude", 90), ("longitude", 180)):
            assert re.fullmatch(r"-?\d{1,3}\.\d{4,6}", place[column]), place
            assert abs(float(place[column])) <= limit, place


def test_countries_are_upper_case_codes_and_many(landmarks: list[dict[str, str]]) -> None:
    countries = {place["country"] for place in landmarks}
    assert all(re.fullmatch("[A-Z]{2}", country) for country in countries)
    assert len(countries) >= 35


def test_all_four_quarters_of_the_globe_are_there(landmarks: list[dict[str, str]]) -> None:
    quarters = {(float(p["latitude"]) > 0, float(p["longitude"]) > 0) for p in landmarks}
    assert len(quarters) == 4


def test_web_addresses_are_https_with_a_public_host_and_no_credentials(
    landmarks: list[dict[str, str]],
) -> None:
    for place in landmarks:
        address = urlsplit(place["website"])
        assert address.scheme == "https", place
        assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", address.hostname or ""), place
        assert address.netloc == address.hostname, place
        assert not address.query, place
        assert not address.fragment, place


def test_names_are_in_the_letters_of_their_languages(landmarks: list[dict[str, str]]) -> None:
    assert {"Sagrada Família", "Chichén Itzá"} <= {place["name"] for place in landmarks}
    assert "São Paulo" in {place["city"] for place in landmarks}
