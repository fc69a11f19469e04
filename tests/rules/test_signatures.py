"""Bodies and signatures, judged by published vectors and by libraries that are not ours."""

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from activities.rules import signatures
from activities.rules.signatures import Message

NOW = datetime(2026, 11, 21, 9, 30, 15, 250000, tzinfo=UTC)
SECRET = signatures.new_secret(bytes(range(32)))
OLDER = signatures.new_secret(bytes(range(64)))

STANDARD_VECTORS = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
]


def message(scheme: str, attempt: int = 1) -> Message:
    data = {"id": "qr_1", "name": "Menü ☕"}
    return Message(
        scheme=scheme,
        message_id="msg_01",
        event="qr.created",
        endpoint_id="whe_0123",
        attempt=attempt,
        body=signatures.body(scheme, event="qr.created", data=data, occurred_at=NOW),
    )


@pytest.mark.parametrize(("secret", "id_", "seconds", "body", "expected"), STANDARD_VECTORS)
def test_published_standard_webhooks_vectors_are_met(
    secret: str, id_: str, seconds: int, body: bytes, expected: str
) -> None:
    content = signatures.standard_content(id_, seconds, body)
    assert signatures.standard_signature(secret, content) == expected
    sent_at = datetime.fromtimestamp(seconds, UTC)
    assert Webhook(secret).sign(id_, sent_at, body.decode()) == expected
    received = {
        "Webhook-Id": id_,
        "Webhook-Timestamp": str(seconds),
        "Webhook-Signature": expected,
    }
    assert signatures.verify_standard(secret, received, body, sent_at)


def test_the_published_sha256_prefix_vector_is_met() -> None:
    secret, expected = (
        "It's a Secret to Everybody",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    )
    assert signatures.hex_signature(secret, b"Hello, World!") == expected


@pytest.mark.parametrize("scheme", signatures.SCHEMES)
def test_every_scheme_verifies_with_the_standard_webhooks_library(scheme: str) -> None:
    now = datetime.now(UTC)
    headers = signatures.headers(message(scheme), [SECRET], now)
    Webhook(SECRET).verify(message(scheme).body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLDER).verify(message(scheme).body, headers)
    assert headers["User-Agent"] == "Inkloom-Webhooks/1"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("scheme", signatures.SCHEMES)
def test_during_a_rotation_both_secrets_verify_newest_first(scheme: str) -> None:
    now = datetime.now(UTC)
    made = message(scheme)
    headers = signatures.headers(made, [SECRET, OLDER], now)
    Webhook(SECRET).verify(made.body, headers)
    Webhook(OLDER).verify(made.body, headers)
    newest_alone = signatures.headers(made, [SECRET], now)
    first, second = headers["webhook-signature"].split(" ")
    assert first == newest_alone["webhook-signature"] != second


@pytest.mark.parametrize("scheme", ["inkode", "innkie", "qrscan"])
def test_during_a_rotation_the_own_header_is_that_of_the_secret_before(scheme: str) -> None:
    made, own = message(scheme), signatures.OWN[scheme]
    during = signatures.headers(made, [SECRET, OLDER], NOW)
    before = signatures.headers(made, [OLDER], NOW)
    after = signatures.headers(made, [SECRET], NOW)
    assert during[own] == before[own] != after[own]
    assert during[f"{own}-Next"] == after[own]
    assert f"{own}-Next" not in {**before, **after}
    both = during["webhook-signature"]
    assert {**before, f"{own}-Next": after[own], "webhook-signature": both} == during


def test_inkode_signs_the_raw_body_with_the_text_of_the_secret() -> None:
    made = message("inkode", attempt=3)
    headers = signatures.headers(made, [SECRET], NOW)
    expected = hmac.new(SECRET.encode(), made.body, hashlib.sha256).hexdigest()
    assert headers["X-Inkode-Signature"] == f"sha256={expected}"
    assert headers["X-Inkode-Event"] == "qr.created"
    assert headers["X-Inkode-Delivery"] == "whe_0123"
    assert headers["X-Inkode-Attempt"] == "3"


def test_innkie_signs_the_raw_body_and_adds_one_header() -> None:
    made = message("innkie")
    headers = signatures.headers(made, [SECRET], NOW)
    expected = hmac.new(SECRET.encode(), made.body, hashlib.sha256).hexdigest()
    assert headers["X-Innkie-Signature"] == expected
    assert not [name for name in headers if "Inkode" in name or "QRScan" in name]


