"""Imports run: their links made in parts, each part in one transaction with its lines.

A part that was interrupted is made again from its lines that still wait, so that however often a
worker dies each line becomes one link, or says why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from temporalio import activity

from activities.bulk import DoEach, Item, do_each
from activities.imports.reading import own_imports
from activities.imports.views import ImportView, view_of
from activities.links.creating import CreateLink, create_link
from activities.notices.telling import Notify, notify
from activities.outside import outside
from activities.passwords import HashSharedPassword, SharedPassword, hash_shared_password
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, NotNow, RateLimited
from activities.rules.notices import counted
from activities.rules.retention import KEPT_AFTER_ITS_END
from activities.rules.spelling import read_stamp
from schema.db import transaction
from schema.tables import ImportItemRow, ImportRow, OrganizationRow

OVER = ("done", "cancelled")
"""States in which nothing is left to do."""

AT_ONCE = 100
"""Lines of one part: about a second's work."""


@dataclass(frozen=True)
class StartImport:
    """An import shall be run."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class CancelImport:
    """An import shall go no further; what is made stays."""

    by: Actor
    id: UUID


@dataclass(frozen=True)
class ImportPart:
    """Make the next lines of an import."""

    import_id: UUID


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is: of `total` lines `made` are links and `failed` will be none."""

    status: str
    total: int
    made: int
    failed: int

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self.status in OVER


class PasswordsBusy(Exception):
    """Too many passwords are hashed at the moment; the part is tried again later."""


@dataclass(frozen=True)
class _Hashed:
    """What is to be stored for the passwords of lines; None for one that cannot be kept."""

    done: Mapping[UUID, SharedPassword | None]
    is_busy: bool


@needs("assets.write")
async def may_start_import(command: StartImport) -> ImportView:
    """The import, if it can be started now or runs already; it is the workflow that starts it.

    Raises `NotFound`, and `NotNow` for one that is over, is older than 30 days or has no good line.
    """
    async with transaction() as session:
        row = await _find(session, command.by, command.id)
    if row.status == "previewed" and row.created_at < outside().clock.now() - KEPT_AFTER_ITS_END:
        raise NotNow("This file was looked at more than 30 days ago; upload it again.")
    if row.status in OVER:
        raise NotNow(f"This import is {row.status}; upload the file again to run it once more.")
    if row.failed == row.total:
        raise NotNow("No line of this file can be imported; mend it and upload it again.")
    return view_of(row)


@needs("assets.write")
async def import_started(command: StartImport) -> ImportView:
    """The workflow of an import is there: from now on it is a run. Raises `NotFound`."""
    async with transaction() as session:
        row = await _find(session, command.by, command.id, lock=True)
        if row.status == "previewed":
            row.status = "running"
            await session.flush()
        return view_of(row)


@needs("assets.write")
async def cancel_import(command: CancelImport) -> ImportView:
    """Stop it after the part under way. Raises `NotFound`; `NotNow` for one that is done."""
    async with transaction() as session:
        row = await _find(session, command.by, command.id, lock=True)
        if row.status == "done":
            raise NotNow("This import is done; delete the links that it made instead.")
        if row.status != "cancelled":
            row.status, row.finished_at = "cancelled", outside().clock.now()
            await session.flush()
        return view_of(row)


@activity.defn
async def import_part(command: ImportPart) -> ImportProgress:
    """Make up to 100 links; the last part says that the import is done.

    A line whose password finds no turn to be hashed waits for a later part. Raises `PasswordsBusy`
    when that leaves nothing to do.
    """
    hashed = await _hash_passwords(command.import_id)
    async with transaction() as session:
        query = select(ImportRow).where(ImportRow.id == command.import_id).with_for_update()
        job = (await session.execute(query)).scalar_one()
        if job.status not in OVER:
            lines = await _waiting(session, job.id)
            ready = [line for line in lines if not _password(line) or line.id in hashed.done]
            if lines and not ready and hashed.is_busy:
                raise PasswordsBusy
            await _make(session, job, ready, hashed)
            over = len(lines) < AT_ONCE and len(ready) == len(lines)
            job.status = "done" if over else "running"
            job.finished_at = outside().clock.now() if over else None
            await session.flush()
            if over:
                await _tell(job)
        return ImportProgress(job.status, job.total, job.made, job.failed)


