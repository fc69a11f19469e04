"""What people are told in Inkloom and by mail, how they want it, and rules that look at scans."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, Uuid, desc, text
from sqlmodel import Field, SQLModel

from schema.base import Json, Row, Timestamp


class NotificationRow(Row, table=True):
    """One thing that one person is told of an organization; kept for 90 days.

    `key` names the fact: it is told once. `words` are those of its kind
    (`activities.rules.notices`). `mailed_at` is when a mail or digest about it was queued, null for
    one that waits for the next digest where `mail` says daily.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "organization_id", "key"),
        Index(
            "ix_notification_newest",
            "user_id",
            "organization_id",
            desc("created_at"),
            desc("id"),
        ),
        Index(
            "ix_notification_undigested",
            "user_id",
            "organization_id",
            postgresql_where=text("mail = 'daily' AND mailed_at IS NULL"),
        ),
        # Written in their order: BRIN costs next to nothing.
        Index("ix_notification_age", "created_at", postgresql_using="brin"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    user_id: UUID = Field(foreign_key="account_user.id")
    kind: str
    key: str
    words: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    asset_kind: str | None = None
    asset_id: UUID | None = None
    is_shown: bool = True
    mail: str = "never"
    mailed_at: datetime | None = Field(default=None, sa_type=Timestamp)
    read_at: datetime | None = Field(default=None, sa_type=Timestamp)


class NoticePreferenceRow(SQLModel, table=True):
    """How a person wants to hear of one topic in one organization; without a row as the topic says.

    `mail` is now, daily or never.
    """

    __tablename__ = "notice_preference"

    user_id: UUID = Field(foreign_key="account_user.id", primary_key=True)
    organization_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    topic: str = Field(primary_key=True)
    in_app: bool
    mail: str
    updated_at: datetime = Field(sa_type=Timestamp)


class DigestRow(Row, table=True):
    """What comes once a period to a person of an organization, decided: `period` names the day,
    week or date that it is about. Without `mail_id` there was nothing to say.
    """

    __tablename__ = "digest"
    __table_args__ = (
        UniqueConstraint("user_id", "organization_id", "kind", "period"),
        Index("ix_digest_age", "created_at", postgresql_using="brin"),
    )

    organization_id: UUID = Field(foreign_key="organization.id")
    user_id: UUID = Field(foreign_key="account_user.id")
    kind: str
    period: str
    mail_id: UUID | None = None


class AlertRow(Row, table=True):
    """A rule that looks at the scans of one asset, or of its whole workspace without `asset_id`.

    `kind` is over, under, first_scan, spike or silence (`activities.rules.alerts`), `state` armed
    or crossed: it fires on the way from the first to the second. `looked_at` is the time that it
    was last judged for, `since` when it began to look without a break: it rests while what it looks
    at is switched off or in the trash.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_due", "looked_at", postgresql_where=text("is_active AND deleted_at IS NULL")
        ),
    )

    organization_id: UUID = Field(foreign_key="organization.id", index=True)
    workspace_id: UUID = Field(foreign_key="workspace.id", index=True)
    asset_kind: str | None = None
    asset_id: UUID | None = Field(default=None, index=True)
    name: str
    kind: str
    threshold: int | None = Field(default=None, sa_type=BigInteger)
    factor: float | None = None
    window_minutes: int
    is_active: bool = True
    state: str = "armed"
    since: datetime = Field(sa_type=Timestamp)
    is_resting: bool = False
    looked_at: datetime | None = Field(default=None, sa_type=Timestamp)
    fired_at: datetime | None = Field(default=None, sa_type=Timestamp)
    version: int = 1
    made_by: UUID | None = None
    updated_at: datetime = Field(sa_type=Timestamp)
    deleted_at: datetime | None = Field(default=None, sa_type=Timestamp)


class AlertFiringRow(Row, table=True):
    """One time that a rule fired, for `at`: what it counted, and what it expected of it if it did.

    Kept for 400 days.
    """

    __tablename__ = "alert_firing"
    __table_args__ = (UniqueConstraint("alert_id", "at"),)

    alert_id: UUID = Field(
        sa_type=Uuid, sa_column_args=(ForeignKey("alert.id", ondelete="CASCADE"),)
    )
    organization_id: UUID
    at: datetime = Field(sa_type=Timestamp)
    counted: int = Field(sa_type=BigInteger)
    expected: float | None = None
