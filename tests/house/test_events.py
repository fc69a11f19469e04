"""Every event of the catalogue has its reaction, and every recorded fact its place in both."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from activities.rules.events import CATALOGUE, Event
from tests.house.shapes import members
from tests.house.source import Source, sources
from workers.registry import REGISTRY
from workflows.reactions import REACTIONS, Reaction, Silence

PROMISED = {
    *("qr.created", "qr.updated", "qr.deleted", "qr.scan_limit_reached", "qr.expiry_warning"),
    *("qr.expired", "qr.scanned", "link.created", "link.updated", "link.deleted", "link.clicked"),
    *("barcode.created", "barcode.updated", "barcode.deleted", "barcode.scanned"),
    *("inventory.movement", "inventory.stock_low", "inventory.scanned"),
    *("conversion.recorded", "page.viewed"),
}
"""The event catalogue of the public documentation. It may grow; it never shrinks."""

SAMPLES: dict[Any, Any] = {
    UUID: UUID("0123456789abcdef0123456789abcdef"),
    str: "text",
    int: 7,
    float: 0.5,
    bool: True,
    datetime: datetime(2026, 5, 7, 20, 42, 30, 123456, timezone(timedelta(hours=2))),
}
"""A value of each type that an event's field may have."""

FACTS = [source.loaded() for source in sources("activities/rules/facts")]


def facts_below(base: type[Event]) -> list[type[Event]]:
    """The recorded facts at any depth: what has a kind of its own."""
    below = [deeper for cls in base.__subclasses__() for deeper in (cls, *facts_below(cls))]
    named = {module.__name__ for module in FACTS}
    return [cls for cls in below if cls.__module__ in named and "kind" in vars(cls)]


EVENTS = list(dict.fromkeys(facts_below(Event)))


def sample(hint: Any, *, empty: bool) -> Any:
    """A value of this type; None where that is allowed and `empty` is asked for."""
    choices = members(hint)
    if empty and NoneType in choices:
        return None
    kind = next(choice for choice in choices if choice is not NoneType)
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is tuple:
        return () if empty else (sample(get_args(kind)[0], empty=empty),)
    return SAMPLES[kind]


def example(cls: type[Event], *, empty: bool = False) -> Event:
    hints = get_type_hints(cls)
    return cls(**{f.name: sample(hints[f.name], empty=empty) for f in fields(cls)})


SPELLINGS = (
    ("(^id|Id)$", "[a-z]+_[0-9a-f]{32}"),
    ("At$", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
)
"""What a key looks like, and what its value then looks like: ids, times in UTC."""


def wrong_in_payload(payload: object) -> list[str]:
    """Keys not in camelCase, ids and times not spelled so. Raises when it is no JSON."""
    found = []
    for key, value in _entries(json.loads(json.dumps(payload))):
        if not re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", key):
            found.append(key)
        for of_key, of_value in SPELLINGS:
            spelled = value is None or re.fullmatch(of_value, str(value))
            if re.search(of_key, key) and not spelled:
                found.append(f"{key}: {value}")
    return found


def _entries(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for item in value.items() for pair in (item, *_entries(item[1]))]
    return [pair for item in value for pair in _entries(item)] if isinstance(value, list) else []


def test_the_catalogue_keeps_what_is_promised_and_repeats_nothing() -> None:
    assert PROMISED - set(CATALOGUE) == set()
    assert len(set(CATALOGUE)) == len(CATALOGUE)
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", kind) for kind in CATALOGUE)


def test_every_kind_has_a_reaction_and_no_other() -> None:
    assert set(CATALOGUE) - set(REACTIONS) == set(), "nothing is said of these"
    assert set(REACTIONS) - set(CATALOGUE) == set(), "of no event any more"


@pytest.mark.parametrize("kind", REACTIONS)
def test_a_reaction_names_a_registered_workflow_or_says_why_not(kind: str) -> None:
    reactions = REACTIONS[kind]
    if isinstance(reactions, Silence):
        assert len(reactions.because.split()) >= 3, "say why"
        return
    workflows = {cls.__name__ for work in REGISTRY.values() for cls in work.workflows}
    assert reactions, "an empty list is a Silence without its reason"
    assert {reaction.workflow for reaction in reactions} <= workflows


def ids_of(source: Source) -> set[tuple[str, str]]:
    """Workflow and the fixed beginning of its id, of every start in a file."""
    found = set()
    for call in (node for node in ast.walk(source.tree) if isinstance(node, ast.Call)):
        ids = [
            w.value for w in call.keywords if w.arg == "id" and isinstance(w.value, ast.JoinedStr)
        ]
        if call.args and ids and isinstance(ids[0].values[0], ast.Constant):
            workflow = ast.unparse(call.args[0]).removesuffix(".run")
            found.add((workflow, str(ids[0].values[0].value)))
    return found


def test_a_reaction_tells_the_id_that_the_starter_gives() -> None:
    (starter,) = [source for source in sources("workflows") if source.path.endswith("/starter.py")]
    told = {
        (reaction.workflow, reaction.id.partition("{")[0])
        for reactions in REACTIONS.values()
        if not isinstance(reactions, Silence)
        for reaction in reactions
    }
    assert told <= ids_of(starter)


def test_an_id_is_read_from_a_start() -> None:
    text = 'client.start_workflow(Sweep.run, x, id=f"sweep/{x.id}", task_queue=q)'
    assert ids_of(Source("workflows/x.py", text)) == {("Sweep", "sweep/")}
    assert ("Sweep", Reaction("Sweep", "swept/{x}").id.partition("{")[0]) not in ids_of(
        Source("workflows/x.py", text)
    )


def test_an_event_has_a_kind_of_its_own_in_the_catalogue() -> None:
    kinds = [vars(cls)["kind"] for cls in EVENTS]
    assert EVENTS, "no event is recorded at all"
    assert set(kinds) - set(CATALOGUE) == set()
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("empty", [False, True], ids=["full", "empty"])
@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: str(cls.__name__))
def test_a_payload_is_json_in_the_spelling_of_events(cls: type[Event], empty: bool) -> None:
    payload = example(cls, empty=empty).payload()
    assert wrong_in_payload(payload) == []
    asset = example(cls).asset_id.hex
    assert [key for key, value in payload.items() if str(value).endswith(f"_{asset}")]


@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: str(cls.__name__))
def test_a_payload_has_the_same_keys_whatever_is_known(cls: type[Event]) -> None:
    assert example(cls).payload().keys() == example(cls, empty=True).payload().keys()


@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: str(cls.__name__))
def test_a_payload_tells_when_it_happened(cls: type[Event]) -> None:
    assert "2026-05-07T18:42:30.123Z" in example(cls).payload().values()


@pytest.mark.parametrize(
    "payload",
    [
        {"short_code": "x"},
        {"ShortCode": "x"},
        {"id": "0123456789abcdef0123456789abcdef"},
        {"workspaceId": "0123456789abcdef0123456789abcdef"},
        {"items": [{"id": 7}]},
        {"createdAt": "2026-05-07T18:42:30+00:00"},
        {"createdAt": 1_778_179_350},
    ],
)
def test_another_spelling_is_found(payload: dict[str, Any]) -> None:
    assert wrong_in_payload(payload)


def test_what_is_no_json_is_found() -> None:
    with pytest.raises(TypeError):
        wrong_in_payload({"id": SAMPLES[UUID]})
