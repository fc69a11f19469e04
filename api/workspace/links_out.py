"""Short links as `/api/links` answers them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from activities.links.reading import LinkSummary
from activities.links.ties import LinkedCode
from activities.links.views import LinkView
from activities.rules.spelling import prefixed
from api.scalars import Moment, Out

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"

Profile = Literal["direct", "rules", "ab", "rules_and_ab"]


class LinkRuleOut(Out):
    """Another destination for some visits."""

    id: str = Field(description="names it in statistics", examples=["r1"])
    name: str = Field(description="what you call it", examples=["German visitors"])
    when: list[dict[str, Any]] = Field(
        description="conditions, all of which must hold",
        examples=[[{"type": "country", "in": ["DE"], "not": False}]],
    )
    destination_url: str = Field(
        description="where such a visit goes", examples=["https://example.com/de"]
    )


class LinkVariantOut(Out):
    """One destination of an A/B test."""

    id: str = Field(description="names it in statistics", examples=["v1"])
    name: str = Field(description="what you call it", examples=["A"])
    destination_url: str = Field(
        description="where its visitors go", examples=["https://example.com/a"]
    )
    weight: int = Field(description="its share over the sum of all", examples=[50])


class LinkUtmOut(Out):
    """UTM parameters; null where none is set."""

    source: str | None = Field(None, description="utm_source", examples=["newsletter"])
    medium: str | None = Field(None, description="utm_medium", examples=["email"])
    campaign: str | None = Field(None, description="utm_campaign", examples=["spring"])
    term: str | None = Field(None, description="utm_term", examples=[None])
    content: str | None = Field(None, description="utm_content", examples=[None])


class LinkPreviewOut(Out):
    """What chats show of the link; null where the destination's own words are shown."""

    title: str | None = Field(None, description="the headline", examples=["Spring sale"])
    description: str | None = Field(None, description="a sentence below it", examples=[None])
    image_url: str | None = Field(None, description="a picture", examples=[None])


class LinkAppOut(Out):
    """How one kind of phone opens the app."""

    url: str | None = Field(None, description="the address of the app", examples=["myapp://item"])
    package: str | None = Field(None, description="the id of the app, on Android", examples=[None])
    store_url: str | None = Field(
        None, description="where to go without the app", examples=["https://apps.apple.com/app/1"]
    )


class LinkDeepLinksOut(Out):
    """Apps that phones open in place of the destination."""

    ios: LinkAppOut | None = Field(None, description="on iOS", examples=[None])
    android: LinkAppOut | None = Field(None, description="on Android", examples=[None])


class LinkHealthCheckOut(Out):
    """Whether the destination is looked at, and how often."""

    enabled: bool = Field(description="whether it is", examples=[True])
    interval_minutes: int = Field(description="minutes between two looks", examples=[60])


class LinkRoutingOut(Out):
    """How a visit finds its destination, in short."""

    profile: Profile = Field(description="what decides beside the destination", examples=["ab"])
    rule_count: int = Field(description="how many rules there are", examples=[0])
    variant_count: int = Field(description="how many variants there are", examples=[2])
    has_deep_links: bool = Field(description="whether apps are opened", examples=[False])


class LinkedQrOut(Out):
    """A QR code that leads wherever the link does."""

    id: str = Field(description="its id", examples=[f"qr_{_AN_ID}"])
    short_code: str | None = Field(description="its short code", examples=["menu1"])
    name: str = Field(description="what you call it", examples=["Posters"])


class LinkedPageOut(Out):
    """A link page that shows the link."""

    id: str = Field(description="its id", examples=[f"pg_{_AN_ID}"])
    slug: str = Field(description="the end of its address", examples=["cafe"])
    name: str = Field(description="what you call it", examples=["Café"])


