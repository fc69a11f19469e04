"""All tables by name; importing this fills the metadata that migrations are compared with."""

from __future__ import annotations

from schema.accounts import (
    ApiKeyRow,
    MembershipRow,
    OrganizationRow,
    SessionRow,
    UserRow,
    WorkspaceRow,
)
from schema.assets import QrCodeRow, ScanRow
from schema.base import metadata
from schema.outbox import DeliveryBatchRow, EventRow
from schema.webhooks import AttemptRow, DeliveryRow, EndpointRow

__all__ = [
    "ApiKeyRow",
    "AttemptRow",
    "DeliveryBatchRow",
    "DeliveryRow",
    "EndpointRow",
    "EventRow",
    "MembershipRow",
    "OrganizationRow",
    "QrCodeRow",
    "ScanRow",
    "SessionRow",
    "UserRow",
    "WorkspaceRow",
    "metadata",
]
