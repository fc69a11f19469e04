"""Every refusal has its words in every dialect, and the domain knows no HTTP."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from http import HTTPStatus
from importlib import import_module
from typing import Any

import pytest

from activities.rules import errors
from activities.rules.throttles import Standing
from api import faults
from tests.house.source import FLOORS, Source, dialects, offenders, sources, within

PAGES = (errors.__name__, faults.__name__)

EXAMPLES: dict[type[Exception], Exception] = {
    type(example): example
    for example in (
        errors.CredentialMissing("an API key in the X-Api-Key header"),
        errors.CredentialUnknown(),
        errors.CredentialRevoked(),
        errors.CredentialExpired(),
        errors.NotFound("QR code"),
        errors.InvalidFields({"slug": ["Choose another."], "name": ["Too long.", "Too loud."]}),
        errors.ShortCodeTaken("summer"),
        errors.SlugTaken("summer"),
        errors.NameTaken("folder", "Summer"),
        errors.VersionMismatch(),
        errors.CursorInvalid(),
        errors.NotNow("This import runs already; wait until it is done."),
        errors.StockTooLow(3, 5),
        errors.AccessRefused(),
        errors.Unsupported("This barcode needs a picture of at least 300 pixels across."),
        errors.StyleUnreadable(12, ["The contrast of 1.2 to 1 is below 3 to 1."]),
        errors.QuotaSpent(plan="free", limit=500, left=2, wanted=5, resets_on=date(2026, 12, 1)),
        errors.ItemsRefused({3: "size_inches > plan max (8)", 17: "Invalid color 'rouge'."}),
        errors.NoWorkspace(),
        errors.Forbidden("assets.write"),
        errors.PlanLimitReached("codes", plan="free", limit=50),
        errors.PlanWithoutApi("free"),
        errors.RateLimited(Standing(30, 0, 1_800_000_000, retry_after=2)),
        errors.SignInRefused(),
        errors.AddressTaken(),
        errors.LinkSpent(),
        errors.CaptchaRefused(),
        errors.InviteSpent(),
        errors.AlreadyMember(),
        errors.LastOwner(),
        errors.IdempotencyMismatch(),
        errors.IdempotencyRunning(),
        errors.ClientUnknown(),
        errors.GrantSpent(),
        faults.WrongFields({"size.px": ["This field is required."], "a": ["One.", "Two."]}),
        faults.BodyNotJson(" at character 7"),
        faults.BodyTooLarge(1_048_576),
        faults.RouteUnknown(),
        faults.MethodWrong("GET, POST"),
        faults.OriginRefused(),
        faults.ServiceAway("The database"),
        faults.SwitchedOff("CRON_SECRET is not set."),
        faults.NotBuilt("notifications"),
        faults.InternalFault("01JZ8M3V9K5Q7R2T4W6Y8A0B1C"),
    )
}
"""One of each refusal. A new one is added here, so that every dialect is asked to say it."""


def kinds_of(base: type[Exception], package: str) -> set[type[Exception]]:
    """The subclasses of a refusal at any depth, of our own packages."""
    found: set[type[Exception]] = set()
    for cls in base.__subclasses__():
        found |= {cls} | kinds_of(cls, package)
    return {cls for cls in found if cls.__module__.partition(".")[0] == package}


ERRORS = kinds_of(errors.DomainError, "activities")
FAULTS = kinds_of(faults.HttpFault, "api")
CODES = {cls.code for cls in errors.every_error()} | {cls.code for cls in faults.every_fault()}


def is_sentences(value: object) -> bool:
    """A list of one or more sentences."""
    return isinstance(value, list) and bool(value) and all(map(is_sentence, value))


def is_sentence(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_studio(body: Mapping[str, Any]) -> bool:
    """`{"detail": sentence}`, `{field: [sentence, ..]}`, or `{"errors": {index: sentence}, ..}`."""
    if set(body) == {"errors", "rendered_before_failure"}:
        return all(index.isdigit() and is_sentence(told) for index, told in body["errors"].items())
    if set(body) == {"detail"}:
        return is_sentence(body["detail"])
    return bool(body) and all(map(is_sentences, body.values()))


def is_workspace(body: Mapping[str, Any]) -> bool:
    """`{"error": sentence, "code": CODE}`, with `fields` when fields are wrong."""
    code = isinstance(body.get("code"), str) and re.fullmatch("[A-Z][A-Z_]+", body["code"])
    fields = body.get("fields", {"any": ["x"]})
    return (
        set(body) - {"fields"} == {"error", "code"}
        and bool(code)
        and is_sentence(body["error"])
        and isinstance(fields, dict)
        and all(map(is_sentences, fields.values()))
    )


def is_tracking(body: Mapping[str, Any]) -> bool:
    """`{"error": sentence, "code": CODE}`."""
    return is_workspace(body) and "fields" not in body


def is_links(body: Mapping[str, Any]) -> bool:
    """`{"error": {"message": sentence, "code": code}}`."""
    error = body.get("error")
    return (
        set(body) == {"error"}
        and isinstance(error, dict)
        and set(error) == {"message", "code"}
        and all(map(is_sentence, error.values()))
    )


def is_business(body: Mapping[str, Any]) -> bool:
    """`{"message": sentence}`, with `errors` when fields are wrong."""
    errors_ = body.get("errors", {"any": ["x"]})
    return (
        set(body) - {"errors"} == {"message"}
        and is_sentence(body["message"])
        and isinstance(errors_, dict)
        and all(map(is_sentences, errors_.values()))
    )


def is_oauth(body: Mapping[str, Any]) -> bool:
    """`{"error": code, "error_description": sentence}` (RFC 6749 5.2)."""
    return set(body) == {"error", "error_description"} and all(map(is_sentence, body.values()))


SHAPES: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "business": is_business,
    "canva": is_workspace,
    "cron": is_workspace,
    "links": is_links,
    "oauth": is_oauth,
    "public": is_workspace,
    "studio": is_studio,
    "tracking": is_tracking,
    "workspace": is_workspace,
}
"""The shape of a refusal's body in each dialect."""


