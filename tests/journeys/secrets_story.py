"""A day at Inkloom with every secret in it: each is used, misused, ended, and remembered here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import psycopg
from aiohttp import web
from psycopg import sql

from tests.builders.captcha import solve
from tests.journeys.conftest import PERSON, Inbox, until
from tests.journeys.traces import log_sizes
from workers.ports import free_ports
from workers.stack import Stack

Kind = Literal["secret", "address", "name", "network", "query"]
"""What must not be known: a secret, a mail address, a person's name, where a visitor comes from, a
secret that somebody put into the address of a receiver."""

NETWORK = "198.51.100.23"
ADA = "Zyxandra Brontewick"
BOB = "quintus.vexworth"
EVE = "Ottoline Mirkwater"
UNLUCKY = "Perdita Hollowbeck"
CALLBACK = "https://app.example.com/callback"
NAMED_LIKE_A_PASSWORD = "correct-horse-battery-staple-2041"


@dataclass
class Story:
    """What was told so far. `hidden` is by value; `known` is what may and does show up."""

    stack: Stack
    began: datetime
    logged: dict[Path, int]
    hidden: dict[str, tuple[Kind, str]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    refusals: list[bytes] = field(default_factory=list)

    def hide(self, what: str, value: str, kind: Kind = "secret") -> str:
        """Remember that this value must show up nowhere."""
        assert len(value) >= 12, f"{what} is too short to be told from chance"
        self.hidden[value] = (kind, what)
        return value

    @asynccontextmanager
    async def client(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody's own client, from elsewhere; what it is refused is remembered."""
        headers = PERSON | {"X-Forwarded-For": NETWORK, "Accept": "application/json"} | headers

        async def keep(answer: httpx.Response) -> None:
            if answer.status_code >= 400:
                self.refusals.append(await answer.aread())

        async with httpx.AsyncClient(
            base_url=self.stack.api,
            headers=headers,
            timeout=15,
            event_hooks={"response": [keep]},
        ) as client:
            yield client

    async def mailed(self, address: str) -> str:
        """The token in the first mail to an address, once it was sent."""
        tokens: list[str] = []

        async def arrived() -> bool:
            async with httpx.AsyncClient(base_url=self.stack.api) as here:
                mails = (await here.get("/dev/mailbox?format=json")).json()["items"]
            mine = [mail for mail in mails if mail["to"] == address and mail["sentAt"]]
            tokens[:] = [mail["link"].partition("token=")[2] for mail in mine]
            return bool(tokens)

        await until(arrived)
        return self.hide(f"token mailed to {address}", tokens[-1])


@dataclass(frozen=True)
class Signed:
    """Somebody's address, credential header, and organization as the dialect spells its id."""

    address: str
    header: dict[str, str]
    organization: str


async def live(stack: Stack) -> Story:
    """The whole day."""
    story = Story(stack, datetime.now(UTC) - timedelta(seconds=1), log_sizes(_logs(stack)))
    story.hide("SECRET_KEY", stack.secret_key())
    story.hide("password of the database", urlsplit(stack.database_url).password or "")
    story.hide("network address of a visitor", NETWORK, "network")
    for name in (ADA, BOB, EVE, UNLUCKY):
        story.hide(f"name {name}", name, "name")
    ada, bob = await asyncio.gather(sign_up(story), sign_in_by_mail(story))
    key = await studio_keys(story, ada)
    await asyncio.gather(
        hooks(story, key),
        dashboard_keys(story, bob),
        consent(story, bob),
    )
    await invite(story, bob)
    await blunders(story, key, ada, bob)
    await break_inside(story)
    await end(story, key)
    return story


