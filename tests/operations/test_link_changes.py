"""Short links changed and put away: what was given out leads on, and each change is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.clock import FixedClock
from activities.links.changing import UpdateLink, update_link
from activities.links.reading import ListLinkChanges, ReadLink, list_link_changes, read_link
from activities.links.shelving import (
    ArchiveLink,
    DeleteLink,
    RestoreLink,
    archive_link,
    delete_link,
    restore_link,
)
from activities.qr_codes.reading import ReadQrCode, read_qr_code
from activities.rules.errors import InvalidFields, NotFound, SlugTaken, VersionMismatch
from activities.rules.paging import PageRequest
from tests.builders.keys import a_workspace, an_actor
from tests.builders.links import GERMANS, HOME, A, B, a_template, changed, claims, slugs_in
from tests.builders.qr_codes import a_dynamic, events
from tests.builders.tenants import a_tenant, an_organization
from tests.builders.visits import a_domain, a_link, click, led_to

pytestmark = pytest.mark.usefixtures("database", "world")

NEW = "https://example.com/new"


async def test_a_new_slug_is_one_more_and_the_old_one_leads_on() -> None:
    by = await a_tenant()
    link = await a_link(by, slug="spring")
    renamed = await changed(by, link, slug="summer")
    assert (renamed.slug, renamed.version) == ("summer", 2)
    assert await claims() == {("/", "spring"): link.id, ("/", "summer"): link.id}
    assert led_to(await click("spring")) == led_to(await click("summer")) == HOME
    with pytest.raises(SlugTaken):
        await a_link(await a_tenant("other"), slug="spring")
    assert (await changed(by, renamed, slug="spring")).slug == "spring"


async def test_another_domain_is_one_more_address() -> None:
    by = await a_tenant()
    domain_id = await a_domain(by, "links.acme.com")
    link = await a_link(by, slug="spring")
    moved = await changed(by, link, domain="links.acme.com")
    assert (moved.domain, moved.short_url) == ("links.acme.com", "https://links.acme.com/spring")
    assert await claims() == {("/", "spring"): link.id, (str(domain_id), "spring"): link.id}
    assert (await events())[-1][1]["changes"] == ["domain"]
    assert (await changed(by, moved, domain=None)).short_url == "https://ink.test/spring"


async def test_a_domain_that_the_link_has_is_not_judged_again(database: AsyncConnection) -> None:
    by = await a_tenant()
    await a_domain(by, "links.acme.com")
    link = await a_link(by, domain="links.acme.com")
    await database.execute(text("UPDATE domain SET status = 'failed'"))
    same = await changed(by, link, name="Still there", domain="links.acme.com")
    assert same.name == "Still there"
    other = await a_link(by)
    with pytest.raises(InvalidFields) as refused:
        await changed(by, other, domain="links.acme.com")
    assert list(refused.value.fields) == ["domain"]


async def test_a_taken_slug_changes_nothing() -> None:
    by = await a_tenant()
    await a_link(by, slug="spring")
    link = await a_link(by, slug="summer")
    with pytest.raises(SlugTaken):
        await changed(by, link, slug="spring", name="Half done")
    again = await read_link(ReadLink(by, link.id))
    assert (again.slug, again.name, again.version) == ("summer", "", 1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"name": "New"}, "name"),
        ({"description": "New"}, "description"),
        ({"destination_url": NEW}, "destinationUrl"),
        ({"slug": "other"}, "slug"),
        ({"rules": (GERMANS,)}, "rules"),
        ({"variants": (A, B)}, "variants"),
        ({"utm": {"source": "mail"}}, "utm"),
        ({"passes_query": True}, "passQuery"),
        ({"password": "sesame"}, "password"),
        ({"starts_at": datetime(2027, 1, 1, tzinfo=UTC)}, "startsAt"),
        ({"expires_at": datetime(2027, 1, 1, tzinfo=UTC)}, "expiresAt"),
        ({"click_limit": 3}, "clickLimit"),
        ({"expired_url": NEW}, "expiredUrl"),
        ({"preview": {"title": "New"}}, "preview"),
        ({"deep_links": {"android": {"package": "com.example"}}}, "deepLinks"),
        ({"health_check": {"enabled": True}}, "healthCheck"),
        ({"is_active": False}, "isActive"),
        ({"tags": ("new",)}, "tags"),
    ],
)
async def test_each_field_can_be_changed_and_is_told(asked: dict[str, Any], told: str) -> None:
    by = await a_tenant()
    link = await a_link(by)
    assert (await changed(by, link, **asked)).version == 2
    kind, payload = (await events())[-1]
    assert (kind, payload["changes"]) == ("link.updated", [told])
    again = await changed(by, link, **asked)
    if told != "password":
        assert (again.version, len(await events())) == (2, 2)


async def test_null_takes_a_value_away_and_what_is_not_said_stays() -> None:
    by = await a_tenant()
    link = await a_link(by, password="sesame", click_limit=3, expired_url=NEW, name="Spring")
    bare = await changed(by, link, password=None, click_limit=None, expired_url=None)
    assert (bare.has_password, bare.click_limit, bare.expired_url) == (False, None, None)
    assert bare.name == "Spring"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"destination_url": "javascript:alert(1)"}, "destination_url"),
        ({"destination_url": "https://ink.test/loop"}, "destination_url"),
        ({"slug": "admin"}, "slug"),
        ({"expires_at": datetime(2026, 12, 1, tzinfo=UTC)}, "expires_at"),
        ({"click_limit": 0}, "click_limit"),
        ({"variants": (A,)}, "variants"),
        ({"rules": ({**GERMANS, "when": []},)}, "rules.0.when"),
        ({"domain": "links.nobody.com"}, "domain"),
        ({"name": "n" * 201}, "name"),
    ],
)
async def test_a_wrong_change_is_refused_whole(wrong: dict[str, Any], field: str) -> None:
    by = await a_tenant()
    link = await a_link(by, starts_at=datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidFields) as refused:
        await changed(by, link, **{"name": "Half done", **wrong})
    assert list(refused.value.fields) == [field]
    assert await read_link(ReadLink(by, link.id)) == link


async def test_a_change_of_another_version_is_refused() -> None:
    by = await a_tenant()
    link = await changed(by, await a_link(by), name="Two")
    with pytest.raises(VersionMismatch):
        await changed(by, link, version=1, name="Lost")
    with pytest.raises(VersionMismatch):
        await delete_link(DeleteLink(by, link.id, version=1))
    assert (await changed(by, link, version=2, name="Three")).version == 3


async def test_a_template_fills_up_what_a_change_leaves_open() -> None:
    by = await a_tenant()
    link = await a_link(by, utm={"source": "own"})
    template = await a_template(by, link.workspace_id, source="mail", medium="email")
    filled = await changed(by, link, utm_template_id=template)
    assert filled.utm == {"source": "own", "medium": "email"}
    replaced = await changed(by, link, utm={"term": "x"}, utm_template_id=template)
    assert replaced.utm == {"source": "mail", "medium": "email", "term": "x"}


async def test_where_it_led_before_is_remembered(clock: FixedClock) -> None:
    by = await a_tenant()
    link = await a_link(by)
    for url in (NEW, NEW, HOME):
        clock.moment += timedelta(minutes=1)
        await changed(by, link, destination_url=url)
    page = await list_link_changes(ListLinkChanges(by, link.id, PageRequest()))
    assert [(c.old_url, c.new_url) for c in page.items] == [(NEW, HOME), (HOME, NEW)]
    assert page.items[0].changed_by == by.name
    other = await a_tenant("other")
    with pytest.raises(NotFound):
        await list_link_changes(ListLinkChanges(other, link.id, PageRequest()))


async def test_a_verdict_on_another_address_does_not_stay(database: AsyncConnection) -> None:
    by = await a_tenant()
    link = await a_link(by, health_check={"enabled": True})
    await database.execute(text("UPDATE link SET health = 'failing'"))
    assert (await changed(by, link, name="New")).health == "failing"
    assert (await changed(by, link, destination_url=NEW)).health == "unknown"


async def test_a_variant_keeps_its_id_and_a_new_one_gets_one_that_none_had() -> None:
    by = await a_tenant()
    link = await a_link(by, variants=(A, B))
    new = {"destinationUrl": "https://c.example", "weight": 1}
    then = await changed(by, link, variants=(B, new))
    assert then.variants[0]["id"] == link.variants[1]["id"]
    assert then.variants[1]["id"] not in {variant["id"] for variant in link.variants}


async def test_codes_are_tied_to_a_link_and_let_go_without_dying() -> None:
    by = await a_tenant()
    link = await a_link(by, creates_qr=True)
    code = await a_dynamic(by, destination_url="https://example.com/own")
    tied = await changed(by, link, qr_code_id=code.id)
    assert {one.id for one in tied.ties.codes} == {link.ties.codes[0].id, code.id}
    assert (await changed(by, link, qr_code_id=None)).ties.codes == ()
    made = await read_qr_code(ReadQrCode(by, id=link.ties.codes[0].id))
    own = await read_qr_code(ReadQrCode(by, id=code.id))
    assert (made.link_id, made.destination_url) == (None, HOME)
    assert (own.link_id, own.destination_url) == (None, "https://example.com/own")


async def test_a_link_moves_to_another_workspace_out_of_its_folder() -> None:
    home = await an_organization()
    by = await an_actor(home)
    aside = await a_workspace(home)
    link = await a_link(by)
    assert (await changed(by, link, workspace_id=aside)).workspace_id == aside
    narrow = await an_actor(home, workspace_id=aside)
    with pytest.raises(NotFound):
        await changed(narrow, link, workspace_id=link.workspace_id)


async def test_another_tenants_link_is_not_there() -> None:
    by, other = await a_tenant(), await a_tenant("other")
    link = await a_link(by, slug="spring")
    for update in (UpdateLink(other, link.id), UpdateLink(other, slug_is="spring")):
        with pytest.raises(NotFound):
            await update_link(replace(update, name="Mine"))
    for delete in (DeleteLink(other, link.id), DeleteLink(other, slug="spring")):
        with pytest.raises(NotFound):
            await delete_link(delete)
    with pytest.raises(NotFound):
        await archive_link(ArchiveLink(other, link.id))
    assert await read_link(ReadLink(by, link.id)) == link


async def test_a_deleted_link_leads_nowhere_and_keeps_its_slug(clock: FixedClock) -> None:
    by = await a_tenant()
    link = await a_link(by, slug="spring")
    await delete_link(DeleteLink(by, slug="spring"))
    assert (await events())[-1][0] == "link.deleted"
    with pytest.raises(NotFound):
        await read_link(ReadLink(by, link.id))
    with pytest.raises(NotFound):
        await delete_link(DeleteLink(by, link.id))
    with pytest.raises(SlugTaken):
        await a_link(by, slug="spring")
    assert await slugs_in(by, shelf="trash") == ["spring"]
    clock.moment += timedelta(days=29)
    assert (await restore_link(RestoreLink(by, link.id))).slug == "spring"
    assert led_to(await click("spring")) == HOME
    assert (await events())[-1][1]["changes"] == ["restored"]


async def test_after_thirty_days_a_link_is_not_restored(clock: FixedClock) -> None:
    by = await a_tenant()
    link = await a_link(by)
    with pytest.raises(NotFound):
        await restore_link(RestoreLink(by, link.id))
    await delete_link(DeleteLink(by, link.id))
    with pytest.raises(NotFound):
        await restore_link(RestoreLink(await a_tenant("other"), link.id))
    clock.moment += timedelta(days=30)
    with pytest.raises(NotFound):
        await restore_link(RestoreLink(by, link.id))


async def test_an_archived_link_works_on_aside() -> None:
    by = await a_tenant()
    link = await a_link(by, slug="spring")
    aside = await archive_link(ArchiveLink(by, link.id))
    assert aside.archived_at is not None
    assert (await archive_link(ArchiveLink(by, link.id))).version == 2
    assert (await slugs_in(by), await slugs_in(by, shelf="archived")) == ([], ["spring"])
    assert led_to(await click("spring")) == HOME
    back = await archive_link(ArchiveLink(by, link.id, archived=False))
    assert (back.archived_at, await slugs_in(by)) == (None, ["spring"])


async def test_a_link_comes_back_onto_its_domain_or_not_at_all(database: AsyncConnection) -> None:
    by = await an_actor(await an_organization(), plan="enterprise")
    old = await a_domain(by, "go.example.com")
    link = await a_link(by, slug="first", domain_id=old)
    link = await changed(by, link, slug="sale")
    await delete_link(DeleteLink(by, link.id))
    gone = text("UPDATE domain SET deleted_at = now(), status = 'pending' WHERE id = :id")
    await database.execute(gone, {"id": old})
    with pytest.raises(InvalidFields, match=r"go\.example\.com was removed"):
        await restore_link(RestoreLink(by, link.id))
    with pytest.raises(NotFound):
        await read_link(ReadLink(by, link.id))
    waiting = await a_domain(by, "go.example.com", "pending")
    with pytest.raises(InvalidFields, match="verify"):
        await restore_link(RestoreLink(by, link.id))
    await database.execute(text("UPDATE domain SET status = 'active' WHERE deleted_at IS NULL"))
    back = await restore_link(RestoreLink(by, link.id))
    assert (back.domain, back.domain_id, back.slug) == ("go.example.com", waiting, "sale")
    led = await claims()
    assert {led[str(waiting), "sale"], led[str(waiting), "first"]} == {link.id}


async def test_a_slug_that_was_given_away_on_the_new_domain_is_not_taken_back(
    database: AsyncConnection,
) -> None:
    by = await an_actor(await an_organization(), plan="enterprise")
    old = await a_domain(by, "go.example.com")
    link = await a_link(by, slug="sale", domain_id=old)
    await delete_link(DeleteLink(by, link.id))
    await database.execute(text("UPDATE domain SET deleted_at = now()"))
    await a_link(by, slug="sale", domain_id=await a_domain(by, "go.example.com"))
    with pytest.raises(SlugTaken):
        await restore_link(RestoreLink(by, link.id))
