"""Refusals, in the words of the domain. No dialect is known here and no HTTP status.

Each has a `code` (stable, for machines), typed fields and a sentence that says what to do. A
dialect translates `code` to its own status and body on its `errors.py` page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class DomainError(Exception):
    """What an operation raises when it refuses. `str()` is one sentence for a person."""

    code: ClassVar[str]


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

    def __init__(self, short_code: str) -> None:
        super().__init__(f"The short code '{short_code}' is taken; choose another.")
        self.short_code = short_code


class NoWorkspace(DomainError):
    """The organization has no workspace to put an asset in."""

    code = "no_workspace"

    def __init__(self) -> None:
        super().__init__("This organization has no workspace; create one first.")


def every_error() -> tuple[type[DomainError], ...]:
    """All refusals, for the test that pairs each with every dialect."""
    return tuple(DomainError.__subclasses__())
