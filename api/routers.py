"""Routers that know who asks, how often they may ask, and what they asked before.

`make_router` for a credential of an organization, `make_person_router` for somebody signed in who
has not chosen one, `make_public_router` for everybody, `make_operator_router` for who runs this.
The credential is looked at before the body is judged. Each call takes one from the caller's bucket,
and a create may carry an `Idempotency-Key`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from activities.meters import Meter, Take, meter, take
from activities.rules.actors import Actor, Person
from activities.rules.errors import CredentialUnknown
from activities.rules.throttles import API, CREDENTIALS, Throttle
from api.edge import network_of
from api.limits import UNKEPT, limit_headers
from api.refusals import KEEPS
from api.retries import answer_once

Authenticate = Callable[[Request], Awaitable[Actor]]
AuthenticatePerson = Callable[[Request], Awaitable[Person]]
Guard = Callable[[Request], Awaitable[None]]

PUBLIC = UUID(int=0)
"""Names the space of Idempotency-Keys that the public uses, by network address."""

CREATES = {KEEPS: True}
"""The `openapi_extra` of a POST that creates something although it does not answer 201, such as a
new secret."""


def the_actor(request: Request) -> Actor:
    """The actor that the router authenticated, for handlers."""
    actor: Actor = request.state.actor
    return actor


def the_person(request: Request) -> Person:
    """The person that the router authenticated, for handlers."""
    person: Person = request.state.person
    return person


By = Annotated[Actor, Depends(the_actor)]
ByPerson = Annotated[Person, Depends(the_person)]


def make_router(authenticate: Authenticate, **options: Any) -> APIRouter:
    """A router whose every route needs a credential and counts against it."""

    async def guard(request: Request) -> None:
        actor = await _known(request, authenticate)
        request.state.actor = actor
        who = actor.credential_id if actor.kind == "key" else actor.user_id or actor.credential_id
        request.state.scope = uuid5(actor.organization_id, str(who))
        request.state.standing = await meter(Meter(actor))

    return _guarded(guard, options)


def make_person_router(authenticate: AuthenticatePerson, **options: Any) -> APIRouter:
    """A router whose every route needs somebody who is signed in."""

    async def guard(request: Request) -> None:
        person = await _known(request, authenticate)
        request.state.person = person
        request.state.scope = person.user_id
        request.state.standing = await take(Take(API, str(person.user_id)))

    return _guarded(guard, options)


def make_public_router(throttle: Throttle, **options: Any) -> APIRouter:
    """A router that needs no credential; `throttle` holds for each network address."""

    async def guard(request: Request) -> None:
        network = network_of(request)
        request.state.scope = uuid5(PUBLIC, network)
        request.state.standing = await take(Take(throttle, network))

    return _guarded(guard, options)


def make_operator_router(admit: Guard, **options: Any) -> APIRouter:
    """A router for machines of the operator; `admit` refuses who does not know their secret."""

    async def guard(request: Request) -> None:
        await _known(request, admit)
        request.state.standing = None

    return _guarded(guard, options)


async def _known(request: Request, authenticate: Callable[[Request], Awaitable[Any]]) -> Any:
    """Who asks; who guesses credentials is slowed down."""
    try:
        return await authenticate(request)
    except CredentialUnknown:
        await take(Take(CREDENTIALS, network_of(request)))
        raise


def _guarded(guard: Guard, options: dict[str, Any]) -> APIRouter:
    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()
            keeps = is_kept(self)
            if keeps:
                self.openapi_extra = {**(self.openapi_extra or {}), **CREATES}

            async def handle(request: Request) -> Response:
                await guard(request)
                if keeps:
                    response = await answer_once(request, request.state.scope, inner)
                else:
                    response = await inner(request)
                response.headers.update(limit_headers(request.state.standing))
                response.headers.setdefault("Cache-Control", UNKEPT)
                return response

            return handle

    return APIRouter(route_class=GuardedRoute, **options)


def is_kept(route: APIRoute) -> bool:
    """Whether answers of the route are kept for retries: those of creates.

    They are POSTs that answer 201 or say so with `CREATES`. Others must not run in one transaction
    with the answer: a token used twice is refused, and that it was must stay recorded.
    """
    is_marked = (route.openapi_extra or {}).get(KEEPS, False)
    return "POST" in (route.methods or ()) and (route.status_code == 201 or is_marked)
