"""The mould in which every dialect is made; all that dialects share.

A dialect brings its prefixes, its routers, how it authenticates and how it says no. The mould makes
the FastAPI application, turns every exception into the dialect's error shape, and refuses bodies
that are not JSON. Its routers, which authenticate, are made in `api/routers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match

from activities.cause import current_cause
from activities.gateways.drawers import DrawersBusy
from activities.readiness import DatabaseAway
from activities.rules.errors import DomainError, IdempotencyRunning, RateLimited
from api.branches import without_branches
from api.faults import (
    BodyNotJson,
    HttpFault,
    InternalFault,
    MethodWrong,
    RouteUnknown,
    ServiceAway,
    WrongFields,
)
from api.glossary import add_meanings
from api.limits import EXPOSED, UNKEPT, limit_headers
from api.refusals import Shape, Statuses, add_refusals
from workflows.starter import TemporalAway

log = structlog.get_logger("inkloom.api")


@dataclass(frozen=True)
class Answer:
    """A refusal as a dialect says it."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


Present = Callable[[DomainError | HttpFault], Answer]


@dataclass(frozen=True)
class Refusals:
    """How a dialect says no, for its document: the status of each `code`, a schema by status."""

    statuses: Statuses
    shape: Shape


@dataclass(frozen=True)
class Dialect:
    """One public language: its name, the path prefixes it owns, and its application."""

    name: str
    prefixes: tuple[str, ...]
    application: FastAPI
    present: Present
    slash_ended: bool = False


class Body(BaseModel):
    """A request body: types are exact, unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", strict=True)


PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"

Text = Annotated[str, StringConstraints(pattern=PLAIN)]
"""Text that PostgreSQL and a header can hold: no control characters."""


class Application(FastAPI):
    """An application whose document tells the refusals of its dialect at every operation."""

    refusals: Refusals

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            add_refusals(document, self.refusals.statuses, self.refusals.shape)
            add_meanings(document)
        return self.openapi_schema or {}


def make_application(
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    present: Present,
    refusals: Refusals,
    any_origin: bool = False,
) -> FastAPI:
    """The dialect's FastAPI application; its documents are served by `api.app`.

    `any_origin` lets pages of every origin call it (CORS), without cookies.
    """
    application = Application(
        title=title,
        description=description,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"metrics": False, "logs": False, "operation_spans": False},
    )
    application.refusals = refusals
    for router in routers:
        application.include_router(router)

    if any_origin:
        application.add_middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=list(EXPOSED),
            max_age=3600,
        )
    _refuse_with(application, present, routers)
    return application


def _refuse_with(application: FastAPI, present: Present, routers: Sequence[APIRouter]) -> None:
    """Answer every exception in the dialect's shape, with the rate headers of who asked."""

    async def refuse(request: Request, fault: Exception) -> Response:
        if isinstance(fault, HTTPException) and fault.status_code == 405:
            fault = MethodWrong(_methods_at(request, routers))
        refusal = to_refusal(fault)
        answer = respond(present(refusal))
        answer.headers.update(_limits(request, refusal))
        answer.headers.setdefault("Cache-Control", UNKEPT)
        return answer

    for kind in (
        DomainError,
        HttpFault,
        RequestValidationError,
        HTTPException,
        DatabaseAway,
        DrawersBusy,
        TemporalAway,
        Exception,
    ):
        application.add_exception_handler(kind, refuse)


def _limits(request: Request, refusal: DomainError | HttpFault) -> dict[str, str]:
    """The rate headers of a refusal: what was taken for it stays taken."""
    if isinstance(refusal, RateLimited):
        return limit_headers(refusal.standing)
    if isinstance(refusal, IdempotencyRunning):
        return {"Retry-After": str(refusal.retry_after)}
    return limit_headers(getattr(request.state, "standing", None))


def _methods_at(request: Request, routers: Sequence[APIRouter]) -> str:
    """All that the path takes (RFC 9110 10.2.1); Starlette names those of one route only."""
    routes = (route for router in routers for route in router.routes)
    matched = [
        route
        for route in routes
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE
    ]
    # Of `/things/bulk` and `/things/{id}` the first that fits owns the path.
    same = [route for route in matched if route.path == matched[0].path]
    return ", ".join(sorted({method for route in same for method in route.methods or ()}))


def respond(answer: Answer) -> Response:
    """The answer on the wire; a 401 always says how to authenticate (RFC 9110 15.5.2)."""
    response = JSONResponse(answer.body, answer.status, headers=dict(answer.headers))
    if answer.status == 401:
        response.headers.setdefault("WWW-Authenticate", 'Bearer realm="inkloom"')
    return response


def to_refusal(fault: Exception) -> DomainError | HttpFault:
    """What an exception means to a client."""
    match fault:
        case DomainError() | HttpFault():
            return fault
        case RequestValidationError():
            return _invalid(fault.errors(), fault.body)
        case HTTPException(status_code=400, __cause__=HttpFault() as cause):
            # FastAPI wraps what reading the body raised, such as the limit of the edge.
            return cause
        case HTTPException(status_code=400):
            return BodyNotJson()
        case HTTPException():
            return RouteUnknown()
        case DatabaseAway():
            return ServiceAway("The database")
        case DrawersBusy():
            return ServiceAway("Drawing")
        case TemporalAway():
            return ServiceAway("The workflow service", retry_after=5)
    log.error("request failed", exc_info=fault)
    return InternalFault(current_cause().request_id)


def _invalid(problems: Sequence[Mapping[str, Any]], given: object) -> HttpFault:
    fields: dict[str, list[str]] = {}
    for place, problem in without_branches(problems, given):
        if problem["type"] == "json_invalid":
            return BodyNotJson(f" at character {problem['loc'][-1]}")
        where = ".".join(map(str, place))
        if not where and problem["type"] != "missing":
            return BodyNotJson(": it must be an object")
        fields.setdefault(where or "body", []).append(_sentence(problem))
    return WrongFields(fields)


def _sentence(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "extra_forbidden":
        return "This field is not known here; check its spelling or leave it out."
    if problem["type"] == "missing":
        return "This field is required."
    if problem["type"] == "string_pattern_mismatch" and problem["ctx"]["pattern"] == PLAIN:
        return "Remove control characters."
    message: str = problem["msg"].removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."
