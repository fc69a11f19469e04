"""`/v1/auth/verify`: not yet."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter()
