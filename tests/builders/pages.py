"""Link pages in one line."""

from __future__ import annotations

from typing import Any

from activities.link_pages.creating import CreateLinkPage, create_link_page
from activities.link_pages.views import LinkPageView
from activities.links.views import LinkView
from activities.rules.actors import Actor
from activities.rules.spelling import prefixed

BUTTON = {"type": "link", "label": "Menu", "url": "https://example.com/menu"}


async def a_page(by: Actor, name: str = "Café Morgenrot", **more: Any) -> LinkPageView:
    return await create_link_page(CreateLinkPage(by, name, **more))


def showing(link: LinkView, **more: str) -> dict[str, str]:
    """A block that shows a short link."""
    return {"type": "short_link", "linkId": prefixed("lnk", link.id), **more}
