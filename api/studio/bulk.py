"""`/api/v1/generate/bulk/`: many pictures in one archive, streamed or as a job."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from time import perf_counter
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.responses import StreamingResponse

from activities.cause import current_cause
from activities.pictures.batches import (
    BatchView,
    CancelBatch,
    FindBatch,
    KeepBatch,
    Status,
    WithdrawBatch,
    cancel_batch,
    find_batch,
    keep_batch,
    withdraw_batch,
)
from activities.pictures.batches_reading import (
    ListBatches,
    OpenArchive,
    ReadBatch,
    list_batches,
    open_archive,
    read_batch,
)
from activities.pictures.bulk_judging import PrepareBulk, prepare_bulk
from activities.pictures.bulk_opening import OpenBulk, open_bulk
from activities.rules.actors import Actor
from api.archives import ARCHIVE, HEADERS, ZIP, kept_archive
from api.dialect import Text
from api.jobs import Jobs
from api.routers import By, make_router
from api.scalars import Id, Moment
from api.studio.auth import authenticate_key_only, documented_for_keys
from api.studio.bulk_in import BulkIn
from api.studio.bulk_stream import BulkStream
from api.studio.paging import Asked, PageOut, present_page
from api.studio.render_headers import DOCUMENTED, render_headers
from workflows.starter import TemporalAway

ALL = "/api/v1/generate/bulk/"
ONE = "/api/v1/generate/bulk/{batch_id}/"
DOWNLOAD = "/api/v1/generate/bulk/{batch_id}/download/"

KEY_SPELLING = r"^[\x21-\x7e]{1,255}$"

router = make_router(authenticate_key_only, dependencies=[documented_for_keys], tags=["batches"])
paid = make_router(
    authenticate_key_only, dependencies=[documented_for_keys], tags=["batches", "generate"]
)
"""Routes that spend renders."""

Key = Annotated[
    Text | None,
    Header(
        alias="Idempotency-Key",
        pattern=KEY_SPELLING,
        description="makes a retry safe: the request is a job, and the same key and request get "
        "the same one",
    ),
]


class FaultOut(BaseModel):
    """Why an item became no picture."""

    index: int = Field(description="of the item, from 0", examples=[3])
    name: str = Field(description="the item's name")
    error: str = Field(description="what is wrong with it")


class StartedOut(BaseModel):
    """A batch that is drawn as a job."""

    batch_id: Id = Field(description="names it")
    status_url: str = Field(description="where to ask how far it is")


class BatchOut(StartedOut):
    """How far a batch is."""

    state: Status = Field(description="waiting, running, done or cancelled")
    total: int = Field(description="items that were asked for")
    done: int = Field(description="pictures that are drawn")
    failed: int = Field(description="items that become no picture")
    errors: list[FaultOut] = Field(description="why; the first thousand of them")
    download_url: str | None = Field(description="the archive; null until it is done")
    created_at: Moment = Field(description="when it was asked for")
    finished_at: Moment | None = Field(description="when it was done or cancelled")
    expires_at: Moment = Field(description="until when it is kept")


@paid.post(
    ALL,
    summary="Render up to 5,000 QRs and return a ZIP archive",
    response_class=Response,
    responses={
        200: {
            "description": "The archive, its manifest last",
            "content": {ZIP: {}},
            "headers": DOCUMENTED,
        },
        202: {"description": "It is drawn as a job", "model": StartedOut, "headers": DOCUMENTED},
    },
)
async def bulk(
    body: BulkIn, request: Request, by: By, jobs: Jobs, idempotency_key: Key = None
) -> Response:
    """Every item is judged before the first is drawn, so that one that is wrong spends nothing."""
    began = perf_counter()
    if body.runs_as_job(is_kept=idempotency_key is not None):
        return await _as_job(body, request, by, jobs, idempotency_key)
    judged = await prepare_bulk(_asked(body, by))
    opened = await open_bulk(OpenBulk(by, judged, body.continue_on_error))
    took = round((perf_counter() - began) * 1000)
    return BulkStream(by, opened, render_headers(opened.allowance, is_hit=False, took_ms=took))


@router.get(ALL, summary="List the batches of the last seven days")
async def list_all(request: Request, by: By, asked: Asked) -> PageOut[BatchOut]:
    page = await list_batches(ListBatches(by, asked))
    return present_page(request, page, lambda batch: present_batch(request, batch))


@router.get(ONE, summary="How far a batch is")
async def fetch(batch_id: UUID, request: Request, by: By, jobs: Jobs) -> BatchOut:
    """A batch whose start was interrupted is started by who asks for it."""
    batch = await read_batch(ReadBatch(by, batch_id))
    if batch.status == "waiting":
        with suppress(TemporalAway):
            await jobs.starter.render_batch(batch, by.organization_id, current_cause())
    return present_batch(request, batch)


@router.get(
    DOWNLOAD,
    summary="The archive of a batch that is done",
    response_class=Response,
    responses=ARCHIVE,
)
async def download(batch_id: UUID, by: By) -> Response:
    archive = await open_archive(OpenArchive(by, batch_id))
    return StreamingResponse(kept_archive(by, batch_id, archive), media_type=ZIP, headers=HEADERS)


@router.delete(ONE, status_code=204, summary="Cancel a batch, and forget what is drawn of it")
async def cancel(batch_id: UUID, by: By) -> None:
    await cancel_batch(CancelBatch(by, batch_id))


async def _as_job(
    body: BulkIn, request: Request, by: Actor, jobs: Jobs, key: str | None
) -> Response:
    """Keep it and start it; while the workflow service is away nothing of it is kept."""
    batch_id = uuid4() if key is None else uuid5(request.state.scope, f"bulk {key}")
    digest = hashlib.sha256(await request.body()).digest()
    kept = await find_batch(FindBatch(by, batch_id, digest)) if key else None
    if kept is None:
        judged = await prepare_bulk(_asked(body, by))
        kept = await keep_batch(KeepBatch(by, batch_id, judged, digest))
    try:
        await jobs.starter.render_batch(kept.batch, by.organization_id, current_cause())
    except TemporalAway:
        await withdraw_batch(WithdrawBatch(by, batch_id))
        raise
    told = StartedOut(batch_id=batch_id, status_url=_address(request, ONE, batch_id))
    headers = render_headers(kept.allowance, is_hit=False, took_ms=0)
    return JSONResponse(told.model_dump(), 202, headers=headers)


def _asked(body: BulkIn, by: Actor) -> PrepareBulk:
    return PrepareBulk(
        by=by,
        items=tuple(item.to_item() for item in body.items),
        name_template=body.name_template,
        continue_on_error=body.continue_on_error,
    )


def present_batch(request: Request, batch: BatchView) -> BatchOut:
    """The batch in this dialect's words."""
    return BatchOut(
        batch_id=batch.id,
        status_url=_address(request, ONE, batch.id),
        state=batch.status,
        total=batch.total,
        done=batch.done,
        failed=batch.failed,
        errors=[
            FaultOut(index=fault.index, name=fault.name, error=fault.sentence)
            for fault in batch.faults
        ],
        download_url=_address(request, DOWNLOAD, batch.id) if batch.is_done else None,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
        expires_at=batch.expires_at,
    )


def _address(request: Request, path: str, batch_id: UUID) -> str:
    return str(request.url.replace(path=path.format(batch_id=batch_id), query=""))
