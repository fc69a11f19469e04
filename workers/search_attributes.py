"""The search attributes that runs are looked up by, present in the namespace."""

from __future__ import annotations

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from workflows.queues import SEARCH_ATTRIBUTES

log = structlog.get_logger("inkloom.work")


async def ensure_search_attributes(client: Client) -> None:
    """Add what is missing. Where that is not allowed (Temporal Cloud) a line says what to do."""
    names = {key.name for key in SEARCH_ATTRIBUTES}
    operator = client.service_client.operator_service
    try:
        known = await operator.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = names - set(known.custom_attributes)
        if missing:
            keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
            await operator.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes=dict.fromkeys(sorted(missing), keyword),
                )
            )
    except RPCError as fault:
        log.warning(
            "search attributes not checked; add these as keywords to the namespace",
            names=sorted(names),
            reason=fault.message,
        )
