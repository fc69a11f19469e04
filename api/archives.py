"""Archives of batches that are done, on their way: part by part, never held as a whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from activities.pictures.batches_reading import ArchiveView, ReadPart, read_part
from activities.pictures.bulk_archive import Archive
from activities.rules.actors import Actor

ZIP = "application/zip"

HEADERS = {
    "Content-Disposition": 'attachment; filename="inkloom-codes.zip"',
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}

ARCHIVE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The archive, its manifest last", "content": {ZIP: {}}}
}


async def kept_archive(by: Actor, id: UUID, view: ArchiveView) -> AsyncGenerator[bytes, None]:
    """The archive of a batch: one part in memory at a time."""
    archive = Archive(view.faults)
    for number in range(view.parts):
        part = await read_part(ReadPart(by, id, number))
        archive.add(len(part.content), part.lines, part.outcomes)
        yield part.content
    yield archive.end()
