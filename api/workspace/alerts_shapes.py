"""Rules that look at scans in this dialect's words."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from activities.alerts.changing import UpdateAlert
from activities.alerts.creating import CreateAlert
from activities.alerts.finding import AssetKind
from activities.alerts.views import AlertView, FiringView
from activities.rules.actors import Actor
from activities.rules.alerts import (
    HIGHEST_FACTOR,
    HIGHEST_THRESHOLD,
    LOWEST_FACTOR,
    WINDOWS,
    Kind,
    State,
)
from activities.rules.errors import InvalidFields
from activities.rules.naming import LONGEST_NAME
from activities.rules.spelling import prefixed, unprefixed
from api.dialect import Text
from api.scalars import In, Moment, Out
from api.workspace.listing import LONGEST_ID, an_id, to_uuid

PREFIXES: dict[str, AssetKind] = {"qr": "qr", "lnk": "link", "bc": "barcode", "pg": "page"}

_AN_ID = "7d0c7a441f0b4c5e9a530c5a7d1b2f10"
_A_MOMENT = "2026-05-07T18:42:30.123Z"
_WINDOWS = ", ".join(map(str, WINDOWS))

Name = Annotated[
    Text,
    Field(
        max_length=LONGEST_NAME, description="what you call it", examples=["Posters fell silent"]
    ),
]
Threshold = Annotated[
    int,
    Field(
        ge=1,
        le=HIGHEST_THRESHOLD,
        description="for `over` and `under`: this many scans or more, or fewer than this many",
        examples=[500],
    ),
]
Factor = Annotated[
    float,
    Field(
        ge=LOWEST_FACTOR,
        le=HIGHEST_FACTOR,
        description="for `spike`: more than so many times what is usual at that time of day",
        examples=[3.0],
    ),
]
Window = Annotated[
    int,
    Field(
        ge=WINDOWS[0],
        le=WINDOWS[-1],
        description=f"how long scans are counted for, in minutes: {_WINDOWS}; at most 1440 for "
        "`spike`, and nothing for `first_scan`",
        examples=[1440],
    ),
]
IsActive = Annotated[bool, Field(description="whether it looks", examples=[True])]


class AlertIn(In):
    """A rule; without an asset it looks at all scans of a workspace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Posters fell silent", "kind": "silence", "windowMinutes": 1440}]
        }
    )

    name: Name = Field(min_length=1)
    kind: Kind = Field(
        description="`over`: so many scans or more within the window. `under`: fewer, in a window "
        "that is over. `first_scan`. `spike`: far more than on the 14 days before at that time of "
        "day, and not by chance. `silence`: none for a window, though there were some before",
        examples=["silence"],
    )
    asset_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="the code (qr_), link (lnk_), barcode (bc_) or page (pg_) that it looks at",
        examples=[None],
    )
    workspace_id: Text | None = Field(
        None,
        max_length=LONGEST_ID,
        description="without an asset: the workspace; null: the first one",
        examples=[None],
        json_schema_extra=an_id("wsp"),
    )
    threshold: Threshold | None = Field(None, examples=[None])
    factor: Factor | None = Field(None, examples=[None])
    window_minutes: Window | None = None
    is_active: IsActive = True


class AlertChangesIn(In):
    """What of a rule to change: what is left out stays."""

    name: Name = Field(default_factory=str)
    threshold: Threshold | None = Field(None, examples=[None])
    factor: Factor | None = Field(None, examples=[None])
    window_minutes: Window | None = None
    is_active: IsActive = Field(default_factory=bool)


class AlertOut(Out):
    """A rule."""

    id: str = Field(description="its id", examples=[f"alr_{_AN_ID}"])
    workspace_id: str = Field(description="the workspace", examples=[f"wsp_{_AN_ID}"])
    asset_id: str | None = Field(
        description="what it looks at; null: all of the workspace", examples=[f"qr_{_AN_ID}"]
    )
    name: str = Field(description="what you call it", examples=["Posters fell silent"])
    kind: Kind = Field(description="what it looks for", examples=["silence"])
    threshold: int | None = Field(description="of `over` and `under`", examples=[None])
    factor: float | None = Field(description="of `spike`", examples=[None])
    window_minutes: int | None = Field(
        description="null for `first_scan`; counted in quarters of an hour", examples=[1440]
    )
    is_active: bool = Field(description="whether it looks", examples=[True])
    state: State = Field(
        description="it fires when `armed` becomes `crossed`, and is armed again when what it "
        "looks for is over",
        examples=["armed"],
    )
    is_resting: bool = Field(
        description="whether what it looks at is switched off or in the trash", examples=[False]
    )
    looked_at: Moment | None = Field(
        description="the time that it was last judged for; every 5 minutes", examples=[_A_MOMENT]
    )
    fired_at: Moment | None = Field(description="when it fired last", examples=[None])
    version: int = Field(description="what its ETag says, for If-Match", examples=[1])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed last", examples=[_A_MOMENT])


class FiringOut(Out):
    """One time that a rule fired; kept for 400 days."""

    id: str = Field(description="its id", examples=[f"alf_{_AN_ID}"])
    fired_at: Moment = Field(description="the time for which it was judged", examples=[_A_MOMENT])
    counted: int = Field(description="the scans that were counted", examples=[512])
    expected: float | None = Field(description="of a spike: how many are usual", examples=[None])


def asset_of(text: str | None) -> tuple[AssetKind | None, UUID | None]:
    """The asset that an id names; raises `InvalidFields` for another spelling."""
    if text is None:
        return None, None
    prefix = text.partition("_")[0]
    found = unprefixed(prefix, text) if prefix in PREFIXES else None
    if found is None:
        raise InvalidFields(
            {"asset_id": ["Give an id like qr_, lnk_, bc_ or pg_ and 32 hex digits."]}
        )
    return PREFIXES[prefix], found


def to_create(by: Actor, body: AlertIn) -> CreateAlert:
    """The rule that a body asks for; raises `InvalidFields`."""
    kind, asset_id = asset_of(body.asset_id)
    return CreateAlert(
        by,
        body.name,
        body.kind,
        kind,
        asset_id,
        to_uuid("workspace_id", "wsp", body.workspace_id),
        body.threshold,
        body.factor,
        body.window_minutes,
        body.is_active,
    )


def to_changes(by: Actor, id: UUID, body: AlertChangesIn, version: int | None) -> UpdateAlert:
    """The change that a body asks for: only what it says."""
    asked: dict[str, Any] = body.model_dump(exclude_unset=True)
    return UpdateAlert(by, id, version=version, **asked)


def present_alert(alert: AlertView) -> AlertOut:
    """The rule in this dialect's words."""
    spellings = {kind: prefix for prefix, kind in PREFIXES.items()}
    asset_id = None
    if alert.asset_id is not None and alert.asset_kind in spellings:
        asset_id = prefixed(spellings[alert.asset_kind], alert.asset_id)
    same = {name: getattr(alert, name) for name in AlertOut.model_fields if not name.endswith("id")}
    return AlertOut(
        id=prefixed("alr", alert.id),
        workspace_id=prefixed("wsp", alert.workspace_id),
        asset_id=asset_id,
        **same,
    )


def present_firing(firing: FiringView) -> FiringOut:
    """A firing in this dialect's words."""
    return FiringOut(
        id=prefixed("alf", firing.id),
        fired_at=firing.at,
        counted=firing.counted,
        expected=firing.expected,
    )
