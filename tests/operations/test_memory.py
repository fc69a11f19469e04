"""What is remembered of addresses: asked for once, bounded, and forgotten when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from activities.links.changing import UpdateLink, update_link
from activities.links.shelving import DeleteLink, RestoreLink, delete_link, restore_link
from activities.qr_codes.changing import UpdateQrCode, update_qr_code
from activities.qr_codes.creating import CreateQrCode, create_qr_code
from activities.qr_codes.shelving import (
    DeleteQrCode,
    RestoreQrCode,
    delete_qr_code,
    restore_qr_code,
)
from activities.rules.actors import Actor
from activities.rules.errors import NotFound
from activities.shelf.claims import CODES, DEFAULT_DOMAIN
from activities.visits.known import Known
from activities.visits.memory import UNKNOWN, Key, Memory
from activities.visits.targets import Home
from activities.visits.watch import Watch
from schema.db import DatabaseAway, bind, connect, disconnect, transaction
from schema.direct import Direct, Rows
from tests.builders.scans import a_visit, found, write
from tests.builders.tenants import a_code, a_listener, a_tenant
from tests.builders.visits import a_domain, a_link

pytestmark = pytest.mark.usefixtures("database", "world")

GERMANS = {"when": [{"type": "country", "in": ["DE"]}], "destinationUrl": "https://example.de/"}
HOST = "links.acme.com"


class Asked(Direct):
    """Notes what it is asked, and holds the answers back while it is told to."""

    def __init__(self) -> None:
        super().__init__(patience=3)
        self.statements: list[Mapping[str, Any]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def read(self, statement: str, values: Mapping[str, Any]) -> Rows:
        self.statements.append(values)
        rows = await super().read(statement, values)
        await self.may_answer.wait()
        return rows

    @property
    def of_slugs(self) -> list[list[str]]:
        return [sorted(values["slugs"]) for values in self.statements if "slugs" in values]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def memory(asked: Asked) -> Memory:
    return Memory(direct=asked)


def code(slug: str) -> Key:
    return CODES, slug


def link(slug: str) -> Key:
    return DEFAULT_DOMAIN, slug


async def codes(number: int, by: Actor | None = None) -> list[Key]:
    by = by or await a_tenant()
    return [code((await a_code(by, short_code=f"code{n}")).short_code or "") for n in range(number)]


async def sql(statement: str, **values: Any) -> None:
    async with transaction() as session:
        await session.execute(text(statement), values)


async def settled() -> None:
    """Everybody who can go on has gone on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_many_who_miss_one_address_ask_once(memory: Memory, asked: Asked) -> None:
    (key,) = await codes(1)
    found = await asyncio.gather(*(memory.find(key) for _ in range(50)))
    assert len({id(known) for known in found}) == 1
    assert asked.of_slugs == [["code0"]]
    assert await memory.find(key) is memory.peek(key) is found[0]
    assert len(asked.of_slugs) == 1


async def test_who_misses_others_meanwhile_is_asked_for_together(
    memory: Memory, asked: Asked
) -> None:
    keys = await codes(8)
    await memory.find(keys[0])
    asked.statements.clear()
    asked.may_answer.clear()
    first = asyncio.create_task(memory.find(keys[1]))
    await asyncio.sleep(0.05)
    others = [asyncio.create_task(memory.find(key)) for key in [*keys[2:], *keys[2:]]]
    await asyncio.sleep(0.05)
    asked.may_answer.set()
    found = await asyncio.gather(first, *others)
    assert asked.of_slugs == [["code1"], [f"code{n}" for n in range(2, 8)]]
    slugs = [known.target.asset.slug for known in found if known]
    assert slugs == [
        "code1",
        *(f"code{n}" for n in range(2, 8)),
        *(f"code{n}" for n in range(2, 8)),
    ]


async def test_codes_and_links_of_one_slug_are_told_apart(memory: Memory, asked: Asked) -> None:
    by = await a_tenant()
    await a_code(by, "https://example.com/code", short_code="same")
    await a_link(by, "https://example.com/link", slug="same")
    found = await asyncio.gather(memory.find(code("same")), memory.find(link("same")))
    assert [known.plain for known in found if known] == [
        "https://example.com/code",
        "https://example.com/link",
    ]
    assert asked.of_slugs == [["same"], ["same"]]


