"""UTM templates: kept in one workspace, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from activities.gateways.clock import FixedClock
from activities.rules.errors import InvalidFields, NameTaken, NotFound
from activities.rules.paging import PageRequest
from activities.shelf.utm_templates import (
    CreateUtmTemplate,
    DeleteUtmTemplate,
    ListUtmTemplates,
    ReadUtmTemplate,
    UpdateUtmTemplate,
    create_utm_template,
    delete_utm_template,
    list_utm_templates,
    read_utm_template,
    update_utm_template,
)
from activities.workspaces import CreateWorkspace, create_workspace
from tests.builders.members import the_owner
from tests.builders.tenants import a_tenant, an_organization

pytestmark = pytest.mark.usefixtures("database", "world")

ALL = PageRequest(1, 100)
UTM = {"source": "newsletter", "medium": " email ", "term": None}


async def test_a_template_is_kept_read_and_listed_by_name() -> None:
    by = await a_tenant()
    made = await create_utm_template(CreateUtmTemplate(by, " Spring  mail ", UTM))
    assert (made.name, made.utm) == ("Spring mail", {"source": "newsletter", "medium": "email"})
    assert await read_utm_template(ReadUtmTemplate(by, made.id)) == made
    first = await create_utm_template(CreateUtmTemplate(by, "autumn", {"source": "x"}))
    page = await list_utm_templates(ListUtmTemplates(by, ALL))
    assert (page.total, page.items) == (2, [first, made])


@pytest.mark.parametrize(
    ("name", "utm", "field"),
    [
        ("", UTM, "name"),
        ("Spring", {}, "utm"),
        ("Spring", {"source": "  "}, "utm"),
        ("Spring", {"source": "a\nb"}, "utm.source"),
        ("Spring", {"colour": "red"}, "utm.colour"),
    ],
)
async def test_a_wrong_field_is_named(name: str, utm: Any, field: str) -> None:
    by = await a_tenant()
    made = await create_utm_template(CreateUtmTemplate(by, "Sound", UTM))
    for asked in (
        create_utm_template(CreateUtmTemplate(by, name, utm)),
        update_utm_template(UpdateUtmTemplate(by, made.id, name=name, utm=utm)),
    ):
        with pytest.raises(InvalidFields) as refused:
            await asked
        assert list(refused.value.fields) == [field]
    assert (await list_utm_templates(ListUtmTemplates(by, ALL))).items == [made]


async def test_a_name_is_taken_within_a_workspace() -> None:
    owner = await the_owner(await an_organization())
    other = await create_workspace(CreateWorkspace(owner, "Other"))
    spring = await create_utm_template(CreateUtmTemplate(owner, "Spring", UTM, other.id))
    with pytest.raises(NameTaken):
        await create_utm_template(CreateUtmTemplate(owner, "SPRING", UTM, other.id))
    autumn = await create_utm_template(CreateUtmTemplate(owner, "Autumn", UTM, other.id))
    with pytest.raises(NameTaken):
        await update_utm_template(UpdateUtmTemplate(owner, autumn.id, name="spring"))
    assert await read_utm_template(ReadUtmTemplate(owner, autumn.id)) == autumn
    bound = replace(owner, workspace_id=other.id)
    assert (await list_utm_templates(ListUtmTemplates(bound, ALL))).items == [autumn, spring]
    elsewhere = replace(owner, workspace_id=autumn.id)
    assert (await list_utm_templates(ListUtmTemplates(elsewhere, ALL))).total == 0


async def test_what_is_given_is_changed(clock: FixedClock) -> None:
    by = await a_tenant()
    made = await create_utm_template(CreateUtmTemplate(by, "Spring", UTM))
    clock.moment += timedelta(hours=1)
    assert await update_utm_template(UpdateUtmTemplate(by, made.id)) == made
    changed = await update_utm_template(UpdateUtmTemplate(by, made.id, utm={"term": "shoes"}))
    assert changed == replace(made, utm={"term": "shoes"}, version=2, updated_at=clock.now())
    await delete_utm_template(DeleteUtmTemplate(by, made.id))
    with pytest.raises(NotFound):
        await delete_utm_template(DeleteUtmTemplate(by, made.id))


async def test_another_tenants_template_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    made = await create_utm_template(CreateUtmTemplate(theirs, "Spring", UTM))
    for refused in (
        read_utm_template(ReadUtmTemplate(mine, made.id)),
        update_utm_template(UpdateUtmTemplate(mine, made.id, name="Mine")),
        delete_utm_template(DeleteUtmTemplate(mine, made.id)),
        create_utm_template(CreateUtmTemplate(mine, "Mine", UTM, made.workspace_id)),
    ):
        with pytest.raises(NotFound):
            await refused
    assert (await list_utm_templates(ListUtmTemplates(mine, ALL))).total == 0
    assert await read_utm_template(ReadUtmTemplate(theirs, made.id)) == made
