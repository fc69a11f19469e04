"""What happens to a receiver of events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.rules.events import Event
from activities.rules.spelling import prefixed, stamp


@dataclass(frozen=True)
class WebhookTested(Event):
    """Somebody asked for a test message to this endpoint, which alone gets it."""

    kind = "webhook.test"

    asked_by: str

    def payload(self) -> dict[str, Any]:
        return {
            "endpointId": prefixed("whe", self.asset_id),
            "message": "This is a test of your endpoint; nothing has happened.",
            "askedBy": self.asked_by,
            "sentAt": stamp(self.occurred_at),
        }


@dataclass(frozen=True)
class EndpointDisabled(Event):
    """Nothing more is sent to an endpoint; `reason` is what it did, `failingSince` when its
    failures began.
    """

    kind = "endpoint.disabled"

    host: str
    reason: str
    failing_since: datetime | None

    def payload(self) -> dict[str, Any]:
        return {
            "id": prefixed("whe", self.asset_id),
            "host": self.host,
            "reason": self.reason,
            "failingSince": stamp(self.failing_since) if self.failing_since else None,
            "disabledAt": stamp(self.occurred_at),
        }
