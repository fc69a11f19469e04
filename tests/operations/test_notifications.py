"""What people are told is listed and marked as read by them alone, and comes as they wish."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from activities.gateways.clock import FixedClock
from activities.keys import AuthenticateKey, authenticate_key
from activities.notices.preferences import (
    ChangePreferences,
    Quiet,
    ReadPreferences,
    WishChange,
    change_preferences,
    read_preferences,
)
from activities.notices.reading import (
    CountUnread,
    ListNotifications,
    MarkRead,
    count_unread,
    list_notifications,
    mark_read,
)
from activities.rules.actors import Actor
from activities.rules.errors import Forbidden, InvalidFields
from activities.rules.local_times import Clocks
from activities.rules.notices import ABOUT, TOPICS, Wish
from activities.rules.paging import PageRequest
from tests.builders.members import a_member
from tests.builders.notices import HOUR, a_home, mails, one, run, tell
from tests.builders.tenants import a_key, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

PAGE = PageRequest(1, 2)


async def titles(by: Actor, page: PageRequest = PAGE, *, unread: bool = False) -> list[str]:
    found = await list_notifications(ListNotifications(by, page, unread))
    return [one.title for one in found.items]


async def wish_of(by: Actor, topic: str) -> Wish:
    found = await read_preferences(ReadPreferences(by))
    return {one.topic: one.wish for one in found.topics}[topic]  # type: ignore[index]


async def three(clock: FixedClock) -> Actor:
    """An owner who was told of three things, one an hour."""
    home, owner = await a_home()
    for name in ("Cups", "Mugs", "Pots"):
        await tell(home, name, name=name, left="1")
        clock.moment += HOUR
    return owner


async def test_the_newest_come_first_page_by_page(clock: FixedClock) -> None:
    owner = await three(clock)
    first = await list_notifications(ListNotifications(owner, PAGE))
    assert [one.words["name"] for one in first.items] == ["Pots", "Mugs"]
    assert first.total == 3
    assert first.next
    assert await titles(owner, replace(PAGE, after=first.next)) == ["Cups runs low: 1 left"]
    assert await titles(owner, PageRequest(2, 2)) == ["Cups runs low: 1 left"]


async def test_some_are_marked_as_read_by_their_ids(clock: FixedClock) -> None:
    owner = await three(clock)
    (newest, _) = (await list_notifications(ListNotifications(owner, PAGE))).items
    done = await mark_read(MarkRead(owner, (newest.id, uuid4())))
    assert (done.marked, done.count) == (1, 2)
    again = await mark_read(MarkRead(owner, (newest.id,)))
    assert (again.marked, again.count) == (0, 2)
    assert await titles(owner, unread=True) == ["Mugs runs low: 1 left", "Cups runs low: 1 left"]
    assert (await count_unread(CountUnread(owner))).count == 2


async def test_all_until_a_time_are_marked_as_read(clock: FixedClock) -> None:
    owner = await three(clock)
    done = await mark_read(MarkRead(owner, until=clock.moment - 2 * HOUR))
    assert (done.marked, done.count) == (2, 1)
    assert await titles(owner, unread=True) == ["Pots runs low: 1 left"]


async def test_ids_or_a_time_have_to_be_given(clock: FixedClock) -> None:
    owner = await three(clock)
    for wrong in (MarkRead(owner), MarkRead(owner, (uuid4(),), clock.moment)):
        with pytest.raises(InvalidFields):
            await mark_read(wrong)


async def test_nobody_reads_or_marks_what_others_were_told(clock: FixedClock) -> None:
    owner = await three(clock)
    _, stranger = await a_home("stranger")
    ids = [one.id for one in (await list_notifications(ListNotifications(owner, PAGE))).items]
    assert await titles(stranger) == []
    assert (await mark_read(MarkRead(stranger, tuple(ids)))).marked == 0
    assert (await mark_read(MarkRead(stranger, until=clock.moment))).marked == 0
    assert (await count_unread(CountUnread(owner))).count == 3


async def test_a_key_is_no_person(clock: FixedClock) -> None:
    home = await an_organization()
    key = await authenticate_key(AuthenticateKey("studio", await a_key(home)))
    by = replace(key, user_id=home.owner_id)
    for asked in (
        list_notifications(ListNotifications(by, PAGE)),
        count_unread(CountUnread(by)),
        mark_read(MarkRead(by, until=clock.moment)),
        read_preferences(ReadPreferences(by)),
        change_preferences(ChangePreferences(by, (WishChange("alerts", mail="never"),))),
    ):
        with pytest.raises(Forbidden):
            await asked


async def test_until_somebody_says_otherwise_it_is_as_the_topics_say() -> None:
    _, owner = await a_home()
    found = await read_preferences(ReadPreferences(owner))
    assert [one.topic for one in found.topics] == list(TOPICS)
    assert all(one.wish == ABOUT[one.topic].wish for one in found.topics)
    assert found.clocks == Clocks()


async def test_a_wish_is_of_one_person_in_one_organization() -> None:
    home, owner = await a_home()
    other = await a_member(home, "admin")
    await change_preferences(ChangePreferences(owner, (WishChange("alerts", mail="daily"),)))
    await change_preferences(ChangePreferences(owner, (WishChange("alerts", in_app=False),)))
    assert await wish_of(owner, "alerts") == Wish(False, "daily")
    assert await wish_of(other, "alerts") == ABOUT["alerts"].wish


async def test_clocks_are_changed_by_themselves_and_taken_back() -> None:
    _, owner = await a_home()
    changed = await change_preferences(
        ChangePreferences(
            owner, time_zone="Australia/Lord_Howe", digest_at=390, quiet=Quiet(1320, 420)
        )
    )
    assert changed.clocks == Clocks("Australia/Lord_Howe", 390, 1320, 420)
    assert (await change_preferences(ChangePreferences(owner, quiet=None))).clocks == Clocks(
        "Australia/Lord_Howe", 390
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"digest_at": 1440}, "digest_at"),
        ({"quiet": Quiet(60, 60)}, "quiet_hours"),
        ({"wishes": (WishChange("trial", mail="daily"),)}, "topics.trial.mail"),
        ({"wishes": (WishChange("stock", mail="now"),)}, "topics.stock.mail"),
        ({"wishes": (WishChange("weekly_digest", in_app=True),)}, "topics.weekly_digest.inApp"),
    ],
)
async def test_what_cannot_be_wished_is_refused(change: dict[str, object], field: str) -> None:
    _, owner = await a_home()
    with pytest.raises(InvalidFields) as refusal:
        await change_preferences(ChangePreferences(owner, **change))  # type: ignore[arg-type]
    assert list(refusal.value.fields) == [field]
    assert (await read_preferences(ReadPreferences(owner))).clocks == Clocks()
    assert await one("SELECT count(*) FROM notice_preference") == 0


async def test_what_waits_and_is_wanted_no_more_is_not_in_the_mail_of_the_day() -> None:
    home, owner = await a_home()
    await tell(home, "low")
    await tell(home, "ended", "assets_ended", count="1 code")
    await change_preferences(ChangePreferences(owner, (WishChange("stock", mail="never"),)))
    waiting = "SELECT string_agg(kind, ',') FROM notification WHERE mail = 'daily'"
    assert await one(waiting) == "assets_ended"


async def test_who_does_not_want_to_see_a_topic_does_not() -> None:
    home, owner = await a_home()
    await change_preferences(ChangePreferences(owner, (WishChange("stock", in_app=False),)))
    await tell(home, "low")
    assert await titles(owner) == []
    assert (await count_unread(CountUnread(owner))).count == 0


async def test_what_is_told_at_once_carries_the_way_out_of_it() -> None:
    home, _ = await a_home()
    words = {"name": "Menu", "host": "example.com", "why": "it answers 500"}
    await tell(home, "fails", "link_failing", **words)
    (mail,) = await mails("link_failing")
    assert "/api/public/notifications/unsubscribe?t=" in mail.unsubscribe


async def test_very_many_are_told_at_once() -> None:
    home, _ = await a_home()
    await rows_of_members(home.id, 6000)
    await tell(home, "Cups", name="Cups", left="1")
    told = await run("SELECT count(*), count(DISTINCT user_id) FROM notification")
    assert told == [(6001, 6001)]


async def rows_of_members(organization_id: UUID, count: int) -> None:
    """So many admins, whose addresses are not proved."""
    await run(
        "WITH made AS (INSERT INTO account_user (id, created_at, email, name) "
        "SELECT gen_random_uuid(), now(), 'a' || n || '@many.example', 'A' "
        "FROM generate_series(1, :count) AS n RETURNING id) "
        "INSERT INTO membership (id, created_at, organization_id, user_id, role) "
        "SELECT gen_random_uuid(), now(), :home, id, 'admin' FROM made RETURNING 1",
        count=count,
        home=organization_id,
    )
