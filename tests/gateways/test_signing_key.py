"""The platform's key pair: the published vector, openssl, and libraries that are not ours."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks.webhooks import Webhook

from activities.gateways.signing_key import SEED_BYTES, SigningKey
from activities.rules.signatures import Message, headers, new_secret, standard_content

PRIVATE = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
SIGNATURE = (
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)
CONTENT = standard_content("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
SEED = base64.b64decode(PRIVATE)[:SEED_BYTES]
SECRET = new_secret(bytes(32))
MESSAGE = Message("inkode", "evt_1", "qr.created", "whe_1", 1, b'{"event":"qr.created"}')


def test_the_published_vector_is_met() -> None:
    key = SigningKey(SEED)
    assert key.whpk == PUBLIC
    assert key.sign(CONTENT) == SIGNATURE


def test_the_key_id_is_the_thumbprint_of_the_published_example() -> None:
    # RFC 8037, appendix A.1 and A.3.
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    key = SigningKey(seed)
    assert key.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key.key_id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_messages_carry_its_signature_behind_those_of_secrets() -> None:
    now = datetime.now(UTC)
    key = SigningKey(SEED)
    signed = headers(MESSAGE, [SECRET], now, key.sign)
    shared, ours = signed["webhook-signature"].split(" ")
    alone = headers(MESSAGE, [SECRET], now)
    assert {**signed, "webhook-signature": shared} == alone
    # A receiver that knows the secret only is not disturbed by it.
    Webhook(SECRET).verify(MESSAGE.body, signed)
    content = standard_content("evt_1", int(now.timestamp()), MESSAGE.body)
    public = Ed25519PublicKey.from_public_bytes(key.public_bytes)
    signature = base64.b64decode(ours.removeprefix("v1a,"))
    public.verify(signature, content)
    with pytest.raises(InvalidSignature):
        public.verify(signature, content + b" ")


def test_a_jwk_library_reads_the_public_key() -> None:
    key = SigningKey(SEED)
    read = jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": key.x}).key
    assert read.public_bytes_raw() == key.public_bytes


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on this machine")
def test_openssl_verifies_a_signature(tmp_path: Path) -> None:
    key = SigningKey(hashlib.sha256(b"another seed").digest())
    public = Ed25519PublicKey.from_public_bytes(key.public_bytes)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "sig").write_bytes(base64.b64decode(key.sign(CONTENT).removeprefix("v1a,")))

    def verified(content: bytes) -> bool:
        (tmp_path / "content").write_bytes(content)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(tmp_path / "key.pem")]
        files = ["-rawin", "-in", str(tmp_path / "content"), "-sigfile", str(tmp_path / "sig")]
        return subprocess.run([*command, *files], capture_output=True, check=False).returncode == 0

    assert verified(CONTENT)
    assert not verified(CONTENT + b" ")