async def sign_up(story: Story) -> Signed:
    """With a password; the address is confirmed, the tokens are rotated and used twice."""
    address = story.hide("address of Ada", "zyx.brontewick@looms-secrets.example", "address")
    password = story.hide("password of Ada", f"Xw7 {secrets.token_urlsafe(12)} kelp")
    body = {"email": address, "password": password, "name": ADA}
    async with story.client() as client:
        retry = {"Idempotency-Key": "sign-up-of-the-story"}
        made = await posted(client, "/api/auth/signup/", 201, json=body, headers=retry)
        again = await posted(client, "/api/auth/signup/", 201, json=body, headers=retry)
        assert again.json()["access"] == made.json()["access"]
        story.known["organization"] = made.json()["organization"]["id"]
        upgrade(story, story.known["organization"])
        link = f"/api/auth/verify?token={await story.mailed(address)}"
        assert (await client.get(link)).json() == {"confirmed": True}
        refresh = hide_pair(story, "sign-up", made.json())["refresh"]
        second = await posted(client, "/api/auth/token/refresh/", 200, json={"refresh": refresh})
        hide_pair(story, "refresh", second.json())
        await posted(client, "/api/auth/token/refresh/", 401, json={"refresh": refresh})
        wrong = story.hide("wrong password", f"Wr0ng {secrets.token_urlsafe(12)}")
        login = {"email": address, "password": wrong}
        await posted(client, "/api/auth/login/", 401, json=login)
        signed = await posted(client, "/api/auth/login/", 200, json=login | {"password": password})
        pair = hide_pair(story, "login", signed.json())
    bearer = {"Authorization": f"Bearer {pair['access']}"}
    return Signed(address, bearer, story.known["organization"])


async def sign_in_by_mail(story: Story) -> Signed:
    """Captcha, mail, link, cookie; the link is used twice."""
    address = story.hide("address of Bob", f"{BOB}@looms-secrets.example", "address")
    async with story.client() as client:
        challenge = await posted(client, "/api/public/rcaptcha/challenge", 200)
        payload = await solve(challenge.json())
        solved = await posted(client, "/api/public/rcaptcha/verify", 200, json={"payload": payload})
        captcha = story.hide("token of a captcha", solved.json()["token"])
        asked = {"email": address, "captcha": captcha}
        await posted(client, "/api/auth/email", 202, json=asked)
        await posted(client, "/api/auth/email", 400, json=asked)
        link = f"/api/auth/verify?token={await story.mailed(address)}"
        assert (await client.get(link)).status_code == 200
        session = story.hide("session of Bob", client.cookies["ink_session"])
        assert (await client.get(link)).status_code in (400, 401, 410)
        account = (await client.get("/api/auth/session")).json()
        assert account["user"]["name"] == BOB
    organization = account["organizations"][0]["id"]
    upgrade(story, organization.removeprefix("org_"))
    return Signed(address, {"Cookie": f"ink_session={session}"}, organization)


async def studio_keys(story: Story, ada: Signed) -> str:
    """Made with an answer that is kept for retries, and rotated; the key that works."""
    async with story.client(**ada.header) as client:
        retry = {"Idempotency-Key": "key-of-the-story"}
        first, again = [
            await posted(client, "/api/v1/keys/", 201, json={"name": "First"}, headers=retry)
            for _ in range(2)
        ]
        assert again.headers["idempotent-replayed"] == "true"
        assert first.json()["key"] == again.json()["key"]
        old = story.hide("studio key", first.json()["key"])
        rotated = await posted(client, f"/api/v1/keys/{first.json()['id']}/rotate/", 200)
    key = story.hide("rotated studio key", rotated.json()["key"])
    story.known["key"] = key
    async with story.client() as client:
        for secret, status in ((old, 401), (key, 200)):
            got = await client.get("/api/v1/usage/", headers={"X-Api-Key": secret})
            assert got.status_code == status
    return key


