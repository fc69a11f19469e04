"""The permission matrix: every operation that somebody asks for, times every role, from one table.

The table says who may; the test asks each operation as each role and looks whether it refuses. An
operation that is not in the table, or one that forgot its guard, fails here.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from itertools import pairwise
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.outside import outside
from activities.rules.actors import Actor
from activities.rules.errors import DomainError, Forbidden
from activities.rules.permissions import OF_ROLE, PERMISSIONS, ROLES, SCOPES, Role, granted
from tests.builders.tenants import an_organization
from tests.house.test_operations import operations

EVERYONE = frozenset(ROLES)
EDITORS: frozenset[Role] = frozenset(("owner", "admin", "editor"))
ADMINS: frozenset[Role] = frozenset(("owner", "admin"))
OWNERS: frozenset[Role] = frozenset(("owner",))

MAY: dict[str, frozenset[Role]] = {
    "add_domain": ADMINS,
    "archive_barcode": EDITORS,
    "archive_folder": EDITORS,
    "archive_link": EDITORS,
    "archive_link_page": EDITORS,
    "archive_qr_code": EDITORS,
    "ask_check": EDITORS,
    "ask_confirmation": EVERYONE,
    "begin_export": EVERYONE,
    "begin_recovery": ADMINS,
    "begin_to_watch": EVERYONE,
    "build_address": EVERYONE,
    "cancel_batch": EVERYONE,
    "cancel_import": EDITORS,
    "change_preferences": EVERYONE,
    "change_role": ADMINS,
    "checks_under_way": EDITORS,
    "choose_domain": EDITORS,
    "conclude_experiment": EDITORS,
    "confirmed_person": EVERYONE,
    "count_unread": EVERYONE,
    "create_alert": EDITORS,
    "create_barcode": EDITORS,
    "create_endpoint": ADMINS,
    "create_folder": EDITORS,
    "create_item": EDITORS,
    "create_link": EDITORS,
    "create_link_page": EDITORS,
    "create_qr_code": EDITORS,
    "create_style_preset": EDITORS,
    "create_tag": EDITORS,
    "create_utm_template": EDITORS,
    "create_workspace": ADMINS,
    "delete_alert": EDITORS,
    "delete_barcode": EDITORS,
    "delete_endpoint": ADMINS,
    "delete_folder": EDITORS,
    "delete_image": EDITORS,
    "delete_item": EDITORS,
    "delete_link": EDITORS,
    "delete_link_page": EDITORS,
    "delete_qr_code": EDITORS,
    "delete_style_preset": EDITORS,
    "delete_tag": EDITORS,
    "delete_utm_template": EDITORS,
    "delete_workspace": ADMINS,
    "draw_sheets": EVERYONE,
    "draw_symbol": EVERYONE,
    "duplicate_barcode": EDITORS,
    "duplicate_link": EDITORS,
    "duplicate_link_page": EDITORS,
    "duplicate_qr_code": EDITORS,
    "fill_utm": EDITORS,
    "find_batch": EVERYONE,
    "find_folder": EDITORS,
    "find_home_again": EDITORS,
    "find_link": EDITORS,
    "find_new_place": EDITORS,
    "find_under_way": EVERYONE,
    "find_watched": EVERYONE,
    "find_workspace": EDITORS,
    "found_by_key": ADMINS,
    "have_room": EDITORS,
    "hold_tree": EDITORS,
    "import_started": EDITORS,
    "invite_member": ADMINS,
    "issue_key": ADMINS,
    "judge_picture": EVERYONE,
    "keep_batch": EVERYONE,
    "leave_organization": EVERYONE,
    "list_acts": ADMINS,
    "list_alerts": EVERYONE,
    "list_barcodes": EVERYONE,
    "list_batches": EVERYONE,
    "list_changes": EVERYONE,
    "list_clients": ADMINS,
    "list_deliveries": EVERYONE,
    "list_domains": EVERYONE,
    "list_endpoints": EVERYONE,
    "list_firings": EVERYONE,
    "list_folders": EVERYONE,
    "list_images": EVERYONE,
    "list_import_items": EVERYONE,
    "list_imports": EVERYONE,
    "list_invites": EVERYONE,
    "list_items": EVERYONE,
    "list_keys": ADMINS,
    "list_link_changes": EVERYONE,
    "list_link_pages": EVERYONE,
    "list_links": EVERYONE,
    "list_members": EVERYONE,
    "list_movements": EVERYONE,
    "list_notifications": EVERYONE,
    "list_organizations_of_key": EVERYONE,
    "list_qr_changes": EVERYONE,
    "list_qr_codes": EVERYONE,
    "list_runs": EVERYONE,
    "list_scanned": EVERYONE,
    "list_style_presets": EVERYONE,
    "list_tags": EVERYONE,
    "list_utm_templates": EVERYONE,
    "list_workspaces": EVERYONE,
    "logo_of": EVERYONE,
    "make_codes": EVERYONE,
    "make_picture": EVERYONE,
    "mark_read": EVERYONE,
    "may_start_import": EDITORS,
    "may_stop_run": EVERYONE,
    "merge_tags": EDITORS,
    "missing_links": EDITORS,
    "move_stock": EDITORS,
    "must_afford": EVERYONE,
    "must_outrank": ADMINS,
    "name_tags": EDITORS,
    "open_archive": EVERYONE,
    "open_bulk": EVERYONE,
    "open_runs": EVERYONE,
    "place_again": EDITORS,
    "place_asset": EDITORS,
    "plan_recovery": ADMINS,
    "prepare_bulk": EVERYONE,
    "preview_import": EDITORS,
    "preview_symbol": EVERYONE,
    "read_account": EVERYONE,
    "read_alert": EVERYONE,
    "read_barcode": EVERYONE,
    "read_batch": EVERYONE,
    "read_connection": EVERYONE,
    "read_delivery": EVERYONE,
    "read_domain": EVERYONE,
    "read_endpoint": EVERYONE,
    "read_event_types": EVERYONE,
    "read_experiment": EVERYONE,
    "read_folder": EVERYONE,
    "read_health": EVERYONE,
    "read_image": EVERYONE,
    "read_image_content": EVERYONE,
    "read_import": EVERYONE,
    "read_item": EVERYONE,
    "read_key_usage": EVERYONE,
    "read_leaders": EVERYONE,
    "read_link": EVERYONE,
    "read_link_page": EVERYONE,
    "read_looks": EVERYONE,
    "read_manifest": EVERYONE,
    "read_organization": EVERYONE,
    "read_part": EVERYONE,
    "read_preferences": EVERYONE,
    "read_qr_code": EVERYONE,
    "read_run": EVERYONE,
    "read_scans": EVERYONE,
    "read_statistics": EVERYONE,
    "read_strays": EVERYONE,
    "read_style_preset": EVERYONE,
    "read_tag": EVERYONE,
    "read_usage": EVERYONE,
    "read_utm_template": EVERYONE,
    "read_ways": EVERYONE,
    "record_barcode_scan": EDITORS,
    "record_change": EDITORS,
    "register_client": ADMINS,
    "remove_domain": ADMINS,
    "remove_member": ADMINS,
    "rename_workspace": ADMINS,
    "render_barcode": EVERYONE,
    "render_symbol": EVERYONE,
    "resend_delivery": ADMINS,
    "restore_barcode": EDITORS,
    "restore_link": EDITORS,
    "restore_link_page": EDITORS,
    "restore_qr_code": EDITORS,
    "revoke_client": ADMINS,
    "revoke_key": ADMINS,
    "rotate_endpoint_secret": ADMINS,
    "rotate_key": ADMINS,
    "rotate_secret": ADMINS,
    "send_sample": ADMINS,
    "spend_renders": EVERYONE,
    "style_of_new": EVERYONE,
    "summarize_barcodes": EVERYONE,
    "summarize_items": EVERYONE,
    "summarize_link_pages": EVERYONE,
    "summarize_links": EVERYONE,
    "summarize_qr_codes": EVERYONE,
    "tie_code": EDITORS,
    "untie_codes": EDITORS,
    "update_alert": EDITORS,
    "update_barcode": EDITORS,
    "update_endpoint": ADMINS,
    "update_folder": EDITORS,
    "update_item": EDITORS,
    "update_link": EDITORS,
    "update_link_page": EDITORS,
    "update_organization": OWNERS,
    "update_qr_code": EDITORS,
    "update_style_preset": EDITORS,
    "update_tag": EDITORS,
    "update_utm_template": EDITORS,
    "upload_image": EDITORS,
    "validate_gs1": EVERYONE,
    "verify_domain": ADMINS,
    "withdraw_batch": EVERYONE,
    "withdraw_invite": ADMINS,
}
"""Which roles may ask for which operation."""

Operation = Callable[[Any], Awaitable[Any]]


def command_of(operation: Operation) -> Any:
    """The class of an operation's command; None when it takes nothing."""
    inner = inspect.unwrap(operation)
    names = list(inspect.signature(inner).parameters)
    return get_type_hints(inner)[names[0]] if names else None


