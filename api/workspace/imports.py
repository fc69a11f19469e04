"""`/api/imports`: short links out of CSV files, looked at first and then made as a job."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict, Field

from activities.cause import current_cause
from activities.imports.previewing import PreviewImport, preview_import
from activities.imports.reading import (
    ListImportItems,
    ListImports,
    ReadImport,
    list_import_items,
    list_imports,
    read_import,
)
from activities.imports.running import (
    CancelImport,
    StartImport,
    cancel_import,
    import_started,
    may_start_import,
)
from activities.imports.views import ImportItemView, ImportView, ItemStatus, Status
from activities.rules.errors import InvalidFields
from activities.rules.imports.formats import FIELDS
from activities.rules.imports.tables import MOST_BYTES
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.jobs import Jobs
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import OrgId, path_id, to_uuid
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

EXAMPLE = "url,slug\nhttps://example.com/spring,\n"

router = make_router(authenticate, dependencies=[documented], tags=["jobs"])

to_id = partial(path_id, "imp", "import")


class ImportIn(In):
    """A CSV file: as text in `csv`, or in `base64` when it is not UTF-8. Exactly one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"csv": EXAMPLE}]})

    csv: str | None = Field(
        None,
        max_length=MOST_BYTES,
        description="the file as text, its header line first; at most 10,000 lines",
        examples=[EXAMPLE],
    )
    base64: str | None = Field(
        None,
        max_length=-(-MOST_BYTES // 3) * 4,
        description="the bytes of the file in base64, for UTF-16 and Windows-1252",
    )
    mapping: dict[str, Text] = Field(
        default_factory=dict,
        max_length=len(FIELDS),
        description="which column holds what, where the headers are of no known export: "
        f"keys are {', '.join(FIELDS)}; values are headers of the file",
        examples=[{}],
    )
    https_only: bool = Field(True, description="refuse destinations that are not https")
    workspace_id: Text | None = Field(
        None, max_length=64, description="where the links go; the first workspace when absent"
    )
    folder_id: Text | None = Field(None, max_length=64, description="the folder of all the links")
    tags: list[Text] = Field(
        default_factory=list, max_length=30, description="tags that every link gets", examples=[[]]
    )


class ImportOut(Out):
    """A file that was looked at, and how far its import is."""

    id: str = Field(description="imp_ and 32 hex digits")
    status: Status = Field(description="previewed, running, done or cancelled")
    format: str = Field(description="whose export it is", examples=["bitly"])
    title: str = Field(description="the same for people", examples=["Bitly"])
    headers: list[str] = Field(description="the headers of the file")
    columns: dict[str, list[str]] = Field(description="the headers in which each field was found")
    duplicate_slugs: list[str] = Field(description="slugs that the file has more than once")
    workspace_id: str = Field(description="where the links go")
    total: int = Field(description="lines of the file, the header left out")
    good: int = Field(description="lines that can be made into links")
    bad: int = Field(description="lines with problems; they are left out")
    made: int = Field(description="links made so far")
    failed: int = Field(description="lines that became no link, the bad ones included")
    created_at: Moment = Field(description="when the file was looked at")
    finished_at: Moment | None = Field(description="when it was done or cancelled")


class ImportItemOut(Out):
    """One line of the file."""

    number: int = Field(description="its line in the file, from 1", examples=[2])
    destination_url: str = Field(description="where its link leads")
    slug: str | None = Field(description="the slug it asks for; drawn when null")
    name: str | None = Field(description="the name of its link")
    tags: list[str] = Field(description="its tags")
    status: ItemStatus = Field(description="waiting, made or failed")
    problems: list[str] = Field(description="what is wrong with it, one sentence each")
    link_id: str | None = Field(description="the link that it became")


@router.get("/api/imports", summary="List imports")
async def list_all(by: By, asked: Asked, org_id: OrgId = None) -> PlainPageOut[ImportOut]:
    return present_plain(await list_imports(ListImports(by, asked)), present_import)


@router.post("/api/imports", status_code=201, summary="Look at a CSV file before importing it")
async def create(body: ImportIn, by: By, org_id: OrgId = None) -> ImportOut:
    try:
        return present_import(await preview_import(to_command(body, by)))
    except InvalidFields as refused:
        raise _as_sent(refused, body) from None


@router.get("/api/imports/{id}", summary="How far an import is")
async def fetch(id: Text, by: By, org_id: OrgId = None) -> ImportOut:
    return present_import(await read_import(ReadImport(by, to_id(id))))


@router.get("/api/imports/{id}/items", summary="The lines of an import")
async def items(
    id: Text,
    by: By,
    asked: Asked,
    status: Annotated[ItemStatus | None, Query(description="only lines in this state")] = None,
    org_id: OrgId = None,
) -> PlainPageOut[ImportItemOut]:
    page = await list_import_items(ListImportItems(by, to_id(id), asked, status))
    return present_plain(page, present_item)


@router.post("/api/imports/{id}/run", status_code=202, summary="Make the links of an import")
async def run(id: Text, by: By, jobs: Jobs, org_id: OrgId = None) -> ImportOut:
    job = await may_start_import(StartImport(by, to_id(id)))
    await jobs.starter.import_links(job, by.organization_id, current_cause())
    return present_import(await import_started(StartImport(by, job.id)))


@router.post("/api/imports/{id}/cancel", summary="Make no more links of an import")
async def cancel(id: Text, by: By, org_id: OrgId = None) -> ImportOut:
    return present_import(await cancel_import(CancelImport(by, to_id(id))))


def to_command(body: ImportIn, by: By) -> PreviewImport:
    """The body as the domain takes it. Raises `InvalidFields`."""
    return PreviewImport(
        by=by,
        content=_content(body),
        mapping=body.mapping,
        https_only=body.https_only,
        workspace_id=to_uuid("workspace_id", "wsp", body.workspace_id),
        folder_id=to_uuid("folder_id", "fld", body.folder_id),
        tags=tuple(body.tags),
    )


def _content(body: ImportIn) -> bytes:
    if (body.csv is None) == (body.base64 is None):
        raise InvalidFields({"csv": ["Give the file in exactly one of csv and base64."]})
    if body.csv is not None:
        return body.csv.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body.base64 or "", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidFields({"base64": ["This is not base64 (RFC 4648)."]}) from None


def _as_sent(refused: InvalidFields, body: ImportIn) -> InvalidFields:
    """The same, what is wrong with the file told of the field that it came in."""
    sent = "csv" if body.base64 is None else "base64"
    return InvalidFields({sent if n == "file" else n: told for n, told in refused.fields.items()})


def present_import(job: ImportView) -> ImportOut:
    """The import in this dialect's words."""
    return ImportOut(
        id=prefixed("imp", job.id),
        status=job.status,
        format=job.format,
        title=job.title,
        headers=list(job.headers),
        columns={name: list(found) for name, found in job.columns.items()},
        duplicate_slugs=list(job.duplicate_slugs),
        workspace_id=prefixed("wsp", job.workspace_id),
        total=job.total,
        good=job.good,
        bad=job.bad,
        made=job.made,
        failed=job.failed,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


def present_item(item: ImportItemView) -> ImportItemOut:
    """One line in this dialect's words."""
    return ImportItemOut(
        number=item.number,
        destination_url=item.destination_url,
        slug=item.slug,
        name=item.name,
        tags=list(item.tags),
        status=item.status,
        problems=list(item.problems),
        link_id=prefixed("lnk", item.link_id) if item.link_id else None,
    )
