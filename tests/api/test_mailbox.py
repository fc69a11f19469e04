"""The mailbox page: there for a developer on this machine, for nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape
from uuid import UUID

import httpx
import pytest

from activities.gateways.clock import FixedClock
from activities.gateways.mailer import NoMailer
from activities.mail import DeliverMail, QueueMail, WaitingMails, deliver_mail, queue_mail
from activities.mail import waiting_mails as waiting
from activities.outside import Outside, install
from api.app import make_app

pytestmark = pytest.mark.usefixtures("database", "world")

LINK = "http://localhost:8000/sign-in?token=abc&next=/a"
MAIL = QueueMail("sign_in", "ada@example.com", {"link": LINK, "minutes": "15"})
ALERT = {"link": LINK, "organization": "Acme", "what": "quiet for a day"}
NO_MAIL = UUID(int=7)
JSON = {"Accept": "application/json"}


@asynccontextmanager
async def asking(
    host: str = "127.0.0.1:8000", peer: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    async def here() -> bool:
        return True

    transport = httpx.ASGITransport(make_app(temporal_here=here), client=(peer, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        yield client


async def test_scripts_read_the_mails_as_json(clock: FixedClock) -> None:
    await queue_mail(MAIL)
    (mail,) = await waiting(WaitingMails())
    await deliver_mail(DeliverMail(mail.id))
    clock.moment += timedelta(seconds=1)
    await queue_mail(replace(MAIL, recipient="bo@example.com"))
    async with asking() as client:
        by_header = await client.get("/dev/mailbox", headers=JSON)
        by_query = await client.get("/dev/mailbox/?format=json")
    assert by_header.json() == by_query.json()
    newest, oldest = by_header.json()["items"]
    assert (newest["to"], newest["sentAt"]) == ("bo@example.com", None)
    assert set(oldest) == {
        *("id", "kind", "to", "subject", "text", "html", "link", "unsubscribe", "at", "sentAt")
    }
    assert escape(LINK) in oldest["html"]
    assert oldest["unsubscribe"] is None
    assert (oldest["id"], oldest["kind"], oldest["link"]) == (str(mail.id), "sign_in", LINK)
    assert oldest["sentAt"] == oldest["at"] == "2026-11-21T12:00:00.000Z"
    assert LINK in oldest["text"]


async def test_a_person_finds_the_link_on_the_page() -> None:
    await queue_mail(MAIL)
    async with asking("localhost:8000") as client:
        page = await client.get("/dev/mailbox", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 200
    assert "ada@example.com" in page.text
    found, looks = [unescape(link) for link in re.findall(r'href="([^"]*)"', page.text)]
    assert found == LINK
    assert re.fullmatch(r"/dev/mailbox/[0-9a-f-]{36}\.html", looks)
    assert page.headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "script" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_a_mail_is_shown_as_mail_programs_show_it_and_runs_nothing() -> None:
    words = {**ALERT, "name": "<script>x</script>", "unsubscribe": "https://ink.test/u?t=1"}
    await queue_mail(QueueMail("scan_alert", "ada@example.com", words))
    async with asking() as client:
        (item,) = (await client.get("/dev/mailbox?format=json")).json()["items"]
        page = await client.get(f"/dev/mailbox/{item['id']}.html")
    assert page.text == item["html"]
    assert item["unsubscribe"] == words["unsubscribe"]
    assert "<script" not in page.text
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["img-src"] == "'self' https://ink.test"
    assert "script-src" not in policy
    assert "allow-scripts" not in policy["sandbox"]
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [f"{NO_MAIL}.html", "x.html", str(NO_MAIL), "a/b", ".html"])
async def test_there_are_no_other_pages(path: str) -> None:
    await queue_mail(MAIL)
    async with asking() as client:
        assert (await client.get(f"/dev/mailbox/{path}")).status_code == 404


async def test_an_empty_mailbox_says_so() -> None:
    async with asking() as client:
        assert "No mail yet" in (await client.get("/dev/mailbox")).text
        assert (await client.get("/dev/mailbox?format=json")).json() == {"items": []}


async def test_what_people_wrote_is_escaped() -> None:
    words = {"link": LINK, "organization": "<script>x</script>", "inviter": '"><b>'}
    words |= {"role": "editor", "days": "7"}
    await queue_mail(QueueMail("team_invite", "<i>@example.com", words))
    async with asking() as client:
        page = (await client.get("/dev/mailbox")).text
        (item,) = (await client.get("/dev/mailbox?format=json")).json()["items"]
    assert not {"<script", "<b>", "<i>"} & set(re.findall(r"<\w+>?", page))
    assert "<script>x</script>" in unescape(page)
    assert item["subject"] == '"><b> invites you to <script>x</script> on Inkloom'


@pytest.mark.parametrize(
    ("host", "peer", "headers"),
    [
        ("127.0.0.1:8000", "203.0.113.9", {}),
        ("127.0.0.1:8000", "10.0.0.4", {}),
        ("evil.example", "127.0.0.1", {}),
        ("evil.example:8000", "127.0.0.1", {}),
        ("127.0.0.1.evil.example", "127.0.0.1", {}),
        ("localhost", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("localhost", "127.0.0.1", {"Forwarded": "for=203.0.113.9"}),
        ("localhost", "127.0.0.1", {"X-Real-IP": "203.0.113.9"}),
    ],
)
async def test_nobody_from_elsewhere_sees_it(host: str, peer: str, headers: dict[str, str]) -> None:
    await queue_mail(MAIL)
    async with asking(host, peer) as client:
        answer = await client.get("/dev/mailbox?format=json", headers=headers)
        nothing = await client.get("/dev/nothing?format=json", headers=headers)
    assert answer.status_code == 404
    assert json.loads(answer.text) == json.loads(nothing.text)


async def test_this_machine_may_call_itself_by_any_of_its_names() -> None:
    for host, peer in (("localhost", "127.0.0.1"), ("[::1]:8000", "::1"), ("127.0.0.1", "::1")):
        async with asking(host, peer) as client:
            assert (await client.get("/dev/mailbox")).status_code == 200


async def test_there_is_no_mailbox_where_mail_goes_to_a_provider(world: Outside) -> None:
    await queue_mail(MAIL)
    install(replace(world, mailer=NoMailer()))
    async with asking() as client:
        assert (await client.get("/dev/mailbox")).status_code == 404
        assert (await client.post("/dev/mailbox")).status_code == 404


async def test_the_mailbox_is_for_reading() -> None:
    async with asking() as client:
        refused = await client.post("/dev/mailbox")
        head = await client.head("/dev/mailbox")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert (head.status_code, head.content) == (200, b"")
