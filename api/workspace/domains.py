"""`/api/domains`: the host names that an organization brings for its links."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from activities.domain_checks import VerifyDomain, verify_domain
from activities.domains import (
    AddDomain,
    DomainStatus,
    DomainView,
    ListDomains,
    ReadDomain,
    RemoveDomain,
    add_domain,
    list_domains,
    read_domain,
    remove_domain,
)
from activities.rules.hostnames import LONGEST
from activities.rules.spelling import prefixed
from api.dialect import Text
from api.routers import By, make_router
from api.scalars import In, Moment, Out
from api.workspace.auth import authenticate, documented
from api.workspace.listing import LONGEST_ID, OrgId, path_id
from api.workspace.paging import Asked
from api.workspace.plain_pages import PlainPageOut, present_plain

router = make_router(authenticate, dependencies=[documented], tags=["domains"])

to_id = partial(path_id, "dom", "domain")

ALL = "/api/domains"
ONE = "/api/domains/{id}"

PathId = Annotated[Text, Path(max_length=LONGEST_ID, description="such as dom_ and 32 hex digits")]


class DomainIn(In):
    """A domain to add."""

    hostname: Text = Field(
        min_length=1,
        max_length=LONGEST,
        description="the host name alone; letters of any script",
        examples=["links.example.com"],
    )


class InstructionsOut(Out):
    """The DNS record that proves the domain."""

    type: Literal["TXT"] = Field("TXT", description="the kind of record", examples=["TXT"])
    name: str = Field(
        description="where to add it", examples=["_inkloom-challenge.links.example.com"]
    )
    value: str = Field(description="what it says", examples=["inkloom-verify=" + "0" * 64])


class DomainOut(Out):
    """A domain; links can live on an active one."""

    id: str = Field(description="its id", examples=["dom_" + "0" * 32])
    hostname: str = Field(
        description="in small ASCII letters (IDNA)", examples=["links.example.com"]
    )
    status: DomainStatus = Field(
        description="`pending` until it is looked at, `failed` when the record was not there",
        examples=["pending"],
    )
    failure: str | None = Field(
        description="why the last look did not find the record", examples=[None]
    )
    instructions: InstructionsOut = Field(description="what to do to prove it")
    link_count: int = Field(description="how many links are on it", examples=[0])
    created_at: Moment = Field(
        description="when it was added", examples=["2026-11-21T12:00:00.000Z"]
    )
    checked_at: Moment | None = Field(description="when it was looked at last", examples=[None])
    verified_at: Moment | None = Field(description="when it was proved", examples=[None])


@router.get(ALL, summary="List domains")
async def list_all(by: By, asked: Asked, org_id: OrgId = None) -> PlainPageOut[DomainOut]:
    return present_plain(await list_domains(ListDomains(by, asked)), present_domain)


@router.post(ALL, status_code=201, summary="Add a domain, to be proved next")
async def create(body: DomainIn, by: By, org_id: OrgId = None) -> DomainOut:
    return present_domain(await add_domain(AddDomain(by, body.hostname)))


@router.get(ONE, summary="Fetch one domain")
async def fetch(id: PathId, by: By, org_id: OrgId = None) -> DomainOut:
    return present_domain(await read_domain(ReadDomain(by, to_id(id))))


@router.post(f"{ONE}/verify", summary="Look into DNS whether a domain is proved")
async def verify(id: PathId, by: By, org_id: OrgId = None) -> DomainOut:
    return present_domain(await verify_domain(VerifyDomain(by, to_id(id))))


@router.delete(ONE, status_code=204, summary="Remove a domain that has no links")
async def remove(id: PathId, by: By, org_id: OrgId = None) -> None:
    await remove_domain(RemoveDomain(by, to_id(id)))


def present_domain(domain: DomainView) -> DomainOut:
    """The domain in this dialect's words."""
    return DomainOut(
        id=prefixed("dom", domain.id),
        hostname=domain.hostname,
        status=domain.status,
        failure=domain.failure,
        instructions=InstructionsOut(name=domain.record_name, value=domain.record_value),
        link_count=domain.link_count,
        created_at=domain.created_at,
        checked_at=domain.checked_at,
        verified_at=domain.verified_at,
    )
