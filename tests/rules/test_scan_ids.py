"""Ids of scans: those of a batch in a row, batches in the order of their time."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from activities.rules.scan_ids import DICE, LARGEST_BATCH, first_id, nth_id, stem_of

MOMENT = 1_795_262_400_000
MOMENTS = st.integers(0, 2**48 - 1)
THROWS = st.binary(min_size=DICE, max_size=DICE)


@given(MOMENTS, THROWS, st.integers(0, LARGEST_BATCH - 1))
def test_every_id_is_a_uuid_of_version_7_that_tells_its_millisecond(
    moment: int, dice: bytes, n: int
) -> None:
    made = nth_id(first_id(moment, dice), n)
    assert (made.version, made.variant) == (7, RFC_4122)
    assert int.from_bytes(made.bytes[:6]) == moment


@given(MOMENTS, THROWS, st.lists(st.integers(0, LARGEST_BATCH - 1), min_size=1))
def test_the_ids_of_a_batch_count_on_from_its_first(
    moment: int, dice: bytes, numbers: list[int]
) -> None:
    first = first_id(moment, dice)
    for n in numbers:
        made = nth_id(first, n)
        assert made.int - first.int == n
        assert str(made) == f"{stem_of(first)}{n:08x}"
        assert first <= made <= nth_id(first, LARGEST_BATCH - 1)


@given(MOMENTS, MOMENTS, THROWS, THROWS)
def test_ids_of_a_later_millisecond_come_after_those_of_an_earlier_one(
    one: int, other: int, dice: bytes, more: bytes
) -> None:
    earlier, later = sorted((one, other))
    if earlier == later:
        return
    last, first = nth_id(first_id(earlier, dice), LARGEST_BATCH - 1), first_id(later, more)
    assert last < first
    assert str(last) < str(first)


@given(THROWS, THROWS)
def test_batches_of_one_millisecond_do_not_meet(dice: bytes, more: bytes) -> None:
    one, other = first_id(MOMENT, dice), first_id(MOMENT, more)
    same = int.from_bytes(dice) % 2**42 == int.from_bytes(more) % 2**42
    assert (one == other) == same
    assert same or abs(one.int - other.int) >= LARGEST_BATCH


def test_all_dice_count() -> None:
    assert first_id(0, b"\x00" * DICE) == UUID("00000000-0000-7000-8000-000000000000")
    assert first_id(0, b"\xff" * DICE) == UUID("00000000-0000-7fff-bfff-ffff00000000")