async def dashboard_keys(story: Story, bob: Signed) -> None:
    """A key of each other dialect: used rightly, mistyped, elsewhere, and after its end."""
    ways = {
        "canva": ("/api/canva/me", "Authorization", "Bearer "),
        "tracking": ("/v1/auth/verify", "Authorization", "Bearer "),
        "links": ("/api/v1/workspaces", "x-api-key", ""),
    }
    keys = f"/api/org/{bob.organization}/keys"
    async with story.client(**bob.header) as client, story.client() as machine:
        for dialect, (path, header, before) in ways.items():
            made = await posted(client, keys, 201, json={"dialect": dialect, "name": dialect})
            secret = story.hide(f"{dialect} key", made.json()["key"])
            wrong = story.hide(f"mistyped {dialect} key", swapped(secret))
            for value, status in ((secret, 200), (wrong, 401)):
                answer = await machine.get(path, headers={header: before + value})
                assert answer.status_code == status, answer.text
            elsewhere = await machine.get("/api/v1/usage/", headers={"X-Api-Key": secret})
            assert elsewhere.status_code == 401
            assert (await client.delete(f"{keys}/{made.json()['id']}")).status_code == 204
            ended = await machine.get(path, headers={header: before + secret})
            assert ended.status_code == 401
        for kind in ("api", "mcp"):
            body = {"name": "Sync", "kind": kind}
            token = (await posted(client, "/api/tokens", 201, json=body)).json()["token"]
            secret = story.hide(f"business {kind} token", token["plain_text_token"])
            bearer = {"Authorization": f"Bearer {secret}"}
            assert (await machine.get("/api/tokens", headers=bearer)).status_code in (200, 403)


async def hooks(story: Story, key: str) -> None:
    """A receiver that fails first and one that is not there, both with a secret in the address."""
    inbox = Inbox(status=503)
    application = web.Application()
    application.router.add_post("/hook", inbox.receive)
    async with AsyncExitStack() as ending, story.client(**{"X-Api-Key": key}) as client:
        runner = web.AppRunner(application)
        await runner.setup()
        ending.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        inbox.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        closed = f"http://127.0.0.1:{free_ports(1)[0]}/hook"
        made = []
        for url in (inbox.url, closed):
            inner = story.hide(f"key in the address {url}", secrets.token_urlsafe(24), "query")
            hook = {"url": f"{url}?key={inner}", "events": ["qr.*"], "retry_policy": [1, 1, 2, 4]}
            made.append((await posted(client, "/api/v1/webhooks/", 201, json=hook)).json())
            story.hide(f"secret of the receiver {url}", made[-1]["secret"])
            story.hide("secret of it without prefix", made[-1]["secret"].partition("_")[2])
        inbox.secret = made[0]["secret"]
        ending.callback(forget, story, [hook["id"] for hook in made])
        code = await posted(
            client,
            "/api/v1/dynamic/",
            201,
            json={"destination_url": "https://example.com/", "name": NAMED_LIKE_A_PASSWORD},
            headers={"X-Request-Id": "the-story-makes-a-code"},
        )
        story.known |= {"code": code.json()["short_id"], "request": "the-story-makes-a-code"}
        await until(lambda: inbox.refused >= 2)
        inbox.status = 200
        await until(lambda: bool(inbox.messages))


