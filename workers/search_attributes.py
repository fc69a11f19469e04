"""The search attributes that runs are looked up by, present in the namespace."""

from __future__ import annotations

import asyncio

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.queues import SEARCH_ATTRIBUTES

NAMES = {key.name for key in SEARCH_ATTRIBUTES}
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between tries: a namespace that was just made is not known everywhere at once."""

log = structlog.get_logger("inkloom.work")


async def ensure_search_attributes(client: Client) -> None:
    """Add what is missing. Where that is not allowed (Temporal Cloud) a line says what to do."""
    for patience in (*PAUSES, None):
        try:
            await _add_missing(client)
        except RPCError as fault:
            if patience is None:
                log.warning(
                    "search attributes not checked; add these as keywords to the namespace",
                    names=sorted(NAMES),
                    reason=fault.message,
                )
                return
            await asyncio.sleep(patience)
        else:
            return


async def _add_missing(client: Client) -> None:
    operator = client.service_client.operator_service
    known = await operator.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = NAMES - set(known.custom_attributes)
    if missing:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        await operator.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes=dict.fromkeys(sorted(missing), keyword),
            )
        )
