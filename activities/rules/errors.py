"""Refusals, in the words of the domain. No dialect is known here and no HTTP status.

Each has a `code` (stable, for machines), typed fields and a sentence that says what to do. A
dialect translates `code` to its own status and body on its `errors.py` page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from activities.rules.throttles import Standing


class DomainError(Exception):
    """What an operation raises when it refuses. `str()` is one sentence for a person.

    `met` is where a client can meet it, for the documents: everywhere, at operations that write or
    that create, at those about a subject (a tag), or at `writes of` it.
    """

    code: ClassVar[str]
    met: ClassVar[tuple[str, ...]] = ("everywhere",)


class CredentialMissing(DomainError):
    """No credential was sent where the dialect carries it."""

    code = "credential_missing"

    def __init__(self, where: str) -> None:
        super().__init__(f"Send a credential: {where}.")
        self.where = where


class CredentialUnknown(DomainError):
    """The credential is not one of ours, or not one of this dialect."""

    code = "credential_unknown"

    def __init__(self) -> None:
        super().__init__("This credential is not known here; check that it is complete.")


class CredentialRevoked(DomainError):
    """The credential was taken back."""

    code = "credential_revoked"

    def __init__(self) -> None:
        super().__init__("This credential was revoked; make a new one.")


class CredentialExpired(DomainError):
    """The credential's time is over."""

    code = "credential_expired"

    def __init__(self) -> None:
        super().__init__("This credential has expired; make a new one.")


class NotFound(DomainError):
    """No such thing, or one of another tenant: the two are never told apart."""

    code = "not_found"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what} here.")
        self.what = what


class InvalidFields(DomainError):
    """Fields of the request are wrong; `fields` maps a domain field to its sentences."""

    code = "invalid_fields"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: tuple(sentences) for name, sentences in fields.items()}
        name, sentences = next(iter(self.fields.items()))
        super().__init__(f"{name}: {sentences[0]}")


class ShortCodeTaken(DomainError):
    """The short code is in use, or was once: a printed code is never given away."""

    code = "short_code_taken"
    met = ("writes",)

    def __init__(self, short_code: str) -> None:
        super().__init__(f"The short code '{short_code}' is taken; choose another.")
        self.short_code = short_code


class SlugTaken(DomainError):
    """The slug is in use on this domain, or was once by another organization."""

    code = "slug_taken"
    met = ("writes",)

    def __init__(self, slug: str) -> None:
        super().__init__(f"The slug '{slug}' is taken; choose another.")
        self.slug = slug


class NameTaken(DomainError):
    """Something beside it has this name already."""

    code = "name_taken"
    met = ("writes",)

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"There is a {what} named '{name}' already; choose another name.")
        self.what, self.name = what, name


class VersionMismatch(DomainError):
    """Somebody changed the thing after it was read."""

    code = "version_mismatch"
    met = ("versions",)

    def __init__(self) -> None:
        super().__init__("This was changed since you read it; read it again before you change it.")


class CursorInvalid(DomainError):
    """A cursor that no page of this list gave out."""

    code = "cursor_invalid"
    met = ("cursors",)

    def __init__(self) -> None:
        super().__init__("This cursor is not one of ours; start from the first page.")


class NotNow(DomainError):
    """The thing is not in a state in which this can be done."""

    code = "not_now"
    met = ("writes of jobs", "writes of domains", "writes of inventory", "writes of webhooks")


class StockTooLow(DomainError):
    """There is less of an item than shall be taken."""

    code = "stock_too_low"
    met = ("writes of inventory",)

    def __init__(self, there: int, wanted: int) -> None:
        super().__init__(
            f"There are {there} of this item and {wanted} were asked for; "
            "take fewer, or allow negative stock for the item."
        )
        self.there, self.wanted = there, wanted


class AccessRefused(DomainError):
    """The password of a protected code or link is wrong."""

    code = "access_refused"
    met = ("access",)

    def __init__(self) -> None:
        super().__init__("This password is not right; check it and try again.")


class Unsupported(DomainError):
    """What is asked for is right in itself, but cannot be drawn."""

    code = "unsupported"
    met = ("pictures",)


class StyleUnreadable(DomainError):
    """The picture scores too low to be given out unasked: readers would not find the code."""

    code = "style_unreadable"
    met = ("pictures",)

    def __init__(self, score: int, reasons: Sequence[str]) -> None:
        super().__init__(
            f"This style scores {score} of 100: {' '.join(reasons)} Change it, or ask with force."
        )
        self.score, self.reasons = score, tuple(reasons)


class QuotaSpent(DomainError):
    """The renders of the month are used up, and there are too few credits."""

    code = "quota_spent"
    met = ("generate",)

    def __init__(self, *, plan: str, limit: int, left: int, wanted: int, resets_on: date) -> None:
        super().__init__(
            f"Plan '{plan}' includes {limit:,} renders a month; {left:,} are left and {wanted:,} "
            f"were asked for. Upgrade, buy credits, or come back on {resets_on}."
        )
        self.plan, self.limit, self.left, self.wanted = plan, limit, left, wanted
        self.resets_on = resets_on


