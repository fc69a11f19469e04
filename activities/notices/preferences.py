"""How a person wants to hear of what: by topic in an organization, and by their clocks anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.notices.reading import person_of
from activities.notices.telling import clocks_of
from activities.notices.withdrawing import WithdrawMails, withdraw_mails
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.changes import UNSET, Unset, given
from activities.rules.errors import InvalidFields
from activities.rules.local_times import DAY_MINUTES, Clocks, is_zone
from activities.rules.notices import ABOUT, KINDS_OF, TOPICS, Mailing, Topic, Wish, mails_of
from schema.db import transaction
from schema.tables import NoticePreferenceRow, NotificationRow, UserRow


@dataclass(frozen=True)
class WishChange:
    """Another wish about a topic; what is None stays."""

    topic: Topic
    in_app: bool | None = None
    mail: Mailing | None = None


@dataclass(frozen=True)
class Quiet:
    """Nothing is mailed from here to there, in minutes after midnight."""

    start: int
    end: int


@dataclass(frozen=True)
class ReadPreferences:
    """Those of the actor, in the organization."""

    by: Actor


@dataclass(frozen=True)
class ChangePreferences:
    """What is given is changed. The clocks are the person's in every organization."""

    by: Actor
    wishes: tuple[WishChange, ...] = ()
    time_zone: str | Unset = UNSET
    digest_at: int | Unset = UNSET
    quiet: Quiet | Unset | None = UNSET


@dataclass(frozen=True)
class TopicView:
    """A wish, and what can be wished: `can_show` says whether there is anything to show of it."""

    topic: Topic
    about: str
    wish: Wish
    mails: tuple[Mailing, ...]
    can_show: bool


@dataclass(frozen=True)
class Preferences:
    """All of it."""

    clocks: Clocks
    topics: tuple[TopicView, ...]


@dataclass(frozen=True)
class Wanted:
    """How somebody wants to hear of a topic from now on; what is None stays as it is."""

    user_id: UUID
    organization_id: UUID
    topic: Topic
    in_app: bool | None = None
    mail: Mailing | None = None


@needs("organization.read")
async def read_preferences(command: ReadPreferences) -> Preferences:
    """Raises `Forbidden` unless a person asks."""
    async with transaction() as session:
        return await _preferences(session, command.by)


@needs("organization.read")
async def change_preferences(command: ChangePreferences) -> Preferences:
    """All of it after the change. What waits for the digest of the day and is wanted no more by
    mail is not in it, and mails of the topic that wait for quiet hours to end do not go out.

    Raises `InvalidFields`, and `Forbidden` unless a person asks.
    """
    by, user_id = command.by, person_of(command.by)
    _must_be_sound(command)
    async with transaction() as session:
        user = await session.get_one(UserRow, user_id, with_for_update={"key_share": True})
        user.sqlmodel_update(_clock_values(given(command)))
        await session.flush()
        for change in command.wishes:
            wanted = Wanted(user_id, by.organization_id, change.topic, change.in_app, change.mail)
            await keep_wish(wanted)
        return await _preferences(session, by)


async def keep_wish(command: Wanted) -> None:
    """Write one wish down in the open transaction, whoever says so."""
    asked = {"in_app": command.in_app, "mail": command.mail}
    changes = {name: value for name, value in asked.items() if value is not None}
    if not changes:
        return
    usual = ABOUT[command.topic].wish
    now = outside().clock.now()
    row = {
        "user_id": command.user_id,
        "organization_id": command.organization_id,
        "topic": command.topic,
        "in_app": usual.in_app,
        "mail": usual.mail,
        "updated_at": now,
        **changes,
    }
    key = ["user_id", "organization_id", "topic"]
    async with transaction() as session:
        await session.execute(
            insert(NoticePreferenceRow)
            .values(row)
            .on_conflict_do_update(index_elements=key, set_={**changes, "updated_at": now})
        )
        if command.mail == "never":
            kinds = mails_of(command.topic)
            # First: a digest that is being written has the membership and wants the notifications.
            await withdraw_mails(WithdrawMails(command.user_id, command.organization_id, kinds))
            await _forget_waiting(session, command)


async def _forget_waiting(session: AsyncSession, command: Wanted) -> None:
    """Take what waits for the digest out of it: of the topic, or all where it is the digest."""
    waiting = update(NotificationRow).where(
        col(NotificationRow.user_id) == command.user_id,
        col(NotificationRow.organization_id) == command.organization_id,
        col(NotificationRow.mail) == "daily",
        col(NotificationRow.mailed_at).is_(None),
    )
    if command.topic != "daily_digest":
        waiting = waiting.where(col(NotificationRow.kind).in_(KINDS_OF[command.topic]))
    await session.execute(waiting.values(mail="never").execution_options(synchronize_session=False))


async def _preferences(session: AsyncSession, by: Actor) -> Preferences:
    user = await session.get_one(UserRow, person_of(by))
    query = select(NoticePreferenceRow).where(
        NoticePreferenceRow.user_id == user.id,
        NoticePreferenceRow.organization_id == by.organization_id,
    )
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars()
    wishes = {row.topic: Wish(row.in_app, _mailing(row.mail)) for row in rows}
    return Preferences(
        clocks_of(user),
        tuple(
            TopicView(
                topic,
                ABOUT[topic].words,
                wishes.get(topic, ABOUT[topic].wish),
                ABOUT[topic].mails,
                can_show=bool(KINDS_OF[topic]),
            )
            for topic in TOPICS
        ),
    )


def _mailing(text: str) -> Mailing:
    return "now" if text == "now" else "daily" if text == "daily" else "never"


def _must_be_sound(command: ChangePreferences) -> None:
    faults: dict[str, list[str]] = {}
    for name, is_right, sentence in (*_judged_wishes(command), *_judged_clocks(command)):
        if not is_right:
            faults.setdefault(name, []).append(sentence)
    if faults:
        raise InvalidFields(faults)


def _judged_wishes(command: ChangePreferences) -> Iterator[tuple[str, bool, str]]:
    for change in command.wishes:
        about, place = ABOUT[change.topic], f"topics.{change.topic}"
        told = f"Choose one of {', '.join(about.mails)}."
        yield f"{place}.mail", change.mail in (None, *about.mails), told
        can_show = not change.in_app or bool(KINDS_OF[change.topic])
        yield f"{place}.inApp", can_show, "This comes by mail only."


def _judged_clocks(command: ChangePreferences) -> Iterator[tuple[str, bool, str]]:
    for name, value in _clock_values(given(command)).items():
        if name == "time_zone":
            yield name, is_zone(value), "Name a time zone of the IANA list: Europe/Berlin."
        elif value is not None:
            yield name, 0 <= value < DAY_MINUTES, "Give a time of the day."
    if isinstance(command.quiet, Quiet):
        told = "Let it end at another time than it begins, or leave it out."
        yield "quiet_hours", command.quiet.start != command.quiet.end, told


def _clock_values(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a person that a change is about."""
    values = {name: asked[name] for name in ("time_zone", "digest_at") if name in asked}
    if "quiet" in asked:
        quiet: Quiet | None = asked["quiet"]
        values["quiet_from"] = quiet.start if quiet else None
        values["quiet_until"] = quiet.end if quiet else None
    return values
