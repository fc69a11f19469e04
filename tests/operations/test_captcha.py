"""The captcha: what a solution earns, and what earns nothing."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.captcha import (
    LIFETIME,
    TRIES,
    MakeChallenge,
    SpendCaptcha,
    VerifySolution,
    make_challenge,
    spend_captcha,
    verify_solution,
)
from activities.gateways.clock import FixedClock
from activities.gateways.vault import Vault
from activities.outside import Outside, install
from activities.rules.errors import CaptchaRefused
from schema.db import transaction
from tests.builders.captcha import a_captcha_token, a_challenge, a_solution, solve

pytestmark = pytest.mark.usefixtures("database", "world")


def opened(payload: str) -> Any:
    return json.loads(base64.b64decode(payload))


def closed(content: Any) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


async def test_a_challenge_of_real_dice_is_solved_within_its_tries(clock: FixedClock) -> None:
    challenge = await make_challenge(MakeChallenge())
    assert challenge.expires_at == clock.now() + LIFETIME
    payload = await solve(
        {"parameters": dict(challenge.parameters), "signature": challenge.signature}
    )
    assert opened(payload)["solution"]["counter"] < TRIES
    earned = await verify_solution(VerifySolution(payload))
    assert earned.token.startswith("cap_")
    assert len(earned.token) == len("cap_") + 43
    assert earned.expires_at == clock.now() + LIFETIME


async def test_no_challenge_is_like_another() -> None:
    first, second = await a_challenge(), await a_challenge()
    assert first.parameters["nonce"] != second.parameters["nonce"]
    assert first.signature != second.signature


async def test_a_token_is_spent_once() -> None:
    token = await a_captcha_token()
    await spend_captcha(SpendCaptcha(token))
    with pytest.raises(CaptchaRefused):
        await spend_captcha(SpendCaptcha(token))


async def test_a_token_ends_after_ten_minutes(clock: FixedClock) -> None:
    token, other = await a_captcha_token(), await a_captcha_token()
    clock.moment += LIFETIME - timedelta(seconds=1)
    await spend_captcha(SpendCaptcha(token))
    clock.moment += timedelta(seconds=1)
    with pytest.raises(CaptchaRefused):
        await spend_captcha(SpendCaptcha(other))


@pytest.mark.parametrize("token", ["", "cap_", "cap_invented", "ses_" + "A" * 43, "ü" * 5000])
async def test_an_invented_token_is_refused(token: str) -> None:
    await a_captcha_token()
    with pytest.raises(CaptchaRefused):
        await spend_captcha(SpendCaptcha(token))


async def test_a_token_that_a_failed_transaction_spent_is_unspent() -> None:
    token = await a_captcha_token()

    async def spend_and_fail() -> None:
        async with transaction():
            await spend_captcha(SpendCaptcha(token))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await spend_and_fail()
    await spend_captcha(SpendCaptcha(token))


async def test_a_solution_is_taken_once() -> None:
    payload = await a_solution()
    await verify_solution(VerifySolution(payload))
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(payload))


async def test_a_solution_spelled_otherwise_is_the_same_solution() -> None:
    payload = await a_solution()
    await verify_solution(VerifySolution(payload))
    content = opened(payload)
    parameters = content["challenge"]["parameters"]
    content["solution"]["derivedKey"] = content["solution"]["derivedKey"].upper()
    content["solution"] |= {"counter": 4, "time": 17}
    parameters |= {"cost": float(parameters["cost"]), "unknown": 1, "expiresAt": 1}
    for spelled in (closed(content), closed(dict(reversed(content.items())))):
        with pytest.raises(CaptchaRefused):
            await verify_solution(VerifySolution(spelled))


async def test_the_end_that_the_widget_shows_may_come_back() -> None:
    content = opened(await a_solution())
    content["challenge"]["parameters"]["expiresAt"] = 1
    await verify_solution(VerifySolution(closed(content)))


async def test_a_challenge_ends_after_ten_minutes(clock: FixedClock) -> None:
    early, late = await a_solution(), await a_solution()
    clock.moment += LIFETIME - timedelta(seconds=1)
    await verify_solution(VerifySolution(early))
    clock.moment += timedelta(seconds=1)
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(late))


async def test_a_solution_is_remembered_as_long_as_it_could_be_sent(
    database: AsyncConnection, clock: FixedClock
) -> None:
    payload = await a_solution()
    clock.moment += timedelta(seconds=30)
    await verify_solution(VerifySolution(payload))
    kept_until = await database.scalar(text("SELECT expires_at FROM solved_captcha"))
    assert kept_until.timestamp() >= opened(payload)["challenge"]["parameters"]["data"]["until"]


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"until": 9_999_999_999}},
        {"keyPrefix": "00"},
        {"cost": 1},
        {"nonce": "00" * 16},
        {"keySignature": "00" * 32},
        {"keySignature": None},
        {"expiresAt": None},
        {"data": None},
    ],
)
async def test_a_changed_challenge_is_refused(change: dict[str, Any]) -> None:
    content = opened(await a_solution())
    content["challenge"]["parameters"] |= change
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(closed(content)))


async def test_a_challenge_of_another_key_is_refused(world: Outside) -> None:
    payload = await a_solution()
    install(Outside(**{**vars(world), "vault": Vault(bytes(32))}))
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(payload))


@pytest.mark.parametrize(
    "solution",
    [
        {},
        [],
        None,
        {"counter": 3},
        {"counter": 3, "derivedKey": None},
        {"counter": 3, "derivedKey": ""},
        {"counter": 3, "derivedKey": "00" * 32},
        {"counter": -1, "derivedKey": "zz"},
        {"counter": "3", "derivedKey": {"a": 1}},
    ],
)
async def test_a_wrong_solution_is_refused(solution: Any) -> None:
    content = opened(await a_solution())
    content["solution"] = solution
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(closed(content)))


async def test_the_part_of_the_key_that_is_told_is_not_a_solution() -> None:
    challenge = await a_challenge()
    content = {
        "challenge": {
            "parameters": dict(challenge.parameters),
            "signature": challenge.signature,
        },
        "solution": {"counter": 0, "derivedKey": challenge.parameters["keyPrefix"] + "00" * 16},
    }
    assert len(challenge.parameters["keyPrefix"]) == 32
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(closed(content)))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=ANYTHING
    | st.fixed_dictionaries({"challenge": ANYTHING, "solution": ANYTHING})
    | st.fixed_dictionaries(
        {
            "challenge": st.fixed_dictionaries({"parameters": ANYTHING, "signature": ANYTHING}),
            "solution": st.fixed_dictionaries({"counter": ANYTHING, "derivedKey": ANYTHING}),
        }
    )
    | st.fixed_dictionaries(
        {
            "challenge": st.fixed_dictionaries(
                {
                    "parameters": st.fixed_dictionaries(
                        dict.fromkeys(("algorithm", "nonce", "salt", "cost"), ANYTHING),
                        optional=dict.fromkeys(("data", "expiresAt", "keySignature"), ANYTHING),
                    ),
                    "signature": st.text(min_size=1),
                }
            ),
            "solution": st.fixed_dictionaries({"counter": ANYTHING, "derivedKey": ANYTHING}),
        }
    )
)
async def test_whatever_else_is_sent_is_refused(content: Any) -> None:
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(closed(content)))


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "no base64!",
        "ü",
        "\ud800",
        closed(3),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 3000).decode(),
        base64.b64encode(b"1" * 3000).decode(),
    ],
)
async def test_garbage_is_refused(payload: str) -> None:
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(payload))


async def test_a_right_solution_in_a_huge_payload_is_not_read() -> None:
    content = opened(await a_solution()) | {"more": "x" * 4096}
    with pytest.raises(CaptchaRefused):
        await verify_solution(VerifySolution(closed(content)))


async def test_neither_token_nor_solution_is_stored(database: AsyncConnection) -> None:
    payload = await a_solution()
    token = (await verify_solution(VerifySolution(payload))).token
    stored = await database.scalar(text("SELECT c::text FROM solved_captcha c"))
    assert token not in stored
    assert opened(payload)["challenge"]["signature"] not in stored
