"""Images and logos: kept small, once, within bounds, for one organization."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import func, select, text
from sqlmodel import col

from activities.brand.images import (
    MOST_IMAGES,
    DeleteImage,
    ImageView,
    ListImages,
    ReadImage,
    UploadImage,
    delete_image,
    list_images,
    read_image,
    read_image_content,
    upload_image,
)
from activities.brand.logos import AGAIN, FRESH, KEPT, MOST_FETCHED, LogoOf, logo_of
from activities.gateways.clock import FixedClock
from activities.render.logos import Logo
from activities.rules.actors import Actor
from activities.rules.errors import InvalidFields, NotFound, PlanLimitReached
from activities.rules.looks import Logo as LogoStyle
from activities.rules.paging import PageRequest
from schema.db import transaction
from schema.tables import FetchedLogoRow, ImageRow
from tests.builders.databases import a_database
from tests.builders.logo_files import a_picture, an_svg
from tests.builders.tenants import a_tenant
from tests.fakes.listener import Listener, Names, listening

pytestmark = pytest.mark.usefixtures("world")
here = pytest.mark.usefixtures("database")

ALL = PageRequest(1, 100)


def noise(number: int, side: int = 32) -> bytes:
    """A picture like no other."""
    picture = Image.frombytes("RGB", (side, side), Random(number).randbytes(side * side * 3))
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=50)
    return file.getvalue()


async def uploaded(by: Actor, content: bytes, name: str = "Logo") -> ImageView:
    return await upload_image(UploadImage(by, name, content))


async def fill(by: Actor, count: int, size: int = 10) -> None:
    """Images that are there already, straight into the table."""
    async with transaction() as session:
        await session.execute(
            text(
                "INSERT INTO image (id, created_at, organization_id, name, sha256, png, width,"
                " height, size) SELECT gen_random_uuid(), now(), :home, 'x', n::text, '', 1, 1,"
                " :size FROM generate_series(1, :count) AS n"
            ),
            {"home": by.organization_id, "count": count, "size": size},
        )


@here
async def test_an_image_is_kept_small_and_once() -> None:
    by = await a_tenant()
    made = await uploaded(by, a_picture("JPEG", (3000, 1500)), "  Our  logo ")
    assert (made.name, made.width, made.height) == ("Our logo", 1024, 512)
    png = (await read_image_content(ReadImage(by, made.id))).png
    assert len(png) == made.size
    assert Image.open(io.BytesIO(png)).size == (1024, 512)
    assert await read_image(ReadImage(by, made.id)) == made
    vector = await uploaded(by, an_svg())
    assert await uploaded(by, png, "Again") == made
    page = await list_images(ListImages(by, ALL))
    assert page.total == 2
    assert {image.id for image in page.items} == {made.id, vector.id}


@here
@pytest.mark.parametrize(
    ("name", "content", "field", "told"),
    [
        ("", a_picture(), "name", "name"),
        ("a\nb", a_picture(), "name", "one line"),
        ("Logo", b"", "content", "PNG, JPEG"),
        ("Logo", a_picture()[:60], "content", "damaged"),
        ("Logo", an_svg("<script>x</script>"), "content", "no shapes"),
        ("Logo", a_picture(size=(4, 4)), "content", "16 pixels"),
    ],
    ids=["no name", "lines", "empty", "truncated", "script", "small"],
)
async def test_what_is_no_logo_is_refused(name: str, content: bytes, field: str, told: str) -> None:
    by = await a_tenant()
    with pytest.raises(InvalidFields) as refused:
        await uploaded(by, content, name)
    assert list(refused.value.fields) == [field]
    assert told in refused.value.fields[field][0]
    assert (await list_images(ListImages(by, ALL))).total == 0


@here
async def test_another_tenants_image_is_not_there() -> None:
    mine, theirs = await a_tenant("mine"), await a_tenant("theirs")
    made = await uploaded(theirs, a_picture())
    for refused in (
        read_image(ReadImage(mine, made.id)),
        read_image_content(ReadImage(mine, made.id)),
        delete_image(DeleteImage(mine, made.id)),
    ):
        with pytest.raises(NotFound):
            await refused
    with pytest.raises(InvalidFields, match=r"logo\.image_id"):
        await logo_of(LogoOf(mine, LogoStyle(image_id=f"img_{made.id.hex}")))
    same = await uploaded(mine, a_picture())
    assert same.id != made.id
    await delete_image(DeleteImage(theirs, made.id))
    with pytest.raises(NotFound):
        await delete_image(DeleteImage(theirs, made.id))
    assert (await list_images(ListImages(mine, ALL))).items == [same]


@here
async def test_an_organization_has_a_bounded_number_of_images() -> None:
    by = await a_tenant()
    await fill(by, MOST_IMAGES - 1)
    made = await uploaded(by, a_picture())
    with pytest.raises(PlanLimitReached, match="200 images"):
        await uploaded(by, noise(1))
    assert await uploaded(by, a_picture()) == made


@here
async def test_images_together_have_a_bounded_size() -> None:
    by = await a_tenant()
    await fill(by, 25, 4 * 1024**2)
    with pytest.raises(PlanLimitReached, match="100 MiB of images"):
        await uploaded(by, noise(1))


async def test_the_same_image_at_once_is_kept_once_and_the_limit_holds(database_url: str) -> None:
    async with a_database(database_url, connections=6):
        by = await a_tenant()
        same = await asyncio.gather(*(uploaded(by, a_picture()) for _ in range(6)))
        assert len({image.id for image in same}) == 1
        await fill(by, MOST_IMAGES - 3)
        outcomes = await asyncio.gather(
            *(uploaded(by, noise(number)) for number in range(6)), return_exceptions=True
        )
        assert [type(one) for one in outcomes].count(PlanLimitReached) == 4
        async with transaction() as session:
            assert await session.scalar(select(func.count()).select_from(ImageRow)) == MOST_IMAGES


class Shop:
    """A server of one picture, which a test changes."""

    def __init__(self, names: Names) -> None:
        self.body, self.status = a_picture(), "200 OK"
        names.answers = [["127.0.0.1"]]

    async def answer(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {self.status}\r\nContent-Type: image/png\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body)


def at(listener: Listener, path: str = "logo.png") -> LogoStyle:
    return LogoStyle(url=f"http://img.example.com:{listener.port}/{path}")


@here
async def test_an_uploaded_logo_is_found_in_both_spellings() -> None:
    by = await a_tenant()
    made = await uploaded(by, a_picture())
    logo = await logo_of(LogoOf(by, LogoStyle(image_id=f"img_{made.id.hex}")))
    assert isinstance(logo, Logo)
    assert (logo.width, logo.height) == (made.width, made.height)
    assert await logo_of(LogoOf(by, LogoStyle(image_id=str(made.id)))) == logo
    for image_id in (f"img_{uuid4().hex}", "nonsense", ""):
        with pytest.raises(InvalidFields, match="There is no such image"):
            await logo_of(LogoOf(by, LogoStyle(image_id=image_id)))


@here
async def test_a_fetched_logo_is_fresh_for_an_hour(names: Names, clock: FixedClock) -> None:
    by, shop = await a_tenant(), Shop(names)
    async with listening(shop.answer) as listener:
        first = await logo_of(LogoOf(by, at(listener)))
        shop.body = a_picture(size=(100, 100))
        clock.moment += FRESH - timedelta(seconds=1)
        assert await logo_of(LogoOf(by, at(listener))) == first
        assert len(listener.requests) == 1
        clock.moment += timedelta(seconds=1)
        assert (await logo_of(LogoOf(by, at(listener)))).width == 100
        other = await a_tenant("other")
        await logo_of(LogoOf(other, at(listener)))
    assert len(listener.requests) == 3


@here
@pytest.mark.parametrize("failure", ["status", "content"])
async def test_a_kept_logo_stands_in_for_a_week(
    names: Names, clock: FixedClock, failure: str
) -> None:
    by, shop = await a_tenant(), Shop(names)
    async with listening(shop.answer) as listener:
        asked = LogoOf(by, at(listener))
        kept = await logo_of(asked)
        if failure == "status":
            shop.status = "503 Away"
        else:
            shop.body = b"<html>"
        clock.moment += FRESH
        assert await logo_of(asked) == kept
        assert await logo_of(asked) == kept
        assert len(listener.requests) == 2
        clock.moment += AGAIN
        assert await logo_of(asked) == kept
        assert len(listener.requests) == 3
        clock.moment += KEPT
        with pytest.raises(InvalidFields, match=r"logo\.url"):
            await logo_of(asked)


@here
async def test_a_kept_logo_does_not_stand_in_for_an_address_that_became_forbidden(
    names: Names, clock: FixedClock
) -> None:
    by, shop = await a_tenant(), Shop(names)
    async with listening(shop.answer) as listener:
        await logo_of(LogoOf(by, at(listener)))
        names.answers = [["169.254.169.254"]]
        clock.moment += FRESH + timedelta(minutes=5)
        with pytest.raises(InvalidFields, match="resolves to private/internal IP"):
            await logo_of(LogoOf(by, at(listener)))


@here
async def test_an_address_that_gives_no_logo_is_told_of_its_field(names: Names) -> None:
    by, shop = await a_tenant(), Shop(names)
    shop.body = a_picture(size=(3, 3))
    async with listening(shop.answer) as listener:
        with pytest.raises(InvalidFields, match="16 pixels") as refused:
            await logo_of(LogoOf(by, at(listener)))
    assert list(refused.value.fields) == ["logo.url"]
    with pytest.raises(InvalidFields, match="refusing to fetch"):
        await logo_of(LogoOf(by, LogoStyle(url="http://169.254.169.254/")))


@here
async def test_fetched_logos_are_kept_in_bounds(names: Names, clock: FixedClock) -> None:
    by, shop = await a_tenant(), Shop(names)
    async with transaction() as session:
        await session.execute(
            text(
                "INSERT INTO fetched_logo SELECT :home, n::text, '', 1, 1, moment, moment FROM"
                " (SELECT n, CAST(:now AS timestamptz) - n * interval '1 second' AS moment"
                " FROM generate_series(1, 150) AS n) AS old"
            ),
            {"home": by.organization_id, "now": clock.now()},
        )
    async with listening(shop.answer) as listener:
        await logo_of(LogoOf(by, at(listener)))
        assert await kept(by) == MOST_FETCHED
        clock.moment += KEPT
        await logo_of(LogoOf(replace(by), at(listener, "other.png")))
    assert await kept(by) == 2


async def kept(by: Actor) -> int:
    query = select(func.count()).where(col(FetchedLogoRow.organization_id) == by.organization_id)
    async with transaction() as session:
        return await session.scalar(query) or 0
