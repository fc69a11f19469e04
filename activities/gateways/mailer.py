"""Mail, as a gateway: who takes it, and how it may be refused.

`activities/gateways/resend.py` sends it for real. Here are the two that send nothing: the mailbox
of a machine under development, and what production has until a provider is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from uuid import UUID


class MailRefused(Exception):
    """The provider will never send this mail. `reason` is for operators and names nobody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailerAway(Exception):
    """The mail may or may not have been taken: send it again under the same id.

    `wait_seconds` is how long the provider wants to be left alone, if it said so. The sentence is
    kept in histories and logs, and names nobody.
    """

    def __init__(self, sentence: str, wait_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_seconds = wait_seconds


NO_KEY = "no mail can be sent: RESEND_API_KEY is not set"

MOST_AT_ONCE = 100
"""Mails in one request."""


@dataclass(frozen=True)
class OutgoingMail:
    """One mail. However often it is sent under one id, it arrives once.

    `kind` is what the provider counts it as. `unsubscribe` is the address that ends such mails by
    one POST (RFC 8058).
    """

    id: UUID
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    kind: str = ""
    unsubscribe: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Sent:
    """The provider has a mail, under its own id."""

    provider_id: str


@dataclass(frozen=True)
class Refused:
    """The provider will never send a mail; `reason` is as that of `MailRefused`."""

    reason: str


class Mailer(Protocol):
    """Takes mails. `keeps_words` says that they stay readable here because nobody else has them."""

    @property
    def keeps_words(self) -> bool: ...

    async def send(self, mail: OutgoingMail) -> str:
        """The provider's id of the mail. Raises `MailRefused` and `MailerAway`."""

    async def send_all(
        self, group_id: UUID, mails: Sequence[OutgoingMail]
    ) -> tuple[Sent | Refused, ...]:
        """What became of each of `MOST_AT_ONCE` mails at most, in their order. However often they
        are sent under one group id, each arrives once; they have to be the same each time.

        Raises `MailerAway` where it is not known of any.
        """

    async def close(self) -> None: ...


class Mailbox:
    """The mailer of a machine under development: mails stay in their table, for `/dev/mailbox`."""

    keeps_words: ClassVar[bool] = True

    async def send(self, mail: OutgoingMail) -> str:
        return f"mailbox/{mail.id}"

    async def send_all(
        self, group_id: UUID, mails: Sequence[OutgoingMail]
    ) -> tuple[Sent | Refused, ...]:
        return tuple(Sent(f"mailbox/{mail.id}") for mail in mails)

    async def close(self) -> None:
        return


class NoMailer:
    """Production before a provider is set: mails wait for one as long as they are worth sending."""

    keeps_words: ClassVar[bool] = False

    async def send(self, mail: OutgoingMail) -> str:
        raise MailerAway(NO_KEY)

    async def send_all(
        self, group_id: UUID, mails: Sequence[OutgoingMail]
    ) -> tuple[Sent | Refused, ...]:
        raise MailerAway(NO_KEY)

    async def close(self) -> None:
        return
