"""Confirming an address over HTTP: from the sign-up through the mail to the account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from activities.mail import ReadMailbox, read_mailbox
from activities.sessions import OpenSession, open_session
from api.pages.words import SIGN_IN
from tests.api.conftest import Client, Tenant
from tests.builders.accounts import ADDRESS, PASSWORD
from tests.builders.sign_in import a_visit

ADA = {"email": ADDRESS, "password": PASSWORD, "name": "Ada Lovelace"}
JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"}
ME = "/api/auth/me/"
AGAIN = "/api/auth/confirm/"
CONFIRMED = {
    "en": "Your address is confirmed.",
    "de": "Deine Mailadresse ist bestätigt.",
    "fr": "Votre adresse est confirmée.",
    "es": "Tu dirección está confirmada.",
}


async def signed_up(client: Client) -> dict[str, str]:
    """The headers of somebody who has just signed up."""
    made = await client.post("/api/auth/signup/", json=ADA)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['access']}"}


async def mailed() -> list[str]:
    """The links to confirm the address, the newest first."""
    mails = await read_mailbox(ReadMailbox())
    assert {mail.recipient for mail in mails} <= {ADDRESS}
    return [mail.link for mail in mails if mail.kind == "confirm_address"]


async def is_confirmed(client: Client, headers: dict[str, str]) -> Any:
    return (await client.get(ME, headers=headers)).json()["email_confirmed"]


async def test_who_signed_up_confirms_in_a_browser(client: Client) -> None:
    headers = await signed_up(client)
    assert await is_confirmed(client, headers) is False
    (link,) = await mailed()
    answer = await client.get(link, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?confirmed=1")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    page = await client.get(answer.headers["location"])
    assert f'<p class="lead" role="status">{CONFIRMED["en"]}</p>' in page.text
    assert await is_confirmed(client, headers) is True
    login = {"email": ADDRESS, "password": PASSWORD}
    assert (await client.post("/api/auth/login/", json=login)).status_code == 200


async def test_a_program_confirms_and_is_told_in_json(client: Client) -> None:
    headers = await signed_up(client)
    (link,) = await mailed()
    answer = await client.get(link, headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {"confirmed": True})
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert await is_confirmed(client, headers) is True


async def test_a_spent_confirmation_is_refused_as_any_link(client: Client) -> None:
    headers = await signed_up(client)
    (link,) = await mailed()
    await a_visit(ADDRESS)
    page = await client.get(link, headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?spent=1")
    told = await client.get(link, headers=JSON)
    assert (told.status_code >= 400, told.json()["code"]) == (True, "LINK_SPENT")
    assert (await client.get(ME, headers=headers)).status_code == 401


async def test_a_look_at_a_confirmation_does_not_spend_it(client: Client) -> None:
    headers = await signed_up(client)
    (link,) = await mailed()
    assert (await client.head(link)).status_code == 200
    assert await is_confirmed(client, headers) is False
    assert (await client.get(link, headers=JSON)).status_code == 200


@pytest.mark.parametrize("path", [AGAIN, AGAIN.rstrip("/")])
async def test_another_mail_is_sent_until_the_address_is_confirmed(
    client: Client, path: str
) -> None:
    headers = await signed_up(client)
    again = await client.post(path, headers=headers)
    assert (again.status_code, list(again.json())) == (202, ["detail"])
    links = await mailed()
    assert len(set(links)) == 2
    assert (await client.get(links[0], headers=JSON)).status_code == 200
    done = await client.post(path, headers=headers)
    assert (done.status_code, "already" in done.json()["detail"]) == (202, True)
    assert await mailed() == links


async def test_who_asks_for_mails_too_often_is_told_to_wait(client: Client) -> None:
    headers = await signed_up(client)
    answers = [await client.post(AGAIN, headers=headers) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [202] * 6 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_only_a_person_who_is_signed_in_gets_a_mail(client: Client, tenant: Tenant) -> None:
    for headers in ({}, tenant.studio, tenant.workspace):
        assert (await client.post(AGAIN, headers=headers)).status_code == 401
    assert await mailed() == []


async def test_an_invitation_waits_for_the_address_of_who_invites(client: Client) -> None:
    headers = await signed_up(client)
    account = (await client.get(ME, headers=headers)).json()
    opened = await open_session(OpenSession(UUID(account["user"]["id"])))
    cookie = {"Cookie": f"ink_session={opened.token}"}
    path = f"/api/org/org_{UUID(account['organization']['id']).hex}/team-invites"
    body = {"email": "grace@example.com", "role": "viewer"}
    refused = await client.post(path, json=body, headers=cookie)
    assert refused.status_code in (400, 422)
    assert "Confirm your own address first" in refused.text
    (link,) = await mailed()
    await client.get(link, headers=JSON)
    assert (await client.post(path, json=body, headers=cookie)).status_code == 201


@pytest.mark.parametrize("language", CONFIRMED)
async def test_the_page_says_it_in_the_visitors_language(client: Client, language: str) -> None:
    said = SIGN_IN[language]["confirmed"]
    assert said == CONFIRMED[language]
    headers = {"Accept-Language": language}
    assert said in (await client.get("/sign-in?confirmed=1", headers=headers)).text
    assert said not in (await client.get("/sign-in", headers=headers)).text


async def test_a_visitor_with_a_spent_link_is_not_told_that_it_confirmed(client: Client) -> None:
    page = (await client.get("/sign-in?spent=1&confirmed=1")).text
    assert SIGN_IN["en"]["spent"] in page
    assert SIGN_IN["en"]["confirmed"] not in page
