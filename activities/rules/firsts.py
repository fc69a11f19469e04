"""Scans counted for their assets and organizations, and which of them are uniques.

A unique is the first visit of a visitor to a scope on a day (UTC). When an earlier one arrives
late the unique moves there, so totals are what they would be had the scans come in their order.
Of two in the same microsecond the one that is counted first stays it.

Ids are text here and times whole numbers: this is done for every scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from activities.rules.totals import MICROSECONDS_A_QUARTER, PLAIN, QUARTERS_A_DAY, UTM, Tally

Visitor: TypeAlias = tuple[str, int, int]
"""Organization, day (UTC) since 1970, and number of a visitor."""

Known: TypeAlias = Mapping[Visitor, Mapping[str, int]]
"""When visitors were first at which assets, as far as that is in totals already."""

_Seen: TypeAlias = tuple[int, int, int]
"""Time, group, and place in the group of a scan."""

_Firsts: TypeAlias = list[bytearray]
"""Of each group: 1 for each scan that is a unique."""


@dataclass(frozen=True)
class Group:
    """The scans of one asset in one quarter of an hour (since 1970), people's column by column.

    `times` are microseconds since 1970, `visitors` None where they are not followed; `columns` are
    those of `PLAIN`. Bots are but counted.
    """

    organization_id: str
    asset_id: str
    kind: str
    quarter: int
    bots: int
    times: Sequence[int]
    visitors: Sequence[int | None]
    columns: Sequence[Sequence[str | None]]
    utms: Sequence[Mapping[str, str] | None]

    def told_apart(self, firsts: Sequence[int]) -> Tally:
        """What is counted of it; `firsts` has a 1 for each scan that is a unique, and 0 else."""
        tally = Tally.of(self.times, self._by_dimension(), firsts) if self.times else Tally()
        tally.bots = self.bots
        return tally

    def _by_dimension(self) -> Iterator[tuple[str, Sequence[str | None]]]:
        yield from zip(PLAIN, self.columns, strict=True)
        if any(self.utms):
            for field, name in UTM:
                yield name, [utm.get(field) if utm else None for utm in self.utms]


@dataclass(frozen=True)
class Moved:
    """The scan of an asset at `at` is no longer its visitor's first one in the scope that day.

    That one is at `earlier`.
    """

    scope: str
    organization_id: str
    asset_id: str
    visitor: int
    at: int
    earlier: int


class Tallies:
    """By scope and quarter, with the organization of each scope."""

    def __init__(self) -> None:
        self.scopes: dict[str, dict[int, Tally]] = {}
        self.owners: dict[str, str] = {}

    def of(self, scope: str, owner: str, quarter: int) -> Tally:
        """The tally of a scope and quarter; made when it is not there."""
        tally = self.scopes.get(scope, {}).get(quarter)
        if tally is None:
            tally = Tally()
            self.put(scope, owner, quarter, tally)
        return tally

    def put(self, scope: str, owner: str, quarter: int, tally: Tally) -> None:
        """The tally of a scope and quarter that has none yet."""
        quarters = self.scopes.get(scope)
        if quarters is None:
            quarters = self.scopes[scope] = {}
            self.owners[scope] = owner
        quarters[quarter] = tally

    def take_back(self, moved: Moved, values: Mapping[str, str | None]) -> None:
        """The scan that was a unique is none; of its values those that are known still."""
        quarter = moved.at // MICROSECONDS_A_QUARTER
        self.of(moved.scope, moved.organization_id, quarter).take_back(values)


def count(groups: Sequence[Group], known: Known) -> tuple[Tallies, list[Moved]]:
    """The scans counted for both their scopes, and what is to be taken back then.

    Each group is of another asset or quarter.
    """
    of_asset, of_organization, moved = _find_firsts(groups, known)
    tallies = Tallies()
    for group, firsts, there in zip(groups, of_asset, of_organization, strict=True):
        owner = group.organization_id
        mine = group.told_apart(firsts)
        tallies.put(group.asset_id, owner, group.quarter, mine)
        if firsts != there:
            mine = group.told_apart(there)
        whole = tallies.of(owner, owner, group.quarter)
        whole.add(mine)
        if mine.visits:
            whole.add_cells({"kind": {group.kind: (mine.visits, mine.uniques)}})
    return tallies, moved


def _find_firsts(groups: Sequence[Group], known: Known) -> tuple[_Firsts, _Firsts, list[Moved]]:
    """The uniques of the assets, those of the organizations, and what these replace."""
    of_asset: _Firsts = [bytearray(len(group.times)) for group in groups]
    of_organization: _Firsts = [bytearray(len(group.times)) for group in groups]
    moved: list[Moved] = []
    whole: dict[tuple[str, int], dict[int, _Seen]] = {}
    for (asset_id, owner, day), earliest in _earliest(groups).items():
        everywhere = whole.setdefault((owner, day), {})
        for visitor, seen in earliest.items():
            at, n, place = seen
            before = known.get((owner, day, visitor), {}).get(asset_id) if known else None
            if before is None or at < before:
                of_asset[n][place] = 1
                if before is not None:
                    moved.append(Moved(asset_id, owner, asset_id, visitor, before, at))
            other = everywhere.get(visitor)
            if other is None or seen < other:
                everywhere[visitor] = seen
    for (owner, day), earliest in whole.items():
        for visitor, (at, n, place) in earliest.items():
            there = known.get((owner, day, visitor)) if known else None
            if not there:
                of_organization[n][place] = 1
                continue
            before, asset_id = min((when, asset) for asset, when in there.items())
            if at < before:
                of_organization[n][place] = 1
                moved.append(Moved(owner, owner, asset_id, visitor, before, at))
    return of_asset, of_organization, moved


def _earliest(groups: Sequence[Group]) -> dict[tuple[str, str, int], dict[int, _Seen]]:
    """By asset, its organization and day: the earliest scan here of each visitor."""
    found: dict[tuple[str, str, int], dict[int, _Seen]] = {}
    for n, group in enumerate(groups):
        day = group.quarter // QUARTERS_A_DAY
        mine = found.setdefault((group.asset_id, group.organization_id, day), {})
        for place, (visitor, at) in enumerate(zip(group.visitors, group.times, strict=True)):
            if visitor is not None:
                seen = mine.get(visitor)
                if seen is None or at < seen[0]:
                    mine[visitor] = (at, n, place)
    return found
