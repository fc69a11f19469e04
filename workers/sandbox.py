"""The workflow sandbox: which modules pass through it.

Ours and the heavy ones are passed through, so that preparing a workflow takes 2 ms instead of a
second. The sandbox then no longer stops a workflow from calling an operation directly; a test of
the house does (`tests/house/test_workflows.py`).
"""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = (
    "activities",
    "aiohttp",
    "crawleruseragents",
    "cryptography",
    "multidict",
    "opentelemetry",
    "orjson",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "pydantic_core",
    "schema",
    "segno",
    "sqlalchemy",
    "sqlmodel",
    "structlog",
    "ua_parser",
    "workflows",
    "yarl",
)


def make_runner() -> SandboxedWorkflowRunner:
    """The runner that workers, tests and replays use."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)
