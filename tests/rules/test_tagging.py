"""Names of tags and folders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules import colours
from activities.rules.errors import InvalidFields
from activities.rules.tagging import (
    MOST_TAGS,
    folder_refusal,
    normalised_tags,
    tag_key,
    tag_refusal,
)

UNSEEN = [
    *("\x00", "\x07", "\x7f", "\u200b", "\u00ad", "\u202e", "\u2066", "\ufeff", "\u2060", "\ud800"),
    *("\u3164", "\u115f", "\u2800", "\u034f", "\U000e0041"),
]
WRITTEN = [
    *(
        "Sommer",
        "Müller & Söhne",
        "株式会社",
        "می\u200cخواهم",
        "👨\u200d👩\u200d👧",
        "❤\ufe0f",
        "a, b+c #1",
    ),
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
]


def sentences(names: list[str]) -> tuple[str, ...]:
    with pytest.raises(InvalidFields) as refused:
        normalised_tags(names)
    assert list(refused.value.fields) == ["tags"]
    return tuple(refused.value.fields["tags"])


def test_tags_are_trimmed_and_their_white_space_is_single() -> None:
    assert normalised_tags(["  Summer \t\n Sale ", "print"]) == ("Summer Sale", "print")
    assert normalised_tags([]) == ()


@pytest.mark.parametrize(
    "names",
    [
        ["Sale", "SALE", "sale", " sale "],
        ["Straße", "STRASSE"],
        ["Caf\u00e9", "Cafe\u0301"],
        ["Sale", "Ｓａｌｅ"],
        ["❤\ufe0f", "❤"],
    ],
)
def test_of_equal_tags_the_first_spelling_stays(names: list[str]) -> None:
    assert normalised_tags([*names, "other"]) == (names[0], "other")
    assert len({tag_key(name) for name in names}) == 1


@pytest.mark.parametrize("name", WRITTEN)
def test_a_name_may_be_of_any_script(name: str) -> None:
    assert normalised_tags([name]) == (name,)
    assert folder_refusal(name) is None


@pytest.mark.parametrize("sign", UNSEEN)
@pytest.mark.parametrize("around", ["{}", "sa{}le", "sale{}", "{}株"])
def test_a_sign_that_nobody_sees_is_refused(sign: str, around: str) -> None:
    name = around.format(sign)
    assert tag_refusal(name)
    assert folder_refusal(name)
    assert sentences(["fine", name])[0].endswith(".")


def test_a_joiner_within_latin_letters_is_refused() -> None:
    assert sentences(["sa\u200dle"]) == ("Remove characters that cannot be seen from the tags.",)
    assert sentences(["sale\u200d"])


def test_every_fault_is_told_once() -> None:
    assert sentences(["", " ", "x" * 51, "y" * 51]) == (
        "Give each tag a name.",
        "Ensure each tag has no more than 50 characters.",
    )


def test_a_tag_has_50_characters_and_an_asset_30_tags_at_most() -> None:
    assert normalised_tags(["x" * 50])
    most = [f"tag {number}" for number in range(MOST_TAGS)]
    assert normalised_tags([*most, "TAG 0"]) == tuple(most)
    assert sentences([*most, "one more"]) == ("Ensure there are no more than 30 tags.",)


@given(st.lists(st.text(max_size=8), max_size=6))
def test_what_is_normalised_is_normalised_already(names: list[str]) -> None:
    try:
        tags = normalised_tags(names)
    except InvalidFields:
        return
    assert normalised_tags(tags) == tags
    assert len({tag.casefold() for tag in tags}) == len(tags)


@pytest.mark.parametrize("colour", ["#000000", "#A1b2C3"])
def test_a_colour_is_a_number_sign_and_six_hex_digits(colour: str) -> None:
    assert colours.refusal(colour) is None


@pytest.mark.parametrize(
    "colour",
    ["", "red", "#fff", "#12345", "#1234567", "123456", "#12345g", "#123456\n", "#１２３４５６"],
)
def test_any_other_colour_is_refused(colour: str) -> None:
    assert colours.refusal(colour) == "Write the colour as # and six hex digits."


@pytest.mark.parametrize(
    "name", ["Menus", "2026 – Spring", "株式会社", ".hidden", "...", "x" * 100]
)
def test_a_folder_may_be_called_this(name: str) -> None:
    assert folder_refusal(name) is None


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 101, "a/b", "a\\b", ".", "..", " .. ", "a\nb", "a\tb", "a\u2028b"]
)
def test_a_folder_may_not_be_called_that(name: str) -> None:
    assert (folder_refusal(name) or "").endswith(".")
