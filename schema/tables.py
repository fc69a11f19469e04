"""All tables by name; importing this fills the metadata that migrations are compared with."""

from __future__ import annotations

from schema.accounts import (
    AuditEntryRow,
    MembershipRow,
    OrganizationRow,
    TeamInviteRow,
    UserRow,
    WorkspaceRow,
)
from schema.assets import QrCodeRow, ScanRow
from schema.base import metadata
from schema.credentials import (
    ApiKeyRow,
    ApiKeyUsageRow,
    RefreshTokenRow,
    SessionRow,
    SignInLinkRow,
    TokenFamilyRow,
)
from schema.mail import MailRow
from schema.oauth import OAuthClientRow, OAuthCodeRow, OAuthGrantRow, OAuthTokenRow
from schema.outbox import DeliveryBatchRow, EventRow
from schema.protection import IdempotencyRow, RateBucketRow, SolvedCaptchaRow
from schema.webhooks import AttemptRow, DeliveryRow, EndpointRow

__all__ = [
    "ApiKeyRow",
    "ApiKeyUsageRow",
    "AttemptRow",
    "AuditEntryRow",
    "DeliveryBatchRow",
    "DeliveryRow",
    "EndpointRow",
    "EventRow",
    "IdempotencyRow",
    "MailRow",
    "MembershipRow",
    "OAuthClientRow",
    "OAuthCodeRow",
    "OAuthGrantRow",
    "OAuthTokenRow",
    "OrganizationRow",
    "QrCodeRow",
    "RateBucketRow",
    "RefreshTokenRow",
    "ScanRow",
    "SessionRow",
    "SignInLinkRow",
    "SolvedCaptchaRow",
    "TeamInviteRow",
    "TokenFamilyRow",
    "UserRow",
    "WorkspaceRow",
    "metadata",
]