async def test_who_goes_away_takes_the_answer_from_nobody(memory: Memory, asked: Asked) -> None:
    (key,) = await codes(1)
    asked.may_answer.clear()
    gone, stays = (asyncio.create_task(memory.find(key)) for _ in range(2))
    await asyncio.sleep(0.02)
    gone.cancel()
    await asyncio.sleep(0.02)
    asked.may_answer.set()
    assert isinstance(await stays, Known)
    assert gone.cancelled()


async def test_nobody_is_remembered_too_until_somebody_comes(memory: Memory, asked: Asked) -> None:
    by = await a_tenant()
    watch = Watch(memory)
    assert memory.peek(code("later")) is UNKNOWN
    for _ in range(3):
        assert await memory.find(code("later")) is None
    assert memory.peek(code("later")) is None
    assert len(asked.of_slugs) == 1
    await a_code(by, short_code="later")
    await watch.look()
    assert memory.peek(code("later")) is UNKNOWN
    assert isinstance(await memory.find(code("later")), Known)


async def test_what_is_remembered_is_bounded(asked: Asked) -> None:
    memory = Memory(most_known=4, direct=asked)
    keys = await codes(10)
    for key in keys:
        assert await memory.find(key)
    assert len(memory) == 4
    assert [memory.peek(key) is UNKNOWN for key in keys] == [True] * 6 + [False] * 4
    together = await asyncio.gather(*map(memory.find, keys))
    assert all(together)
    assert len(memory) == 4


async def test_many_organizations_at_once_are_more_than_it_remembers(asked: Asked) -> None:
    memory = Memory(most_known=2, direct=asked)
    keys = []
    for n in range(5):
        by = await a_tenant(f"tenant{n}")
        await a_listener(by)
        keys.append(code((await a_code(by)).short_code or ""))
    await memory.find(keys[0])
    for turn in (keys, keys[::-1], keys):
        found = await asyncio.gather(*map(memory.find, turn))
        assert [known and known.is_wanted for known in found] == [True] * 5


async def test_a_change_while_it_is_read_is_not_remembered(memory: Memory, asked: Asked) -> None:
    (key,) = await codes(1)
    watch = Watch(memory)
    await watch.look()
    asked.may_answer.clear()
    reading = asyncio.create_task(memory.find(key))
    await asyncio.sleep(0.05)
    await sql("UPDATE qr_code SET destination_url = 'https://example.com/new'")
    await watch.look()
    asked.may_answer.set()
    assert await reading
    assert memory.peek(key) is UNKNOWN
    known = await memory.find(key)
    assert known is not None
    assert known.plain == "https://example.com/new"


async def test_a_domain_that_changes_while_it_is_read_is_not_remembered(
    memory: Memory, asked: Asked
) -> None:
    asked.may_answer.clear()
    reading = asyncio.create_task(memory.find_home(HOST))
    await asyncio.sleep(0.05)
    memory.forget(f"domain {HOST}")
    asked.may_answer.set()
    assert await reading is None
    assert memory.peek_home(HOST) is UNKNOWN


Change = Callable[[Actor, UUID, UUID], Awaitable[object]]


async def tie(by: Actor, code_id: UUID, link_id: UUID) -> None:
    await update_qr_code(UpdateQrCode(by, code_id, link_id=link_id))


CODE_CHANGES: dict[str, Change] = {
    "destination": lambda by, c, _: update_qr_code(
        UpdateQrCode(by, c, destination_url="https://example.com/new")
    ),
    "slug": lambda by, c, _: update_qr_code(UpdateQrCode(by, c, short_code="renamed")),
    "switched off": lambda by, c, _: update_qr_code(UpdateQrCode(by, c, is_active=False)),
    "limit": lambda by, c, _: update_qr_code(UpdateQrCode(by, c, scan_limit=5)),
    "password": lambda by, c, _: update_qr_code(UpdateQrCode(by, c, password="sesame")),
    "variants": lambda by, c, _: update_qr_code(
        UpdateQrCode(by, c, variants=({"destinationUrl": "https://a.example", "weight": 1},) * 2)
    ),
    "deleted": lambda by, c, _: delete_qr_code(DeleteQrCode(by, c)),
    "tied": tie,
}
LINK_CHANGES: dict[str, Change] = {
    "destination": lambda by, _, k: update_link(
        UpdateLink(by, k, destination_url="https://example.com/new")
    ),
    "rules": lambda by, _, k: update_link(UpdateLink(by, k, rules=(GERMANS,))),
    "utm": lambda by, _, k: update_link(UpdateLink(by, k, utm={"source": "flyer"})),
    "deleted": lambda by, _, k: delete_link(DeleteLink(by, k)),
    "switched off": lambda by, _, k: update_link(UpdateLink(by, k, is_active=False)),
}


