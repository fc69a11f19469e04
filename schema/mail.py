"""Mail on its way. What it says is sealed, because it may hold a sign-in link."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from schema.base import Row, Timestamp


class MailRow(Row, table=True):
    """One mail to one address, not sent before `not_before`. Mails of one `group_id` were written
    together and go to the provider in one request.

    `sealed_words` are the words of its template; they are forgotten once a provider took it.
    `started_at` is when its workflow was started, `sent_at` when it was sent, `refused` why it
    never will be.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index(
            "ix_mail_waiting",
            text("coalesce(not_before, created_at)"),
            postgresql_where=text("started_at IS NULL"),
        ),
        Index("ix_mail_group_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
    )

    organization_id: UUID | None = Field(default=None, foreign_key="organization.id")
    kind: str
    recipient: str
    sealed_words: bytes | None = None
    provider_id: str | None = None
    refused: str | None = None
    group_id: UUID | None = None
    not_before: datetime | None = Field(default=None, sa_type=Timestamp)
    request_id: str
    traceparent: str | None
    started_at: datetime | None = Field(default=None, sa_type=Timestamp)
    sent_at: datetime | None = Field(default=None, sa_type=Timestamp)
