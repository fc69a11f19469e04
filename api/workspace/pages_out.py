"""Link pages as `/api/pages` answers them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from activities.link_pages.reading import LinkPageSummary
from activities.link_pages.views import LinkPageView
from activities.rules.spelling import prefixed
from api.scalars import Moment, Out
from api.workspace.page_shapes import Blocks

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"


class ThemeOut(Out):
    """How a page looks."""

    background: str = Field(description="the colour behind everything", examples=["#faf8f4"])
    foreground: str = Field(description="the colour of text", examples=["#1d1b18"])
    accent: str = Field(description="the colour of buttons", examples=["#1f4d3d"])
    button_shape: Literal["rounded", "pill", "square"] = Field(
        description="the corners of buttons", examples=["rounded"]
    )
    font: Literal["sans", "serif", "mono"] = Field(
        description="the kind of letters", examples=["sans"]
    )
    layout: Literal["list", "grid"] = Field(
        description="buttons below or beside each other", examples=["list"]
    )


class LinkPageOut(Out):
    """A link page."""

    id: str = Field(description="its id", examples=[f"pg_{_AN_ID}"])
    name: str = Field(description="its title", examples=["Café Morgenrot"])
    slug: str = Field(description="what its address ends with", examples=["morgenrot"])
    public_url: str = Field(
        description="where visitors find it", examples=["https://ink.example/p/morgenrot"]
    )
    description: str = Field(
        description="what visitors read below the title", examples=["Breakfast until noon."]
    )
    blocks: Blocks
    theme: ThemeOut = Field(description="how it looks, all of it")
    is_active: bool = Field(description="whether visitors see it", examples=[True])
    workspace_id: str = Field(description="the workspace it is in", examples=[f"wsp_{_AN_ID}"])
    folder_id: str | None = Field(description="the folder it is in", examples=[None])
    folder_name: str | None = Field(description="what that is called", examples=[None])
    tags: list[str] = Field(description="its tags", examples=[["summer"]])
    view_count: int = Field(description="how often people opened it", examples=[0])
    last_viewed_at: Moment | None = Field(description="when last", examples=[_A_MOMENT])
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed", examples=[_A_MOMENT])
    archived_at: Moment | None = Field(description="when it was put aside", examples=[None])
    deleted_at: Moment | None = Field(description="when it was thrown away", examples=[None])


class LinkPageSummaryOut(Out):
    """Totals over all pages of the organization, whatever the list shows."""

    total: int = Field(description="how many pages there are", examples=[1])
    active: int = Field(description="how many of them visitors see", examples=[1])
    view_count: int = Field(description="all their views", examples=[0])


def present_link_page(page: LinkPageView) -> LinkPageOut:
    """The page in this dialect's words."""
    return LinkPageOut(
        id=prefixed("pg", page.id),
        name=page.name,
        slug=page.slug,
        public_url=page.public_url,
        description=page.description,
        blocks=[dict(block) for block in page.blocks],
        theme=ThemeOut.model_validate(page.theme),
        is_active=page.is_active,
        workspace_id=prefixed("wsp", page.workspace_id),
        folder_id=prefixed("fld", page.folder_id) if page.folder_id else None,
        folder_name=page.folder_name,
        tags=list(page.tags),
        view_count=page.view_count,
        last_viewed_at=page.last_viewed_at,
        version=page.version,
        created_at=page.created_at,
        updated_at=page.updated_at,
        archived_at=page.archived_at,
        deleted_at=page.deleted_at,
    )


def present_summary(summary: LinkPageSummary) -> LinkPageSummaryOut:
    """The totals in this dialect's words."""
    return LinkPageSummaryOut(
        total=summary.total, active=summary.active, view_count=summary.view_count
    )