async def a_code_and_a_link(by: Actor) -> tuple[UUID, UUID]:
    made = await a_code(by, "https://example.com/code", short_code="mine")
    return made.id, (await a_link(by, "https://example.com/link", slug="mine")).id


@pytest.mark.parametrize("change", CODE_CHANGES)
async def test_a_change_of_a_code_is_seen(memory: Memory, change: str) -> None:
    by = await a_tenant()
    code_id, link_id = await a_code_and_a_link(by)
    other = (await codes(1, by))[0]
    before, kept = await memory.find(code("mine")), await memory.find(other)
    watch = Watch(memory)
    await watch.look()
    before = await memory.find(code("mine"))
    kept = await memory.find(other)
    await CODE_CHANGES[change](by, code_id, link_id)
    await watch.look()
    assert memory.peek(other) is kept
    assert memory.peek(code("mine")) is UNKNOWN
    after = await memory.find(code("mine"))
    assert (after and after.target) != (before and before.target)


@pytest.mark.parametrize("change", LINK_CHANGES)
async def test_a_change_of_a_link_is_seen_also_by_the_codes_that_follow_it(
    memory: Memory, change: str
) -> None:
    by = await a_tenant()
    code_id, link_id = await a_code_and_a_link(by)
    await tie(by, code_id, link_id)
    watch = Watch(memory)
    await watch.look()
    keys = (code("mine"), link("mine"))
    before = [await memory.find(key) for key in keys]
    assert all(before)
    await LINK_CHANGES[change](by, code_id, link_id)
    await watch.look()
    assert [memory.peek(key) for key in keys] == [UNKNOWN, UNKNOWN]
    for key, old in zip(keys, before, strict=True):
        new = await memory.find(key)
        assert (new and new.target) != (old and old.target)


@pytest.mark.parametrize("end", ["deleted", "switched off"])
async def test_a_code_follows_its_link_again_when_that_is_back(memory: Memory, end: str) -> None:
    by = await a_tenant()
    code_id, link_id = await a_code_and_a_link(by)
    await tie(by, code_id, link_id)
    if end == "deleted":
        await delete_link(DeleteLink(by, link_id))
    else:
        await update_link(UpdateLink(by, link_id, is_active=False))
    watch = Watch(memory)
    await watch.look()
    alone = await memory.find(code("mine"))
    assert alone is not None
    assert (alone.plain, alone.target.through) == ("https://example.com/code", None)
    if end == "deleted":
        await restore_link(RestoreLink(by, link_id))
    else:
        await update_link(UpdateLink(by, link_id, is_active=True))
    await watch.look()
    again = await memory.find(code("mine"))
    assert again is not None
    assert again.plain == "https://example.com/link"


async def test_what_comes_back_from_the_trash_is_seen(memory: Memory) -> None:
    by = await a_tenant()
    code_id, link_id = await a_code_and_a_link(by)
    await delete_qr_code(DeleteQrCode(by, code_id))
    await delete_link(DeleteLink(by, link_id))
    watch = Watch(memory)
    await watch.look()
    for key in (code("mine"), link("mine")):
        assert await memory.find(key) is None
    await restore_qr_code(RestoreQrCode(by, code_id))
    await restore_link(RestoreLink(by, link_id))
    await watch.look()
    for key in (code("mine"), link("mine")):
        assert isinstance(await memory.find(key), Known)


