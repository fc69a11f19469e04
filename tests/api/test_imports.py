"""Imports and exports over HTTP: a file is looked at, run as a job, and comes out again."""

from __future__ import annotations

import base64
import csv
import io

import openpyxl
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.imports.running import ImportPart, import_part
from activities.rules.imports.tables import MOST_BYTES
from activities.rules.spelling import unprefixed
from tests.api.conftest import Client, Tenant

FILE = (
    "Destination URL,Slashtag,Title,Domain\n"
    "https://example.com/a,spring,Spring,rebrand.ly\n"
    "https://example.com/b,login,Login,rebrand.ly\n"
)


BODIES = {
    "qr": {"destinationUrl": "https://example.com/x"},
    "links": {"destinationUrl": "https://example.com/x"},
    "barcode": {"type": "CODE128", "value": "ABC-123"},
}


async def run(client: Client, tenant: Tenant, import_id: str) -> None:
    """What the workflow does."""
    found = unprefixed("imp", import_id)
    assert found
    while not (await import_part(ImportPart(found))).is_over:
        pass


async def test_a_file_is_looked_at_and_its_lines_are_told(client: Client, tenant: Tenant) -> None:
    made = await client.post("/api/imports", json={"csv": FILE}, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    job = made.json()
    assert (job["title"], job["total"], job["good"], job["bad"]) == ("Rebrandly", 2, 1, 1)
    lines = await client.get(f"/api/imports/{job['id']}/items", headers=tenant.workspace)
    assert [line["number"] for line in lines.json()["items"]] == [2, 3]
    failed = await client.get(
        f"/api/imports/{job['id']}/items?status=failed", headers=tenant.workspace
    )
    (line,) = failed.json()["items"]
    assert (line["slug"], "reserved" in line["problems"][0]) == ("login", True)
    assert (await client.get("/api/links", headers=tenant.workspace)).json()["total"] == 0


async def test_it_is_run_where_there_is_a_workflow_service(client: Client, tenant: Tenant) -> None:
    job = (await client.post("/api/imports", json={"csv": FILE}, headers=tenant.workspace)).json()
    away = await client.post(f"/api/imports/{job['id']}/run", headers=tenant.workspace)
    assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    await run(client, tenant, job["id"])
    ended = (await client.get(f"/api/imports/{job['id']}", headers=tenant.workspace)).json()
    assert (ended["status"], ended["made"], ended["failed"]) == ("done", 1, 1)
    again = await client.post(f"/api/imports/{job['id']}/run", headers=tenant.workspace)
    assert (again.status_code, again.json()["code"]) == (409, "NOT_NOW")


async def test_a_file_in_another_encoding_comes_in_base64(client: Client, tenant: Tenant) -> None:
    content = base64.b64encode("url;name\nhttps://example.com/;Größe\n".encode("utf-16"))
    made = await client.post(
        "/api/imports", json={"base64": content.decode()}, headers=tenant.workspace
    )
    lines = await client.get(f"/api/imports/{made.json()['id']}/items", headers=tenant.workspace)
    assert lines.json()["items"][0]["name"] == "Größe"


@pytest.mark.parametrize(
    ("header", "cell", "kept"),
    [
        ("short url", "https://bit.ly/a%00b", {"slug": "a\ufffdb", "status": "failed"}),
        ("short url", "https://bit.ly/a%ED%A0%80b", {"status": "failed"}),
        ("tags", '"[""a\\u0000b"", ""\\ud800""]"', {"tags": ["a\ufffdb", "\ufffd"]}),
    ],
)
async def test_what_a_cell_hides_is_a_problem_of_its_line_alone(
    client: Client, tenant: Tenant, header: str, cell: str, kept: dict[str, object]
) -> None:
    file = f"url,{header}\nhttps://example.com/,{cell}\n"
    made = await client.post("/api/imports", json={"csv": file}, headers=tenant.workspace)
    assert made.status_code == 201, made.text
    lines = await client.get(f"/api/imports/{made.json()['id']}/items", headers=tenant.workspace)
    (line,) = lines.json()["items"]
    assert {name: line[name] for name in kept} == kept


async def test_a_link_that_was_protected_does_not_come_back_open(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    for slug, more in (("secret-a", {"password": "swordfish-9"}), ("open-b", {})):
        body = {"destinationUrl": "https://example.com/", "slug": slug, **more}
        answer = await client.post("/api/links", json=body, headers=tenant.workspace)
        assert answer.status_code == 201, answer.text
    file = (await client.get("/api/links/export", headers=tenant.workspace)).text
    rows = {row["slug"]: row["has_password"] for row in csv.DictReader(io.StringIO(file))}
    assert rows == {"secret-a": "true", "open-b": "false"}
    elsewhere = file.replace("secret-a", "secret-c").replace("open-b", "open-d")
    made = await client.post("/api/imports", json={"csv": elsewhere}, headers=stranger.workspace)
    assert (made.json()["format"], made.json()["good"]) == ("inkloom", 1)
    lines = await client.get(f"/api/imports/{made.json()['id']}/items", headers=stranger.workspace)
    problems = {line["slug"]: line["problems"] for line in lines.json()["items"]}
    assert "add a 'password' column" in problems["secret-c"][0]
    assert problems["open-d"] == []


@pytest.mark.parametrize("body", [{}, {"csv": "url\n", "base64": ""}, {"base64": "%%%"}])
async def test_a_file_comes_in_one_way(
    client: Client, tenant: Tenant, body: dict[str, str]
) -> None:
    answer = await client.post("/api/imports", json=body, headers=tenant.workspace)
    assert answer.status_code == 400, answer.text
    assert answer.json()["fields"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"csv": ""}, "csv"),
        ({"csv": "colour\nred\n"}, "csv"),
        ({"base64": base64.b64encode(b"a,a\n").decode()}, "base64"),
        ({"base64": base64.b64encode(b"colour\nred\n").decode()}, "base64"),
        ({"csv": "url\n", "mapping": {"slug": "url"}}, "mapping"),
    ],
)
async def test_a_fault_of_the_file_is_told_of_the_field_it_came_in(
    client: Client, tenant: Tenant, body: object, field: str
) -> None:
    answer = await client.post("/api/imports", json=body, headers=tenant.workspace)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


