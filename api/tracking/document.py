"""`/v1/openapi.json`: this dialect's OpenAPI document, where its clients look for it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

router = APIRouter()


@router.api_route(
    "/v1/openapi.json", methods=["GET", "HEAD"], include_in_schema=False, summary="This document"
)
async def document(request: Request) -> Any:
    return JSONResponse(request.app.openapi())
