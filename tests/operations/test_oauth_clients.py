"""OAuth clients: registered by an organization, ended by it, seen by nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.oauth.clients import (
    FindClient,
    ListClients,
    RegisterClient,
    RevokeClient,
    RotateSecret,
    find_client,
    list_clients,
    register_client,
    revoke_client,
    rotate_secret,
)
from activities.oauth.tokens import AuthenticateOAuth, authenticate_oauth
from activities.rules.actors import Actor
from activities.rules.errors import CredentialRevoked, Forbidden, InvalidFields, NotFound
from activities.rules.paging import PageRequest
from tests.builders.keys import an_actor
from tests.builders.oauth import CALLBACK, a_client, some_tokens, the_owner
from tests.builders.tenants import an_organization

pytestmark = pytest.mark.usefixtures("database", "world")


async def an_owner(slug: str = "acme") -> Actor:
    return await an_actor(await an_organization(slug))


async def audited(database: AsyncConnection) -> Sequence[Any]:
    rows = await database.execute(
        text("SELECT action, detail FROM audit_entry WHERE action LIKE 'client.%' ORDER BY action")
    )
    return rows.all()


async def test_a_confidential_client_has_a_secret_that_is_shown_once() -> None:
    by = await an_owner()
    made = await a_client(by)
    assert made.client_id.startswith("oac_")
    assert made.secret is not None
    assert made.secret.startswith("ocs_")
    (listed,) = (await list_clients(ListClients(by, PageRequest()))).items
    assert (listed.client_id, listed.secret, listed.confidential) == (made.client_id, None, True)
    known = await find_client(FindClient(made.client_id))
    assert known is not None
    assert known.registered_by == "Acme"
    assert known.has_secret(made.secret)
    assert not known.has_secret(made.secret + "x")


async def test_a_public_client_has_no_secret_and_none_to_rotate() -> None:
    by = await an_owner()
    made = await a_client(by, confidential=False)
    assert (made.secret, made.confidential) == (None, False)
    known = await find_client(FindClient(made.client_id))
    assert known is not None
    assert not known.has_secret("")
    with pytest.raises(InvalidFields, match="no secret"):
        await rotate_secret(RotateSecret(by, made.client_id))


async def test_no_secret_is_stored_or_audited(database: AsyncConnection) -> None:
    by = await an_owner()
    made = await a_client(by)
    rotated = await rotate_secret(RotateSecret(by, made.client_id))
    rows = await database.execute(
        text("SELECT c::text FROM oauth_client c UNION ALL SELECT a::text FROM audit_entry a")
    )
    stored = " ".join(row[0] for row in rows)
    assert made.client_id in stored
    for secret in (made.secret, rotated.secret):
        assert secret is not None
        assert secret not in stored
        assert secret not in repr((made, rotated))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", {"name": "\u202eloot"}),
        ("redirect_uris", {"redirect_uris": ()}),
        ("redirect_uris", {"redirect_uris": (CALLBACK, CALLBACK)}),
        ("redirect_uris", {"redirect_uris": tuple(f"{CALLBACK}/{n}" for n in range(11))}),
        ("redirect_uris", {"redirect_uris": (CALLBACK, "http://app.example.com/cb")}),
        ("scopes", {"scopes": ()}),
        ("scopes", {"scopes": ("assets.read", "assets.write")}),
    ],
)
async def test_a_wrong_client_is_refused_by_field(field: str, wrong: dict[str, Any]) -> None:
    sound: dict[str, Any] = {"name": "Tool", "redirect_uris": (CALLBACK,)}
    with pytest.raises(InvalidFields) as refused:
        await register_client(RegisterClient(await an_owner(), **(sound | wrong)))
    assert list(refused.value.fields) == [field]


async def test_a_rotated_secret_ends_at_once() -> None:
    by = await an_owner()
    made = await a_client(by)
    rotated = await rotate_secret(RotateSecret(by, made.client_id))
    known = await find_client(FindClient(made.client_id))
    assert known is not None
    assert made.secret is not None
    assert rotated.secret is not None
    assert not known.has_secret(made.secret)
    assert known.has_secret(rotated.secret)


async def test_a_revoked_client_ends_with_all_its_grants(database: AsyncConnection) -> None:
    home, other = await an_organization("acme"), await an_organization("other")
    by = await an_actor(home)
    made = await a_client(by)
    tokens = [await some_tokens(the_owner(place), made, place) for place in (home, other)]
    await revoke_client(RevokeClient(by, made.client_id))
    assert await find_client(FindClient(made.client_id)) is None
    assert (await list_clients(ListClients(by, PageRequest()))).total == 0
    alive = text("SELECT count(*) FROM oauth_grant WHERE revoked_at IS NULL")
    assert await database.scalar(alive) == 0
    for pair in tokens:
        with pytest.raises(CredentialRevoked):
            await authenticate_oauth(AuthenticateOAuth(pair.access_token))
    with pytest.raises(NotFound):
        await revoke_client(RevokeClient(by, made.client_id))


async def test_what_is_done_to_a_client_is_audited(database: AsyncConnection) -> None:
    by = await an_owner()
    made = await a_client(by)
    await rotate_secret(RotateSecret(by, made.client_id))
    await revoke_client(RevokeClient(by, made.client_id))
    entries = await audited(database)
    assert [row.action for row in entries] == ["client.created", "client.revoked", "client.rotated"]
    assert entries[0].detail["redirect_uris"] == [CALLBACK]


async def test_another_organization_neither_sees_nor_changes_a_client() -> None:
    made = await a_client(await an_owner("acme"))
    stranger = await an_owner("stranger")
    assert (await list_clients(ListClients(stranger, PageRequest()))).total == 0
    with pytest.raises(NotFound):
        await rotate_secret(RotateSecret(stranger, made.client_id))
    with pytest.raises(NotFound):
        await revoke_client(RevokeClient(stranger, made.client_id))
    assert await find_client(FindClient(made.client_id)) is not None


async def test_an_editor_handles_no_clients() -> None:
    editor = await an_actor(await an_organization(), "editor")
    with pytest.raises(Forbidden):
        await a_client(editor)
    with pytest.raises(Forbidden):
        await list_clients(ListClients(editor, PageRequest()))


@pytest.mark.parametrize("odd", ["", "oac_", "oac_\0", "oac_" + "a" * 22])
async def test_an_unknown_client_is_none(odd: str) -> None:
    assert await find_client(FindClient(odd)) is None
