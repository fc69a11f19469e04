"""One spelling for a host, and no long work for what is none."""

from __future__ import annotations

from time import process_time

import pytest

from activities.rules.destinations import host_of, refusal
from activities.rules.hosts import LONGEST_LABEL, ascii_host, ascii_name

SIGN = "字"


@pytest.mark.parametrize(
    "name",
    [
        *(SIGN * 2040, SIGN * 60_000, "\ufdfa" * 200, ".".join([SIGN * 60] * 1000)),
        *(f"{SIGN * (LONGEST_LABEL + 1)}.example", "a" * (LONGEST_LABEL + 1)),
        ".".join(["a" * 49] * 5) + ".test",
    ],
)
def test_a_name_that_is_too_long_is_refused_at_once(name: str) -> None:
    began = process_time()
    with pytest.raises(ValueError, match="host"):
        ascii_name(name)
    assert process_time() - began < 0.1


def test_a_destination_of_2048_signs_is_refused_at_once() -> None:
    url = f"https://{SIGN * 2_040}"
    began = process_time()
    assert (
        refusal(url) == "Correct the host of the address, for example https://example.com/welcome."
    )
    assert host_of(url) == ""
    assert process_time() - began < 0.2


def test_the_longest_names_are_let_through() -> None:
    longest = ".".join(["a" * 49] * 5) + ".tld"
    assert len(longest) == 253
    assert ascii_host(f"{longest}.") == longest
    assert ascii_host(f"{'b' * LONGEST_LABEL}.example") == f"{'b' * LONGEST_LABEL}.example"
    assert ascii_host("Bücher.Example") == "xn--bcher-kva.example"
