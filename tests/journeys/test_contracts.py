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

import httpx
import psycopg
import pytest
import pytest_asyncio

from activities.accounts import CreateOrganization, create_organization
from activities.keys import CreateKey, create_key
from activities.rules.spelling import prefixed
from activities.sessions import OpenSession, open_session
from tests.house.source import dialects
from workers.bootstrap import gateways
from workers.stack import Stack

FULL = os.environ.get("INKLOOM_PROOF") == "full"
EXAMPLES = 150 if FULL else 6
SECONDS = 600 if FULL else 60

pytestmark = pytest.mark.timeout(SECONDS + 60)

GOOD = {
    "destination_url": [
        "https://example.com/",
        "HTTP://a.example:8080/x?y=z#a",
        "https://exämple.com",
    ],
    "destinationUrl": ["https://example.com/", "https://a.example/%ff/ü?q=&q"],
    "url": ["http://127.0.0.1:8080/hook", "https://127.0.0.1/"],
    "events[*]": ["barcode.created", "page.viewed", "inventory.*"],
}
"""Values that no JSON Schema can describe wholly, by body field; the events never happen here."""

CONFIG = """
[generation]
max-examples = {examples}
deterministic = true
[cache]
enabled = false
[auth.openapi]
{scheme} = {{ api_key = "${{INKLOOM_CREDENTIAL}}" }}
{dictionaries}
[parameters]
"query.orgId" = "{organization}"
{bindings}
# What a schema cannot say is refused all the same: a code is taken, a data set has two sources,
# a picture is too small for its symbol.
[[operations]]
include-method = ["POST", "PUT", "PATCH"]
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 409]
[[operations]]
include-path-regex = "/image$"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404]
"""


@dataclass(frozen=True)
class Asked:
    """How a run ended: exit code, what it said, and how often each operation succeeded."""

    code: int | None
    printed: str
    rates: Mapping[str, Mapping[str, Mapping[str, int]]]


@pytest_asyncio.fixture(scope="module")
async def tenant(stack: Stack) -> AsyncIterator[Mapping[str, str]]:
    """An organization of its own: a credential for each dialect, and its id under `id`.

    In the end its endpoints are gone: many receivers that do not exist, times many codes, would
    keep the worker busy for the tests that follow.
    """
    async with gateways(stack.settings):
        made = await create_organization(
            CreateOrganization(
                "Contracts", "contracts", "contracts@localhost", "Owner", "enterprise"
            )
        )
        yield {
            "id": prefixed("org", made.id),
            "studio": (await create_key(CreateKey(made.id, "studio", "contracts"))).secret,
            "workspace": (await open_session(OpenSession(made.owner_id))).token,
        }
    with psycopg.connect(stack.database_url) as connection:
        mine = (made.id,)
        connection.execute(
            "UPDATE endpoint SET deleted_at = now() WHERE organization_id = %s", mine
        )
        connection.execute(
            "UPDATE delivery SET status = 'cancelled' "
            "WHERE status = 'pending' AND organization_id = %s",
            mine,
        )


@pytest.fixture(scope="module")
def documents(stack: Stack) -> Mapping[str, Mapping[str, Any]]:
    """The OpenAPI document of each dialect that the page of documents names."""
    page = httpx.get(f"{stack.api}/docs").text
    paths = re.findall(r'"(/docs/(\w+)/openapi\.json)"', page)
    return {name: httpx.get(f"{stack.api}{path}").json() for path, name in paths}


@pytest_asyncio.fixture(scope="module")
async def asked(
    stack: Stack,
    tenant: Mapping[str, str],
    documents: Mapping[str, Mapping[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Asked]:
    """Every dialect asked, side by side."""
    asking = (
        ask(stack, document, tenant, dialect, tmp_path_factory.mktemp(dialect))
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
            assert {"400", "401", "404", "409", "503"} <= set(operation["responses"])
            assert ("413" in operation["responses"]) is ("requestBody" in operation)
            assert not {"422", "500", "405"} & set(operation["responses"])


@pytest.mark.parametrize("dialect", dialects())
def test_a_dialect_keeps_its_document(asked: Mapping[str, Asked], dialect: str) -> None:
    assert asked[dialect].code == 0, asked[dialect].printed


@pytest.mark.parametrize("dialect", dialects())
def test_every_operation_was_seen_to_succeed(
    asked: Mapping[str, Asked], documents: Mapping[str, Mapping[str, Any]], dialect: str
) -> None:
    for path, operations in documents[dialect]["paths"].items():
        for method in operations:
            phases = asked[dialect].rates[f"{method.upper()} {path}"].values()
            assert sum(phase["accepted"] for phase in phases) > 0, path


def config(scheme: str, organization: str) -> str:
    """Schemathesis' settings for a credential of this scheme."""
    names = {field: f"good{number}" for number, field in enumerate(GOOD)}
    return CONFIG.format(
        examples=EXAMPLES,
        scheme=scheme,
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
    """Run it in a folder of its own; the credential is in the environment."""
    (scheme,) = document["components"]["securitySchemes"]
    # Names of receivers are looked up: here they are addresses, so that no test waits for DNS.
    text = json.dumps(document).replace("https://hooks.example.com", "https://127.0.0.1")
    (folder / "document.json").write_text(text)
    (folder / "asked.toml").write_text(config(scheme, tenant["id"]))
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file", "asked.toml"),
        *("run", "document.json", "--url", stack.api, "--checks", "all", "--no-color"),
        *("--continue-on-failure", "--report", "json", "--report-json-path", "report.json"),
        cwd=folder,
        env={**os.environ, "INKLOOM_CREDENTIAL": tenant[dialect]},
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