async def test_who_listens_is_seen(memory: Memory) -> None:
    by = await a_tenant()
    (key,) = await codes(1, by)
    watch = Watch(memory)
    for statement, is_wanted in (
        ("SELECT 1", False),
        (None, True),
        ("UPDATE endpoint SET status = 'disabled'", False),
        ("UPDATE endpoint SET status = 'active'", True),
        ("UPDATE endpoint SET events = '{link.clicked}'", False),
        ("UPDATE endpoint SET events = '{qr.*}'", True),
        ("UPDATE endpoint SET deleted_at = now()", False),
    ):
        await (sql(statement) if statement else a_listener(by))
        await watch.look()
        known = await memory.find(key)
        assert known is not None
        assert known.is_wanted is is_wanted, statement


async def test_domains_are_seen_as_they_come_and_go(memory: Memory, asked: Asked) -> None:
    by = await a_tenant()
    watch = Watch(memory)
    for _ in range(2):
        assert await memory.find_home(HOST) is None
    assert len(asked.statements) == 1
    domain_id = await a_domain(by, HOST, status="pending")
    await watch.look()
    assert await memory.find_home(HOST) is None
    await sql("UPDATE domain SET status = 'active', verified_at = now()")
    await watch.look()
    home = Home(domain_id, by.organization_id, HOST)
    assert await memory.find_home(HOST) == home
    assert memory.peek_home(HOST) == home
    await sql("UPDATE domain SET deleted_at = now()")
    await watch.look()
    for _ in range(2):
        with pytest.raises(NotFound):
            await memory.find_home(HOST)


async def test_a_link_of_a_custom_domain_is_seen_there_only(memory: Memory) -> None:
    by = await a_tenant()
    domain_id = await a_domain(by, HOST)
    await a_link(by, slug="menu", domain=HOST)
    known = await memory.find((str(domain_id), "menu"))
    assert known is not None
    assert known.target.asset.hostname == HOST
    assert await memory.find(link("menu")) is None


async def test_a_code_of_an_old_name_is_forgotten_like_its_new_one(memory: Memory) -> None:
    by = await a_tenant()
    made = await a_code(by, short_code="old-name")
    await update_qr_code(UpdateQrCode(by, made.id, short_code="new-name"))
    watch = Watch(memory)
    await watch.look()
    keys = (code("old-name"), code("new-name"))
    for key in keys:
        await memory.find(key)
    await update_qr_code(UpdateQrCode(by, made.id, destination_url="https://example.com/new"))
    await watch.look()
    assert [memory.peek(key) for key in keys] == [UNKNOWN, UNKNOWN]


async def test_visits_change_nothing_until_a_limit_is_reached(memory: Memory) -> None:
    by = await a_tenant()
    made = await create_qr_code(
        CreateQrCode(by, destination_url="https://example.com", short_code="mine", scan_limit=2)
    )
    watch = Watch(memory)
    await watch.look()
    known = await memory.find(code("mine"))
    asset = await found("qr", made.id)
    await write([a_visit(asset)])
    await sql("UPDATE qr_code SET unique_count = 7, name = 'renamed', version = version + 1")
    await watch.look()
    assert memory.peek(code("mine")) is known
    await write([a_visit(asset)])
    await watch.look()
    assert memory.peek(code("mine")) is UNKNOWN


async def test_a_database_that_is_away_is_told_to_all_who_wait(
    memory: Memory, asked: Asked
) -> None:
    (key,) = await codes(1)
    kept = await memory.find(key)
    bind(None)
    await connect("postgresql://nobody@127.0.0.1:1/nowhere")
    try:
        told = await asyncio.gather(
            *(memory.find(code(f"other{n % 3}")) for n in range(9)), return_exceptions=True
        )
        assert {type(fault) for fault in told} == {DatabaseAway}
        with pytest.raises(DatabaseAway):
            await memory.find_home(HOST)
        assert memory.peek(code("other0")) is UNKNOWN
        assert await memory.find(key) is kept
    finally:
        await disconnect()


async def test_who_waits_when_it_closes_is_let_go(memory: Memory, asked: Asked) -> None:
    asked.may_answer.clear()
    waiting = asyncio.create_task(memory.find(code("nobody")))
    await asyncio.sleep(0.02)
    memory.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
