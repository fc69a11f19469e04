"""Schemathesis asks every dialect, over HTTP, whether it keeps what its OpenAPI document promises.

All its checks are made: no server error, no undocumented status, content type, header or body;
wrong data refused, right data accepted, credentials needed, `Allow` complete. `INKLOOM_PROOF=full`
asks many times as often.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
import pytest_asyncio

from activities.accounts import CreateOrganization, create_organization
from activities.key_ring import IssueKey, issue_key
from activities.rules.spelling import prefixed
from activities.sessions import (
    AuthenticateSession,
    OpenSession,
    authenticate_session,
    open_session,
)
from activities.token_pairs import OpenPair, open_pair
from tests.builders.members import prove
from tests.house.source import dialects
from tests.journeys.conftest import OPEN
from workers.bootstrap import gateways
from workers.stack import Stack

FULL = os.environ.get("INKLOOM_PROOF") == "full"
EXAMPLES = 150 if FULL else 6
SECONDS = 2700 if FULL else 300
MADE_SECONDS = 60
"""All documents are made when the first one is asked for: seconds, and more on a busy machine."""

pytestmark = pytest.mark.timeout(SECONDS + 60)

GOOD = {
    "destination_url": [
        "https://example.com/",
        "HTTP://a.example:8080/x?y=z#a",
        "https://exämple.com",
    ],
    "destination": ["https://example.com/", "http://a.example/x"],
    "destinationUrl": ["https://example.com/", "https://a.example/%ff/ü?q=&q"],
    "url": ["http://127.0.0.1:8080/hook", "https://127.0.0.1/"],
    "events[*]": ["barcode.created", "page.viewed", "inventory.*"],
}
"""Values that no JSON Schema can describe wholly, by body field; the events never happen here."""

KEYS = {
    "studio": "APIKeyHeader",
    "links": "APIKeyHeader",
    "canva": "HTTPBearer",
    "tracking": "HTTPBearer",
}
"""The dialects that are asked with a key, and the scheme in their document that carries it."""

PLANNED = {
    *("POST /api/org", "POST /api/v1/workspaces", "POST /api/org/{orgId}/team-invites"),
    *("POST /api/org/{orgId}/keys", "POST /api/v1/keys/", "POST /api/tokens"),
    *("POST /api/pages", "POST /api/pages/{id}/duplicate"),
    *("POST /api/qr", "POST /api/v1/dynamic/", "POST /v1/qr-codes", "POST /api/qr-links"),
    *("POST /api/barcode", "POST /api/barcode/{id}/duplicate", "POST /api/qr/{id}/duplicate"),
}
"""Creates that a plan counts."""

ELSEWHERE = {
    "POST /api/labels": "needs ids of codes that exist: test_pictures",
    "POST /api/auth/email": "needs a captcha: test_sign_in_page",
    "GET /api/auth/verify": "needs a mailed link: test_sign_in_page",
    "POST /api/auth/logout": "would end the session of all others: test_sign_in",
    "DELETE /api/auth/sessions/{id}": "would end the session of all others: test_sign_in",
    "DELETE /api/v1/keys/{id}/": "would end the key of all others: test_keys",
    "POST /api/v1/keys/{id}/rotate/": "would end the key of all others: test_keys",
    "POST /api/auth/login/": "needs a password: test_studio_account",
    "POST /api/auth/token/refresh/": "needs a token: test_studio_account",
    "POST /api/public/access": "needs a protected code: test_access",
    "POST /api/public/rcaptcha/verify": "needs a solution: test_captcha",
    "POST /api/public/conversions": "needs somebody's code: test_conversions",
    "POST /api/team-invites/accept": "needs an invitation: test_business_invites",
    "POST /oauth/token": "needs a code: test_oauth",
    "POST /oauth/revoke": "needs a client: test_oauth",
    "POST /oauth/introspect": "needs a client: test_oauth",
    "POST /api/org/{orgId}/oauth-clients/{clientId}/rotate": "needs a secret: test_oauth_clients",
    "POST /api/tags/{id}/merge": "needs a second tag: test_shelf",
    "DELETE /api/org/{orgId}/members/{memberId}": "needs a second member: test_org",
    "DELETE /api/auth/grants/{id}": "needs a grant: test_oauth_clients",
    "POST /api/org/{orgId}/leave": "the last owner cannot: test_org",
    "GET /api/org/{orgId}/scans/live": "would never end: test_scans_live",
    "GET /api/v1/analytics/workspace/{id}": "most ids are no key's own: test_statistics_dialects",
}
"""Operations that no document alone can make succeed, why, and where they are seen to.

