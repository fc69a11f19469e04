"""Samples of events: one of every kind, of the types and in the shape of real ones."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from activities.rules.conversions import PREFIXES
from activities.rules.events import CATALOGUE
from activities.rules.facts.stock import InventoryMoved
from activities.rules.facts.visits import ConversionRecorded
from activities.rules.samples import FACTS, event_types, sample_of
from activities.rules.stock import Movement
from tests.house.shapes import members
from tests.house.test_events import EVENTS, example, wrong_in_payload

NOW = datetime(2026, 5, 7, 18, 42, 30, 123000, UTC)
HOME = UUID("0123456789abcdef0123456789abcdef")
AN_ID = re.compile(r"[a-z]+_([0-9a-f]{32})")


def ids_in(payload: Any) -> list[str]:
    return [found for value in payload.values() for found in AN_ID.findall(str(value))]


def test_there_is_a_sample_of_every_kind_and_of_no_other() -> None:
    assert set(FACTS) == set(CATALOGUE)
    assert set(FACTS.values()) == set(EVENTS)
    assert [one.kind for one in event_types(NOW)] == list(CATALOGUE)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_a_sample_has_the_keys_of_a_real_one_in_its_spelling(kind: str) -> None:
    payload = sample_of(kind, HOME, NOW).payload()
    assert list(payload) == list(example(FACTS[kind]).payload())
    assert wrong_in_payload(payload) == []
    assert "2026-05-07T18:42:30.123Z" in payload.values()


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_value_of_a_sample_is_of_the_type_of_its_field(kind: str) -> None:
    sample = sample_of(kind, HOME, NOW)
    hints = get_type_hints(FACTS[kind])
    for field in fields(sample):
        value = getattr(sample, field.name)
        types = [get_origin(one) or one for one in members(hints[field.name])]
        assert type(value) in types, field.name


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_ids_of_a_sample_are_well_formed_and_known_by_their_zeros(kind: str) -> None:
    found = ids_in(sample_of(kind, HOME, NOW).payload())
    assert found
    assert len(set(found)) == len(found)
    for text in found:
        assert text.startswith("00000000")
        assert UUID(text).version == 4


def test_values_of_a_sample_are_among_those_that_exist() -> None:
    moved = sample_of("inventory.movement", HOME, NOW)
    assert isinstance(moved, InventoryMoved)
    assert moved.movement in get_args(Movement)
    converted = sample_of("conversion.recorded", HOME, NOW)
    assert isinstance(converted, ConversionRecorded)
    assert (converted.source_type, converted.source_prefix) in dict(PREFIXES).items()


def test_a_kind_that_is_not_known_has_no_sample() -> None:
    with pytest.raises(KeyError):
        sample_of("qr.invented", HOME, NOW)


def test_every_event_says_what_it_tells_in_the_words_of_clients() -> None:
    for one in event_types(NOW):
        assert re.fullmatch(r"[A-Z].+\.", one.description), one.kind
        for name in re.findall("`(\\w+)`", one.description):
            assert name in one.sample, f"{one.kind} has no {name}"
        json.dumps(dict(one.sample))
