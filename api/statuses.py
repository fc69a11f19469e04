"""What HTTP itself would say of each refusal. A dialect's `errors.py` says where it differs."""

from __future__ import annotations

from collections.abc import Mapping

ORDINARY: Mapping[str, int] = {
    "credential_missing": 401,
    "credential_unknown": 401,
    "credential_revoked": 401,
    "credential_expired": 401,
    "sign_in_refused": 401,
    "forbidden": 403,
    "plan_limit_reached": 403,
    "plan_without_api": 403,
    "not_found": 404,
    "invalid_fields": 400,
    "link_spent": 400,
    "captcha_refused": 400,
    "short_code_taken": 409,
    "slug_taken": 409,
    "name_taken": 409,
    "version_mismatch": 412,
    "cursor_invalid": 400,
    "not_now": 409,
    "stock_too_low": 409,
    "access_refused": 403,
    "unsupported": 422,
    "address_taken": 409,
    "no_workspace": 409,
    "already_member": 409,
    "last_owner": 409,
    "invite_spent": 410,
    "idempotency_mismatch": 422,
    "idempotency_running": 409,
    "rate_limited": 429,
    "client_unknown": 401,
    "grant_spent": 400,
    "wrong_fields": 400,
    "body_not_json": 400,
    "body_too_large": 413,
    "route_unknown": 404,
    "method_wrong": 405,
    "origin_refused": 403,
    "service_away": 503,
    "internal_fault": 500,
}
"""The status of each `code` of a refusal (RFC 9110, RFC 6585 for 429)."""
