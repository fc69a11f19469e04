"""Why something happens: request id and trace, carried by a fact through outbox and workflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry import context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator


@dataclass(frozen=True)
class Cause:
    """`request_id` of the request that began it; `traceparent` as in W3C Trace Context."""

    request_id: str
    traceparent: str | None = None


_cause: ContextVar[Cause | None] = ContextVar("inkloom_cause", default=None)
_propagator = TraceContextTextMapPropagator()


def current_cause() -> Cause:
    """The cause of what runs now; the trace is that of the span that is open."""
    held = _cause.get()
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    traceparent = carrier.get("traceparent") or (held.traceparent if held else None)
    return Cause(held.request_id if held else "", traceparent)


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Everything inside happens because of `cause`, and its spans join that trace."""
    token = _cause.set(cause)
    parent = None
    if cause.traceparent is not None:
        parent = context.attach(_propagator.extract({"traceparent": cause.traceparent}))
    try:
        yield
    finally:
        _cause.reset(token)
        if parent is not None:
            context.detach(parent)
