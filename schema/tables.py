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
from schema.assets import BarcodeRow, LinkPageRow, LinkRow, QrCodeRow
from schema.base import metadata
from schema.credentials import (
    ApiKeyRow,
    ApiKeyUsageRow,
    RefreshTokenRow,
    SessionRow,
    SignInLinkRow,
    TokenFamilyRow,
)
from schema.expiry import AssetEndRow, ExpiryNoticeRow
from schema.health import LinkCheckRow, LinkHealthRow
from schema.images import FetchedLogoRow, ImageRow, StylePresetRow
from schema.imports import ImportItemRow, ImportRow
from schema.inventory import InventoryItemRow, InventoryLevelRow, InventoryMovementRow
from schema.mail import MailRow
from schema.notices import (
    AlertFiringRow,
    AlertRow,
    DigestRow,
    NoticePreferenceRow,
    NotificationRow,
)
from schema.oauth import OAuthClientRow, OAuthCodeRow, OAuthGrantRow, OAuthTokenRow
from schema.outbox import DeliveryBatchRow, EventRow
from schema.pictures import (
    CreditEntryRow,
    PictureCacheRow,
    RenderBatchRow,
    RenderCreditRow,
    RenderLogoRow,
    RenderMonthRow,
    RenderPartRow,
)
from schema.protection import IdempotencyRow, RateBucketRow, SolvedCaptchaRow
from schema.runs import RunRow
from schema.shelves import (
    DestinationChangeRow,
    DomainRow,
    FolderRow,
    SlugClaimRow,
    TagRow,
    UtmTemplateRow,
)
from schema.visits import (
    ConversionRow,
    RouteChangeRow,
    ScanBatchRow,
    ScanDayRow,
    ScanHourRow,
    ScanKeepingRow,
    ScanRow,
    ScanVisitorRow,
    UnknownVisitRow,
    VisitorSaltRow,
)
from schema.webhooks import AttemptRow, DeliveryRow, EndpointRow

__all__ = [
    "AlertFiringRow",
    "AlertRow",
    "ApiKeyRow",
    "ApiKeyUsageRow",
    "AssetEndRow",
    "AttemptRow",
    "AuditEntryRow",
    "BarcodeRow",
    "ConversionRow",
    "CreditEntryRow",
    "DeliveryBatchRow",
    "DeliveryRow",
    "DestinationChangeRow",
    "DigestRow",
    "DomainRow",
    "EndpointRow",
    "EventRow",
    "ExpiryNoticeRow",
    "FetchedLogoRow",
    "FolderRow",
    "IdempotencyRow",
    "ImageRow",
    "ImportItemRow",
    "ImportRow",
    "InventoryItemRow",
    "InventoryLevelRow",
    "InventoryMovementRow",
    "LinkCheckRow",
    "LinkHealthRow",
    "LinkPageRow",
    "LinkRow",
    "MailRow",
    "MembershipRow",
    "NoticePreferenceRow",
    "NotificationRow",
    "OAuthClientRow",
    "OAuthCodeRow",
    "OAuthGrantRow",
    "OAuthTokenRow",
    "OrganizationRow",
    "PictureCacheRow",
    "QrCodeRow",
    "RateBucketRow",
    "RefreshTokenRow",
    "RenderBatchRow",
    "RenderCreditRow",
    "RenderLogoRow",
    "RenderMonthRow",
    "RenderPartRow",
    "RouteChangeRow",
    "RunRow",
    "ScanBatchRow",
    "ScanDayRow",
    "ScanHourRow",
    "ScanKeepingRow",
    "ScanRow",
    "ScanVisitorRow",
    "SessionRow",
    "SignInLinkRow",
    "SlugClaimRow",
    "SolvedCaptchaRow",
    "StylePresetRow",
    "TagRow",
    "TeamInviteRow",
    "TokenFamilyRow",
    "UnknownVisitRow",
    "UserRow",
    "UtmTemplateRow",
    "VisitorSaltRow",
    "WorkspaceRow",
    "metadata",
]
