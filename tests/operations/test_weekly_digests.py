"""The mail of the week comes once, on the reader's Monday, and tells what was scanned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from activities.gateways.clock import FixedClock
from activities.notices.preferences import ChangePreferences, WishChange, change_preferences
from activities.notices.weekly import SendWeeklyDigests, send_weekly_digests
from activities.rules.actors import Actor
from activities.workspaces import CreateWorkspace, create_workspace
from tests.builders.members import a_member
from tests.builders.notices import (
    DAY,
    HOUR,
    a_home,
    live,
    mails,
    many_members,
    one,
    run,
    scanned,
    told,
)
from tests.builders.tenants import a_code

pytestmark = pytest.mark.usefixtures("database", "world")

MONDAY = date(2026, 11, 23)
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)


async def send(now: datetime) -> int:
    sent = await send_weekly_digests(SendWeeklyDigests(now))
    assert sent.is_done
    return sent.mails


async def a_busy_week(by: Actor, name: str = "Menu", this: int = 12, before: int = 10) -> None:
    """Something was scanned in this week and the one before."""
    code = await a_code(by, name=name)
    await scanned(by, code.id, MONDAY - 3 * DAY, this)
    await scanned(by, code.id, MONDAY - 10 * DAY, before)


async def test_it_tells_what_was_scanned_and_how_that_compares(clock: FixedClock) -> None:
    _, owner = await a_home()
    await a_busy_week(owner, "Menu <b>", this=12, before=10)
    await a_busy_week(owner, "Poster", this=30, before=0)
    clock.moment = EIGHT
    assert await send(EIGHT) == 1
    (mail,) = await mails("weekly_digest")
    assert "16 – 22 November 2026" in mail.subject + mail.text
    assert mail.text.index("Poster") < mail.text.index("Menu")
    assert "+20%" in mail.text
    assert "new" in mail.text
    assert "42" in mail.text
    assert "<b>" not in mail.html.partition("Poster")[2].partition("</table>")[0]
    assert "/api/public/charts/" in mail.html
    assert mail.unsubscribe
    assert await one("SELECT mail_id FROM digest WHERE kind = 'weekly'") == mail.id


async def test_days_outside_of_both_weeks_and_trash_are_not_counted() -> None:
    _, owner = await a_home()
    gone = await a_code(owner, name="Gone")
    await scanned(owner, gone.id, MONDAY - 2 * DAY, 5)
    await run("UPDATE qr_code SET deleted_at = now() WHERE id = :id", id=gone.id)
    other = await a_code(owner, name="Outside")
    await scanned(owner, other.id, MONDAY, 5)
    await scanned(owner, other.id, MONDAY - 15 * DAY, 5)
    assert await send(EIGHT) == 0
    assert await one("SELECT count(*) FROM digest WHERE mail_id IS NULL") == 1


async def test_it_shows_five_workspaces_and_five_codes_of_each() -> None:
    _, owner = await a_home()
    for n in range(6):
        await a_busy_week(owner, f"Code {n}", this=10 + n)
    for n in range(5):
        place = await create_workspace(CreateWorkspace(owner, f"Place {n}"))
        code = await a_code(owner, name=f"Far {n}")
        await run("UPDATE qr_code SET workspace_id = :w WHERE id = :id", w=place.id, id=code.id)
        await scanned(owner, code.id, MONDAY - DAY, 1 + n)
    assert await send(EIGHT) == 1
    (mail,) = await mails()
    assert "Code 5" in mail.text
    assert "Code 0" not in mail.text
    assert "Far 1" in mail.text
    assert "Far 0" not in mail.text


async def test_it_comes_once_and_two_days_late_at_most() -> None:
    _, owner = await a_home()
    await a_busy_week(owner)
    assert await send(EIGHT - HOUR) == 0
    assert await send(EIGHT + 49 * HOUR) == 0
    assert await send(EIGHT + 48 * HOUR) == 1
    assert [await send(EIGHT + n * HOUR) for n in (0, 5, 47)] == [0, 0, 0]
    assert await send(EIGHT + 7 * DAY) == 1


async def test_who_came_after_the_moment_waits_a_week(clock: FixedClock) -> None:
    home, owner = await a_home()
    await a_busy_week(owner)
    clock.moment = EIGHT + HOUR
    await a_member(home, "viewer", "late")
    assert await send(EIGHT + 2 * HOUR) == 1
    assert await told() == ["acme@example.com"]


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("Asia/Kathmandu", datetime(2026, 11, 23, 2, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 23, 13, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 11, 22, 18, tzinfo=UTC)),
    ],
)
async def test_monday_is_that_of_the_readers_clocks(zone: str, due: datetime) -> None:
    _, owner = await a_home()
    assert owner.user_id
    await live(owner.user_id, zone)
    await a_busy_week(owner)
    assert await send(due - timedelta(minutes=1)) == 0
    assert await send(due) == 1
    assert await one("SELECT period FROM digest") == "2026-W48"


async def test_every_member_gets_it_who_wants_it() -> None:
    home, owner = await a_home()
    viewer = await a_member(home, "viewer")
    await a_member(home, "editor")
    await a_busy_week(owner)
    wish = WishChange("weekly_digest", mail="never")
    await change_preferences(ChangePreferences(viewer, (wish,)))
    assert await send(EIGHT) == 2
    assert await told() == ["acme@example.com", "editor@people.example"]


async def test_one_organization_hears_nothing_of_another() -> None:
    _, owner = await a_home()
    _, stranger = await a_home("other")
    await a_busy_week(owner, "Secret menu")
    await a_busy_week(stranger, "Poster")
    assert await send(EIGHT) == 2
    by_reader = {mail.recipient: mail.text for mail in await mails()}
    assert "Secret menu" in by_reader["acme@example.com"]
    assert "Secret menu" not in by_reader["other@example.com"]


async def test_its_picture_is_the_same_for_all_readers() -> None:
    home, owner = await a_home()
    await many_members(home, 3)
    await a_busy_week(owner)
    assert await send(EIGHT) == 4
    pictures = set()
    for mail in await mails():
        address = mail.html.partition('src="')[2].partition('"')[0]
        pictures.add(httpx.URL(address).path)
    assert len(pictures) == 1
