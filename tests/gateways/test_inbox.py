"""The folder of the inbox, and the one way to this machine that needs no setting."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from activities.gateways.inbox import MOST, Inbox, InboxReceivers
from activities.gateways.receivers import OutgoingRequest
from tests.builders.deliveries import OK
from tests.fakes.listener import Names, answering, listening

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_the_newest_are_kept_and_the_oldest_make_room(tmp_path: Path) -> None:
    first, second = (Inbox(tmp_path / "inbox", 8000) for _ in range(2))
    assert first.newest(10) == []
    for number in range(MOST + 5):
        one = (first, second)[number % 2]
        one.keep(NOW + timedelta(milliseconds=number), {"number": number})
    assert [told["number"] for told in first.newest(3)] == [MOST + 4, MOST + 3, MOST + 2]
    assert first.newest(1000) == second.newest(1000)
    assert len(first.newest(1000)) == len(list((tmp_path / "inbox").iterdir())) == MOST


def test_what_is_kept_is_for_this_user_alone(tmp_path: Path) -> None:
    Inbox(tmp_path / "inbox", 8000).keep(NOW, {})
    assert (tmp_path / "inbox").stat().st_mode & 0o777 == 0o700


async def test_only_the_inbox_of_the_own_port_is_reached_without_a_setting() -> None:
    names = Names(["127.0.0.1"])
    async with listening(answering(OK)) as listener, listening(answering(OK)) as other:
        receivers = InboxReceivers(names, port=listener.port, allow_private=False, allow_http=False)
        told = {}
        for url in (
            f"http://localhost:{listener.port}/dev/inbox/a?status=200",
            f"http://127.0.0.1:{listener.port}/dev/mailbox",
            f"http://127.0.0.1:{other.port}/dev/inbox",
            f"http://evil.example:{listener.port}/dev/inbox",
        ):
            outcome = await receivers.send(OutgoingRequest(url, {}, b"{}"))
            told[url] = outcome.error
        await receivers.close()
    assert list(told.values()) == [None, "target_refused", "target_refused", "target_refused"]
    (request,) = listener.requests
    assert request.startswith(b"POST /dev/inbox/a?status=200 HTTP/1.1\r\n")
    assert re.search(rb"(?i)host: 127\.0\.0\.1:\d+\r\n", request)
    assert other.requests == []
    assert names.asked == []