def is_asked_for(operation: Operation) -> bool:
    """Whether somebody of an organization gives the command."""
    command = command_of(operation)
    return is_dataclass(command) and get_type_hints(command).get("by") is Actor


ASKED_FOR = {operation.__name__: operation for operation in operations() if is_asked_for(operation)}


def something(hint: Any) -> Any:
    """Any value of a type: it need not make sense, only arrive."""
    plain = {str: "x", int: 1, float: 1.0, bool: True, bytes: b"x"}
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return None if type(None) in get_args(hint) else something(get_args(hint)[0])
    if origin is Literal:
        return get_args(hint)[0]
    if origin is tuple:
        return ()
    if hint is UUID:
        return uuid4()
    if hint is datetime:
        return outside().clock.now()
    if hint is date:
        return outside().clock.now().date()
    if is_dataclass(hint):
        return made(hint)
    return plain[hint]


def made(command: Any, **given: Any) -> Any:
    """A command of this class with something in every field that has no default."""
    hints = get_type_hints(command)
    needed = {
        field.name: something(hints[field.name])
        for field in fields(command)
        if field.name not in given and field.default is MISSING and field.default_factory is MISSING
    }
    return command(**{**needed, **given})


async def is_forbidden(operation: Operation, by: Actor) -> bool:
    try:
        await operation(made(command_of(operation), by=by))
    except Forbidden:
        return True
    except DomainError:
        return False
    return False