async def test_a_broken_name_of_a_field_is_refused(client: Client, tenant: Tenant) -> None:
    content = b'{"csv": "url\\nhttps://a.example\\n", "mapping": {"\\ud800": "url"}}'
    headers = {**tenant.workspace, "Content-Type": "application/json"}
    answer = await client.post("/api/imports", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["fields"]["mapping"][0] == "There is no field '?'."


@pytest.mark.parametrize("way", ["csv", "base64"])
async def test_the_largest_file_is_the_same_in_both_ways(
    client: Client, tenant: Tenant, way: str
) -> None:
    def sent(length: int) -> dict[str, str]:
        file = b"x" * length
        return {way: file.decode() if way == "csv" else base64.b64encode(file).decode()}

    # A cell of millions of characters is wrong too, but was looked at.
    for length, told in ((MOST_BYTES, "Line 1: a cell has"), (MOST_BYTES + 3, "at most")):
        answer = await client.post("/api/imports", json=sent(length), headers=tenant.workspace)
        assert answer.status_code == 400
        assert told in answer.json()["fields"][way][0]


async def test_a_file_of_megabytes_is_taken_and_more_is_not(client: Client, tenant: Tenant) -> None:
    rows = "".join(f"https://example.com/{'x' * 200}/{n}\n" for n in range(9000))
    made = await client.post("/api/imports", json={"csv": f"url\n{rows}"}, headers=tenant.workspace)
    assert (made.status_code, made.json()["good"]) == (201, 9000)
    large = await client.post(
        "/api/imports", json={"csv": "x" * (9 * 1024 * 1024)}, headers=tenant.workspace
    )
    assert large.status_code == 413


async def test_what_is_exported_can_be_imported(
    client: Client, tenant: Tenant, stranger: Tenant
) -> None:
    for slug, tags in (("one-a", ["print", "a, b"]), ("two-b", [])):
        body = {
            "destinationUrl": f"https://example.com/{slug}",
            "slug": slug,
            "name": f"=Name of {slug}",
            "tags": tags,
        }
        answer = await client.post("/api/links", json=body, headers=tenant.workspace)
        assert answer.status_code == 201, answer.text
    file = await client.get("/api/links/export", headers=tenant.workspace)
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert {row["slug"] for row in rows} == {"one-a", "two-b"}
    assert all(row["name"].startswith("'=") for row in rows)
    made = await client.post("/api/imports", json={"csv": file.text}, headers=stranger.workspace)
    assert (made.json()["format"], made.json()["total"]) == ("inkloom", 2)
    lines = await client.get(f"/api/imports/{made.json()['id']}/items", headers=stranger.workspace)
    by_slug = {line["slug"]: line for line in lines.json()["items"]}
    assert by_slug["one-a"]["tags"] == ["print", "a, b"]
    assert by_slug["one-a"]["name"] == "=Name of one-a"
    assert "taken" in by_slug["one-a"]["problems"][0]


@pytest.mark.parametrize("noun", BODIES)
async def test_everything_of_a_kind_comes_out_as_a_workbook(
    client: Client, tenant: Tenant, noun: str
) -> None:
    body = {**BODIES[noun], "name": "Poster"}
    await client.post(f"/api/{noun}", json=body, headers=tenant.workspace)
    file = await client.get(f"/api/{noun}/export?format=xlsx", headers=tenant.workspace)
    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
    assert sheet is not None
    header, row = sheet.iter_rows(values_only=True)
    assert row[header.index("name")] == "Poster"


async def test_what_is_put_aside_is_exported_and_what_is_deleted_is_not(
    client: Client, tenant: Tenant
) -> None:
    for noun, body in BODIES.items():
        for name, act in (("here", ""), ("aside", "/archive"), ("gone", "")):
            made = await client.post(
                f"/api/{noun}", json={**body, "name": name}, headers=tenant.workspace
            )
            one = f"/api/{noun}/{made.json()['id']}"
            if act:
                await client.post(f"{one}{act}", headers=tenant.workspace)
            if name == "gone":
                await client.delete(one, headers=tenant.workspace)
        file = await client.get(f"/api/{noun}/export", headers=tenant.workspace)
        rows = csv.DictReader(io.StringIO(file.text))
        assert sorted(row["name"] for row in rows) == ["aside", "here"], noun


async def test_an_export_is_in_the_audit_log_and_limited(
    client: Client, tenant: Tenant, database: AsyncConnection
) -> None:
    statuses = [
        (await client.get("/api/qr/export", headers=tenant.workspace)).status_code
        for _ in range(21)
    ]
    assert statuses == [200] * 20 + [429]
    log = await client.get(f"/api/org/{tenant.organization}/audit", headers=tenant.workspace)
    assert [act["action"] for act in log.json()["items"]].count("assets.exported") == 20


async def test_a_long_export_has_every_row_once(client: Client, tenant: Tenant) -> None:
    await client.post(
        "/api/qr/bulk",
        json={"items": [{"destinationUrl": "https://example.com/x"}] * 45},
        headers=tenant.workspace,
    )
    file = await client.get("/api/qr/export?bom=true", headers=tenant.workspace)
    assert file.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(file.text.lstrip("\ufeff"))))
    assert len({row["short_code"] for row in rows}) == len(rows) == 45
