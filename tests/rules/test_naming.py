"""Names and slugs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.naming import copied, name_refusal, slug_of, slug_refusal


@pytest.mark.parametrize(
    "name", ["Acme", "Müller & Söhne", "株式会社", "می\u200cخواهم", "👨\u200d👩\u200d👧"]
)
def test_a_name_may_be_of_any_script(name: str) -> None:
    assert name_refusal(name) is None


@pytest.mark.parametrize("sign", ["\n", "\r", "\x00", "\t", "\x85", "\u2028", "\u202e", "\u2066"])
def test_a_sign_that_could_disguise_or_break_a_line_is_refused(sign: str) -> None:
    assert name_refusal(f"Acme{sign}Print")


@pytest.mark.parametrize("slug", ["abc", "a-b", "a1-b2", "x" * 40])
def test_a_slug_of_small_letters_digits_and_hyphens_fits(slug: str) -> None:
    assert slug_refusal(slug) is None


@pytest.mark.parametrize(
    "slug", ["", "ab", "-abc", "abc-", "Abc", "a_b", "a b", "x" * 41, "abc\n", "äbc", "admin"]
)
def test_any_other_slug_is_refused(slug: str) -> None:
    assert slug_refusal(slug)


@pytest.mark.parametrize(
    ("name", "copy"),
    [("Spring", "Spring (copy)"), ("", ""), ("x" * 200, "x" * 193 + " (copy)")],
)
def test_a_copy_says_so_within_the_length_of_a_name(name: str, copy: str) -> None:
    assert copied(name) == copy


@given(st.text(max_size=300), st.one_of(st.just(b""), st.binary(min_size=4, max_size=8)))
def test_a_made_slug_may_always_be_chosen(name: str, dice: bytes) -> None:
    assert slug_refusal(slug_of(name, dice)) is None
