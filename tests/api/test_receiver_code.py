"""The code that receivers are given really runs: each language takes what we sign, nothing else.

One process for each language, with all messages; openssl checks the platform's own signatures.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from activities.gateways.signing_key import SigningKey
from activities.rules import signatures
from activities.rules.signatures import SCHEMES, Message
from api.receiver_docs import pages

CODE = Path(pages.__file__).parent
RUN = Path(__file__).parent / "receivers"
NOW = datetime(2026, 11, 21, 9, 30, 15, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SECRET = signatures.new_secret(bytes(range(32)))
NEWER = signatures.new_secret(bytes(range(64)))
SHORTEST = signatures.new_secret(bytes(range(24)))
KEY = SigningKey(bytes(range(32)))


@dataclass(frozen=True)
class Case:
    """A message, and whether it is genuine."""

    name: str
    genuine: bool
    secret: str
    headers: dict[str, str]
    body: str
    now: int = SECONDS


def a_body(scheme: str = "standard") -> bytes:
    data = {"id": "qr_1", "name": "Menü ☕ <b>", "price": 4.5}
    return signatures.body(scheme, event="qr.created", data=data, occurred_at=NOW)


def signed(
    secrets: Sequence[str] = (SECRET,), scheme: str = "standard", at: datetime = NOW
) -> dict[str, str]:
    message = Message(scheme, "evt_01", "qr.created", "whe_01", 1, a_body(scheme))
    return signatures.headers(message, secrets, at, KEY.sign)


def genuine() -> list[Case]:
    told = a_body().decode()
    upper = {name.upper(): value for name, value in signed().items()}
    return [
        *(Case(s, True, SECRET, signed(scheme=s), a_body(s).decode()) for s in SCHEMES),
        Case("the older of two secrets", True, SECRET, signed((NEWER, SECRET)), told),
        Case("the newer of two secrets", True, NEWER, signed((NEWER, SECRET)), told),
        Case("a short secret", True, SHORTEST, signed((SHORTEST,)), told),
        Case("names in capitals", True, SECRET, upper, told),
        Case("just in time", True, SECRET, signed(), told, SECONDS + 300),
        Case("a clock that is behind", True, SECRET, signed(), told, SECONDS - 300),
        Case("among others", True, SECRET, also(f"v2,x v1,AAAA {one()} v1,"), told),
    ]


def refused() -> list[Case]:
    told = a_body().decode()
    whole = one()
    parts = ["", "v1,", "v1", whole[:-1], whole[:20], whole[3:], whole[:-2] + "A=", f"{whole}A"]
    others = [whole.replace("v1", "v2"), whole.upper(), f'"{whole}"', f",{whole}", "é", "v1,é"]
    stamps = ["", "now", "1e9", "+1", "-1", "٣", "9" * 40, f"{SECONDS}.0", f" {SECONDS}"]
    stamps += [f"{SECONDS}\n", f"{SECONDS - 1}", f"0x{SECONDS:x}"]
    return [
        Case("another body", False, SECRET, signed(), told + " "),
        Case("no body", False, SECRET, signed(), ""),
        Case("another secret", False, NEWER, signed(), told),
        Case("too old", False, SECRET, signed(), told, SECONDS + 301),
        Case("of the future", False, SECRET, signed(), told, SECONDS - 301),
        Case("another id", False, SECRET, {**signed(), "webhook-id": "evt_02"}, told),
        Case("only the platform's", False, SECRET, also(signed()["webhook-signature"][48:]), told),
        *(Case(f"signature {p}", False, SECRET, also(p), told) for p in (*parts, *others)),
        *(
            Case(f"timestamp {s!r}", False, SECRET, {**signed(), "webhook-timestamp": s}, told)
            for s in stamps
        ),
        *(Case(f"without {name}", False, SECRET, without(name), told) for name in NEEDED),
        *(
            Case(f"secret {s!r}", False, s, forged(s.removeprefix("whsec_")), told)
            for s in ("", "whsec_", "whsec_AAAA", SECRET.removeprefix("whsec_"), "whsec_***")
        ),
    ]


NEEDED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def one() -> str:
    """The one signature with the secret."""
    return signed()["webhook-signature"].split(" ")[0]


def also(signature: str) -> dict[str, str]:
    return {**signed(), "webhook-signature": signature}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed().items() if key != name}


def forged(encoded: str) -> dict[str, str]:
    """What somebody sends who hopes that the receiver's secret is no secret."""
    try:
        key = base64.b64decode(encoded)
    except ValueError:
        key = b""
    content = signatures.standard_content("evt_01", SECONDS, a_body())
    digest = hmac.digest(key, content, hashlib.sha256)
    return also("v1," + base64.b64encode(digest).decode())