def test_each_refusal_is_listed_and_has_an_example() -> None:
    assert set(errors.every_error()) == ERRORS
    assert set(faults.every_fault()) == FAULTS
    assert set(EXAMPLES) == ERRORS | FAULTS


def test_a_code_belongs_to_one_refusal_and_is_spelled_like_the_others() -> None:
    codes = [vars(cls).get("code") for cls in ERRORS | FAULTS]
    assert None not in codes, "each refusal has a code of its own"
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", str(code)) for code in codes)


def refusals_in(source: Source) -> list[str]:
    """The classes of a file that are made from a refusal of another file."""
    return [
        node.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        and any(within(source.full_name(base) or "", *PAGES) for base in node.bases)
    ]


def test_every_refusal_is_on_its_page() -> None:
    assert offenders(refusals_in, sources(*FLOORS)) == {}


def test_a_refusal_off_its_page_is_found() -> None:
    text = "from api import faults\nclass Odd(faults.HttpFault):\n    code = 'odd'"
    assert refusals_in(Source("api/studio/x.py", text)) == ["Odd"]


@pytest.mark.parametrize("refusal", EXAMPLES.values(), ids=lambda r: type(r).__name__)
def test_a_refusal_is_one_sentence(refusal: Exception) -> None:
    assert is_sentence(str(refusal))
    assert "\n" not in str(refusal)
    assert str(refusal)[-1] in ".:" or refusal.code == "internal_fault"  # type: ignore[attr-defined]


def page_of(dialect: str) -> Any:
    """The `errors.py` of a dialect."""
    return import_module(f"api.{dialect}.errors")


def test_every_dialect_has_its_shape_here() -> None:
    assert set(SHAPES) == set(dialects())


@pytest.mark.parametrize("dialect", dialects())
def test_a_dialect_translates_every_code_and_no_other(dialect: str) -> None:
    statuses = page_of(dialect).STATUSES
    assert CODES - set(statuses) == set(), "not translated"
    assert set(statuses) - CODES == set(), "of no refusal any more"


@pytest.mark.parametrize("refusal", EXAMPLES.values(), ids=lambda r: type(r).__name__)
@pytest.mark.parametrize("dialect", dialects())
def test_a_dialect_says_a_refusal_in_its_own_shape(dialect: str, refusal: Exception) -> None:
    answer = page_of(dialect).present(refusal)
    assert answer.status in {status.value for status in HTTPStatus if status >= 400}
    assert SHAPES[dialect](json.loads(json.dumps(answer.body))), answer.body
    assert all(isinstance(text, str) for pair in answer.headers.items() for text in pair)
    if answer.status == 405:
        assert answer.headers["Allow"] == "GET, POST"
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("dialect", dialects())
def test_every_wrong_field_is_named(dialect: str) -> None:
    refusal = errors.InvalidFields({"alpha": ["One.", "Two."], "beta": ["Three."]})
    told = json.dumps(page_of(dialect).present(refusal).body)
    assert all(word in told for word in ("alpha", "One.", "Two.", "beta", "Three."))


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("studio", {}),
        ("studio", {"detail": ""}),
        ("studio", {"detail": "No.", "code": "x"}),
        ("studio", {"name": "Too long."}),
        ("workspace", {"error": "No."}),
        ("workspace", {"error": "No.", "code": "not_found"}),
        ("workspace", {"error": "", "code": "NOT_FOUND"}),
        ("workspace", {"error": "No.", "code": "NOT_FOUND", "detail": "x"}),
        ("workspace", {"error": "No.", "code": "WRONG", "fields": {"name": []}}),
        ("tracking", {"error": "No.", "code": "WRONG", "fields": {"name": ["No."]}}),
        ("links", {"error": "No.", "code": "wrong"}),
        ("business", {"message": "No.", "errors": {}, "code": "x"}),
        ("business", {"message": "No.", "errors": {"name": "No."}}),
        ("oauth", {"error": "invalid_request"}),
    ],
)
def test_another_shape_is_found(dialect: str, body: Mapping[str, Any]) -> None:
    assert not SHAPES[dialect](body)


def statuses_in(source: Source) -> list[int]:
    """Numbers of a file that look like HTTP statuses."""
    return [
        node.value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and type(node.value) is int and 100 <= node.value < 600
    ]


def test_the_domain_knows_no_status() -> None:
    (page,) = [s for s in sources("activities/rules") if s.module == errors.__name__]
    assert statuses_in(page) == []
    assert "http" not in " ".join(page.imports())


def test_a_status_in_the_domain_is_found() -> None:
    assert statuses_in(Source("activities/rules/errors.py", "class A:\n    status = 404")) == [404]
