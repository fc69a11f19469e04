"""Blocks and themes of link pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from activities.rules.colours import contrast
from activities.rules.errors import InvalidFields
from activities.rules.page_blocks import (
    DEFAULT_THEME,
    EXAMPLES,
    LEAST_CONTRAST,
    NEEDED,
    OPTIONAL,
    button_text,
    normalised_blocks,
    normalised_theme,
)

LINK = {"type": "link", "label": "Menu", "url": "https://example.com/menu"}
IMAGE = {"type": "image", "url": "https://example.com/a.png", "alt": "A room"}
MAIL = {"type": "email", "address": "hello@example.com", "label": "Write"}
PHONE = {"type": "phone", "number": "+49 30 123456", "label": "Call"}
SHORT = {"type": "short_link", "linkId": "lnk_" + "0f" * 16}


def faults(*blocks: Any) -> dict[str, tuple[str, ...]]:
    with pytest.raises(InvalidFields) as refused:
        normalised_blocks(blocks)
    assert all(said.endswith(".") for told in refused.value.fields.values() for said in told)
    return refused.value.fields


def theme_faults(**theme: Any) -> dict[str, tuple[str, ...]]:
    with pytest.raises(InvalidFields) as refused:
        normalised_theme(theme)
    return refused.value.fields


def only(block: Mapping[str, Any]) -> dict[str, str]:
    [kept] = normalised_blocks([block])
    return kept


def test_there_is_an_example_of_every_kind_that_is_kept_as_it_stands() -> None:
    assert [example["type"] for example in EXAMPLES] == list(NEEDED)
    kept = normalised_blocks(EXAMPLES)
    assert [{key: block[key] for key in block if key != "id"} for block in kept] == list(EXAMPLES)
    assert normalised_blocks(kept) == kept


def test_every_block_has_an_id_of_its_own_that_stays() -> None:
    twins = [LINK, LINK, {"type": "divider"}, {"type": "divider"}]
    first = normalised_blocks(twins)
    assert len({block["id"] for block in first}) == 4
    assert all(block["id"].startswith("blk_") for block in first)
    assert normalised_blocks(twins) == first
    turned = normalised_blocks([*reversed(first), SHORT])
    assert turned[:4] == first[::-1]
    assert turned[4]["id"] not in {block["id"] for block in first}
    changed = normalised_blocks([{**first[0], "label": "Lunch"}, LINK])
    assert changed[0]["id"] == first[0]["id"]
    assert changed[1]["id"] != first[0]["id"]


def test_two_blocks_of_one_id_and_odd_ids_are_refused() -> None:
    assert set(faults({**LINK, "id": "a"}, IMAGE, {**MAIL, "id": "a"})) == {"blocks.2.id"}
    for odd in ("", "a b", "x" * 41, "<b>", 7):
        assert set(faults({**LINK, "id": odd})) == {"blocks.0.id"}


def test_a_hundred_blocks_fit_and_no_more() -> None:
    assert len(normalised_blocks([LINK] * 100)) == 100
    assert faults(*[LINK] * 101) == {"blocks": ("Ensure there are no more than 100 blocks.",)}
    assert normalised_blocks([]) == []


def test_all_faults_of_all_blocks_are_told_with_their_place() -> None:
    wrong = faults(
        LINK,
        {"type": "video", "url": "https://example.com"},
        {"type": "heading"},
        {**LINK, "url": "javascript:alert(1)", "color": "red"},
        "text",
        {"text": "without a kind"},
        {"type": ["link"]},
        {"type": "divider", "text": "x"},
    )
    assert {field: len(said) for field, said in wrong.items()} == {
        "blocks.1.type": 1,
        "blocks.2.text": 1,
        "blocks.3.url": 1,
        "blocks.3.color": 1,
        "blocks.4": 1,
        "blocks.5.type": 1,
        "blocks.6.type": 1,
        "blocks.7.text": 1,
    }
    assert "not 'javascript:'" in wrong["blocks.3.url"][0]


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, keys in NEEDED.items() for key in keys]
)
def test_no_needed_field_may_be_missing_null_or_of_another_type(kind: str, key: str) -> None:
    example = next(example for example in EXAMPLES if example["type"] == kind)
    without = {name: value for name, value in example.items() if name != key}
    for block in (without, {**without, key: None}, {**without, key: 7}, {**without, key: ["x"]}):
        assert set(faults(block)) == {f"blocks.0.{key}"}
    assert set(faults({**without, key: "\x00"})) == {f"blocks.0.{key}"}
    assert set(faults({**without, key: "x" * 2100})) == {f"blocks.0.{key}"}


def test_an_optional_field_may_be_null() -> None:
    assert set(OPTIONAL) == {"link", "short_link", "image"}
    assert only({**SHORT, "label": None, "icon": None}).keys() == {"id", "type", "linkId"}
    assert "icon" not in only({**LINK, "icon": None})
    assert only({**IMAGE, "href": "https://example.com/"})["href"] == "https://example.com/"


@pytest.mark.parametrize("key", ["url", "href"])
@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " data:text/html,x", "//evil.example", "https://a@b.example/"]
)
def test_every_address_is_one_that_a_code_may_lead_to(key: str, url: str) -> None:
    assert set(faults({**IMAGE, key: url})) == {f"blocks.0.{key}"}


def test_an_image_is_loaded_over_https_only() -> None:
    assert faults({**IMAGE, "url": "http://example.com/a.png"}) == {
        "blocks.0.url": ("Enter an address that starts with https://.",)
    }


def test_an_image_may_be_silent_unless_it_leads_somewhere() -> None:
    assert only({**IMAGE, "alt": " "})["alt"] == ""
    assert set(faults({**IMAGE, "alt": "", "href": "https://example.com"})) == {"blocks.0.alt"}


def test_texts_are_trimmed_and_only_a_text_block_breaks_lines() -> None:
    assert only({"type": "heading", "text": " Our \n menu "})["text"] == "Our menu"
    assert only({"type": "text", "text": " a\r\nb\rc\td\n"})["text"] == "a\nb\nc d"
    assert only({"type": "text", "text": "<script>&"})["text"] == "<script>&"
    for text in ("", " \n ", "a\u202eb", "a\u200bb", "x" * 2001):
        assert faults({"type": "text", "text": text})


@pytest.mark.parametrize(
    "icon", ["Book", "a b", "-a", "a-", "x" * 41, "<svg>", "../a", 7, "book\n"]
)
def test_an_icon_is_a_name(icon: object) -> None:
    assert set(faults({**LINK, "icon": icon})) == {"blocks.0.icon"}


def test_a_link_of_ours_is_named_by_its_id_in_either_spelling() -> None:
    assert only(SHORT)["linkId"] == SHORT["linkId"]
    plain = "0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f"
    assert only({**SHORT, "linkId": plain})["linkId"] == SHORT["linkId"]
    for odd in ("lnk_1", "qr_" + "0f" * 16, "lnk_" + "zz" * 16, "menu", ""):
        assert set(faults({**SHORT, "linkId": odd})) == {"blocks.0.linkId"}


def test_a_social_network_is_one_of_the_list() -> None:
    social = {"type": "social", "network": "mastodon", "url": "https://chaos.example/@me"}
    assert only(social)["network"] == "mastodon"
    for odd in ("myspace", "Mastodon", "", None, ["mastodon"]):
        assert set(faults({**social, "network": odd})) == {"blocks.0.network"}


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        (" Hello@Example.COM ", "Hello@example.com"),
        ("a.b+c@example.com", "a.b+c@example.com"),
        ("o'neil@bücher.example", "o'neil@xn--bcher-kva.example"),
    ],
)
def test_a_mail_address_has_its_host_in_small_ascii_letters(address: str, kept: str) -> None:
    assert only({**MAIL, "address": address})["address"] == kept


@pytest.mark.parametrize(
    "address",
    [
        *("", "hello", "@example.com", "hello@", "hello@localhost", "a@b@example.com", "a b@c.de"),
        *("a@example.com?bcc=b@example.com", "a?subject=x@example.com", "a&b@example.com"),
        *(
            "a%0abcc@example.com",
            '"a"@example.com',
            "a@127.0.0.1",
            "a@[::1]",
            ".a@b.de",
            "a..b@c.de",
        ),
        *("a\r\nBcc: b@example.com", "a@exam ple.com", "javascript:a@example.com", "a#b@c.de"),
        *("a" * 250 + "@example.com", "a@" + "字" * 60_000 + ".com"),
    ],
)
def test_an_address_that_could_carry_more_than_itself_is_refused(address: str) -> None:
    assert set(faults({**MAIL, "address": address})) == {"blocks.0.address"}


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("+49 30 123456", "+4930123456"),
        ("+49 (0)30 / 123-456", "+4930123456"),
        ("(030) 123.456", "030123456"),
        ("112", "112"),
    ],
)
def test_a_phone_number_is_kept_as_its_digits(number: str, kept: str) -> None:
    assert only({**PHONE, "number": number})["number"] == kept


@pytest.mark.parametrize(
    "number",
    ["", "12", "1" * 16, "++49301", "49+301", "030 CALL", "*100#", "123;ext=4", "１２３４"],
)
def test_what_is_no_phone_number_is_refused(number: str) -> None:
    assert set(faults({**PHONE, "number": number})) == {"blocks.0.number"}


def test_a_theme_is_whole_and_readable_by_default() -> None:
    assert normalised_theme({}) == DEFAULT_THEME
    assert normalised_theme(DEFAULT_THEME) == DEFAULT_THEME
    changed = normalised_theme({"background": "#FFFFFF", "buttonShape": "pill", "layout": "grid"})
    assert changed == {
        **DEFAULT_THEME,
        "background": "#ffffff",
        "buttonShape": "pill",
        "layout": "grid",
    }


def test_unknown_words_of_a_theme_are_refused() -> None:
    odd = {"background": "red", "accent": 7, "buttonShape": "round", "font": None, "layout": ["x"]}
    assert set(theme_faults(**odd, foreground="#fff", logo="x")) == {
        *(f"theme.{key}" for key in (*odd, "foreground", "logo")),
    }


def test_text_that_cannot_be_read_is_refused_with_its_contrast() -> None:
    assert theme_faults(background="#ffffff", foreground="#777777", accent="#000000") == {
        "theme.foreground": (
            "Text on the background has a contrast of 4.47:1; choose colours with at least 4.5:1.",
        )
    }
    assert normalised_theme({"background": "#ffffff", "foreground": "#767676"})


def test_buttons_that_cannot_be_read_are_refused_with_their_contrast() -> None:
    page = {"background": "#ffffff", "foreground": "#757575"}
    assert theme_faults(**page, accent="#bbbbbb") == {
        "theme.accent": (
            "Text on the buttons has a contrast of 2.4:1; choose colours with at least 4.5:1.",
        )
    }


def test_the_text_of_a_button_is_the_colour_of_the_page_that_reads_better() -> None:
    page = {"background": "#ffffff", "foreground": "#000000"}
    for accent, text in (("#ffff00", "#000000"), ("#0000ff", "#ffffff"), ("#ffffff", "#000000")):
        theme = normalised_theme({**page, "accent": accent})
        assert button_text(theme) == text
        assert contrast(accent, text) >= LEAST_CONTRAST


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#123456", "#123456") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(3.998, abs=0.001)
    assert contrast("#0000ff", "#ffff00") == contrast("#ffff00", "#0000ff")
