"""Tenants, their credentials and what they own, in one line each."""

from __future__ import annotations

from uuid import UUID

from activities.accounts import CreateOrganization, OrganizationView, create_organization
from activities.endpoints.creating import CreateEndpoint, create_endpoint
from activities.endpoints.views import EndpointView
from activities.keys import AuthenticateKey, CreateKey, authenticate_key, create_key
from activities.outside import outside
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.views import QrCodeView
from activities.rules.actors import Actor
from activities.visitors import Visitor
from schema.db import transaction
from schema.tables import EndpointRow

PERSON = Visitor(
    country="DE",
    device="mobile",
    os="iOS",
    browser="Mobile Safari",
    language="de",
    referrer_domain="example.org",
    is_bot=False,
)
ROBOT = Visitor(
    country=None,
    device="bot",
    os=None,
    browser=None,
    language=None,
    referrer_domain=None,
    is_bot=True,
)


async def an_organization(slug: str = "acme") -> OrganizationView:
    return await create_organization(
        CreateOrganization(
            name=slug.title(), slug=slug, owner_email=f"{slug}@example.com", owner_name="Ada"
        )
    )


async def a_key(organization: OrganizationView, dialect: str = "studio") -> str:
    return (await create_key(CreateKey(organization.id, dialect, "test key"))).secret


async def a_tenant(slug: str = "acme") -> Actor:
    """An organization, seen through a studio key of its own."""
    async with transaction():
        secret = await a_key(await an_organization(slug))
        return await authenticate_key(AuthenticateKey("studio", secret))


async def a_code(by: Actor, destination: str = "https://example.com/a", **more: str) -> QrCodeView:
    return await create_qr_code(CreateQrCode(by=by, destination_url=destination, **more))  # type: ignore[arg-type]


async def an_endpoint(
    by: Actor,
    url: str = "https://hooks.example.com/in",
    events: tuple[str, ...] = ("*",),
    scheme: str = "standard",
    delays: tuple[float, ...] = (5.0, 60.0),
) -> EndpointView:
    return await create_endpoint(
        CreateEndpoint(by=by, url=url, events=events, scheme=scheme, retry_policy=delays)
    )


async def a_listener(by: Actor, events: tuple[str, ...] = ("*",), status: str = "active") -> UUID:
    """An endpoint, straight in the table: somebody there wants to hear of visits."""
    now = outside().clock.now()
    row = EndpointRow(
        created_at=now,
        updated_at=now,
        organization_id=by.organization_id,
        url="https://hooks.example.com/in",
        events=list(events),
        scheme="standard",
        description="",
        status=status,
        retry_delays=[],
        retry_policy={},
        sealed_secret=b"",
    )
    async with transaction() as session:
        session.add(row)
        await session.flush()
        return row.id


async def a_heard_tenant(slug: str = "acme") -> Actor:
    """An organization that is told of every visit."""
    by = await a_tenant(slug)
    await a_listener(by)
    return by
