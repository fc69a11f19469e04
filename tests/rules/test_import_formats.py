"""Whose export a file is, and what its first row says. Samples are as the vendors write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from activities.rules.errors import InvalidFields
from activities.rules.imports.formats import (
    FIELDS,
    FORMATS,
    OWN_COLUMNS,
    Format,
    mapped,
    recognise,
)
from activities.rules.imports.rows import Judged, judge_rows
from activities.rules.imports.tables import folded, read_table

SPRING = "https://shop.example/spring?a=1"
MADE = datetime(2026, 4, 1, 10, 30, tzinfo=UTC)

SAMPLES = {
    "bitly dashboard": (
        "bitly",
        "Link,Custom Link,Date created,Title,Destination URL,Engagements,Status\n"
        f'https://bit.ly/3xYz,https://go.shop.example/promo,2026-04-01T10:30:00Z,"Spring, sale",'
        f'"{SPRING}",42,Archived\n',
    ),
    "bitly api": (
        "bitly",
        "id,title,long_url,created_at,link,archived,tags,custom_bitlinks,deeplinks\n"
        f'bit.ly/3xYz,"Spring, sale",{SPRING},2026-04-01T10:30:00+0000,https://bit.ly/3xYz,false,'
        "news|april,['https://go.shop.example/promo'],[]\n",
    ),
    "rebrandly dashboard": (
        "rebrandly",
        "title,destination,short_url,slashtag,domain,created,clicks,tags\n"
        f'"Spring, sale",{SPRING},go.shop.example/promo,promo,go.shop.example,2026-04-01 10:30,42,'
        '"news, april"\n',
    ),
    "rebrandly api": (
        "rebrandly",
        "id,createdAt,shortUrl,domain,slashtag,destination\n"
        f"abc,2026-04-01T10:30:00.000Z,go.shop.example/promo,go.shop.example,promo,{SPRING}\n",
    ),
    "rebrandly with spaces": (
        "rebrandly",
        "Destination URL;Slashtag;Domain;Title;Creation date\n"
        f"{SPRING};promo;go.shop.example;Spring, sale;01.04.2026 10:30\n",
    ),
    "short.io api": (
        "shortio",
        "idString,shortURL,path,originalURL,title,clicks,createdAt,tags,hasPassword\n"
        f'lnk_1,https://go.shop.example/promo,promo,{SPRING},"Spring, sale",42,'
        '2026-04-01T10:30:00Z,"[""news"",""april""]",false\n',
    ),
    "short.io dashboard": (
        "shortio",
        "OriginalURL,ShortURL,Path,Title,Tags,CreatedAt\n"
        f'{SPRING},https://go.shop.example/promo,promo,"Spring, sale",news|april,'
        "2026-04-01 10:30:00\n",
    ),
    "dub dashboard": (
        "dub",
        "Short link,Destination URL,Title,Tags,Clicks,Created at\n"
        f'https://go.shop.example/promo,{SPRING},"Spring, sale","news,april",42,'
        "2026-04-01T10:30:00.000Z\n",
    ),
    "dub rows": (
        "dub",
        "id,domain,key,url,archived,expiresAt,password,title,clicks,createdAt,tags\n"
        f'c1,go.shop.example,promo,{SPRING},true,null,null,"Spring, sale",42,'
        '2026-04-01T10:30:00.000Z,"news,april"\n',
    ),
    "kutt": (
        "kutt",
        "id,address,banned,created_at,domain,link,password,target,description,visit_count\n"
        f"1,promo,false,2026-04-01T10:30:00.000Z,go.shop.example,https://go.shop.example/promo,"
        f'false,{SPRING},"Spring, sale",42\n',
    ),
    "shlink web client": (
        "shlink",
        "createdAt,title,shortUrl,domain,shortCode,longUrl,tags,visits\n"
        f'2026-04-01T10:30:00+00:00,"Spring, sale",https://go.shop.example/promo,go.shop.example,'
        f"promo,{SPRING},news|april,42\n",
    ),
    "shlink at first": (
        "shlink",
        "createdAt,title,shortUrl,longUrl,tags,visits\n"
        f'2026-04-01T10:30:00+00:00,"Spring, sale",https://go.shop.example/promo,{SPRING},'
        "news|april,42\n",
    ),
    "shlink command line": (
        "shlink",
        "Short Code,Title,Short URL,Long URL,Date created,Visits count,Tags\n"
        f'promo,"Spring, sale",https://go.shop.example/promo,{SPRING},2026-04-01T10:30:00+00:00,'
        '42,"news, april"\n',
    ),
    "shlink importer": (
        "shlink",
        "Long URL;Short code;Domain;Title;Tags\n"
        f"{SPRING};promo;go.shop.example;Spring, sale;news|april\n",
    ),
    "yourls table": (
        "yourls",
        "keyword,url,title,timestamp,ip,clicks\n"
        f'promo,{SPRING},"Spring, sale",2026-04-01 10:30:00,127.0.0.1,42\n',
    ),
    "yourls plugin": ("yourls", f"source,target,hits\n/promo,{SPRING},42\n"),
    "yourls api": (
        "yourls",
        "shorturl,url,title,timestamp,ip,clicks\n"
        f'https://go.shop.example/y/promo,{SPRING},"Spring, sale",2026-04-01 10:30:00,::1,42\n',
    ),
    "inkloom": (
        "inkloom",
        f"{','.join(OWN_COLUMNS)}\n"
        f'promo,https://go.shop.example/promo,{SPRING},"Spring, sale","news,april",true,'
        "2026-04-01T10:30:00.000Z,,42,false\n",
    ),
    "plain": (
        "plain",
        f'URL\tSlug\tName\tTags\tActive\n{SPRING}\tpromo\tSpring, sale\t"news;april"\tyes\n',
    ),
}


def first_of(text: str) -> tuple[Format, Judged]:
    table = read_table(text.encode())
    layout = recognise(table.headers)
    assert layout is not None
    (row,) = judge_rows(table, layout, own_hosts=())
    return layout, row


@pytest.mark.parametrize("sample", SAMPLES)
def test_an_export_is_recognised_and_read(sample: str) -> None:
    name, text = SAMPLES[sample]
    layout, row = first_of(text)
    assert layout.name == name
    assert row.problems == ()
    assert (row.destination, row.slug, row.is_active) == (SPRING, "promo", True)
    assert row.expires_at is None
    assert row.password is None
    assert row.domain == ("go.shop.example" if "go.shop.example" in text else None)
    assert row.name == ("Spring, sale" if "Spring, sale" in text else None)
    assert row.tags == (("news", "april") if "april" in text else ())
    assert row.clicks == (42 if ",42" in text else None)
    assert row.created_at == (MADE if "10:30" in text else None)


def test_every_format_has_a_sample() -> None:
    assert {name for name, _ in SAMPLES.values()} == {vendor.name for vendor in FORMATS}


def test_formats_name_fields_and_folded_headers() -> None:
    for vendor in FORMATS:
        assert set(vendor.words) <= set(FIELDS), vendor.name
        for words in (*vendor.words.values(), *vendor.marks):
            assert all(word == folded(word) for word in words), vendor.name
        for mark in vendor.marks:
            assert mark & set(vendor.words["destination"]), (vendor.name, mark)


def test_case_spaces_and_signs_of_headers_do_not_count() -> None:
    layout = recognise(["LONG_URL", "Link ", "Created-At"])
    assert layout is not None
    assert layout.name == "bitly"
    assert layout.columns == {
        "destination": ("LONG_URL",),
        "short_url": ("Link ",),
        "created_at": ("Created-At",),
    }


@pytest.mark.parametrize("headers", [[], ["slug", "name"], ["title", "clicks"], ["#", "€"]])
def test_a_file_without_destinations_is_not_recognised(headers: list[str]) -> None:
    assert recognise(headers) is None


def test_a_list_of_addresses_is_enough() -> None:
    _, row = first_of("url\nhttps://a.example/\n")
    assert row == Judged(number=2, destination="https://a.example/")


def test_a_client_may_say_which_column_is_which() -> None:
    table = read_table(b"Ziel,Kurz,url\nhttps://a.example,abc,https://b.example\n")
    layout = mapped(table.headers, {"destination": "ZIEL", "slug": "kurz"})
    assert layout.columns == {"destination": ("Ziel",), "slug": ("Kurz",)}
    (row,) = judge_rows(table, layout, own_hosts=())
    assert row == Judged(number=2, destination="https://a.example", slug="abc")


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({}, ["destination"]),
        ({"slug": "url"}, ["destination"]),
        ({"destination": "nowhere"}, ["no column 'nowhere'"]),
        ({"destination": "url", "colour": "url"}, ["no field 'colour'"]),
        ({"destination": "url", "\ud800\n": "url"}, ["no field '??'"]),
        ({"destination": "x\ud800"}, ["no column 'x?'"]),
        ({"colour": "x"}, ["no field", "no column", "destination"]),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str], words: list[str]) -> None:
    with pytest.raises(InvalidFields) as caught:
        mapped(["url"], mapping)
    sentences = caught.value.fields["mapping"]
    assert len(sentences) == len(words)
    assert all(word in sentence for word, sentence in zip(words, sentences, strict=True))
