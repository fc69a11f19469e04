"""Links that would lead in circles are refused, by whatever name of our own they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from activities.links.creating import CreateLink, create_link
from activities.outside import Outside, install
from activities.rules.errors import InvalidFields
from tests.builders.tenants import a_tenant

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
async def test_a_local_machine_knows_all_its_names(world: Outside, host: str) -> None:
    install(replace(world, public_url="http://localhost:8000"))
    by = await a_tenant()
    with pytest.raises(InvalidFields, match="circles"):
        await create_link(CreateLink(by, f"http://{host}/q/abc1234"))
    await create_link(CreateLink(by, f"http://{host.replace('8000', '3000')}/"))


async def test_another_machine_is_not_ours(world: Outside) -> None:
    by = await a_tenant()
    await create_link(CreateLink(by, "http://127.0.0.1:8000/q/abc1234"))
    with pytest.raises(InvalidFields, match="circles"):
        await create_link(CreateLink(by, "https://INK.test./spring"))
