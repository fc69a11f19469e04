"""Mail through Resend (https://resend.com/docs/api-reference/emails, one at a time and in batches).

The id of a mail is its idempotency key: Resend takes it once, however often it is sent within 24 h.
Its limits are those of the account: who is told to wait makes all others of the process wait.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import httpx
import resend
from resend.exceptions import NoContentError, ResendError
from resend.http_client_async import AsyncHTTPClient

from activities.gateways.mailer import (
    MOST_AT_ONCE,
    MailerAway,
    MailRefused,
    OutgoingMail,
    Refused,
    Sent,
)
from activities.rules.backoff import parse_retry_after

TOTAL_SECONDS = 15.0

LONGEST_HOLD = 3600.0
"""Seconds after which it is asked again, however long it wants to be left alone."""

A_SECOND = 5
"""Requests that it takes in one."""

SPREAD_SECONDS = 60
"""Over how long those who were held come back, one after the other."""

_REFUSING = (400, 409, 413, 422, 451)
"""Statuses that are about the mail. Others are about our account, the network or the moment (a key
that was rotated, a wrong base address): an operator or time mends those, so the mail waits."""

_ODD = (LookupError, TypeError, ValueError, AttributeError)
"""What reading an answer that is another than documented raises."""

_MENDABLE = ("concurrent_idempotent_requests", "invalid_from_address")
"""Types under those statuses that are not about the mail."""


class ResendMailer:
    """One account. The SDK keeps key and address per process: make one mailer a process."""

    keeps_words: ClassVar[bool] = False

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        sender: str,
        total_seconds: float = TOTAL_SECONDS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sender = sender
        self._total_seconds = total_seconds
        self._now = now
        self._hold = _Hold(now)
        self._wire = _Wire(total_seconds)
        resend.api_key = api_key
        resend.api_url = base_url
        resend.default_async_http_client = self._wire

    async def send(self, mail: OutgoingMail) -> str:
        """Resend's id. The whole call takes `total_seconds` at most."""
        letter, key = self._letter(mail), str(mail.id)
        async with self._answered():
            taken = await resend.Emails.send_async(letter, {"idempotency_key": key})
            return str(taken["id"])

    async def send_all(
        self, group_id: UUID, mails: Sequence[OutgoingMail]
    ) -> tuple[Sent | Refused, ...]:
        """One request, in which a mail that Resend does not like stops no other. The id of the
        group is its idempotency key: other mails under it are refused.
        """
        if not 0 < len(mails) <= MOST_AT_ONCE:
            raise ValueError(f"a request takes 1 to {MOST_AT_ONCE} mails")
        letters = [self._letter(mail) for mail in mails]
        how: resend.Batch.SendOptions = {
            "idempotency_key": str(group_id),
            "batch_validation": "permissive",
        }
        try:
            async with self._answered():
                taken = await resend.Batch.send_async(letters, how)
                return _outcomes(len(mails), taken)
        except MailRefused as refusal:
            return (Refused(refusal.reason),) * len(mails)

    async def close(self) -> None:
        await self._wire.close()

    def _letter(self, mail: OutgoingMail) -> resend.Emails.SendParams:
        headers = {"Auto-Submitted": "auto-generated", "X-Entity-Ref-ID": str(mail.id)}
        if mail.unsubscribe:
            headers["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        letter: resend.Emails.SendParams = {
            "from": self._sender,
            "to": [mail.recipient],
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "headers": headers,
        }
        if mail.kind:
            letter["tags"] = [{"name": "kind", "value": mail.kind}]
        return letter

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        """A call inside ends in time, or raises what a `Mailer` raises. It is not made while Resend
        wants to be left alone.
        """
        self._hold.check()
        try:
            async with asyncio.timeout(self._total_seconds):
                yield
        except ResendError as fault:
            raise self._judged(fault) from None
        except (TimeoutError, NoContentError, *_ODD) as fault:
            raise MailerAway(f"Resend gave no answer: {type(fault).__name__}") from None

    def _judged(self, fault: ResendError) -> MailRefused | MailerAway:
        """Without the fault's message: Resend repeats the address in it."""
        status = int(fault.code) if str(fault.code).isdigit() else 500
        kind = fault.error_type if re.fullmatch(r"\w{1,64}", str(fault.error_type)) else "unknown"
        if status in _REFUSING and kind not in _MENDABLE:
            return MailRefused(f"Resend refused it: {status} {kind}")
        asked = {name.lower(): value for name, value in fault.headers.items()}.get("retry-after")
        wait = parse_retry_after(asked, self._now())
        if status == 429 and wait:
            self._hold.begin(wait)
        return MailerAway(f"Resend did not take it: {status} {kind}", wait)


def _outcomes(asked: int, taken: resend.Batch.SendResponse) -> tuple[Sent | Refused, ...]:
    """Errors name their mails by index; the others have their ids in the order of the request.

    Raises `LookupError` for an answer that leaves one out.
    """
    wrong = {int(error["index"]) for error in taken.get("errors") or ()}
    ids = iter([str(mail["id"]) for mail in taken["data"]])
    outcomes = tuple(
        # Without the error's message: Resend repeats the address in it.
        Refused("Resend refused it: 422 validation_error")
        if index in wrong
        else Sent(next(ids, ""))
        for index in range(asked)
    )
    if Sent("") in outcomes or next(ids, None) is not None:
        raise LookupError("mails without an outcome")
    return outcomes


class _Hold:
    """Until when Resend is left alone by all, because it said so to one."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: datetime | None = None
        self._held = 0

    def begin(self, seconds: float) -> None:
        """For so long from now; one that lasts longer stays."""
        until = self._now() + timedelta(seconds=min(seconds, LONGEST_HOLD))
        self._until = until if self._until is None else max(until, self._until)

    def check(self) -> None:
        """Raise `MailerAway` while it lasts. Who comes first waits for its end; the others follow
        as quickly as Resend takes them.
        """
        if self._until is None:
            return
        left = (self._until - self._now()).total_seconds()
        if left <= 0:
            self._until, self._held = None, 0
            return
        turn, self._held = self._held % (SPREAD_SECONDS * A_SECOND), self._held + 1
        raise MailerAway("Resend wants to be left alone", left + turn / A_SECOND)


class _Wire(AsyncHTTPClient):
    """The SDK's way out, over connections that are kept."""

    def __init__(self, seconds: float) -> None:
        self._client = httpx.AsyncClient(timeout=seconds)

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: dict[str, object] | list[object] | None = None,
        files: dict[str, Any] | None = None,
        data: dict[str, str] | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        answer = await self._client.request(method, url, headers=headers, json=json)
        return answer.content, answer.status_code, answer.headers

    async def close(self) -> None:
        await self._client.aclose()