class ItemsRefused(DomainError):
    """Some of many things cannot be done, so that none was; `errors` has a sentence by index."""

    code = "items_refused"
    met = ("writes of batches",)

    def __init__(self, errors: Mapping[int, str], done: int = 0) -> None:
        index, sentence = next(iter(errors.items()))
        told = sentence.rstrip(".")
        super().__init__(f"{len(errors):,} cannot be done, such as number {index}: {told}.")
        self.errors, self.done = dict(errors), done


class NoWorkspace(DomainError):
    """The organization has no workspace to put an asset in."""

    code = "no_workspace"
    met = ("writes",)

    def __init__(self) -> None:
        super().__init__("This organization has no workspace; create one first.")


class Forbidden(DomainError):
    """The credential is good, but its role, scopes or workspace do not allow this."""

    code = "forbidden"

    def __init__(self, permission: str, why: str | None = None) -> None:
        super().__init__(
            why
            or f"This needs the permission '{permission}'; "
            "ask an owner or admin of the organization."
        )
        self.permission = permission


class PlanLimitReached(DomainError):
    """The plan allows no more of `what`."""

    code = "plan_limit_reached"
    met = ("writes",)

    def __init__(self, what: str, *, plan: str, limit: int) -> None:
        super().__init__(f"Plan '{plan}' allows up to {limit} {what}; upgrade for more.")
        self.what, self.plan, self.limit = what, plan, limit


class PlanWithoutApi(DomainError):
    """The plan does not include this API."""

    code = "plan_without_api"

    def __init__(self, plan: str) -> None:
        super().__init__(f"Plan '{plan}' does not include this API; upgrade to use it.")
        self.plan = plan


class RateLimited(DomainError):
    """Too many calls; `standing` says when to come back."""

    code = "rate_limited"

    def __init__(self, standing: Standing) -> None:
        super().__init__(f"Too many requests; try again in {standing.retry_after} s.")
        self.standing = standing


class SignInRefused(DomainError):
    """Address and password do not belong together; which of them is wrong is not told."""

    code = "sign_in_refused"
    met = ("account",)

    def __init__(self) -> None:
        super().__init__("No account has this address and password; check both.")


class AddressTaken(DomainError):
    """An account has this mail address."""

    code = "address_taken"
    met = ("account",)

    def __init__(self) -> None:
        super().__init__("An account has this address already; sign in instead.")


class LinkSpent(DomainError):
    """A link from a mail was used before, is over, or was never ours."""

    code = "link_spent"
    met = ("account",)

    def __init__(self) -> None:
        super().__init__("This link was used before or is too old; ask for a new one.")


class CaptchaRefused(DomainError):
    """The captcha is unsolved, used before, or too old."""

    code = "captcha_refused"
    met = ("account",)

    def __init__(self) -> None:
        super().__init__("The captcha is missing, used before or too old; solve a new one.")


class InviteSpent(DomainError):
    """An invitation was used, withdrawn, is over, or was never ours."""

    code = "invite_spent"
    met = ("members",)

    def __init__(self) -> None:
        super().__init__("This invitation was used, withdrawn or is too old; ask for a new one.")


class AlreadyMember(DomainError):
    """The person belongs to the organization already."""

    code = "already_member"
    met = ("members",)

    def __init__(self) -> None:
        super().__init__("This person is a member already; change the role instead.")


class LastOwner(DomainError):
    """An organization always has an owner."""

    code = "last_owner"
    met = ("members",)

    def __init__(self) -> None:
        super().__init__("This is the last owner; make somebody else an owner first.")


class IdempotencyMismatch(DomainError):
    """The Idempotency-Key was used for another request."""

    code = "idempotency_mismatch"
    met = ("retries",)

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used with another request; use a new key for a new request."
        )


class IdempotencyRunning(DomainError):
    """The first request with this Idempotency-Key is not finished."""

    code = "idempotency_running"
    met = ("creates",)
    retry_after: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__("The first request with this Idempotency-Key still runs; try again soon.")


class ClientUnknown(DomainError):
    """No OAuth client has this id, or its secret is wrong."""

    code = "client_unknown"
    met = ("oauth",)

    def __init__(self) -> None:
        super().__init__("No application has this client_id and secret; check both.")


class GrantSpent(DomainError):
    """An authorization code or refresh token was used before, is over, or is not the client's."""

    code = "grant_spent"
    met = ("oauth",)

    def __init__(self) -> None:
        super().__init__("This code or token was used before or is too old; authorize again.")


def every_error() -> tuple[type[DomainError], ...]:
    """All refusals, for the test that pairs each with every dialect."""
    return tuple(DomainError.__subclasses__())