CASES = [*genuine(), *refused()]


def command(language: str, folder: Path) -> list[str]:
    """How its runner is started; skips where its runtime is not on the machine."""
    name = pages.CODE[language]
    file = str(CODE / name)
    if language == "Python":
        return [sys.executable, "-I", "-S", str(RUN / "run.py"), file]
    runtime = {"JavaScript": "node", "Go": "go", "PHP": "php", "Ruby": "ruby"}[language]
    if shutil.which(runtime) is None:
        pytest.skip(f"{runtime} is not on this machine")
    if language != "Go":
        return [runtime, str(RUN / f"run{Path(name).suffix}"), file]
    (folder / "go.mod").write_text("module receiver\n\ngo 1.18\n")
    (folder / "inkloom").mkdir()
    shutil.copy(file, folder / "inkloom")
    shutil.copy(RUN / "run.go", folder)
    return ["go", "run", "."]


@pytest.mark.parametrize("language", [name for name in pages.CODE if name != "Shell"])
def test_a_language_takes_what_is_genuine_and_nothing_else(language: str, tmp_path: Path) -> None:
    messages = [
        {name: value for name, value in vars(case).items() if name not in ("name", "genuine")}
        for case in CASES
    ]
    said = subprocess.run(
        command(language, tmp_path),
        input=json.dumps(messages).encode(),
        cwd=tmp_path,
        env={**os.environ, "GOPROXY": "off", "GOTOOLCHAIN": "local"},
        capture_output=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr.decode()
    assert said.stderr == b""
    told = json.loads(said.stdout)
    assert len(told) == len(CASES)
    wrong = [case.name for case, taken in zip(CASES, told, strict=True) if taken != case.genuine]
    assert wrong == []


def test_our_own_check_says_the_same() -> None:
    for case in CASES:
        now = datetime.fromtimestamp(case.now, UTC)
        try:
            taken = signatures.verify_standard(case.secret, case.headers, case.body.encode(), now)
        except ValueError:
            taken = False
        assert taken == case.genuine, case.name


@pytest.fixture(scope="module")
def fresh() -> dict[str, str]:
    """The headers of a message that was sent just now: the script knows no other time."""
    return signed(at=datetime.now(UTC))


PLATFORM: list[tuple[str, bool, dict[str, Any]]] = [
    ("genuine", True, {}),
    ("another body", False, {"body": b"{}"}),
    ("another key", False, {"key": SigningKey(bytes(32)).whpk}),
    ("no key", False, {"key": ""}),
    ("another id", False, {"webhook-id": "evt_02"}),
    ("no id", False, {"webhook-id": ""}),
    ("stale", False, {"webhook-timestamp": str(SECONDS)}),
    ("octal", False, {"webhook-timestamp": "0777"}),
    ("no time", False, {"webhook-timestamp": "$(id)"}),
    ("no signature", False, {"webhook-signature": ""}),
    ("a part of one", False, {"webhook-signature": KEY.sign(b"x")[:-8]}),
    ("a pattern", False, {"webhook-signature": "v1a,* *"}),
]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")
@pytest.mark.parametrize(
    ("taken", "changed"), [case[1:] for case in PLATFORM], ids=[case[0] for case in PLATFORM]
)
def test_openssl_takes_what_the_platform_signed_and_nothing_else(
    tmp_path: Path, fresh: dict[str, str], taken: bool, changed: dict[str, Any]
) -> None:
    file = tmp_path / "body"
    file.write_bytes(changed.get("body", a_body()))
    sent = {**fresh, **changed}
    words = [changed.get("key", KEY.whpk), *(sent[name] for name in NEEDED), str(file)]
    run = subprocess.run(
        ["sh", str(CODE / pages.CODE["Shell"]), *words], capture_output=True, check=False
    )
    assert (run.returncode == 0) is taken, run.stderr
