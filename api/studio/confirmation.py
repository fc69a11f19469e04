"""`/api/auth/confirm/`: another mail to confirm the address of who is signed in."""

from __future__ import annotations

from pydantic import BaseModel

from activities.confirmations import AskConfirmation, ask_confirmation
from api.routers import By, make_router
from api.studio.auth import authenticate_jwt_only, documented_for_people

SENT = "A link to confirm your address is on its way to it. It works once, within 3 days."
DONE = "Your address is confirmed already."

router = make_router(authenticate_jwt_only, dependencies=[documented_for_people], tags=["account"])


class DetailOut(BaseModel):
    """What was done, in a sentence."""

    detail: str


@router.post("/api/auth/confirm/", status_code=202, summary="Mail a link to confirm your address")
async def confirm(by: By) -> DetailOut:
    is_sent = await ask_confirmation(AskConfirmation(by))
    return DetailOut(detail=SENT if is_sent else DONE)
