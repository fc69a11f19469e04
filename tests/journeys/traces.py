"""Where a value may have left a trace: tables, logs, histories, figures; and how it may look there.

Everything is read as the bytes in which it is kept, so that nothing is missed for being quoted or
encoded on the way out.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflowservice.v1 import QueryWorkflowRequest
from temporalio.client import Client, WorkflowExecution

Place = str
"""Where something was found: a column as `table.column`, a log file, the id of a workflow."""

AT_ONCE = 16
METADATA = "__temporal_workflow_metadata"
"""The query that the Temporal UI asks for a workflow's current details."""

PUBLIC_TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
"""


def forms(value: str | bytes) -> tuple[bytes, ...]:
    """The value in clear, quoted for a URL and for JSON, in hex, and inside any base64."""
    raw = value.encode() if isinstance(value, str) else value
    clear = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    if isinstance(value, str):
        clear |= {quote(value, safe="").encode(), json.dumps(value)[1:-1].encode()}
    for before in range(3):
        # What surrounds the value decides the first and last signs; those between are its own.
        first, last = (0, 2, 3)[before], (before + len(raw)) * 8 // 6
        signs = base64.b64encode(bytes(before) + raw)[first:last]
        clear |= {signs, signs.translate(bytes.maketrans(b"+/", b"-_"))}
    return tuple(clear)


def found(value: str | bytes, places: Mapping[Place, bytes]) -> list[Place]:
    """Where the value is, in any of its forms."""
    looks = forms(value)
    return [place for place, kept in places.items() if any(look in kept for look in looks)]


async def read_tables(database_url: str) -> dict[Place, bytes]:
    """All rows of every table, by column, as PostgreSQL writes them; bytes are in hex there."""
    places: dict[Place, bytes] = {}
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        tables = await (await connection.execute(PUBLIC_TABLES)).fetchall()
        for (table,) in tables:
            rows = sql.SQL("SELECT to_jsonb(t) FROM {} t").format(sql.Identifier(table))
            columns: dict[str, list[str]] = {}
            async for (row,) in await connection.execute(rows):
                for column, value in row.items():
                    columns.setdefault(column, []).append(_text(value))
            places |= {f"{table}.{name}": "\n".join(v).encode() for name, v in columns.items()}
    return places


def log_sizes(folder: Path) -> dict[Path, int]:
    """How much every process has logged until now."""
    return {path: path.stat().st_size for path in folder.iterdir()}


def read_logs(folder: Path, since: Mapping[Path, int]) -> dict[Place, bytes]:
    """What every process has logged since."""
    return {path.name: path.read_bytes()[since.get(path, 0) :] for path in folder.iterdir()}


async def read_histories(temporal_address: str, since: datetime) -> dict[Place, bytes]:
    """All that Temporal keeps of each workflow that began since: its history with every payload
    and failure, memo, search attributes, summary, and its current details."""
    client = await Client.connect(temporal_address)
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(run: WorkflowExecution) -> bytes:
        async with gate:
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            kept = [event.SerializeToString() async for event in handle.fetch_history_events()]
            described = await handle.describe()
            return b"".join([*kept, described.raw_description.SerializeToString()])

    async def details(run: WorkflowExecution) -> bytes:
        asked = QueryWorkflowRequest(
            namespace=client.namespace, query=WorkflowQuery(query_type=METADATA)
        )
        asked.execution.workflow_id = run.id
        asked.execution.run_id = run.run_id
        async with gate:
            return (await client.workflow_service.query_workflow(asked)).SerializeToString()

    query = f"StartTime >= '{since.isoformat()}'"
    runs: Sequence[WorkflowExecution] = [run async for run in client.list_workflows(query)]
    histories = await asyncio.gather(*map(read, runs))
    said = await asyncio.gather(*map(details, runs))
    return {run.id: one + two for run, one, two in zip(runs, histories, said, strict=True)}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
