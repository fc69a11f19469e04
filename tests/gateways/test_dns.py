"""The machine's resolver, asked for names that need no network."""

import pytest

from activities.gateways.dns import SystemResolver


async def test_a_name_is_answered_with_each_address_once() -> None:
    resolver = SystemResolver()
    found = await resolver.resolve("localhost", 80)
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found)) >= 1
    await resolver.close()


async def test_a_name_that_cannot_be_looked_up_is_an_oserror() -> None:
    resolver = SystemResolver()
    with pytest.raises(OSError, match="cannot be looked up"):
        await resolver.resolve("a" * 64 + ".invalid", 80)
    await resolver.close()


async def test_a_look_up_out_of_time_is_an_oserror() -> None:
    resolver = SystemResolver(timeout_seconds=0.0)
    with pytest.raises(TimeoutError) as caught:
        await resolver.resolve("localhost", 80)
    assert isinstance(caught.value, OSError)
    await resolver.close()
