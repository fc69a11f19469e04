"""A mail's row as its words, and as the letter that goes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from activities.gateways.mailer import OutgoingMail
from activities.gateways.vault import SealBroken
from activities.outside import outside
from activities.render.mails import write_letter
from schema.tables import MailRow

NOBODY = UUID(int=0)
"""Stands for the organization where a mail belongs to none, in what the seal is bound to."""

TOO_LATE = "too late"


def sealed(words: Mapping[str, str], organization_id: UUID | None, mail_id: UUID) -> bytes:
    """The words for their column."""
    return outside().vault.seal(
        json.dumps(dict(words)),
        organization=organization_id or NOBODY,
        row=mail_id,
        nonce=outside().dice.throw(12),
    )


def words_of(row: MailRow) -> dict[str, str]:
    """The words in clear; raises `SealBroken`."""
    if row.sealed_words is None:
        raise SealBroken("the words are gone")
    text = outside().vault.open(
        row.sealed_words, organization=row.organization_id or NOBODY, row=row.id
    )
    words: dict[str, str] = json.loads(text)
    return words


def outgoing(row: MailRow) -> OutgoingMail:
    """What a mailer takes, the same each time; raises `SealBroken`."""
    words = words_of(row)
    letter = write_letter(row.kind, words)
    return OutgoingMail(
        id=row.id,
        recipient=row.recipient,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        kind=row.kind,
        unsubscribe=words.get("unsubscribe") or None,
    )
