"""Mails that are queued and wanted no more: those that wait for quiet hours to end never go out.

Who queues a mail of a topic holds the memberships of its readers (FOR KEY SHARE) and reads their
wishes after that: so who ends a topic at the same time waits for the mail, or is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from activities.outside import outside
from schema.db import transaction

LEFT = "left"
"""Why a mail is refused whose reader wants none of its sort any more, or is no member any more."""

# The minute: what may be on its way by now is sent the same each time, or the provider refuses it.
_WITHDRAW = """
UPDATE mail SET refused = :why, sealed_words = NULL
FROM account_user AS u
WHERE u.id = :user AND mail.recipient = u.email AND mail.organization_id = :organization
  AND mail.kind = ANY (:kinds) AND mail.started_at IS NULL
  AND mail.sent_at IS NULL AND mail.refused IS NULL
  AND mail.not_before > CAST(:now AS timestamptz) + interval '1 minute'
"""

_ALONE = """
SELECT FROM membership WHERE user_id = :user AND organization_id = :organization FOR UPDATE
"""


@dataclass(frozen=True)
class WithdrawMails:
    """What waits for a person of an organization, of these kinds of mails."""

    user_id: UUID
    organization_id: UUID
    kinds: tuple[str, ...]


async def withdraw_mails(command: WithdrawMails) -> None:
    """Refuse what waits and did not begin, in the open transaction.

    Who queues such mails at the same time is done before, or reads wishes and members afterwards.
    """
    values: dict[str, Any] = {
        "user": command.user_id,
        "organization": command.organization_id,
        "kinds": list(command.kinds),
        "now": outside().clock.now(),
        "why": LEFT,
    }
    async with transaction() as session:
        await session.execute(text(_ALONE), values)
        await session.execute(text(_WITHDRAW), values)
