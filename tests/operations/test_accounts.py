"""A new organization has an owner, whose address is proved only where somebody knows it to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from activities.accounts import CreateOrganization, create_organization
from tests.builders.health import rows
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("database", "world")

ACME = CreateOrganization("Acme", "acme", "Ada@Example.com", "Ada")
PROVED = "SELECT email, proved_at FROM account_user"


async def test_an_owner_has_to_prove_the_address() -> None:
    await create_organization(ACME)
    assert await rows(PROVED) == [("ada@example.com", None)]


async def test_an_owner_who_is_known_to_read_it_has_not() -> None:
    await create_organization(replace(ACME, is_owner_proved=True))
    assert await rows(PROVED) == [("ada@example.com", NOW)]


async def test_somebody_elses_word_proves_no_address_that_is_there() -> None:
    await create_organization(ACME)
    await create_organization(replace(ACME, slug="other", is_owner_proved=True))
    assert await rows(PROVED) == [("ada@example.com", None)]
