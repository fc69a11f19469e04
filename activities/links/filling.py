"""UTM parameters: taken from a template where a link says nothing, and shown in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import select

from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.rules.utm import merged, normalised_utm
from activities.shelf.destinations import JudgeDestinations, judge_destinations
from schema.db import transaction
from schema.tables import UtmTemplateRow


@dataclass(frozen=True)
class FillUtm:
    """The fields of a link in a workspace, and the template that shall fill them up."""

    by: Actor
    workspace_id: UUID
    template_id: UUID | None
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Utm:
    """The fields that are set."""

    fields: Mapping[str, str]


@dataclass(frozen=True)
class BuildAddress:
    """An address, and UTM parameters to put into it."""

    by: Actor
    destination_url: str
    utm: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Address:
    """The address as a visit of such a link would be sent there."""

    url: str


@needs("assets.write")
async def fill_utm(command: FillUtm) -> Utm:
    """The link's own fields over those of the template.

    Raises `NotFound` for a template that the workspace does not have.
    """
    if command.template_id is None:
        return Utm(command.utm)
    query = select(UtmTemplateRow.utm).where(
        UtmTemplateRow.id == command.template_id,
        UtmTemplateRow.organization_id == command.by.organization_id,
        UtmTemplateRow.workspace_id == command.workspace_id,
    )
    async with transaction() as session:
        template = (await session.execute(query)).scalar_one_or_none()
    if template is None:
        raise NotFound("UTM template")
    return Utm(normalised_utm({**template, **command.utm}))


@needs("assets.read")
async def build_address(command: BuildAddress) -> Address:
    """The address with the parameters; nothing is made. Raises `InvalidFields`."""
    utm = normalised_utm(command.utm)
    urls = {"destination_url": command.destination_url}
    await judge_destinations(JudgeDestinations(command.by.organization_id, urls))
    return Address(merged(command.destination_url, utm, None))