def test_every_operation_is_in_the_table_and_guarded() -> None:
    assert set(ASKED_FOR) == set(MAY)
    assert [name for name, operation in ASKED_FOR.items() if not hasattr(operation, "needs")] == []


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("name", MAY)
async def test_roles_may_what_the_table_says(name: str, database: AsyncConnection) -> None:
    home = await an_organization()
    refused = set()
    for role in ROLES:
        by = Actor(
            organization_id=home.id,
            credential_id=uuid4(),
            dialect="workspace",
            name="Ada",
            plan="pro",
            permissions=OF_ROLE[role],
            kind="session",
            user_id=home.owner_id,
            role=role,
        )
        # What one role did is undone before the next one asks.
        await database.execute(text("SAVEPOINT asked"))
        if await is_forbidden(ASKED_FOR[name], by):
            refused.add(role)
        await database.execute(text("ROLLBACK TO SAVEPOINT asked"))
    assert refused == set(ROLES) - MAY[name]


def test_roles_hold_less_from_owner_to_viewer() -> None:
    held = [OF_ROLE[role] for role in ROLES]
    assert held[0] == frozenset(PERMISSIONS)
    assert all(more > less for more, less in pairwise(held))


@pytest.mark.parametrize("dialect", SCOPES)
def test_no_key_can_make_keys_or_change_members(dialect: str) -> None:
    dangerous = {"keys.write", "members.write", "clients.write", "audit.read", "billing.write"}
    assert granted(dialect, ()) & dangerous == frozenset()
    assert granted(dialect, ("assets.read",)) == {"assets.read"}
    assert granted(dialect, ("keys.write",)) == frozenset()