Those on one thing are looked for at full size only: few tries do not meet an id that exists.
"""

REFUSED_EACH = (
    "checks.negative_data_rejection.expected-statuses = [200, 201, 400, 401, 403, 404, 413, 429]"
)

CONFIG = """
headers = {{ X-Forwarded-For = "203.0.113.{number}" }}
[generation]
max-examples = {examples}
deterministic = true
[cache]
enabled = false
[phases.coverage]
enabled = {full}
{credentials}
{dictionaries}
[parameters]
"query.orgId" = "{organization}"
"path.orgId" = "{organization}"
{bindings}
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 406, 412, 422, 428, 429]
{operations}
# These would end the credential that all others use.
[[operations]]
include-path-regex = "^(/api/auth/(logout|sessions/)|/api/v1/keys/.)"
enabled = false
# This would go on for a quarter of an hour.
[[operations]]
include-path-regex = "/scans/live$"
enabled = false
"""


@dataclass(frozen=True)
class Asked:
    """How a run ended: exit code, what it said, and how often each operation succeeded."""

    code: int | None
    printed: str
    rates: Mapping[str, Mapping[str, Mapping[str, int]]]


@pytest_asyncio.fixture(scope="module")
async def tenants(stack: Stack) -> AsyncIterator[Mapping[str, Mapping[str, str]]]:
    """For each dialect an organization of its own: its credentials by scheme, its id under `id`.

    Of its own, because keys and members are ended in passing. In the end the endpoints are gone:
    many receivers that do not exist, times many codes, would keep the worker busy for the tests
    that follow.
    """
    async with gateways(stack.settings):
        made = {dialect: await tenant(dialect) for dialect in dialects()}
        yield made
    mine = ([UUID(held["id"].removeprefix("org_")) for held in made.values()],)
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "UPDATE endpoint SET deleted_at = now() WHERE organization_id = ANY (%s)", mine
        )
        connection.execute(
            "UPDATE delivery SET status = 'cancelled' "
            "WHERE status = 'pending' AND organization_id = ANY (%s)",
            mine,
        )


async def tenant(dialect: str) -> Mapping[str, str]:
    """An organization without limits of a plan, and what its owner and its keys show."""
    made = await create_organization(
        CreateOrganization(
            "Contracts", f"contracts-{dialect}", f"{dialect}@example.com", "Ada", "enterprise"
        )
    )
    await prove(made.owner_id)
    held = {
        "id": prefixed("org", made.id),
        "APIKeyCookie": (await open_session(OpenSession(made.owner_id))).token,
    }
    if scheme := KEYS.get(dialect):
        owner = await authenticate_session(AuthenticateSession(held["APIKeyCookie"]))
        key = await issue_key(IssueKey(owner, dialect, "contracts"))
        held[scheme] = key.secret or ""
    if dialect == "studio":
        held["HTTPBearer"] = (await open_pair(OpenPair(made.owner_id, made.id))).access
    if dialect == "cron":
        held["HTTPBearer"] = OPEN["CRON_SECRET"]
    return held


@pytest.fixture(scope="module")
def documents(stack: Stack) -> Mapping[str, Mapping[str, Any]]:
    """The OpenAPI document of each dialect that the page of documents names."""
    with httpx.Client(base_url=stack.api, timeout=MADE_SECONDS) as client:
        page = client.get("/docs").text
        paths = re.findall(r'"(/docs/(\w+)/openapi\.json)"', page)
        return {name: client.get(path).json() for path, name in paths}


@pytest_asyncio.fixture(scope="module")
async def asked(
    stack: Stack,
    tenants: Mapping[str, Mapping[str, str]],
    documents: Mapping[str, Mapping[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Asked]:
    """Every dialect asked, side by side."""
    asking = (
        ask(stack, document, tenants[dialect], dialect, tmp_path_factory.mktemp(dialect))
        for dialect, document in documents.items()
    )
    return dict(zip(documents, await asyncio.gather(*asking), strict=True))


def test_every_dialect_has_a_document(documents: Mapping[str, Mapping[str, Any]]) -> None:
    assert set(documents) == set(dialects())


@pytest.mark.parametrize("dialect", dialects())
def test_a_document_names_refusals_of_ours_and_none_of_the_framework(
    documents: Mapping[str, Mapping[str, Any]], dialect: str
) -> None:
    text = json.dumps(documents[dialect])
    assert "ValidationError" not in text
    for operations in documents[dialect]["paths"].values():
        for operation in operations.values():
            told = set(operation["responses"])
            assert {"404", "429", "503"} <= told
            assert {"400", "422"} & told
            assert {"401", "403"} <= told or not operation.get("security")
            assert ("413" in told) is ("requestBody" in operation)
            assert {"409", "422"} <= told or "201" not in told
            keys = [part["name"] for part in operation.get("parameters", ())]
            creates = "201" in told or "Idempotency-Key" in keys
            draws = "pictures" in operation["tags"]
            assert "422" not in told or creates or draws or dialect == "business"
            assert not {"500", "405"} & told


@pytest.mark.parametrize("dialect", dialects())
def test_a_dialect_keeps_its_document(asked: Mapping[str, Asked], dialect: str) -> None:
    assert asked[dialect].code == 0, asked[dialect].printed


@pytest.mark.parametrize("dialect", dialects())
def test_every_operation_was_seen_to_succeed(
    asked: Mapping[str, Asked], documents: Mapping[str, Mapping[str, Any]], dialect: str
) -> None:
    missing = {
        f"{method.upper()} {path}"
        for path, operations in documents[dialect]["paths"].items()
        for method in operations
        if not succeeded(asked[dialect].rates.get(f"{method.upper()} {path}", {}))
    }
    if not FULL:
        missing = {name for name in missing if "{" not in name.replace("{orgId}", "")}
    assert missing - set(ELSEWHERE) == set()


def succeeded(phases: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether any phase of a run was accepted."""
    return any(phase["accepted"] for phase in phases.values())


