"""A file looked at before anything is made: whose export it is, what is wrong with each row."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from activities.imports.views import ImportView, view_of
from activities.meters import Take, take
from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields
from activities.rules.imports.formats import FORMATS, Format, mapped, recognise
from activities.rules.imports.rows import Judged, Preview, judge_rows, preview, with_taken
from activities.rules.imports.tables import read_table
from activities.rules.slugs import could_exist
from activities.rules.spelling import stamp
from activities.rules.tagging import normalised_tags
from activities.rules.throttles import IMPORTS
from activities.shelf.claims import DEFAULT_DOMAIN
from activities.shelf.placing import FindFolder, find_folder
from activities.shelf.workspaces import FindWorkspace, Found, find_workspace
from schema.db import transaction
from schema.tables import DomainRow, ImportItemRow, ImportRow, SlugClaimRow

AT_ONCE = 1000
"""Rows that are written, or slugs looked up, in one statement."""


@dataclass(frozen=True)
class PreviewImport:
    """A CSV file of short links, to be made in a workspace.

    `mapping` says in which column each of our fields is, where the headers are not those of a
    platform that is known. Every link gets the folder and the tags, beside those in the file.
    """

    by: Actor
    content: bytes = field(repr=False)
    mapping: Mapping[str, str] = field(default_factory=dict)
    https_only: bool = True
    workspace_id: UUID | None = None
    folder_id: UUID | None = None
    tags: tuple[str, ...] = ()


@needs("assets.write")
async def preview_import(command: PreviewImport) -> ImportView:
    """Read and judge the file, and keep it to be run. Nothing of it is made yet, tags neither.

    Whether the plan has room is asked when it is run. Raises `InvalidFields` (`file`, `mapping`,
    `tags`), `NotFound`, `NoWorkspace`, and `RateLimited` for an organization that has more than
    60 files looked at in an hour.
    """
    by = command.by
    await take(Take(IMPORTS, str(by.organization_id)))
    command = replace(command, tags=normalised_tags(command.tags))
    async with transaction() as session:
        await _find_home(command)
        domains = await _own_domains(session, by)
    # Outside of transactions: it takes about a second, and a connection is dear.
    seen = await asyncio.to_thread(_judge, command, frozenset(domains))
    async with transaction() as session:
        home = await _find_home(command)
        rows = await _with_claims(session, seen.rows, domains)
        job = _job(command, home.id, seen, sum(bool(row.problems) for row in rows))
        session.add(job)
        await session.flush()
        await _write_items(session, job, rows, domains)
        return view_of(job)


async def _find_home(command: PreviewImport) -> Found:
    """The workspace, held with the folder until the open transaction ends."""
    home = await find_workspace(FindWorkspace(command.by, command.workspace_id))
    if command.folder_id is not None:
        await find_folder(FindFolder(command.by, command.folder_id, home.id))
    return home


def _job(command: PreviewImport, workspace_id: UUID, seen: Preview, bad: int) -> ImportRow:
    by = command.by
    return ImportRow(
        created_at=outside().clock.now(),
        organization_id=by.organization_id,
        workspace_id=workspace_id,
        format=seen.format,
        status="previewed",
        headers=list(seen.headers),
        terms={
            "title": seen.title,
            "columns": {name: list(found) for name, found in seen.columns.items()},
            "duplicate_slugs": list(seen.duplicate_slugs)[:100],
            "bad": bad,
            "folder_id": str(command.folder_id) if command.folder_id else None,
            "tags": list(command.tags),
        },
        total=len(seen.rows),
        failed=bad,
        made_by=by.user_id,
        actor=_kept(by),
    )


def _judge(command: PreviewImport, domains: frozenset[str]) -> Preview:
    """Everything that needs no database; 10,000 rows take about a second."""
    table = read_table(command.content)
    layout = mapped(table.headers, command.mapping) if command.mapping else None
    layout = layout or recognise(table.headers) or _unknown(table.headers)
    rows = judge_rows(
        table,
        layout,
        own_hosts=outside().own_hosts | domains,
        domains=domains,
        tags=command.tags,
        https_only=command.https_only,
    )
    return preview(table, layout, rows, domains)


def _unknown(headers: Sequence[str]) -> Format:
    known = ", ".join(vendor.title for vendor in FORMATS)
    raise InvalidFields(
        {
            "file": [
                f"These headers are not known: {', '.join(headers)[:200]}. Known are exports of "
                f"{known}; or say with mapping which column is the destination."
            ]
        }
    )


async def _own_domains(session: AsyncSession, by: Actor) -> dict[str, UUID]:
    """The organization's active domains by host name."""
    query = select(DomainRow.hostname, DomainRow.id).where(
        DomainRow.organization_id == by.organization_id,
        DomainRow.status == "active",
        col(DomainRow.deleted_at).is_(None),
    )
    return dict((await session.execute(query)).all())


async def _with_claims(
    session: AsyncSession, rows: Sequence[Judged], domains: Mapping[str, UUID]
) -> tuple[Judged, ...]:
    """The rows, those whose slug belongs to somebody on its domain with that problem."""
    told: list[Judged] = []
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        wanted = {row.slug for row in part if row.slug and could_exist(row.slug)}
        query = select(SlugClaimRow.space, SlugClaimRow.slug).where(
            col(SlugClaimRow.slug).in_(wanted)
        )
        claims = set((await session.execute(query)).all())
        for row in part:
            taken = row.slug is not None and (_space(row, domains), row.slug) in claims
            told += with_taken([row], [row.slug] if taken and row.slug else [])
    return tuple(told)


def _space(row: Judged, domains: Mapping[str, UUID]) -> str:
    """Where the slug of a row will be claimed: on the file's domain where that is ours."""
    found = domains.get(row.domain or "")
    return str(found) if found else DEFAULT_DOMAIN


async def _write_items(
    session: AsyncSession, job: ImportRow, rows: Sequence[Judged], domains: Mapping[str, UUID]
) -> None:
    for start in range(0, len(rows), AT_ONCE):
        part = [_item(job, row, domains) for row in rows[start : start + AT_ONCE]]
        await session.execute(insert(ImportItemRow), part)


def _item(job: ImportRow, row: Judged, domains: Mapping[str, UUID]) -> dict[str, Any]:
    item_id = uuid4()
    domain_id = domains.get(row.domain or "")
    values = {
        "destination_url": row.destination,
        "slug": row.slug,
        "domain_id": str(domain_id) if domain_id else None,
        "name": row.name,
        "tags": list(row.tags),
        "is_active": row.is_active,
        "expires_at": stamp(row.expires_at) if row.expires_at else None,
        "sealed_password": None
        if row.problems
        else _sealed(row.password, job.organization_id, item_id),
    }
    return {
        "id": item_id,
        "created_at": job.created_at,
        "import_id": job.id,
        "number": row.number,
        "values": values,
        "problems": list(row.problems),
        "status": "failed" if row.problems else "waiting",
    }


def _sealed(password: str | None, organization_id: UUID, item_id: UUID) -> str | None:
    """A password waits sealed until its link is made and it is hashed."""
    if password is None:
        return None
    nonce = outside().dice.throw(12)
    return (
        outside().vault.seal(password, organization=organization_id, row=item_id, nonce=nonce).hex()
    )


def _kept(by: Actor) -> dict[str, Any]:
    """What is kept of who asked: the links are made in that name."""
    return {
        "credential_id": str(by.credential_id),
        "kind": by.kind,
        "dialect": by.dialect,
        "name": by.name,
        "workspace_id": str(by.workspace_id) if by.workspace_id else None,
        "user_id": str(by.user_id) if by.user_id else None,
    }
