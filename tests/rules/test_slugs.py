"""Which slugs a client may choose, and which pass for pages of ours."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.rules.look_alikes import looked_like, skeleton, skeletons
from activities.rules.slugs import RESERVED, could_exist, refusal

ORDINARY = """
summer24 menu spring-sale app-store apple badminton adminton helping helpful helper self-help
illegal mylegal apidae rapid apiary apis apps apple-pie application applaud pineapple happy snapple
docsis doctor document paperdocs developer devon deviate device statistics ecstatic statue statute
statuses stature static-noise loginov blogin logo logbook login-party accountant accountability
accounting discount securely insecure secure termsheet midterms terminal determine private privacy2
privacy-screen pricey price-list prices pricings priceless webhooked web hook hooks inkling ink loom
inkloom-fan heirloom robot robotics sitemaps site favorite favour well wellknown-baker wellness
invite2 invited invitation party rsvp tickets ticket booking book reserve reservation table tables
lunch dinner breakfast brunch cafe coffee espresso latte tea bakery bread cake cookies pizza pasta
sushi ramen tacos burger salad dessert wine beer cocktails bar drinks happy-hour sale sales deals
offer offers discount10 coupon coupons promo promo-code gift gifts giftcard vouchers
cyber-monday xmas christmas2026 easter halloween summer winter spring autumn fall newyear new-year
2024 2025 2026 100 101 404 505 550 911 4711 12345 455375 0815 0-1 1-0 3-2 24-7 a1b2c3 abc123 x1y2z3
shop store store-locator market outlet catalog catalogue products product specials collection
about about-us contact contact-us team people jobs careers career hiring press media news
blog podcast video videos gallery photos portfolio resume cv-anna profile bio linktree links link
instagram insta tiktok youtube facebook fb-page twitter linkedin whatsapp telegram discord github
feedback survey surveys review reviews rate-us rating google-review tripadvisor nps quiz contest
giveaway raffle win winner prize bingo lottery game games play music concert festival tour dates
map maps directions parking location locations hours opening-hours visit visitus find-us room-12
room_101 floor-3 table-7 seat42 gate-b locker9 bin-3 shelf_4 box-17 pallet99 sku-1234 lot-22 batch7
wifi guest-wifi guestwifi manual manuals guide guides howto how-to faq setup install warranty
register registration rma returns return repair service services appointment appointments schedule
agenda program programme speakers sponsors workshop webinar course courses class classes lesson
school university campus library museum exhibit exhibit-3 artwork-12 audio-guide tour-en tour_de
donate donation charity fundraiser volunteer petition vote ballot election poll club member members
gym yoga fitness pilates spa salon nails hair barber dentist doctor-lee clinic pharmacy vet pets dog
hotel hostel bnb villa rooms checkin check-in checkout check-out reception concierge keycard taxi
car cars auto garage tires bike bikes ebike scooter train bus flight boarding cruise ferry ski surf
house home homes villa-rosa realestate open-house listing listings rent rental lease property plot
wedding anna-und-ben save-the-date birthday baby-shower funeral memorial reunion graduation prom
modern corner barn burn turn return-label internal external journal journey alarm farm charm arm
sami ali oil lol lil ill bill mill bell ball eel ape tap tape pal paypal1 ll11 lill iii ooo sss www2
ascot assets2 asset basset helpdesk-vienna supported supporter supports support-us adminstration
admins badmins administer authentic author authors authority oauthor metric metrical metrics-day
healthy healthcare wealth health-food legal-eagle statusquo status-quo dashboards dashcam
setting sunset signal signage sign signs signpost design designs sign-up-sheet sign-inn signings
password-cracker-escape-room passwort swag swaggering terms-of-trade pricing-table billings
devs dev-meetup apiculture mcpherson scimitar ssops smallgoods samurai grapes graphics redock unsub
""".split()  # noqa: SIM905

DISGUISED = {
    "l0gin": "login",
    "Iogin": "login",
    "1ogin": "login",
    "log_in": "log",
    "LOG--IN": "log",
    "l-o-g-i-n": "login",
    "logln": "login",
    "sign_in": "sign",
    "s1gn-1n": "sign",
    "slgn1n": "sign",
    "5ign-In": "sign",
    "sign--in": "sign",
    "-sign-in-": "sign",
    "SIGN_IN": "sign",
    "adrnin": "admin",
    "ADM1N": "admin",
    "4dmin": "admin",
    "admln": "admin",
    "ad-min": "admin",
    "_admin_": "admin",
    "p4ssw0rd": "password",
    "pa55word": "password",
    "passvvord": "password",
    "vvebhooks": "webhooks",
    "w3bh00k5": "webhooks",
    "da5hb0ard": "dashboard",
    "8illing": "billing",
    "bi11ing": "billing",
    "5e77ing5": "settings",
    "acc0unt": "account",
    "inkl00m": "inkloom",
    "1nk-l0orn": "inkloom",
    "lnkloorn": "inkloom",
    "d0cs": "docs",
    "4pi": "api",
    "a_p_i": "api",
    "he1p": "help",
    "hea1th": "health",
    "terrns": "terms",
    "pr1v4cy": "privacy",
    "wellknown": "well",
    "vvvvvv": "www",
}


@pytest.mark.parametrize("slug", ORDINARY)
def test_an_ordinary_slug_may_be_chosen(slug: str) -> None:
    assert refusal(slug) is None


def test_the_ordinary_slugs_are_some_hundred() -> None:
    assert len(set(ORDINARY)) > 400


@pytest.mark.parametrize(("slug", "page"), DISGUISED.items())
def test_a_slug_that_passes_for_a_page_of_ours_is_refused_by_its_name(slug: str, page: str) -> None:
    sentence = refusal(slug)
    assert sentence
    assert sentence.startswith(f"'{slug}' looks like our own page '{page}")
    assert sentence.endswith("'; choose another.")


@pytest.mark.parametrize(
    "slug",
    [
        *("", "ab", "a" * 65, "a b", "a/b/c", "menu\n", "menu.html", "caf\u00e9", "\u043c\u0435nu"),
        *("\u0430dmin", "log\u0131n", "\uff4c\uff4f\uff47\uff49\uff4e", "lo\u200bgin", "men%75"),
    ],
)
def test_a_slug_is_3_to_64_ascii_letters_digits_hyphens_and_underscores(slug: str) -> None:
    assert refusal(slug) == "Use 3 to 64 letters, digits, hyphens or underscores."
    assert not could_exist(slug)


@pytest.mark.parametrize("slug", ["abc", "A-1", "_x_", "z" * 64])
def test_the_shortest_and_longest_slugs_fit(slug: str) -> None:
    assert refusal(slug) is None


SLUGS = st.text("abcdeilmnorstvwABIO0123456789-_", max_size=30)


@given(SLUGS)
def test_the_skeleton_of_a_skeleton_is_itself(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)


@given(st.sampled_from(sorted(word for word in RESERVED if len(word) > 2)), st.data())
def test_no_swap_of_look_alikes_makes_a_reserved_slug_free(word: str, data: st.DataObject) -> None:
    swaps: dict[str, Sequence[str]] = {
        "o": "o0",
        "l": "l1Ii",
        "i": "iIl1",
        "s": "sS5",
        "e": "e3",
        "a": "a4",
        "t": "t7",
    }
    swaps |= {"b": "bB8", "-": ("", "-", "_", "--"), "m": ("m", "rn"), "w": ("w", "vv")}
    slug = "".join(data.draw(st.sampled_from(swaps.get(sign, sign))) for sign in word)
    assert slug.isdigit() or refusal(slug)


@given(SLUGS, SLUGS)
def test_a_word_inside_a_longer_slug_does_not_count(before: str, after: str) -> None:
    slug = f"{before}kzk{after}"
    assert looked_like(slug, skeletons(RESERVED)) is None


def test_a_number_and_a_short_word_look_like_nothing() -> None:
    known = skeletons({"assets", "01", "sso"})
    assert [looked_like(text, known) for text in ("455375", "550", "0-1", "o-l", "ol")] == [
        None
    ] * 5
    assert looked_like("ss0", known) == "sso"
