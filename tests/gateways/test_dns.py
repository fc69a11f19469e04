"""The machine's resolver, asked for names that need no network, and name servers on loopback."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from activities.gateways.dns import NameUnknown, SystemResolver
from tests.fakes.dns_server import FAILING, SILENT, NameServer, a_name_server


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


@pytest_asyncio.fixture
async def server() -> AsyncIterator[NameServer]:
    async with a_name_server() as server:
        yield server


@pytest_asyncio.fixture
async def asking(server: NameServer) -> AsyncIterator[SystemResolver]:
    resolver = SystemResolver(timeout_seconds=0.5, servers=[("127.0.0.1", server.port)])
    yield resolver
    await resolver.close()


async def test_each_record_is_one_text(server: NameServer, asking: SystemResolver) -> None:
    server.zone["proof.example"] = [["inkloom-verify=", "abc"], ["v=spf1 -all"]]
    assert sorted(await asking.texts("proof.example")) == ["inkloom-verify=abc", "v=spf1 -all"]
    assert server.asked == ["proof.example"]


async def test_a_name_without_texts_has_none(server: NameServer, asking: SystemResolver) -> None:
    server.zone["bare.example"] = []
    assert await asking.texts("bare.example") == []


async def test_a_name_that_is_not_there_is_unknown(asking: SystemResolver) -> None:
    with pytest.raises(NameUnknown):
        await asking.texts("gone.example")


async def test_an_alias_is_followed(server: NameServer, asking: SystemResolver) -> None:
    server.aliases["proof.example"] = "proof.elsewhere.example"
    server.zone["proof.elsewhere.example"] = [["here"]]
    assert await asking.texts("proof.example") == ["here"]


async def test_texts_too_long_for_a_datagram_come_by_tcp(
    server: NameServer, asking: SystemResolver
) -> None:
    server.zone["long.example"] = [["x" * 200, str(n)] for n in range(9)]
    assert len(await asking.texts("long.example")) == 9
    assert server.asked == ["long.example"] * 2


async def test_a_server_that_says_nothing_is_not_waited_for_long(
    server: NameServer, asking: SystemResolver
) -> None:
    server.zone["slow.example"] = SILENT
    began = time.monotonic()
    with pytest.raises(OSError, match="no name server can say") as caught:
        await asking.texts("slow.example")
    assert time.monotonic() - began < 2
    assert not isinstance(caught.value, NameUnknown)


@pytest.mark.parametrize("name", ["failing.example", "a" * 64 + ".example", "a..example"])
async def test_what_no_server_can_say_is_an_oserror(
    server: NameServer, asking: SystemResolver, name: str
) -> None:
    server.zone["failing.example"] = FAILING
    with pytest.raises(OSError, match="no name server can say"):
        await asking.texts(name)


async def test_the_machine_s_own_servers_are_asked_when_none_is_named() -> None:
    resolver = SystemResolver(timeout_seconds=0.2)
    with pytest.raises(OSError, match=r"no name server can say|no such name"):
        await resolver.texts("nobody-has-this-name.invalid")
    await resolver.close()
