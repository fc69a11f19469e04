"""What protects the API from floods, robots and doubled requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from schema.base import Row, Timestamp


class RateBucketRow(SQLModel, table=True):
    """A token bucket as one number: `full_at`, seconds since 1970 when it will be full again.

    UNLOGGED: nothing is written ahead, and a crash of the server fills every bucket.
    """

    __tablename__ = "rate_bucket"
    __table_args__ = {"prefixes": ["UNLOGGED"]}

    name: str = Field(primary_key=True)
    full_at: float


class IdempotencyRow(Row, table=True):
    """The answer to a create, kept for retries. `sealed_answer` may hold a secret shown once."""

    __tablename__ = "idempotency_key"

    scope: UUID
    key_hash: bytes = Field(unique=True)
    fingerprint: bytes
    sealed_answer: bytes
    expires_at: datetime = Field(sa_type=Timestamp, index=True)


class SolvedCaptchaRow(Row, table=True):
    """A solved challenge, so that it is not taken twice, and the one-use token that it earned."""

    __tablename__ = "solved_captcha"

    challenge_hash: bytes = Field(unique=True)
    token_hash: bytes = Field(unique=True)
    expires_at: datetime = Field(sa_type=Timestamp, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Timestamp)
