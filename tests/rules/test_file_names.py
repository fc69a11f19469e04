"""Names of files in an archive are fit for every file system, and no two are alike."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.file_names import TEMPLATE, file_stem, template_refusal, unique_names


@pytest.mark.parametrize(
    ("template", "name", "told"),
    [
        (TEMPLATE, "Table 7", "0003-Table 7"),
        (TEMPLATE, "", "0003"),
        ("{name}", "../../etc/passwd", "etc-passwd"),
        ("{name}", "..\\..\\boot.ini", "boot.ini"),
        ("{name}", "nul.txt", "_nul.txt"),
        ("{name}", "a\u0000b\n:c|d", "a-b-c-d"),
        ("{name}", "", "abc"),
        ("{short_id}_{index}", "x", "abc_3"),
        ("{index:02d}", "x", "03"),
        ("{name}", "e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("...", "x", "3"),
        ("{name}/{index}", "a", "a-3"),
    ],
)
def test_a_template_is_filled(template: str, name: str, told: str) -> None:
    assert template_refusal(template) is None
    assert file_stem(template, 3, name, "abc" if name != "" or template == "{name}" else "") == told


@pytest.mark.parametrize("template", ["", "{", "}", "{x}", "{index:4}", "{name!r}", "a" * 101])
def test_what_is_no_template_is_refused(template: str) -> None:
    assert template_refusal(template)


@given(st.text(max_size=300), st.text(max_size=80))
def test_no_name_leaves_its_folder_or_is_too_long(name: str, short_id: str) -> None:
    stem = file_stem("{name}-{short_id}", 1, name, short_id)
    assert stem
    assert not re.search(r"[/\\:*?\"<>|\x00-\x1f]", stem)
    assert not stem.startswith(".")
    assert stem == stem.strip()
    assert len(stem.encode()) <= 121


@given(st.lists(st.sampled_from(["a", "A", "a-2", "a-3", "b"]), max_size=40))
def test_no_two_are_alike_whatever_the_case(stems: list[str]) -> None:
    unique = unique_names()
    told = [unique(stem, "png").casefold() for stem in stems]
    assert len(set(told)) == len(told)


def test_many_of_one_name_take_no_time() -> None:
    unique = unique_names()
    told = [unique("same", "png") for _ in range(5000)]
    assert (told[0], told[1], told[-1]) == ("same.png", "same-2.png", "same-5000.png")
