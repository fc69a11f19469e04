"""How the workspace dialect says no: `{"error": sentence, "code": CODE, "fields"?: {..}}`."""

from __future__ import annotations

from api.coded import USUAL, Coded
from api.dialect import Refusals
from api.statuses import ORDINARY

STATUSES = ORDINARY

CODES = {
    **USUAL,
    "credential_revoked": "SESSION_REVOKED",
    "credential_expired": "SESSION_EXPIRED",
}
"""What this dialect calls a refusal where it is not the domain's code in capitals."""

FIELDS = {
    "destination_url": "destinationUrl",
    "short_code": "shortCode",
    "organization_id": "orgId",
    "expiry_warning_days": "expiryWarningDays",
    "size_px": "size",
    "redirect_uris": "redirectUris",
    "client_id": "clientId",
    "workspace_id": "workspaceId",
    "integration.external_id": "integration.externalId",
    "folder_id": "folderId",
    "parent_id": "parentId",
    "is_dynamic": "isDynamic",
    "is_default": "isDefault",
    "scan_limit": "scanLimit",
    "expired_url": "expiredUrl",
    "starts_at": "startsAt",
    "link_id": "linkId",
    "barcode_id": "barcodeId",
    "movement.item_id": "movement.itemId",
    "from_location": "fromLocation",
    "to_location": "toLocation",
    "opening_stock": "openingStock",
    "allows_negative": "allowsNegative",
    "per_minute": "perMinute",
    "daily_cap": "dailyCap",
    "expires_at": "expiresAt",
    "grace_seconds": "graceSeconds",
    "click_limit": "clickLimit",
    "utm_template_id": "utmTemplateId",
    "qr_code_id": "qrId",
    "style_preset_id": "stylePresetId",
    "variant_id": "variantId",
    "deep_links.ios.url": "deepLinks.ios.url",
    "deep_links.ios.storeUrl": "deepLinks.ios.storeUrl",
    "deep_links.android.url": "deepLinks.android.url",
    "deep_links.android.package": "deepLinks.android.package",
    "deep_links.android.storeUrl": "deepLinks.android.storeUrl",
    "window_minutes": "windowMinutes",
    "asset_id": "assetId",
    "health_check": "healthCheck",
    "health_check.intervalMinutes": "healthCheck.intervalMinutes",
    "first": "from",
    "last": "to",
    "time_zone": "timeZone",
    "retry_policy": "retryPolicy",
    "rate_per_minute": "ratePerMinute",
    "payload_version": "payloadVersion",
    "send_test": "sendTest",
    "digest_at": "digestAt",
    "quiet_hours": "quietHours",
}
"""What the domain calls a field -> what this dialect calls it."""

_WORDS = Coded(STATUSES, CODES, FIELDS)
present = _WORDS.present
shape = _WORDS.shape

REFUSALS = Refusals(STATUSES, shape)
"""What this dialect's document says about them."""
