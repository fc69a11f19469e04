"""Heads of requests are read once where many send the same, and nobody's own words are kept."""

from __future__ import annotations

import pytest

from api import visit_heads
from api.visit_heads import read_request
from tests.api.visit_servers import request


def is_remembered(**headers: str) -> bool:
    """Whether the second reading is the first one."""
    data = request("/q/plain", **headers)
    first, second = read_request(data), read_request(data)
    assert first is not None
    assert first == second
    return second is not None and first.head is second.head


def test_what_browsers_of_one_kind_say_is_read_once() -> None:
    assert is_remembered(accept_language="de-AT", sec_fetch_mode="navigate", dnt="1")


@pytest.mark.parametrize(
    "header",
    [
        *("cookie", "COOKIE", "authorization", "x_forwarded_for", "cf_connecting_ip"),
        *("x_real_ip", "forwarded", "x_request_id", "x_api_key", "something_new"),
    ],
)
def test_what_tells_who_somebody_is_stays_in_no_memory(header: str) -> None:
    secret = f"kept-nowhere-{header}"
    assert not is_remembered(**{header: secret})
    assert not any(secret.encode() in block for block in visit_heads._HEADS)


def test_what_is_remembered_is_bounded() -> None:
    for number in range(3000):
        read_request(request("/q/plain", accept_language=f"x-{number}"))
    assert len(visit_heads._HEADS) == 2048
    assert not is_remembered(accept="a" * 2000)
