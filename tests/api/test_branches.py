"""A value that may be of several kinds is refused in one place, by the kind that was given."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import AfterValidator, Field, ValidationError

from api.branches import without_branches
from api.dialect import Body


class Near(Body):
    street: str
    number: int


class Far(Body):
    zone: Literal["east", "west"]


def _even(given: int) -> int:
    if given % 2:
        raise ValueError("Give an even number.")
    return given


Even = Annotated[int, AfterValidator(_even)]


class Order(Body):
    pace: Literal["slow", "quick"] | Annotated[list[Annotated[float, Field(ge=1)]], Field()] = (
        "slow"
    )
    to: Near | Far | None = None
    many: dict[str, str | Annotated[int, AfterValidator(_even)] | list[bool]] = Field(
        default_factory=dict
    )
    plain: dict[Annotated[str, Field(max_length=3)], int] = Field(default_factory=dict)


def told(given: dict[str, Any], judged: dict[str, Any] | None = None) -> dict[str, list[str]]:
    """What is said by place of a body; `judged`: what we made of it before."""
    with pytest.raises(ValidationError) as refused:
        Order.model_validate(given if judged is None else judged)
    problems = [{**one, "loc": ("body", *one["loc"])} for one in refused.value.errors()]
    said: dict[str, list[str]] = {}
    for place, problem in without_branches(problems, given):
        said.setdefault(".".join(map(str, place)), []).append(problem["msg"])
    return said


KINDS = "Input should be 'slow' or 'quick' or a valid list"
LEAST = "Input should be greater than or equal to 1"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pace": [0.5]}, {"pace.0": [LEAST]}),
        (
            {"pace": [1.0, "x", 0.0]},
            {"pace.1": ["Input should be a valid number"], "pace.2": [LEAST]},
        ),
        ({"pace": "x"}, {"pace": [KINDS]}),
        ({"pace": None}, {"pace": [KINDS]}),
        ({"pace": {"0": 1}}, {"pace": [KINDS]}),
        ({"to": 7}, {"to": ["Input should be an object"]}),
        ({"to": {"zone": "north"}}, {"to.zone": ["Input should be 'east' or 'west'"]}),
        ({"many": {"a": 3, "b": 2}}, {"many.a": ["Value error, Give an even number."]}),
        ({"many": {"a": [1, True]}}, {"many.a.0": ["Input should be a valid boolean"]}),
        ({"pace": [0.5], "x": 1}, {"pace.0": [LEAST], "x": ["Extra inputs are not permitted"]}),
    ],
)
def test_what_is_said_is_about_what_was_given(
    given: dict[str, Any], said: dict[str, list[str]]
) -> None:
    assert told(given) == said


def test_a_name_that_is_wrong_is_told_from_its_value() -> None:
    assert list(told({"plain": {"long": 1}})) == ["plain.long.[key]"]


def test_a_place_that_we_made_ourselves_is_told_as_it_is() -> None:
    said = told({"to": {"street": "a"}}, {"to": {"street": "a", "number": "seven"}})
    assert [place for place in said if place.endswith("number")]
