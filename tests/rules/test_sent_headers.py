"""What the log of a message shows of its headers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from activities.rules import signatures
from activities.rules.discretion import HIDDEN
from activities.rules.sent_headers import redacted_request
from activities.rules.signatures import SCHEMES, Message

NOW = datetime(2026, 11, 21, 9, 30, 15, tzinfo=UTC)
NEW, OLD = (signatures.new_secret(bytes(range(start, start + 32))) for start in (0, 32))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_signature_is_shown_while_a_secret_is_replaced(scheme: str) -> None:
    message = Message(scheme, "evt_1", "qr.created", "whe_1", 1, b"{}")
    sent = signatures.headers(message, [NEW, OLD], NOW)
    shown = redacted_request(sent, {"Authorization": "Bearer x"})
    hidden = {name for name, value in shown.items() if value == HIDDEN}
    assert hidden == {"Authorization", *(name for name in sent if "signature" in name.lower())}
    assert {name: sent[name] for name in sent if name not in hidden} == {
        name: value for name, value in shown.items() if name not in hidden
    }
