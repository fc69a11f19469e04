"""`/api/auth/me/`: who is signed in."""

from __future__ import annotations

from pydantic import BaseModel

from activities.accounts import ReadAccount, read_account
from activities.rules.permissions import Permission, Role
from api.routers import By, make_router
from api.studio.account import OrganizationOut, UserOut, present_organization, present_user
from api.studio.auth import authenticate_jwt_only, documented_for_people

router = make_router(authenticate_jwt_only, dependencies=[documented_for_people], tags=["account"])


class MeOut(BaseModel):
    """The person, the organization that the tokens are for, and what the person may do there."""

    user: UserOut
    organization: OrganizationOut
    role: Role | None
    permissions: list[Permission]
    email_confirmed: bool


@router.get("/api/auth/me/", summary="Current user profile")
async def me(by: By) -> MeOut:
    account = await read_account(ReadAccount(by))
    return MeOut(
        user=present_user(account),
        organization=present_organization(account),
        role=account.role,
        permissions=list(account.permissions),
        email_confirmed=account.email_confirmed,
    )
