"""The parts of a short link as clients of `/api/links` write them: rules, variants, previews..."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from activities.rules import experiments, previews, routing, utm
from activities.rules.deep_links import LONGEST_PACKAGE
from activities.rules.destinations import LONGEST as LONGEST_URL
from activities.rules.health import QUICKEST, SLOWEST, USUAL_INTERVAL
from api.dialect import Text
from api.scalars import In

LONGEST_PART_ID = 32

Address = Annotated[
    Text, Field(max_length=LONGEST_URL, examples=["https://example.com/de/welcome"])
]
PartId = Annotated[
    Text,
    Field(
        max_length=LONGEST_PART_ID,
        description="letters, digits, hyphens and underscores; made when left out",
    ),
]
Word = Annotated[Text, Field(max_length=100)]
UtmWord = Annotated[Text, Field(max_length=utm.LONGEST)]


class LinkConditionIn(In):
    """What must hold of a visit; which fields there are depends on the type."""

    type: Literal["country", "region", "device", "os", "language", "time", "query"] = Field(
        description="what is looked at", examples=["country"]
    )
    within: list[Word] | None = Field(
        None,
        alias="in",
        max_length=routing.MOST_VALUES,
        description="countries (DE), regions (US-CA), devices (mobile, tablet, desktop), systems "
        "(iOS, Android, Windows, macOS, Linux, Chrome OS) or languages (pt-BR)",
        examples=[["DE", "AT"]],
    )
    weekday: list[Word] | None = Field(
        None,
        max_length=routing.MOST_VALUES,
        description="of a time: mon to sun; all of them when left out",
        examples=[["mon", "fri"]],
    )
    begins: Word | None = Field(
        None, alias="from", description="of a time: an hour on the wall", examples=["09:00"]
    )
    until: Word | None = Field(
        None, description="of a time: the first hour that is past it", examples=["17:30"]
    )
    time_zone: Word | None = Field(
        None, description="of a time: where the wall is", examples=["Europe/Berlin"]
    )
    name: Word | None = Field(None, description="of a query parameter", examples=["ref"])
    value: Annotated[Text, Field(max_length=routing.LONGEST_VALUE)] | None = Field(
        None, description="of a query parameter; any when left out", examples=["newsletter"]
    )
    turned: bool = Field(
        False, alias="not", description="turns the condition round", examples=[False]
    )


class LinkRuleIn(In):
    """Another destination for visits that meet every condition; the first rule that fits wins."""

    id: PartId | None = Field(None, examples=["r1"])
    name: Annotated[Text, Field(max_length=routing.LONGEST_NAME)] | None = Field(
        None, description="what you call it", examples=["German visitors"]
    )
    when: list[LinkConditionIn] = Field(
        min_length=1,
        max_length=routing.MOST_CONDITIONS,
        description="conditions, all of which must hold",
        examples=[[{"type": "country", "in": ["DE"]}]],
    )
    destination_url: Address = Field(description="where such a visit goes")


class LinkVariantIn(In):
    """One destination of an A/B test."""

    id: PartId | None = Field(None, examples=["v1"])
    name: Annotated[Text, Field(max_length=experiments.LONGEST_NAME)] | None = Field(
        None, description="by default the letter of its place", examples=["A"]
    )
    destination_url: Address = Field(description="where its visitors go")
    weight: int = Field(
        ge=0,
        le=experiments.LARGEST_WEIGHT,
        description="its share, over the sum of all weights; 0 pauses it",
        examples=[50],
    )


class LinkUtmIn(In):
    """UTM parameters, which are put into the destination at each visit."""

    source: UtmWord | None = Field(None, description="utm_source", examples=["newsletter"])
    medium: UtmWord | None = Field(None, description="utm_medium", examples=["email"])
    campaign: UtmWord | None = Field(None, description="utm_campaign", examples=["spring"])
    term: UtmWord | None = Field(None, description="utm_term", examples=["shoes"])
    content: UtmWord | None = Field(None, description="utm_content", examples=["header"])


class LinkPreviewIn(In):
    """What chats and networks show of the link in place of its destination's own words."""

    title: Annotated[Text, Field(max_length=previews.LONGEST_TITLE)] | None = Field(
        None, description="the headline", examples=["Spring sale"]
    )
    description: Annotated[Text, Field(max_length=previews.LONGEST_DESCRIPTION)] | None = Field(
        None, description="a sentence or two below it", examples=["Everything must go."]
    )
    image_url: Address | None = Field(
        None, description="a picture, https", examples=["https://example.com/spring.png"]
    )


class LinkIosIn(In):
    """How an iPhone or iPad opens the app."""

    url: Address = Field(description="the address of the app", examples=["myapp://item/1"])
    store_url: Address | None = Field(
        None,
        description="where to go without the app, https; else the destination",
        examples=["https://apps.apple.com/app/id1"],
    )


class LinkAndroidIn(In):
    """How an Android phone opens the app."""

    url: Address | None = Field(
        None, description="the address of the app; else the destination", examples=["myapp://item"]
    )
    package: Text = Field(
        max_length=LONGEST_PACKAGE, description="the id of the app", examples=["com.example.shop"]
    )
    store_url: Address | None = Field(
        None,
        description="where to go without the app, https; else the destination",
        examples=["https://play.google.com/store/apps/details?id=com.example.shop"],
    )


class LinkDeepLinksIn(In):
    """Apps that phones open in place of the destination."""

    ios: LinkIosIn | None = Field(None, description="on iOS", examples=[None])
    android: LinkAndroidIn | None = Field(None, description="on Android", examples=[None])


class LinkHealthCheckIn(In):
    """Whether the destination is looked at, and how often."""

    enabled: bool = Field(description="whether it is", examples=[True])
    interval_minutes: int = Field(
        USUAL_INTERVAL,
        ge=QUICKEST,
        le=SLOWEST,
        description="minutes between two looks",
        examples=[USUAL_INTERVAL],
    )


def written(part: BaseModel | None) -> dict[str, Any]:
    """The part as its rule reads it: what the client gave, in the client's words."""
    return part.model_dump(by_alias=True, exclude_unset=True) if part else {}
