"""Webhook endpoints in every language that has them: the same operations in its own words."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic.alias_generators import to_camel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.api.conftest import Client, Tenant

URL = "https://hooks.example.com/in"
REDACTED = "********"


@dataclass(frozen=True)
class Language:
    """How one dialect speaks of endpoints."""

    name: str
    path: str
    scheme: str
    camel: bool
    wrapped: str = ""
    slash: str = ""
    wrong: int = 400

    def words(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {to_camel(n): v for n, v in fields.items()} if self.camel else fields

    def word(self, name: str) -> str:
        return to_camel(name) if self.camel else name

    def one(self, answer: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = answer.json()
        return found[self.wrapped] if self.wrapped else found

    def all(self, answer: httpx.Response) -> list[dict[str, Any]]:
        found = answer.json()
        if self.name == "business":
            found = found["integrations"]["data"]
        elif self.name != "links":
            found = found["results" if self.name == "studio" else "items"]
        return list(found)

    def at(self, id_: str, act: str = "") -> str:
        return self.path.rstrip("/") + f"/{id_}" + (f"/{act}" if act else "") + self.slash

    def refusal(self, field: str, sentence: str) -> dict[str, Any]:
        """The body that refuses one field."""
        named, told = {field: [sentence]}, f"{field}: {sentence}"
        bodies: dict[str, dict[str, Any]] = {
            "studio": named,
            "workspace": {"error": told, "code": "VALIDATION_FAILED", "fields": named},
            "links": {"error": {"message": told, "code": "wrong_fields"}},
            "business": {"message": sentence, "errors": named},
        }
        return bodies[self.name]

    def headers(self, tenant: Tenant) -> dict[str, str]:
        mine: dict[str, str] = getattr(tenant, self.name)
        return mine


LANGUAGES = (
    Language("workspace", "/api/webhooks/endpoints", "inkode", camel=True),
    Language("studio", "/api/v1/webhooks/", "standard", camel=False, slash="/"),
    Language("links", "/api/v1/workspaces/webhooks", "innkie", camel=True),
    Language("business", "/api/integrations", "qrscan", False, "integration", wrong=422),
)

every_language = pytest.mark.parametrize("spoken", LANGUAGES, ids=lambda one: str(one.name))


async def make(client: Client, tenant: Tenant, spoken: Language, **more: Any) -> dict[str, Any]:
    body = spoken.words({"url": URL, "events": ["qr.*"], **more})
    answer = await client.post(spoken.path, json=body, headers=spoken.headers(tenant))
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"1"'
    return spoken.one(answer)


@every_language
async def test_an_endpoint_is_made_in_the_scheme_of_its_language(
    client: Client, tenant: Tenant, spoken: Language
) -> None:
    made = await make(client, tenant, spoken, headers={"X-Key": "hidden-value"})
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made["scheme"] == spoken.scheme
    assert (made["status"], made[spoken.word("is_active")]) == ("active", True)
    assert made["headers"] == {"X-Key": REDACTED}
    headers = spoken.headers(tenant)
    one = await client.get(spoken.at(made["id"]), headers=headers)
    assert spoken.one(one) == made
    assert one.headers["etag"] == '"1"'
    many = await client.get(spoken.path, headers=headers)
    assert spoken.all(many) == [made]
    for answer in (one, many):
        assert secret not in answer.text
        assert "hidden-value" not in answer.text


@every_language
async def test_a_change_is_made_of_what_is_given(
    client: Client, tenant: Tenant, spoken: Language
) -> None:
    made = await make(client, tenant, spoken)
    wanted = {
        "events": ["link.clicked"],
        "retry_policy": [1.0, 30.0],
        "filter": {"path": "$.data.country", "in": ["DE", "AT"]},
        "rate_per_minute": 60,
        "ordering": "asset",
        "signs_ed25519": True,
        "is_active": False,
    }
    headers = {**spoken.headers(tenant), "If-Match": '"1"'}
    body = spoken.words(wanted)
    changed = await client.patch(spoken.at(made["id"]), json=body, headers=headers)
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == '"2"'
    shown = spoken.one(changed)
    assert {name: shown[name] for name in body} == body
    assert (shown["url"], shown["status"]) == (URL, "paused")
    late = await client.patch(spoken.at(made["id"]), json=body, headers=headers)
    assert late.status_code == 412


@every_language
async def test_pausing_and_resuming(client: Client, tenant: Tenant, spoken: Language) -> None:
    made = await make(client, tenant, spoken)
    headers = spoken.headers(tenant)
    for act, status in (("pause", "paused"), ("pause", "paused"), ("resume", "active")):
        answer = await client.post(spoken.at(made["id"], act), headers=headers)
        assert (answer.status_code, spoken.one(answer)["status"]) == (200, status)
    listed = await client.get(spoken.path, params={"status": "paused"}, headers=headers)
    assert spoken.all(listed) == []
    heard = await client.get(spoken.path, params={"event": "qr.scanned"}, headers=headers)
    assert [one["id"] for one in spoken.all(heard)] == [made["id"]]


@every_language
async def test_a_secret_is_replaced_and_shown_once(
    client: Client, tenant: Tenant, spoken: Language
) -> None:
    made = await make(client, tenant, spoken)
    headers = spoken.headers(tenant)
    first = await client.post(spoken.at(made["id"], "rotate"), headers=headers)
    assert first.status_code == 200, first.text
    new = spoken.one(first)
    assert new["secret"].startswith("whsec_")
    assert new["secret"] != made["secret"]
    assert new[spoken.word("previous_until")] == "2026-11-22T12:00:00.000Z"
    body = spoken.words({"grace_seconds": 0})
    second = await client.post(spoken.at(made["id"], "rotate"), json=body, headers=headers)
    assert spoken.one(second)[spoken.word("previous_until")] is None
    read = await client.get(spoken.at(made["id"]), headers=headers)
    assert "whsec_" not in read.text
    body = spoken.words({"grace_seconds": 604_801})
    long = await client.post(spoken.at(made["id"], "rotate"), json=body, headers=headers)
    assert long.status_code == spoken.wrong


@every_language
async def test_a_replacement_that_is_asked_for_again_gives_the_same_secret(
    client: Client, tenant: Tenant, spoken: Language
) -> None:
    made = await make(client, tenant, spoken)
    headers = {**spoken.headers(tenant), "Idempotency-Key": "7d0c7a44"}
    at = spoken.at(made["id"], "rotate")
    first, again = [await client.post(at, headers=headers) for _ in range(2)]
    assert first.status_code == again.status_code == 200
    assert spoken.one(again) == spoken.one(first)
    assert again.headers["etag"] == first.headers["etag"] == '"2"'
    assert (again.headers["idempotent-replayed"], "idempotent-replayed" in first.headers) == (
        "true",
        False,
    )
    body = spoken.words({"grace_seconds": 0})
    other = await client.post(at, json=body, headers=headers)
    assert other.status_code in (409, 422)
    read = await client.get(spoken.at(made["id"]), headers=spoken.headers(tenant))
    assert spoken.one(read)["version"] == 2


@every_language
async def test_a_test_is_put_on_its_way_unless_nothing_is_sent(
    client: Client, tenant: Tenant, spoken: Language, database: AsyncConnection
) -> None:
    made = await make(client, tenant, spoken)
    headers = spoken.headers(tenant)
    sent = await client.post(spoken.at(made["id"], "test"), headers=headers)
    assert (sent.status_code, sent.json()) == (202, {"event": "webhook.test"})
    kinds = "SELECT kind FROM event WHERE only_to IS NOT NULL"
    assert (await database.scalars(text(kinds))).all() == ["webhook.test"]
    await client.post(spoken.at(made["id"], "pause"), headers=headers)
    refused = await client.post(spoken.at(made["id"], "test"), headers=headers)
    assert refused.status_code == 409


@every_language
async def test_a_deleted_endpoint_is_gone(client: Client, tenant: Tenant, spoken: Language) -> None:
    made = await make(client, tenant, spoken)
    headers = spoken.headers(tenant)
    stale = {**headers, "If-Match": '"7"'}
    assert (await client.delete(spoken.at(made["id"]), headers=stale)).status_code == 412
    assert (await client.delete(spoken.at(made["id"]), headers=headers)).status_code == 204
    for act in ("rotate", "test", "pause", "resume"):
        gone = await client.post(spoken.at(made["id"], act), headers=headers)
        assert gone.status_code == 404
    assert (await client.get(spoken.at(made["id"]), headers=headers)).status_code == 404
    assert (await client.delete(spoken.at(made["id"]), headers=headers)).status_code == 404


@every_language
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://hooks.example.com"}, "url"),
        ({"events": ["qr.invented"]}, "events"),
        ({"headers": {"Host": "evil.example"}}, "headers"),
        ({"headers": {"X-A": "a\r\nEvil: 1"}}, "headers"),
        ({"filter": {"path": "nowhere", "equals": 1}}, "filter"),
        ({"rate_per_minute": 0}, "rate_per_minute"),
        ({"concurrency": 101}, "concurrency"),
        ({"ordering": "random"}, "ordering"),
        ({"retry_policy": [0.5]}, "retry_policy"),
        ({"is_active": False, "send_test": True}, "send_test"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
async def test_a_wrong_field_is_named_in_the_words_of_the_language(
    client: Client, tenant: Tenant, spoken: Language, change: dict[str, Any], field: str
) -> None:
    body = spoken.words({"url": URL, "events": ["*"], **change})
    answer = await client.post(spoken.path, json=body, headers=spoken.headers(tenant))
    assert answer.status_code == spoken.wrong, answer.text
    assert spoken.word(field) in answer.text
    assert "evil" not in answer.text.lower()


@every_language
@pytest.mark.parametrize(
    ("policy", "place", "sentence"),
    [
        ([0], ".0", "Input should be greater than or equal to 1."),
        ([5.0, "x"], ".1", "Input should be a valid number."),
        ([], "", "List should have at least 1 item after validation, not 0."),
        ("often", "", "Input should be 'standard' or 'inkode' or a valid list."),
        (7, "", "Input should be 'standard' or 'inkode' or a valid list."),
    ],
)
async def test_a_wrong_retry_policy_is_refused_for_what_was_given(
    client: Client, tenant: Tenant, spoken: Language, policy: Any, place: str, sentence: str
) -> None:
    made = await make(client, tenant, spoken)
    body = spoken.words({"retry_policy": policy})
    headers = spoken.headers(tenant)
    answer = await client.patch(spoken.at(made["id"]), json=body, headers=headers)
    assert answer.status_code == spoken.wrong
    name = spoken.word("retry_policy") + place
    assert answer.json() == spoken.refusal(name, sentence)


@every_language
async def test_a_stranger_finds_nothing(
    client: Client, tenant: Tenant, stranger: Tenant, spoken: Language
) -> None:
    made = await make(client, tenant, spoken)
    headers = spoken.headers(stranger)
    assert spoken.all(await client.get(spoken.path, headers=headers)) == []
    for id_ in (made["id"], str(uuid.uuid4())):
        for act in ("rotate", "test", "pause", "resume"):
            answer = await client.post(spoken.at(id_, act), headers=headers)
            assert answer.status_code == 404


@pytest.mark.parametrize("spoken", LANGUAGES[1:], ids=lambda one: str(one.name))
async def test_a_key_of_one_workspace_is_told_to_be_another(
    client: Client, tenant: Tenant, spoken: Language, database: AsyncConnection
) -> None:
    made = await make(client, tenant, LANGUAGES[0])
    await database.execute(text("UPDATE api_key SET workspace_id = (SELECT id FROM workspace)"))
    one = spoken.at(str(uuid.UUID(made["id"].removeprefix("whe_"))))
    for method, path in (("GET", spoken.path), ("GET", one), ("DELETE", one)):
        answer = await client.request(method, path, headers=spoken.headers(tenant))
        assert answer.status_code == 403
        assert "use a key that is not bound to one workspace." in answer.text
        assert "permission" not in answer.text


async def test_saying_two_things_about_one_is_refused(client: Client, tenant: Tenant) -> None:
    spoken = LANGUAGES[0]
    made = await make(client, tenant, spoken)
    body = {"isActive": True, "status": "paused"}
    headers = spoken.headers(tenant)
    refused = await client.patch(spoken.at(made["id"]), json=body, headers=headers)
    assert refused.status_code == 400
    assert list(refused.json()["fields"]) == ["status"]


async def test_what_one_language_makes_others_read(client: Client, tenant: Tenant) -> None:
    workspace, studio = LANGUAGES[0], LANGUAGES[1]
    made = await make(client, tenant, workspace)
    plain = str(uuid.UUID(made["id"].removeprefix("whe_")))
    read = await client.get(studio.at(plain), headers=tenant.studio)
    assert (read.json()["scheme"], read.json()["id"]) == ("inkode", plain)
    again = await client.get(workspace.at(plain), headers=tenant.workspace)
    assert again.json()["id"] == made["id"]


async def test_the_public_keys_are_there_for_everybody(client: Client) -> None:
    answer = await client.get("/.well-known/webhook-keys.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=3600"
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    raw = base64.b64decode(key["whpk"].removeprefix("whpk_"))
    assert base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == key["x"]
    assert len(raw) == 32
