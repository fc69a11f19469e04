"""Logs, traces and metrics of a process, wired once.

Logs are structured: JSON lines, or coloured ones on a terminal. Every line carries the role of the
process and, where there is one, the request id that began it. Secrets never reach a logger; values
of fields that are named like one are blanked, and so is what is spelled like one or like a mail
address, should it happen all the same.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from functools import cache
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import start_http_server
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from activities.rules.discretion import HIDDEN, discreet
from schema.settings import Settings, SettingWrong

SECRET_NAMES = ("secret", "token", "password", "authorization", "cookie", "api_key")
EXPORT_SECONDS = 2.0
"""How long spans are tried to be sent; a collector that is away must not hold up a stop."""


def start_telemetry(settings: Settings, role: str) -> None:
    """Logs always; traces when a collector is set; `/metrics` of its own when a port is set.

    Raises `SettingWrong` when that port cannot be listened on.
    """
    _start_logs(settings, role)
    if settings.otel_exporter_otlp_endpoint:
        provider = TracerProvider(resource=Resource({"service.name": f"inkloom-{role}"}))
        endpoint = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/traces"
        provider.add_span_processor(_HideSecrets())
        provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS))
        )
        trace.set_tracer_provider(provider)
    if settings.metrics_port and role in ("work", "relay"):
        _serve_metrics(settings)


@cache
def temporal_runtime() -> Runtime:
    """The SDK's runtime of this process, whose own log goes where ours goes."""
    return Runtime(
        telemetry=TelemetryConfig(
            logging=LoggingConfig(
                filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
                forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
            )
        )
    )


def stop_telemetry() -> None:
    """Send the spans that wait."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


class _HideSecrets(SpanProcessor):
    """FastAPI's spans carry path and query as they came, and with them `?secret=` and the like."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        if "url.query" in (span.attributes or {}):
            span.set_attribute("url.query", HIDDEN)
        for name, value in (span.attributes or {}).items():
            if isinstance(value, str) and discreet(value) != value:
                span.set_attribute(name, discreet(value))


def _serve_metrics(settings: Settings) -> None:
    try:
        start_http_server(settings.metrics_port, settings.host)
    except OSError as fault:
        raise SettingWrong(
            f"METRICS_PORT: {settings.metrics_port} cannot be listened on ({fault.strerror}); "
            "each worker and relay of a machine needs a port of its own"
        ) from fault


def _start_logs(settings: Settings, role: str) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_role(role),
        _drop_doubles,
        blank_secrets,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_form(settings),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("aiohttp", "asyncio", "httpx", "alembic", "temporalio.worker._workflow"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _form(settings: Settings) -> list[Any]:
    """What turns an event into text, at last."""
    terminal = sys.stderr.isatty()
    if settings.log_format == "json" or (settings.log_format == "auto" and not terminal):
        render = structlog.processors.JSONRenderer()
        return [structlog.processors.format_exc_info, hide_secrets, render]
    # The default traceback shows local variables, and with them secrets.
    plain = structlog.dev.plain_traceback
    console = structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=plain)
    return [console, hide_secrets]


def _name_role(role: str) -> Any:
    def name_role(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("role", role)
        return event

    return name_role


def _drop_doubles(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """uvicorn and the Temporal SDK say each line a second time: with colours, and as an object."""
    event.pop("color_message", None)
    event.pop("temporal_log", None)
    return event


def blank_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values of fields whose name says that they are secret, at any depth of mappings."""
    for name, value in event.items():
        plain = str(name).lower().replace("-", "_")
        if any(part in plain for part in SECRET_NAMES):
            event[name] = HIDDEN
        elif isinstance(value, dict):
            event[name] = blank_secrets(_, __, dict(value))
    return event


def hide_secrets(_: Any, __: str, said: Any) -> Any:
    """Replace what is spelled like a secret or a mail address in texts, at any depth."""
    match said:
        case str():
            return discreet(said)
        case dict():
            return {name: hide_secrets(_, __, value) for name, value in said.items()}
        case list() | tuple():
            return [hide_secrets(_, __, value) for value in said]
    return said
