"""`/api/v1/workspaces`: not yet."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
