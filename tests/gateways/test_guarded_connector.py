"""The last door: the peer of a connection is judged, however it came about."""

import ast
import asyncio

import aiohttp
import pytest

from activities.gateways.guarded_connector import (
    CONTACT,
    Contact,
    GuardedConnector,
    trusting_context,
)
from activities.rules.targets import TargetRefused
from tests.fakes.listener import Names, answering, listening
from tests.house.source import sources

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("allow_private", [True, False])
async def test_an_address_in_the_url_is_judged_before_anything_is_written(
    allow_private: bool,
) -> None:
    connector = GuardedConnector(
        Names([]), allow_private=allow_private, limit_per_host=1, tls=trusting_context()
    )
    async with (
        listening(answering(OK)) as listener,
        aiohttp.ClientSession(connector=connector) as session,
        asyncio.timeout(5) as deadline,
    ):
        token = CONTACT.set(Contact(deadline, 5))
        url = f"http://127.0.0.1:{listener.port}/"
        headers = {"Content-Length": "0"}
        if allow_private:
            assert (await session.post(url, headers=headers)).status == 200
        else:
            with pytest.raises(TargetRefused, match="private address"):
                await session.post(url, headers=headers)
        CONTACT.reset(token)
    assert len(listener.requests) == int(allow_private)


def test_the_authorities_of_the_system_are_trusted_and_names_are_checked() -> None:
    context = trusting_context()
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert context.minimum_version.name == "TLSv1_2"


def test_sessions_to_the_outside_are_opened_in_one_place() -> None:
    found = [
        source.module
        for source in sources("activities")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and source.full_name(node.func) == "aiohttp.ClientSession"
    ]
    assert found == ["activities.gateways.guarded_connector"]
