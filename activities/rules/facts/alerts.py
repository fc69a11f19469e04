"""What rules that look at scans find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class AlertFired(Event):
    """A rule that looks at scans fired: `rule` is over, under, first_scan, spike or silence.

    `assetId` is null for a rule of a whole workspace, `expected` for all but spikes.
    """

    kind = "alert.fired"

    workspace_id: UUID
    source_prefix: str
    source_id: UUID | None
    name: str
    rule: str
    threshold: int | None
    factor: float | None
    window_minutes: int | None
    counted: int
    expected: float | None

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("alr", self.asset_id),
            "name": self.name,
            "rule": self.rule,
            "workspaceId": prefixed("wsp", self.workspace_id),
            "assetId": prefixed(self.source_prefix, self.source_id) if self.source_id else None,
            "threshold": self.threshold,
            "factor": self.factor,
            "windowMinutes": self.window_minutes,
            "counted": self.counted,
            "expected": self.expected,
            "firedAt": stamp(self.occurred_at),
        }