async def consent(story: Story, bob: Signed) -> None:
    """An application of somebody else: registered, allowed, exchanged, asked about, ended."""
    state = story.hide("state of a client", secrets.token_urlsafe(24))
    verifier = story.hide("PKCE verifier", secrets.token_urlsafe(48))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    async with story.client(**bob.header) as client:
        asked = {"name": "Design Tool", "redirectUris": [CALLBACK], "confidential": True}
        path = f"/api/org/{bob.organization}/oauth-clients"
        known = (await posted(client, path, 201, json=asked)).json()
        story.hide("client secret", known["clientSecret"])
        query = {
            "response_type": "code",
            "client_id": known["clientId"],
            "redirect_uri": CALLBACK,
            "state": state,
            "code_challenge": challenge.decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        page = (await client.get(f"/oauth/authorize?{urlencode(query)}")).text
        action = unescape(found(r'<form method="post" action="([^"]+)"', page))
        ticket = story.hide(
            "ticket of a consent page", found(r'name="ticket" value="([^"]+)"', page)
        )
        form = {"ticket": ticket, "where": found(r'<option value="([^"]+)"', page)}
        allowed = await posted(
            client,
            action,
            303,
            data=form | {"decision": "allow"},
            headers={"Origin": story.stack.public_url},
        )
        landed = dict(parse_qsl(urlsplit(allowed.headers["location"]).query))
    proof = (known["clientId"], known["clientSecret"])
    await exchange(story, proof, story.hide("OAuth code", landed["code"]), verifier)


async def exchange(story: Story, proof: tuple[str, str], code: str, verifier: str) -> None:
    """The client's part; at last the code comes a second time, which ends all its tokens."""
    basic = base64.b64encode(":".join(proof).encode()).decode()
    story.hide("client secret in a Basic header", basic)
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    form["redirect_uri"] = CALLBACK
    async with story.client(Authorization=f"Basic {basic}") as client:
        tokens = (await posted(client, "/oauth/token", 200, data=form)).json()
        for turn in ("first", "second"):
            for name in ("access_token", "refresh_token"):
                story.hide(f"{turn} OAuth {name}", tokens[name])
            bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
            assert (await client.get("/api/canva/me", headers=bearer)).status_code == 200
            look = {"token": tokens["access_token"]}
            assert (await posted(client, "/oauth/introspect", 200, data=look)).json()["active"]
            if turn == "first":
                renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
                tokens = (await posted(client, "/oauth/token", 200, data=renew)).json()
        await posted(client, "/oauth/revoke", 200, data={"token": tokens["refresh_token"]})
        await posted(client, "/oauth/token", 400, data=form)


async def invite(story: Story, bob: Signed) -> None:
    """Eve is invited, while the mail cannot be recorded as sent at first, and joins."""
    address = story.hide("address of Eve", "o.mirkwater@looms-secrets.example", "address")
    async with story.client(**bob.header) as client:
        with forbidden(story, "mail", "recipient <> {} OR sent_at IS NULL", address):
            asked = {"email": address, "role": "editor"}
            await posted(client, f"/api/org/{bob.organization}/team-invites", 201, json=asked)
            await until(lambda: b"CheckViolation" in logged(story, "work"))
        token = await story.mailed(address)
    async with story.client() as client:
        assert (await client.get(f"/invite?token={token}")).status_code == 200
        accepted = {"token": token, "name": EVE}
        await posted(client, "/api/team-invites/accept", 200, json=accepted)
        story.hide("session of Eve", client.cookies["ink_session"])
        client.cookies.clear()
        await posted(client, "/api/team-invites/accept", 422, json=accepted)


async def blunders(story: Story, key: str, ada: Signed, bob: Signed) -> None:
    """Secrets and addresses where they do not belong."""
    session = bob.header["Cookie"].partition("=")[2]
    async with story.client(**bob.header) as client:
        for path in (
            f"/q/{story.known['code']}?token={key}",
            f"/q/{key}",
            f"/api/v1/dynamic/?api_key={key}",
            f"/api/v1/dynamic/{key}/",
            f"/nowhere/{session}",
            f"/oauth/authorize?client_id={key}&state={session}",
            f"/api/org/{bob.organization}/members/{ada.address}",
        ):
            referer = {"Referer": f"{story.stack.api}/invite?token={session}"}
            await client.get(path, headers=referer)
        await client.delete(f"/api/tokens/{key}")
        await client.get("/api/v1/usage/", headers={"X-Api-Key": key, "X-Request-Id": key})
        kept = {"Idempotency-Key": key, "X-Api-Key": key, "X-Request-Id": session}
        url = {"destination_url": "https://example.com/kept"}
        await posted(client, "/api/v1/dynamic/", 201, json=url, headers=kept)
        for body in ({"email": ada.address}, {"email": [ada.address], "password": key}):
            await posted(client, "/api/auth/login/", 400, json=body)
        torn = f'{{"email": "{ada.address}", "password": "{key}'
        await posted(client, "/api/auth/login/", 400, content=torn)


async def break_inside(story: Story) -> None:
    """A sign-up meets a rule of the database that the code knows nothing of."""
    address = story.hide("address of Perdita", "perdita@looms-secrets.example", "address")
    password = story.hide("password of Perdita", f"Qz4 {secrets.token_urlsafe(12)} fern")
    with forbidden(story, "account_user", "name <> {}", UNLUCKY):
        async with story.client() as client:
            body = {"email": address, "password": password, "name": UNLUCKY}
            await posted(client, "/api/auth/signup/", 500, json=body)


async def end(story: Story, key: str) -> None:
    """Wait until every process has said what it had to say."""
    last = f"story-ends-{secrets.token_hex(8)}"
    async with story.client(**{"X-Api-Key": key}) as client:
        answer = await client.get("/api/v1/usage/", headers={"X-Request-Id": last})
        assert answer.status_code == 200
    await until(lambda: last.encode() in logged(story, "serve"))


@contextmanager
def forbidden(story: Story, table: str, rule: str, value: str) -> Iterator[None]:
    """While inside, PostgreSQL refuses rows that break the rule."""
    named = {"table": sql.Identifier(table), "rule": sql.SQL(rule).format(sql.Literal(value))}
    add = "ALTER TABLE {table} ADD CONSTRAINT story_forbids CHECK ({rule}) NOT VALID"
    drop = "ALTER TABLE {table} DROP CONSTRAINT story_forbids"
    with psycopg.connect(story.stack.database_url, autocommit=True) as connection:
        connection.execute(sql.SQL(add).format(**named))
        try:
            yield
        finally:
            connection.execute(sql.SQL(drop).format(**named))


def forget(story: Story, endpoints: list[str]) -> None:
    """Else every event of later tests would be tried at receivers that are gone."""
    with psycopg.connect(story.stack.database_url) as connection:
        gone = "UPDATE endpoint SET deleted_at = now() WHERE id = ANY(%s::uuid[])"
        connection.execute(gone, (endpoints,))


def upgrade(story: Story, organization: str) -> None:
    """The plan under which keys of every dialect work."""
    with psycopg.connect(story.stack.database_url) as connection:
        better = "UPDATE organization SET plan = 'enterprise' WHERE id = %s::uuid"
        connection.execute(better, (organization,))


def hide_pair(story: Story, of: str, pair: dict[str, Any]) -> dict[str, str]:
    """The tokens of a sign-in; of a JWT also the signature alone."""
    access, refresh = pair["access"], pair["refresh"]
    story.hide(f"access token of the {of}", access)
    story.hide(f"signature of the access token of the {of}", access.rpartition(".")[2])
    story.hide(f"refresh token of the {of}", refresh)
    return {"access": access, "refresh": refresh}


async def posted(client: httpx.AsyncClient, path: str, status: int, **sent: Any) -> httpx.Response:
    """The answer, which has this status."""
    answer = await client.post(path, **sent)
    assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
    return answer


def swapped(secret: str) -> str:
    """Mistyped: one sign in the middle is another."""
    middle = len(secret) // 2
    return secret[:middle] + ("A" if secret[middle] != "A" else "B") + secret[middle + 1 :]


def found(pattern: str, page: str) -> str:
    """What a page has there."""
    match = re.search(pattern, page)
    assert match, page
    return match[1]


def logged(story: Story, role: str) -> bytes:
    """What a role has logged since the day began."""
    path = _logs(story.stack) / f"{role}.log"
    return path.read_bytes()[story.logged.get(path, 0) :]


def _logs(stack: Stack) -> Path:
    return stack.data_dir / "logs"
