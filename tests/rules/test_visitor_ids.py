"""Who a visitor is to an organization's statistics, for a day."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.visitor_ids import SALT_BYTES, visitor_id

ACME, OTHER = UUID(int=1), UUID(int=2)
TODAY, TOMORROW = bytes(range(32)), bytes(range(1, 33))
WHENCE = b"\x04\xc0\x00\x02\x01Mozilla/5.0"


def test_a_visitor_is_the_same_all_day_to_one_organization() -> None:
    assert visitor_id(TODAY, WHENCE, ACME) == visitor_id(TODAY, WHENCE, ACME)


def test_a_visitor_is_another_tomorrow_elsewhere_and_with_another_browser() -> None:
    seen = {
        visitor_id(TODAY, WHENCE, ACME),
        visitor_id(TOMORROW, WHENCE, ACME),
        visitor_id(TODAY, WHENCE, OTHER),
        visitor_id(TODAY, WHENCE + b" Firefox", ACME),
    }
    assert len(seen) == 4


def test_who_has_opted_out_has_no_id_and_without_a_salt_nobody_has() -> None:
    assert visitor_id(TODAY, b"", ACME) is None
    assert visitor_id(None, WHENCE, ACME) is None


@pytest.mark.parametrize("salt", [b"", b"short", bytes(SALT_BYTES + 1)])
def test_a_salt_that_could_be_tried_out_is_refused(salt: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        visitor_id(salt, WHENCE, ACME)


def test_ids_stay_what_they_are() -> None:
    assert visitor_id(TODAY, WHENCE, ACME) == FIXED


@given(st.binary(min_size=1), st.uuids())
def test_an_id_fits_a_bigint(whence: bytes, organization: UUID) -> None:
    visitor = visitor_id(TODAY, whence, organization)
    assert visitor is not None
    assert -(1 << 63) <= visitor < 1 << 63


FIXED = 8212330202093154333
"""A change of the hash in the middle of a day would count everybody twice."""
