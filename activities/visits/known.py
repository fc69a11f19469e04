"""What a process remembers of an asset, so that a visit needs to work out little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from activities.rules.destinations import location
from activities.rules.utm import merged
from activities.visits.targets import ALWAYS, Asset, Target
from activities.visits.wanted import Wanted


class Known(NamedTuple):
    """An asset that is there.

    `plain` is the Location of those that lead everybody alike; `is_open` are those that have always
    been live and will be; `columns` are the asset's own.
    """

    target: Target
    is_wanted: bool
    plain: str | None
    is_open: bool
    columns: str


def known_of(target: Target, wanted_by: Mapping[UUID, Wanted]) -> Known:
    """What is remembered of a target, by what its organization wants to hear."""
    asset = target.asset
    wanted = wanted_by[asset.organization_id]
    is_wanted = wanted.wants(asset.organization_id, asset.kind)
    return Known(target, is_wanted, _plain(target), _is_open(target), asset.columns)


def _plain(target: Target) -> str | None:
    """Where it leads everybody, as a Location; None when that depends on the visit."""
    leading: Asset = target.leading
    depends = leading.rules or leading.variants or leading.passes_query
    shows = leading.preview or leading.deep_links or target.guard
    if depends or shows or not leading.destination_url:
        return None
    address = location(merged(leading.destination_url, leading.utm, None))
    if not address.isprintable():
        return None
    # The same string twice would be a tenth of all that is remembered.
    return leading.destination_url if address == leading.destination_url else address


def _is_open(target: Target) -> bool:
    """Whether anybody may come, at any time."""
    return not target.guard and all(
        replace(stop.lifecycle, used=0, expired_url=None) == ALWAYS for stop in target.stops
    )
