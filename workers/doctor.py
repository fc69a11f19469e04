"""`inkloom doctor`: what is reachable, what is not, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import chain

import psycopg
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.gateways.bundled_geo import BUNDLED_OF, BundledGeo
from activities.gateways.geo import GeoDatabase
from schema.migrate import head
from schema.settings import Settings, SettingWrong
from workers.bootstrap import connector, make_geo
from workflows.queues import SEARCH_ATTRIBUTES
from workflows.starter import Starter, TemporalAway


@dataclass(frozen=True)
class Finding:
    """One check: what, whether it is well, and what was seen or is to be done."""

    what: str
    well: bool
    told: str


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Every check, in the order in which to mend them."""
    servers = await asyncio.gather(asyncio.to_thread(_database, settings), _temporal(settings))
    for finding in chain(*servers):
        yield finding
    key = bool(settings.secret_key.get_secret_value())
    yield Finding("SECRET_KEY", key, "set" if key else "not set: openssl rand -base64 32 makes one")
    yield _mail(settings)
    yield _geo(settings)


def _geo(settings: Settings) -> Finding:
    try:
        geo = make_geo(settings)
    except SettingWrong as fault:
        return Finding("Places", False, str(fault).removeprefix("GEOIP_DB: "))
    if isinstance(geo, GeoDatabase):
        return Finding("Places", True, geo.description)
    if isinstance(geo, BundledGeo):
        return Finding("Places", True, f"countries of {BUNDLED_OF}; GEOIP_DB takes a newer table")
    return Finding("Places", True, "not looked up")


def _mail(settings: Settings) -> Finding:
    if settings.resend_api_key.get_secret_value():
        anywhere = not settings.mail_from.rstrip(">").endswith("@localhost")
        told = f"{settings.mail_from} through {settings.resend_base_url}"
        return Finding("Mail", anywhere, told if anywhere else "set MAIL_FROM to your own address")
    if settings.has_mailbox():
        return Finding("Mail", True, f"to {settings.public_url}/dev/mailbox")
    return Finding("Mail", False, "no mail can be sent: RESEND_API_KEY is not set")


def _database(settings: Settings) -> list[Finding]:
    url = settings.database_url.get_secret_value()
    if not url:
        return [Finding("PostgreSQL", False, "DATABASE_URL is not set; `inkloom up` embeds one")]
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            found = connection.execute("SHOW server_version").fetchone()
            version = str(found[0]) if found else "unknown"
            tables = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
            at = None
            if tables and tables[0]:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                at = row[0] if row else None
    except psycopg.Error as fault:
        reason = str(fault).partition("\n")[0]
        return [Finding("PostgreSQL", False, f"does not answer: {reason}")]
    new_enough = int(version.partition(".")[0]) >= 15
    current = at == head()
    return [
        Finding("PostgreSQL", new_enough, version if new_enough else f"{version}; 15 is needed"),
        Finding("Tables", current, "up to date" if current else "run `inkloom migrate`"),
    ]


async def _temporal(settings: Settings) -> list[Finding]:
    if not settings.temporal_address:
        return [Finding("Temporal", False, "TEMPORAL_ADDRESS is not set; `inkloom up` embeds one")]
    starter = Starter(connector(settings), seconds=3)
    try:
        client = await starter.client()
    except TemporalAway as fault:
        return [Finding("Temporal", False, f"{settings.temporal_address} does not answer: {fault}")]
    here = Finding("Temporal", True, f"{settings.temporal_address}, {settings.temporal_namespace}")
    return [here, await _attributes(client)]


async def _attributes(client: Client) -> Finding:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        known = await client.service_client.operator_service.list_search_attributes(request)
    except RPCError as fault:
        return Finding("Search attributes", False, f"cannot be read: {fault.message}")
    missing = sorted({key.name for key in SEARCH_ATTRIBUTES} - set(known.custom_attributes))
    told = f"missing: {', '.join(missing)}; a worker adds them" if missing else "all there"
    return Finding("Search attributes", not missing, told)
