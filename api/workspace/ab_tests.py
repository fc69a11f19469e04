"""The end of an A/B test: everybody is led to one variant."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from activities.links.reading import ReadLink, read_link
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.statistics.experiments import ConcludeExperiment, conclude_experiment
from api.dialect import Text
from api.etags import Expected, set_etag
from api.routers import By, make_router
from api.scalars import In
from api.workspace.auth import authenticate, documented
from api.workspace.links_out import LinkOut, present_link
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.qr import answer as answer_code
from api.workspace.qr_out import QrOut

router = make_router(authenticate, dependencies=[documented], tags=["jobs"])

to_code_id = partial(path_id, "qr", "QR code")
to_link_id = partial(path_id, "lnk", "link")

PathId = Annotated[
    Text, Path(max_length=LONGEST_ID, description="its id: a prefix and 32 hex digits")
]


class ConcludeIn(In):
    """Which variant shall win."""

    variant_id: Text | None = Field(
        None,
        max_length=64,
        description="null: the winner, once the test is sure of one",
        examples=["v1"],
    )


@router.post("/api/qr/{id}/ab-test/conclude", summary="Lead everybody to the winning variant")
async def conclude_code(
    id: PathId,
    body: ConcludeIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> QrOut:
    code = to_code_id(id)
    await conclude_experiment(ConcludeExperiment(by, "qr", code, body.variant_id, expected))
    return answer_code(response, await read_qr_code(ReadQrCode(by, id=code)))


@router.post("/api/links/{id}/ab-test/conclude", summary="Lead everybody to the winning variant")
async def conclude_link(
    id: PathId,
    body: ConcludeIn,
    by: By,
    expected: Expected,
    response: Response,
    org_id: OrgId = None,
) -> LinkOut:
    link = to_link_id(id)
    await conclude_experiment(ConcludeExperiment(by, "link", link, body.variant_id, expected))
    view = await read_link(ReadLink(by, link))
    set_etag(response, view.version)
    return present_link(view)
