"""What a dialect's OpenAPI document says about its refusals, at every operation alike.

A route documents its success only. What it may answer instead follows from the dialect's
`errors.py`, so it is added here, in place of the 422 that FastAPI supposes and no dialect sends.
"""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

from activities.rules.errors import (
    CredentialExpired,
    CredentialMissing,
    CredentialRevoked,
    CredentialUnknown,
    DomainError,
    Forbidden,
    PlanWithoutApi,
    every_error,
)
from api.faults import (
    BodyNotJson,
    BodyTooLarge,
    HttpFault,
    InternalFault,
    MethodWrong,
    NotBuilt,
    OriginRefused,
    RouteUnknown,
    SwitchedOff,
    every_fault,
)
from api.retries import HEADER, SPELLING

KEEPS = "x-keeps-answers"
"""How a router marks an operation whose answers are kept for retries."""

Refusal = type[DomainError] | type[HttpFault]
Statuses = Mapping[str, int]
Shape = Callable[[int], Mapping[str, Any]]

_OF_NO_OPERATION = (RouteUnknown, MethodWrong, InternalFault, SwitchedOff, NotBuilt)
_OF_BODIES = (BodyNotJson, BodyTooLarge)
_OF_CREDENTIALS = (
    CredentialMissing,
    CredentialUnknown,
    CredentialRevoked,
    CredentialExpired,
    Forbidden,
    PlanWithoutApi,
)
_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")
_RETRY_AFTER = {
    "description": "seconds to wait",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_BY_PARAMETER = {"cursor": "cursors", "if-match": "versions", "idempotency-key": "retries"}
"""Where a parameter of this name brings refusals with it."""

_IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "makes a retry safe: the same key and request get the first answer for 24 hours",
    "schema": {"type": "string", "pattern": SPELLING},
}


def add_refusals(document: dict[str, Any], statuses: Statuses, shape: Shape) -> None:
    """Document the refusals in place: a response at each operation, a schema for each status.

    `statuses` are by the refusal's `code`; `shape` is the JSON Schema of a body by its status.
    """
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPIS_OWN:
        schemas.pop(name, None)
    schemes = components.get("securitySchemes", {}).values()
    by_cookie = any(scheme.get("in") == "cookie" for scheme in schemes)
    for method, operation in _operations(document):
        responses = operation["responses"]
        responses.pop("422", None)
        writes = method not in ("get", "head", "options")
        tags = operation.get("tags", ())
        areas = {"everywhere", *tags}
        if writes:
            areas |= {"writes", *(f"writes of {tag}" for tag in tags)}
        if operation.pop(KEEPS, False):
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            areas.add("creates")
        asked = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
        areas |= {area for name, area in _BY_PARAMETER.items() if name in asked}
        met = _met(operation, areas, cookie_writes=by_cookie and writes)
        for status, kinds in sorted(_by_status(statuses, met).items()):
            responses[str(status)] = _response(status, kinds)
            schemas[f"Refusal{status}"] = dict(shape(status))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operations in document["paths"].values():
        yield from operations.items()


def _met(
    operation: Mapping[str, Any], areas: Set[str], *, cookie_writes: bool
) -> Iterator[Refusal]:
    """The refusals that an operation may answer, as far as they can be told apart."""
    for error in every_error():
        if not areas.isdisjoint(error.met) and (
            operation.get("security") or error not in _OF_CREDENTIALS
        ):
            yield error
    for fault in every_fault():
        if fault in _OF_NO_OPERATION:
            continue
        if fault in _OF_BODIES and "requestBody" not in operation:
            continue
        if fault is OriginRefused and not cookie_writes:
            continue
        yield fault


def _by_status(statuses: Statuses, met: Iterator[Refusal]) -> dict[int, list[Refusal]]:
    kinds: dict[int, list[Refusal]] = defaultdict(list)
    for kind in met:
        kinds[statuses[kind.code]].append(kind)
    return kinds


def _response(status: int, kinds: Sequence[Refusal]) -> dict[str, Any]:
    told = (re.split(r"[.;]\s", f"{inspect.getdoc(kind)} ")[0].rstrip(". ") for kind in kinds)
    response: dict[str, Any] = {
        "description": " ".join(f"{sentence}." for sentence in told),
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/Refusal{status}"}}
        },
    }
    if status in (429, 503):
        response["headers"] = {"Retry-After": _RETRY_AFTER}
    return response
