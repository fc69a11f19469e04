"""The composition root: settings become an open database, installed gateways and a starter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from temporalio.client import Client, Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.gateways.bundled_geo import BundledGeo
from activities.gateways.clerk import Clerk
from activities.gateways.clock import SystemClock
from activities.gateways.destinations import Destinations
from activities.gateways.dice import SystemDice
from activities.gateways.dns import Resolver, SystemResolver
from activities.gateways.drawers import Drawers
from activities.gateways.geo import Geo, GeoDatabase, GeoUnreadable, NoGeo
from activities.gateways.inbox import Inbox, InboxReceivers
from activities.gateways.mailer import Mailbox, Mailer, NoMailer
from activities.gateways.pictures import Pictures
from activities.gateways.receivers import Receivers
from activities.gateways.vault import Vault
from activities.outside import Outside, install, outside
from schema.db import WAIT_FOR_CONNECTION_SECONDS, connect, disconnect
from schema.settings import Settings, SettingWrong, decode_key, need_database
from workers.telemetry import start_telemetry, stop_telemetry, temporal_runtime
from workflows.starter import Starter

NO_GEO = "none"
"""The GEOIP_DB that looks nothing up."""

BEHIND_THE_SCENES_SECONDS = 60.0
"""A client is refused soon, so that it can try again; work that nobody waits for can wait."""


@dataclass(frozen=True)
class Running:
    """A process that is set up."""

    settings: Settings
    starter: Starter


@asynccontextmanager
async def set_up(settings: Settings, role: str) -> AsyncIterator[Running]:
    """Open everything that a process of this role needs; nothing has to answer yet.

    Raises `SettingWrong` when a setting that the role needs is missing or leads nowhere.
    """
    reach_temporal = connector(settings)
    patience = WAIT_FOR_CONNECTION_SECONDS if role == "serve" else BEHIND_THE_SCENES_SECONDS
    geo = make_geo(settings) if role == "serve" else NoGeo()
    async with gateways(settings, patience=patience, geo=geo):
        start_telemetry(settings, role)
        if role == "serve":
            prepared = (geo, outside().drawers)
            Thread(target=_warm_up, args=prepared, name="warm up", daemon=True).start()
        try:
            yield Running(settings, Starter(reach_temporal))
        finally:
            stop_telemetry()


@asynccontextmanager
async def gateways(
    settings: Settings,
    *,
    patience: float = WAIT_FOR_CONNECTION_SECONDS,
    geo: Geo | None = None,
) -> AsyncIterator[None]:
    """An open database and the real gateways: all that operations need.

    Without `geo` nobody knows where visitors are: only who serves has any.
    """
    url = need_database(settings)
    resolver = SystemResolver(servers=settings.name_servers())
    world = make_outside(settings, resolver, geo or NoGeo())
    await connect(url, pool_size=settings.database_pool_size, patience=patience)
    install(world)
    try:
        yield
    finally:
        await world.receivers.close()
        await world.pictures.close()
        await world.destinations.close()
        await world.mailer.close()
        await asyncio.to_thread(world.drawers.close)
        await resolver.close()
        await disconnect()
        install(None)


def make_outside(settings: Settings, resolver: SystemResolver, geo: Geo) -> Outside:
    """The real gateways."""
    return Outside(
        clock=SystemClock(),
        dice=SystemDice(),
        resolver=resolver,
        receivers=make_receivers(settings, resolver),
        pictures=Pictures(
            resolver,
            allow_private=settings.allow_private_targets,
            allow_http=settings.allow_http_targets,
        ),
        destinations=Destinations(
            resolver,
            allow_private=settings.allow_private_targets,
            allow_http=settings.allow_http_targets,
            about=f"{settings.public_url}/docs/link-checker",
        ),
        vault=Vault(_key(settings)),
        mailer=make_mailer(settings),
        public_url=settings.public_url,
        allow_private_targets=settings.allow_private_targets,
        allow_http_targets=settings.allow_http_targets,
        clerk=make_clerk(settings),
        geo=geo,
        picture_cache_bytes=settings.picture_cache_mb * 1024 * 1024,
        inbox=make_inbox(settings),
    )


def make_receivers(settings: Settings, resolver: Resolver) -> Receivers:
    """Those on the public internet, or wherever else settings allow."""
    private, http = settings.allow_private_targets, settings.allow_http_targets
    if settings.dev_inbox:
        return InboxReceivers(resolver, port=settings.port, allow_private=private, allow_http=http)
    return Receivers(resolver, allow_private=private, allow_http=http)


def make_inbox(settings: Settings) -> Inbox | None:
    """The inbox of this machine, where it is to have one: beside the visits that wait."""
    if not settings.dev_inbox:
        return None
    return Inbox(Path(settings.spool_dir) / "inbox", settings.port)


def make_mailer(settings: Settings) -> Mailer:
    """Resend where its key is set; else a mailbox page, or in production nothing."""
    key = settings.resend_api_key.get_secret_value()
    if not key:
        return Mailbox() if settings.has_mailbox() else NoMailer()
    # Only here: its SDK takes half a second to import.
    from activities.gateways.resend import ResendMailer

    return ResendMailer(key, base_url=settings.resend_base_url, sender=settings.mail_from)


def make_geo(settings: Settings) -> Geo:
    """The operator's file, else the bundled table, or nothing.

    Raises `SettingWrong` when the file cannot be read.
    """
    if settings.geoip_db == NO_GEO:
        return NoGeo()
    if not settings.geoip_db:
        return BundledGeo()
    try:
        return GeoDatabase(settings.geoip_db)
    except GeoUnreadable as fault:
        raise SettingWrong(f"GEOIP_DB: {fault}") from None


def make_clerk(settings: Settings) -> Clerk | None:
    """Clerk where its keys have an address, otherwise nobody."""
    if not settings.clerk_jwks_url:
        return None
    return Clerk(
        SystemClock(),
        jwks_url=settings.clerk_jwks_url,
        issuer=settings.clerk_issuer,
        audience=settings.clerk_audience,
    )


def connector(settings: Settings) -> Callable[[], Awaitable[Client]]:
    """How to reach Temporal, for a `Starter` and for workers."""
    if not settings.temporal_address:
        raise SettingWrong(
            "TEMPORAL_ADDRESS is not set; set it, or run `inkloom up`, which brings its own server"
        )

    async def connect_temporal() -> Client:
        key = settings.temporal_api_key.get_secret_value()
        traced: list[Interceptor] = []
        if isinstance(trace.get_tracer_provider(), TracerProvider):
            traced.append(TracingInterceptor())
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
            tls=settings.temporal_tls or None,
            api_key=key or None,
            interceptors=traced,
            runtime=temporal_runtime(),
        )

    return connect_temporal


def _warm_up(geo: Geo, drawers: Drawers) -> None:
    # Only here: its lists of crawlers and browsers take a tenth of a second to import.
    from activities.visitors import warm_up

    warm_up(geo)
    with suppress(RuntimeError, CancelledError):  # a process that is stopped meanwhile
        drawers.warm_up()


def _key(settings: Settings) -> bytes:
    text = settings.secret_key.get_secret_value()
    if not text:
        raise SettingWrong("SECRET_KEY is not set; make one with: openssl rand -base64 32")
    return decode_key(text)