def refusals_of(document: Mapping[str, Any], dialect: str) -> str:
    """What each operation may answer to data that fit their schema, beside what they ask for.

    A schema cannot say that a code is taken, that a picture is too small for its symbol, that a
    token is none of ours, that a key was used with another body, that a plan or a bucket is empty,
    that days are in no order or a time zone is none.
    """
    told = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            taken: list[str | int] = ["2xx", 404, 429]
            if method != "get":
                taken += [400, 409, *([422] if dialect == "business" else [])]
            if "201" in operation["responses"]:
                taken += [422]
            if "412" in operation["responses"]:
                taken += [412]
            names = [each["name"] for each in operation.get("parameters", ())]
            if {"cursor", "from"} & set(names):
                taken += [422 if dialect == "business" else 400]
            if f"{method.upper()} {path}" in PLANNED:
                taken += [403]
            if not operation.get("security"):
                taken += ["3xx", 400, 401]
            if "pictures" in operation["tags"]:
                taken += [304, 400, 422]
            # Of many items each is refused by itself.
            wrong = f"\n{REFUSED_EACH}" if path.endswith("/bulk") else ""
            told.append(
                f"[[operations]]\ninclude-name = {json.dumps(f'{method.upper()} {path}')}\n"
                f"checks.positive_data_acceptance.expected-statuses = {json.dumps(taken)}{wrong}"
            )
    return "\n".join(told)


def config(
    schemes: Mapping[str, Any],
    held: Mapping[str, str],
    organization: str,
    number: int,
    operations: str,
) -> str:
    """Schemathesis' settings for these credentials, which it finds in the environment.

    Each run has a network address of its own, by `number`, so that no run is throttled for another.
    """
    names = {field: f"good{number}" for number, field in enumerate(GOOD)}
    return CONFIG.format(
        examples=EXAMPLES,
        full=json.dumps(FULL),
        number=number,
        operations=operations,
        credentials="\n".join(
            f"[auth.openapi.{name}]\n"
            f"{'bearer' if schemes[name]['type'] == 'http' else 'api_key'} = "
            f'"${{INKLOOM_{name.upper()}}}"'
            for name in held
        ),
        organization=organization,
        dictionaries="\n".join(
            f"[dictionaries.{names[field]}]\nvalues = {json.dumps(values)}"
            for field, values in GOOD.items()
        ),
        bindings="\n".join(
            f'"body.{field}" = {{ dictionary = "{name}", probability = 0.7 }}'
            for field, name in names.items()
        ),
    )


async def ask(
    stack: Stack, document: Mapping[str, Any], tenant: Mapping[str, str], dialect: str, folder: Path
) -> Asked:
    """Run it in a folder of its own; the credentials are in the environment."""
    schemes = document["components"].get("securitySchemes", {})
    held = {name: tenant[name] for name in schemes if name in tenant}
    # Names of receivers are looked up: here they are addresses, so that no test waits for DNS.
    text = json.dumps(document).replace("https://hooks.example.com", "https://127.0.0.1")
    (folder / "document.json").write_text(text)
    (folder / "asked.toml").write_text(
        config(
            schemes,
            held,
            tenant["id"],
            dialects().index(dialect),
            refusals_of(document, dialect),
        )
    )
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", "asked.toml"),
        *("run", "document.json", "--url", stack.api, "--checks", "all", "--no-color"),
        *("--continue-on-failure", "--report", "json", "--report-json-path", "report.json"),
        cwd=folder,
        env={**os.environ, **{f"INKLOOM_{name.upper()}": held[name] for name in held}},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    report = folder / "report.json"
    rates = json.loads(report.read_text())["valid_rates"] if report.exists() else {}
    return Asked(process.returncode, printed.decode(), rates)