class LinkItemOut(Out):
    """A short link as lists show it."""

    id: str = Field(description="its id", examples=[f"lnk_{_AN_ID}"])
    slug: str = Field(description="the end of its address", examples=["spring-sale"])
    domain: str | None = Field(description="null on the default domain", examples=[None])
    short_url: str = Field(description="its address", examples=["https://ink.example/spring-sale"])
    destination_url: str = Field(description="where it leads", examples=["https://example.com"])
    name: str = Field(description="what you call it", examples=["Spring sale"])
    description: str = Field(description="a note to yourself", examples=["Posters"])
    rules: list[LinkRuleOut] = Field(description="other destinations, in order", examples=[[]])
    variants: list[LinkVariantOut] = Field(description="an A/B test", examples=[[]])
    routing: LinkRoutingOut = Field(description="both in short")
    utm: LinkUtmOut = Field(description="put into the destination at each visit")
    pass_query: bool = Field(description="a visitor's parameters are carried on", examples=[False])
    has_password: bool = Field(description="visitors are asked for one", examples=[False])
    starts_at: Moment | None = Field(description="it leads nowhere before", examples=[None])
    expires_at: Moment | None = Field(description="it is over then", examples=[None])
    click_limit: int | None = Field(description="it is over after so many", examples=[None])
    expired_url: str | None = Field(description="where it leads when over", examples=[None])
    preview: LinkPreviewOut = Field(description="what chats show of it")
    deep_links: LinkDeepLinksOut = Field(description="apps that it opens")
    health_check: LinkHealthCheckOut | None = Field(
        description="looks at its destination", examples=[None]
    )
    health: str = Field(
        description="how its destination was: unknown, healthy, degraded or failing",
        examples=["unknown"],
    )
    is_active: bool = Field(description="whether it leads anywhere", examples=[True])
    click_count: int = Field(description="how often it was followed", examples=[0])
    last_clicked_at: Moment | None = Field(description="the last click", examples=[None])
    folder_id: str | None = Field(description="the folder it is in", examples=[None])
    folder_name: str | None = Field(description="what that is called", examples=[None])
    tags: list[str] = Field(description="its tags", examples=[["spring"]])
    workspace_id: str = Field(description="the workspace it is in", examples=[f"wsp_{_AN_ID}"])
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed last", examples=[_A_MOMENT])
    archived_at: Moment | None = Field(description="when it was put aside", examples=[None])
    deleted_at: Moment | None = Field(
        description="when it was thrown away, in lists of those", examples=[None]
    )


class LinkOut(LinkItemOut):
    """A short link, with what refers to it."""

    qr: LinkedQrOut | None = Field(description="the oldest of qrCodes", examples=[None])
    qr_codes: list[LinkedQrOut] = Field(
        description="QR codes that lead wherever it does, at most 20", examples=[[]]
    )
    pages: list[LinkedPageOut] = Field(description="pages that show it, at most 20", examples=[[]])


class LinkSummaryOut(Out):
    """Totals over all short links of the organization, whatever the page shows."""

    total: int = Field(description="how many there are, those put aside too", examples=[1])
    active: int = Field(description="how many of them are active", examples=[1])
    click_count: int = Field(description="clicks of them all", examples=[0])
    health_monitored: int = Field(description="destinations that are looked at", examples=[0])
    health_failing: int = Field(description="destinations that fail", examples=[0])


class LinkUtmUrlOut(Out):
    """An address with UTM parameters in it."""

    url: str = Field(
        description="the address", examples=["https://example.com/?utm_source=newsletter"]
    )


def present_link(link: LinkView) -> LinkOut:
    """One link in this dialect's words."""
    pages = [
        LinkedPageOut(id=prefixed("pg", page.id), slug=page.slug, name=page.name)
        for page in link.ties.pages
    ]
    codes = [_code(code) for code in link.ties.codes]
    first = codes[0] if codes else None
    return LinkOut(**_words(link), qr=first, qr_codes=codes, pages=pages)


def present_item(link: LinkView) -> LinkItemOut:
    """A link in a list."""
    return LinkItemOut(**_words(link))


def present_summary(summary: LinkSummary) -> LinkSummaryOut:
    """The totals in this dialect's words."""
    return LinkSummaryOut(
        total=summary.total,
        active=summary.active,
        click_count=summary.click_count,
        health_monitored=summary.health_monitored,
        health_failing=summary.health_failing,
    )


def _words(link: LinkView) -> dict[str, Any]:
    """What lists and single links have in common; nested parts are written in camelCase already."""
    same = {name: getattr(link, name) for name in LinkItemOut.model_fields if hasattr(link, name)}
    return {
        **same,
        "id": prefixed("lnk", link.id),
        "workspace_id": prefixed("wsp", link.workspace_id),
        "folder_id": prefixed("fld", link.folder_id) if link.folder_id else None,
        "pass_query": link.passes_query,
        "health_check": link.health_check or None,
        "routing": _routing(link),
    }


def _routing(link: LinkView) -> LinkRoutingOut:
    profiles: dict[tuple[bool, bool], Profile] = {
        (False, False): "direct",
        (True, False): "rules",
        (False, True): "ab",
        (True, True): "rules_and_ab",
    }
    return LinkRoutingOut(
        profile=profiles[bool(link.rules), bool(link.variants)],
        rule_count=len(link.rules),
        variant_count=len(link.variants),
        has_deep_links=bool(link.deep_links),
    )


def _code(code: LinkedCode) -> LinkedQrOut:
    return LinkedQrOut(id=prefixed("qr", code.id), short_code=code.short_code, name=code.name)