async def _tell(job: ImportRow) -> None:
    what = f"{counted(job.made, 'link', 'links')} made"
    if job.failed:
        what += f", {counted(job.failed, 'line', 'lines')} left out"
    words = {"name": job.terms["title"], "what": what}
    asked_by = job.actor["user_id"] if job.actor["kind"] in ("session", "jwt") else None
    also = UUID(asked_by) if asked_by else None
    key = f"import/{job.id}"
    await notify(Notify(job.organization_id, "import_ended", key, words, also=also))


async def _find(session: AsyncSession, by: Actor, id: UUID, *, lock: bool = False) -> ImportRow:
    query = own_imports(by).where(ImportRow.id == id)
    row = (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None:
        raise NotFound("import")
    return row


async def _waiting(session: AsyncSession, import_id: UUID) -> Sequence[ImportItemRow]:
    query = (
        select(ImportItemRow)
        .where(ImportItemRow.import_id == import_id, ImportItemRow.status == "waiting")
        .order_by(col(ImportItemRow.number))
        .limit(AT_ONCE)
    )
    return (await session.execute(query)).scalars().all()


async def _hash_passwords(import_id: UUID) -> _Hashed:
    """Those of the next part, before its transaction: each takes a while."""
    async with transaction() as session:
        job = await session.get_one(ImportRow, import_id, populate_existing=True)
        lines = [] if job.status in OVER else await _waiting(session, import_id)
    done: dict[UUID, SharedPassword | None] = {}
    for line in lines:
        password = _opened(_password(line), job.organization_id, line.id)
        try:
            done[line.id] = await hash_shared_password(HashSharedPassword(password))
        except InvalidFields:
            # The operation that makes the link says so.
            done[line.id] = None
        except RateLimited:
            return _Hashed(done, is_busy=True)
    return _Hashed(done, is_busy=False)


async def _make(
    session: AsyncSession, job: ImportRow, lines: Sequence[ImportItemRow], hashed: _Hashed
) -> None:
    if not lines:
        return
    by = await _actor(session, job)
    items = tuple(
        Item(_command(by, job, line, hashed.done.get(line.id)), line.values["slug"] or "")
        for line in lines
    )
    done = await do_each(DoEach(create_link, items))
    for line, result in zip(lines, done.results, strict=True):
        line.status = "failed" if result.refusal else "made"
        line.problems = [str(result.refusal)] if result.refusal else []
        line.asset_id = result.view.id if result.view else None
        # What was sealed has served.
        line.values = {**line.values, "sealed_password": None}
    job.failed += done.refused
    job.made += len(lines) - done.refused


def _command(
    by: Actor, job: ImportRow, line: ImportItemRow, protection: SharedPassword | None
) -> CreateLink:
    values, terms = line.values, job.terms
    return CreateLink(
        by=by,
        destination_url=values["destination_url"],
        slug=values["slug"],
        domain_id=UUID(values["domain_id"]) if values["domain_id"] else None,
        name=values["name"] or "",
        tags=(*values["tags"], *terms["tags"]),
        is_active=values["is_active"],
        expires_at=read_stamp(values["expires_at"]) if values["expires_at"] else None,
        password=None if protection else _opened(_password(line), job.organization_id, line.id),
        protection=protection,
        workspace_id=job.workspace_id,
        folder_id=UUID(terms["folder_id"]) if terms["folder_id"] else None,
    )


def _password(line: ImportItemRow) -> str | None:
    sealed: str | None = line.values["sealed_password"]
    return sealed


def _opened(sealed: str | None, organization_id: UUID, item_id: UUID) -> str | None:
    if sealed is None:
        return None
    return outside().vault.open(bytes.fromhex(sealed), organization=organization_id, row=item_id)


async def _actor(session: AsyncSession, job: ImportRow) -> Actor:
    """Who asked for the import, allowed what it needs, on today's plan of the organization."""
    organization = await session.get_one(OrganizationRow, job.organization_id)
    kept: dict[str, Any] = job.actor
    return Actor(
        organization_id=job.organization_id,
        credential_id=UUID(kept["credential_id"]),
        dialect=kept["dialect"],
        name=kept["name"],
        plan=organization.plan,
        permissions=frozenset(("assets.read", "assets.write")),
        kind=kept["kind"],
        workspace_id=UUID(kept["workspace_id"]) if kept["workspace_id"] else None,
        user_id=UUID(kept["user_id"]) if kept["user_id"] else None,
    )
