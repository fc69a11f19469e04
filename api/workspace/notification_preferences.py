"""`/api/org/{orgId}/notifications/preferences`: how a person wants to hear of what."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from activities.notices.preferences import (
    ChangePreferences,
    Preferences,
    Quiet,
    ReadPreferences,
    TopicView,
    WishChange,
    change_preferences,
    read_preferences,
)
from activities.rules.errors import InvalidFields
from activities.rules.notices import TOPICS, Mailing, Topic
from api.browser import documented, read_member
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Out
from api.workspace.notifications import ALL
from api.workspace.org import OrgId

PATH = f"{ALL}/preferences"

router = make_router(read_member, dependencies=[documented], tags=["notifications"])

Time = Annotated[
    str,
    Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", min_length=5, max_length=5),
]
"""A time of the day, as clocks show it: HH:MM."""

TimeZone = Annotated[Text, Field(min_length=1, max_length=64)]


class QuietIn(In):
    """Between when no mail is sent; it may reach over midnight."""

    start: Time = Field(description="when it begins", examples=["22:00"])
    end: Time = Field(description="when it ends", examples=["07:00"])


class WishIn(In):
    """Another wish about a topic; what is left out or null stays as it is."""

    topic: Topic = Field(description="what it is about", examples=["alerts"])
    in_app: bool | None = Field(None, description="whether it is shown here", examples=[True])
    mail: Mailing | None = Field(
        None,
        description="a mail of its own, a line of the mail of the day, or none",
        examples=["daily"],
    )


class PreferencesIn(In):
    """What is left out stays as it is; so does what is null, except for `quietHours`."""

    time_zone: TimeZone | None = Field(
        None, description="a name of the IANA list", examples=["Europe/Berlin"]
    )
    digest_at: Time | None = Field(
        None, description="when digests come, on your clocks", examples=["08:00"]
    )
    quiet_hours: QuietIn | None = Field(None, description="when no mail is sent; null ends them")
    topics: list[WishIn] | None = Field(
        None, max_length=len(TOPICS), description="the topics about which your wish changes"
    )


class QuietOut(Out):
    """Between when no mail is sent."""

    start: str = Field(description="when it begins", examples=["22:00"])
    end: str = Field(description="when it ends", examples=["07:00"])


class WishOut(Out):
    """A topic, and how you hear of it."""

    topic: Topic = Field(description="its name", examples=["alerts"])
    about: str = Field(
        description="what it is about", examples=["scans that crossed a limit you set"]
    )
    in_app: bool = Field(description="whether it is shown here", examples=[True])
    mail: Mailing = Field(
        description="a mail of its own, a line of the mail of the day, or none", examples=["now"]
    )
    mails: list[Mailing] = Field(
        description="what can be chosen for `mail`", examples=[["now", "daily", "never"]]
    )
    can_show: bool = Field(
        description="whether there is anything to show here of it", examples=[True]
    )


class PreferencesOut(Out):
    """Yours: the clocks in every organization, the topics in this one."""

    time_zone: str = Field(description="a name of the IANA list", examples=["Europe/Berlin"])
    digest_at: str = Field(description="when digests come, on your clocks", examples=["08:00"])
    quiet_hours: QuietOut | None = Field(description="when no mail is sent; null for never")
    topics: list[WishOut] = Field(description="every topic")


@router.get(PATH, summary="How you hear of what")
async def read(org_id: OrgId, by: By) -> PreferencesOut:
    return present_preferences(await read_preferences(ReadPreferences(by)))


@router.patch(PATH, summary="Choose how you hear of what")
async def change(org_id: OrgId, body: PreferencesIn, by: By) -> PreferencesOut:
    return present_preferences(await change_preferences(to_change(body, by)))


def to_change(body: PreferencesIn, by: By) -> ChangePreferences:
    """The body as the domain takes it. Raises `InvalidFields` for a topic that is named twice."""
    wishes = tuple(WishChange(one.topic, one.in_app, one.mail) for one in body.topics or ())
    if len({wish.topic for wish in wishes}) < len(wishes):
        raise InvalidFields({"topics": ["Name each topic once."]})
    values: dict[str, Any] = {"wishes": wishes}
    if body.time_zone is not None:
        values["time_zone"] = body.time_zone
    if body.digest_at is not None:
        values["digest_at"] = _minutes(body.digest_at)
    if "quiet_hours" in body.model_fields_set:
        quiet = body.quiet_hours
        values["quiet"] = quiet and Quiet(_minutes(quiet.start), _minutes(quiet.end))
    return ChangePreferences(by, **values)


def present_preferences(preferences: Preferences) -> PreferencesOut:
    """The preferences in this dialect's words."""
    clocks, quiet = preferences.clocks, None
    if clocks.quiet_from is not None and clocks.quiet_until is not None:
        quiet = QuietOut(start=_shown(clocks.quiet_from), end=_shown(clocks.quiet_until))
    return PreferencesOut(
        time_zone=clocks.time_zone,
        digest_at=_shown(clocks.digest_at),
        quiet_hours=quiet,
        topics=[present_topic(topic) for topic in preferences.topics],
    )


def present_topic(topic: TopicView) -> WishOut:
    """The topic in this dialect's words."""
    return WishOut(
        topic=topic.topic,
        about=topic.about,
        in_app=topic.wish.in_app,
        mail=topic.wish.mail,
        mails=list(topic.mails),
        can_show=topic.can_show,
    )


def _minutes(time: str) -> int:
    """Since midnight."""
    return int(time[:2]) * 60 + int(time[3:])


def _shown(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
