"""The OpenAPI documents: refusals in the shape they are answered in, methods that `Allow` names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from pydantic.alias_generators import to_snake

from activities.rules.errors import (
    DomainError,
    InvalidFields,
    NoWorkspace,
    ShortCodeTaken,
    every_error,
)
from api.dialect import Body, Dialect
from api.faults import BodyTooLarge, HttpFault, OriginRefused, ServiceAway, WrongFields
from api.glossary import says
from api.studio.app import make_studio
from api.workspace.app import make_workspace
from tests.api.conftest import Client, Tenant
from tests.api.surface import every_operation

DIALECTS = {"studio": make_studio(), "workspace": make_workspace("https://ink.test")}
DOCUMENTS = {asked.dialect: asked.document for asked in every_operation()}
CREATE = {"studio": "/api/v1/dynamic/", "workspace": "/api/qr"}
REFUSALS = (
    InvalidFields({"short_code": ["Choose another."]}),
    WrongFields({"a.b": ["One.", "Two."]}),
    ShortCodeTaken("summer"),
    NoWorkspace(),
    BodyTooLarge(7),
    ServiceAway("The database"),
)


def documented(dialect: Dialect, status: int) -> dict[str, Any]:
    """The schema, with all it refers to, of what a create may answer with this status."""
    document = DOCUMENTS[dialect.name]
    response = document["paths"][CREATE[dialect.name]]["post"]["responses"][str(status)]
    schema = response["content"]["application/json"]["schema"]
    return {**schema, "components": document["components"]}


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_refusal_is_answered_as_it_is_documented(
    dialect: Dialect, refusal: DomainError | HttpFault
) -> None:
    answer = dialect.present(refusal)
    schema = documented(dialect, answer.status)
    assert jsonschema_rs.is_valid(schema, dict(answer.body))
    assert not jsonschema_rs.is_valid(schema, {"detail": ["not this"], "error": 7})
    assert not jsonschema_rs.is_valid(schema, {})


def test_writes_with_a_cookie_may_be_refused_for_their_origin() -> None:
    workspace = DIALECTS["workspace"]
    answer = workspace.present(OriginRefused())
    assert jsonschema_rs.is_valid(documented(workspace, 403), dict(answer.body))
    paths = DOCUMENTS["workspace"]["paths"]
    told = paths["/api/qr"]["get"]["responses"]["403"]["description"]
    assert "another site" not in told
    studio = DOCUMENTS["studio"]["paths"]
    told = studio["/api/v1/dynamic/"]["post"]["responses"]["403"]["description"]
    assert "another site" not in told


def test_what_a_subject_refuses_is_documented_at_its_operations() -> None:
    elsewhere = {"everywhere", "writes", "creates", "cursors", "versions", "retries"}
    tags = {tag for asked in every_operation() for tag in asked.operation.get("tags", ())}
    places = {place for error in every_error() for place in error.met}
    assert {place.removeprefix("writes of ") for place in places - elsewhere} <= tags


def test_a_wrong_state_is_documented_where_it_is_met() -> None:
    paths = DOCUMENTS["workspace"]["paths"]
    for method, path, is_met in (
        ("post", "/api/imports/{id}/run", True),
        ("delete", "/api/domains/{id}", True),
        ("post", "/api/barcode/{id}/scan", True),
        ("get", "/api/domains/{id}", False),
        ("get", "/api/inventory/items", False),
        ("delete", "/api/folders/{id}", False),
    ):
        told = paths[path][method]["responses"].get("409", {"description": ""})["description"]
        assert ("not in a state" in told) is is_met, path


def test_no_password_is_in_the_repr_of_a_body() -> None:
    shown = [
        f"{body.__module__}.{body.__name__}.{name}"
        for body in every_body(Body)
        for name, field in body.model_fields.items()
        if "password" in name and field.repr
    ]
    assert shown == []


def every_body(base: type[Body]) -> Iterator[type[Body]]:
    """All that are derived from it, at any depth."""
    for body in base.__subclasses__():
        yield body
        yield from every_body(body)


def test_every_field_has_its_meaning() -> None:
    bare = {
        f"{dialect} {name}.{field}"
        for dialect, document in DOCUMENTS.items()
        for name, schema in document["components"]["schemas"].items()
        if not name.startswith("Refusal")
        for field, part in schema.get("properties", {}).items()
        if not says(part, "description")
    }
    assert bare == set()


def test_every_word_of_the_glossary_is_used() -> None:
    fields = {
        to_snake(field)
        for document in DOCUMENTS.values()
        for schema in document["components"]["schemas"].values()
        for field in schema.get("properties", {})
    }
    assert set(json.loads((files("api") / "glossary.json").read_text())) - fields == set()


def test_a_parameter_brings_its_refusals() -> None:
    for asked in every_operation():
        names = {parameter["name"].lower() for parameter in asked.operation.get("parameters", ())}
        told = asked.operation["responses"]
        assert ("412" in told) == ("if-match" in names)
        if "cursor" in names:
            assert "cursor" in told["400"]["description"]


async def test_allow_names_every_method_of_the_path(client: Client, tenant: Tenant) -> None:
    for path, allowed in (
        ("/api/v1/dynamic/", "GET, POST"),
        ("/api/v1/dynamic/code1/", "DELETE, GET, PATCH"),
        ("/api/v1/generate/", "POST"),
        ("/api/qr", "GET, POST"),
    ):
        answer = await client.put(path, headers={**tenant.studio, **tenant.workspace})
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


async def test_a_long_text_is_measured_in_characters(client: Client, tenant: Tenant) -> None:
    body = {"destination_url": "https://a.example", "name": "x" * 201}
    answer = await client.post("/api/v1/dynamic/", json=body, headers=tenant.studio)
    assert answer.json() == {"name": ["String should have at most 200 characters."]}


async def test_control_characters_are_refused_in_words(client: Client, tenant: Tenant) -> None:
    answer = await client.get("/api/qr?search=a%00b", headers=tenant.workspace)
    assert answer.status_code == 400
    assert answer.json()["fields"] == {"search": ["Remove control characters."]}
