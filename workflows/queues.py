"""Task queues, and the search attributes that every workflow sets."""

from __future__ import annotations

from typing import Literal

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

Queue = Literal["inkloom", "delivery", "campaigns", "render"]

SHORT: Queue = "inkloom"
DELIVERY: Queue = "delivery"
CAMPAIGNS: Queue = "campaigns"
RENDER: Queue = "render"
QUEUES: tuple[Queue, ...] = (SHORT, DELIVERY, CAMPAIGNS, RENDER)

INK_ORG = SearchAttributeKey.for_keyword("InkOrg")
INK_ASSET = SearchAttributeKey.for_keyword("InkAsset")
INK_EVENT = SearchAttributeKey.for_keyword("InkEvent")
INK_CAMPAIGN = SearchAttributeKey.for_keyword("InkCampaign")
SEARCH_ATTRIBUTES = (INK_ORG, INK_ASSET, INK_EVENT, INK_CAMPAIGN)


def searchable(
    organization: str, *, asset: str | None = None, event: str | None = None
) -> TypedSearchAttributes:
    """What an operator can look a run up by."""
    pairs: list[SearchAttributePair[str]] = [SearchAttributePair(INK_ORG, organization)]
    if asset:
        pairs.append(SearchAttributePair(INK_ASSET, asset))
    if event:
        pairs.append(SearchAttributePair(INK_EVENT, event))
    return TypedSearchAttributes(pairs)