def test_qrscan_signs_the_timestamp_and_the_body() -> None:
    made = message("qrscan")
    headers = signatures.headers(made, [SECRET], NOW)
    seconds = headers["X-QRScanInk-Timestamp"]
    assert int(seconds) == int(NOW.timestamp())
    signed = seconds.encode() + b"." + made.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-QRScanInk-Signature"] == expected


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")
def test_openssl_computes_the_same_hex_signature() -> None:
    made = message("innkie")
    command = ["openssl", "dgst", "-sha256", "-hmac", SECRET, "-r"]
    said = subprocess.run(command, input=made.body, capture_output=True, check=True)
    sent = signatures.headers(made, [SECRET], NOW)["X-Innkie-Signature"]
    assert said.stdout.split()[0].decode() == sent


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not on this machine")
def test_a_node_client_of_each_dialect_accepts_its_header() -> None:
    script = """
      const { createHmac } = require('node:crypto')
      const given = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
      const hex = (text) => createHmac('sha256', given.secret).update(text, 'utf8').digest('hex')
      const [inkode, innkie, qrscan] = given.messages
      console.log(JSON.stringify([
        inkode.headers['X-Inkode-Signature'] === 'sha256=' + hex(inkode.body),
        innkie.headers['X-Innkie-Signature'] === hex(innkie.body),
        qrscan.headers['X-QRScanInk-Signature'] ===
          hex(qrscan.headers['X-QRScanInk-Timestamp'] + '.' + qrscan.body),
      ]))
    """
    made = [message(scheme) for scheme in ("inkode", "innkie", "qrscan")]
    given = {
        "secret": SECRET,
        "messages": [
            {"headers": signatures.headers(one, [SECRET], NOW), "body": one.body.decode()}
            for one in made
        ],
    }
    said = subprocess.run(
        ["node", "-e", script], input=json.dumps(given).encode(), capture_output=True, check=True
    )
    assert json.loads(said.stdout) == [True, True, True]


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (
            "standard",
            '{"type":"a.b","timestamp":"2026-11-21T09:30:15.250Z","data":{"z":"é","a":1}}',
        ),
        (
            "inkode",
            '{"event":"a.b","payload":{"z":"é","a":1},"timestamp":"2026-11-21T09:30:15.250Z"}',
        ),
        ("innkie", '{"event":"a.b","data":{"z":"é","a":1},"timestamp":"2026-11-21T09:30:15.250Z"}'),
        ("qrscan", '{"event":"a.b","data":{"z":"é","a":1},"timestamp":"2026-11-21T09:30:15.250Z"}'),
    ],
)
def test_a_body_is_compact_utf_8_in_the_order_given(scheme: str, expected: str) -> None:
    data = {"z": "é", "a": 1}
    assert signatures.body(scheme, event="a.b", data=data, occurred_at=NOW) == expected.encode()


def test_a_time_of_another_zone_is_told_in_utc_with_milliseconds() -> None:
    local = datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    made = json.loads(signatures.body("innkie", event="a", data={}, occurred_at=local))
    assert made["timestamp"] == "2025-12-31T23:00:00.000Z"


def test_a_time_without_a_zone_is_refused() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        signatures.body("standard", event="a", data={}, occurred_at=naive)
    with pytest.raises(ValueError, match="time zone"):
        signatures.headers(message("standard"), [SECRET], naive)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown signature scheme"):
        signatures.body("md5", event="a", data={}, occurred_at=NOW)


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        signatures.body("standard", event="a", data={"n": float("nan")}, occurred_at=NOW)


@pytest.mark.parametrize("count", [0, 23, 65])
def test_a_secret_of_too_few_or_too_many_bytes_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="24 to 64"):
        signatures.new_secret(bytes(count))
    spelled = "whsec_" + base64.b64encode(bytes(count)).decode()
    with pytest.raises(ValueError, match="24 to 64"):
        signatures.standard_signature(spelled, b"")


@pytest.mark.parametrize("secret", ["", SECRET.removeprefix("whsec_"), SECRET + "*", "whsec_ä"])
def test_a_malformed_secret_is_refused_without_repeating_it(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_") as caught:
        signatures.headers(message("standard"), [secret], NOW)
    assert not secret or secret not in str(caught.value)


def test_nothing_goes_out_unsigned() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        signatures.headers(message("standard"), [], NOW)


@pytest.mark.parametrize(
    ("seconds_off", "accepted"), [(0, True), (299, True), (-299, True), (302, False), (-302, False)]
)
def test_a_timestamp_more_than_five_minutes_off_is_refused(
    seconds_off: int, accepted: bool
) -> None:
    made = message("standard")
    headers = signatures.headers(made, [SECRET], NOW)
    later = NOW + timedelta(seconds=seconds_off)
    assert signatures.verify_standard(SECRET, headers, made.body, later) is accepted


def test_our_verifier_refuses_what_was_changed() -> None:
    made = message("standard")
    good = signatures.headers(made, [SECRET], NOW)
    whole = good["webhook-signature"]

    def accepted(body: bytes = made.body, secret: str = SECRET, **changed: str) -> bool:
        received = good | {f"webhook-{name}": value for name, value in changed.items()}
        return signatures.verify_standard(secret, received, body, NOW)

    assert accepted()
    assert accepted(signature=f"v1a,AAAA {whole} v2,xx")
    assert not accepted(body=made.body + b" ")
    assert not accepted(secret=OLDER)
    assert not accepted(id="msg_02")
    assert not accepted(timestamp=str(int(NOW.timestamp()) + 1))
    for wrong in ("", "v1,", whole[:-1], whole[:20], whole[3:], whole.replace("v1", "v2"), "é"):
        assert not accepted(signature=wrong)
    for wrong in ("", "now", "1e9", "٣", "9" * 400, "-1"):
        assert not accepted(timestamp=wrong)
    assert not signatures.verify_standard(SECRET, {}, made.body, NOW)
