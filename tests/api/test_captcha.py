"""The captcha over HTTP: challenge, solution, token; and the packaged widget's own solver."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import datetime
from typing import Any

import altcha
import pytest

from activities.captcha import LIFETIME, MOST_SIGNS, SpendCaptcha, spend_captcha
from activities.gateways.clock import FixedClock
from activities.rules.errors import CaptchaRefused
from activities.rules.throttles import CAPTCHA
from api.pages.assets import every_asset
from tests.api.conftest import Client
from tests.builders.captcha import a_solution, solve

CHALLENGE, VERIFY = "/api/public/rcaptcha/challenge", "/api/public/rcaptcha/verify"

SOLVER = """
globalThis.self = {
  postMessage: (solution) => { process.stdout.write(JSON.stringify(solution)); process.exit(); },
};
const [source, challenge] = JSON.parse(require("fs").readFileSync(0, "utf8"));
(0, eval)(source);
const work = { type: "work", challenge, counterStart: 0, counterStep: 1, timeout: 9e4 };
self.onmessage({ data: work });
"""
"""Stands for the browser: loads the packaged worker and gives it what the widget gives it."""


async def test_a_form_is_let_through_once(client: Client) -> None:
    challenge = await client.post(CHALLENGE)
    assert challenge.status_code == 200
    payload = await solve(challenge.json())
    earned = await client.post(VERIFY, json={"payload": payload})
    assert earned.status_code == 200
    token = earned.json()["token"]
    await spend_captcha(SpendCaptcha(token))
    with pytest.raises(CaptchaRefused):
        await spend_captcha(SpendCaptcha(token))
    again = await client.post(VERIFY, json={"payload": payload})
    assert (again.status_code, again.json()["code"]) == (400, "CAPTCHA_REFUSED")


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
async def test_the_packaged_solver_solves_our_challenge(client: Client) -> None:
    challenge = (await client.post(CHALLENGE)).json()
    node = await asyncio.create_subprocess_exec(
        *("node", "-e", SOLVER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    given = json.dumps([every_asset()["altcha.pbkdf2.js"].content.decode(), challenge])
    found, _ = await node.communicate(given.encode())
    payload = altcha.Payload.from_dict({"challenge": challenge, "solution": json.loads(found)})
    earned = await client.post(VERIFY, json={"payload": payload.to_base64()})
    assert earned.status_code == 200, earned.text


async def test_the_widget_is_told_when_the_challenge_ends(
    client: Client, clock: FixedClock
) -> None:
    parameters = (await client.post(CHALLENGE)).json()["parameters"]
    assert parameters["expiresAt"] == (clock.now() + LIFETIME).timestamp()
    assert parameters["data"] == {"until": parameters["expiresAt"]}


async def test_a_client_is_told_when_the_token_ends(client: Client, clock: FixedClock) -> None:
    earned = (await client.post(VERIFY, json={"payload": await a_solution()})).json()
    assert datetime.fromisoformat(earned["expiresAt"]) == clock.now() + LIFETIME


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"payload": "e30="}, "CAPTCHA_REFUSED"),
        ({"payload": "no base64"}, "CAPTCHA_REFUSED"),
        ({"payload": ""}, "CAPTCHA_REFUSED"),
        ({"payload": "A" * (MOST_SIGNS + 1)}, "VALIDATION_FAILED"),
        ({"payload": None}, "VALIDATION_FAILED"),
        ({"payload": {"challenge": 1}}, "VALIDATION_FAILED"),
        ({"payload": "\ud800"}, "VALIDATION_FAILED"),
        ({}, "VALIDATION_FAILED"),
        ([], "INVALID_BODY"),
    ],
)
async def test_anything_else_is_refused(client: Client, body: Any, code: str) -> None:
    answer = await client.post(
        VERIFY, content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_pages_elsewhere_may_use_it(client: Client) -> None:
    origin = {"Origin": "https://shop.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST"}
    before = await client.options(VERIFY, headers=asked)
    assert before.headers["access-control-allow-origin"] == "*"
    answer = await client.post(CHALLENGE, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_who_asks_too_often_is_told_to_wait(client: Client) -> None:
    for _ in range(CAPTCHA.burst):
        assert (await client.post(VERIFY, json={"payload": ""})).status_code == 400
    answer = await client.post(CHALLENGE)
    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert int(answer.headers["retry-after"]) >= 1
    elsewhere = await client.post(CHALLENGE, headers={"X-Forwarded-For": "203.0.113.9"})
    assert elsewhere.status_code == 200
