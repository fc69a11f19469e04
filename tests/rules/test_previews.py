"""Who draws link previews, and what is shown in them."""

from __future__ import annotations

import pytest

from activities.rules.errors import InvalidFields
from activities.rules.previews import is_preview_bot, normalised_preview

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"

BOTS = [
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "facebookexternalhit/1.1;line-poker/1.0",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Slack-ImgProxy (+https://api.slack.com/robots)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "WhatsApp/2.23.20.0",
    "WhatsApp/2",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)",
    "Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)",
    "Mastodon/4.2.1 (http.rb/5.1.1; +https://mastodon.social/)",
    "http.rb/2.2.2 (Mastodon/1.5.1; +https://example-masto-instance.org/)",
    "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
    "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Viber/13.3.0 CFNetwork/1121.2.2",
    "Mozilla/5.0 (compatible; Snap URL Preview Service; bot; snapchat)",
    "Synapse (bot; +https://github.com/matrix-org/synapse)",
    "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    "ClickUpLinkUnfurler/1.0 (+https://clickup.com)",
]
OTHERS = [
    "",
    f"{SAFARI} Version/17.5 Mobile/15E148 Safari/604.1",
    f"{SAFARI} Mobile/15E148 [FBAN/FBIOS;FBAV/400.0]",
    f"{SAFARI} Mobile/15E148 [Pinterest/iOS]",
    f"{SAFARI} Mobile/15E148 Viber/20.0",
    f"{SAFARI} Mobile/15E148 WhatsApp/2.24",
    f"{SAFARI} Mobile/15E148 Twitter for iPhone/10.1",
    f"{SAFARI} Mobile/15E148 [LinkedInApp]/9.29",
    f"{SAFARI} Mobile/15E148 Snapchat/12.60",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Discord/1.0 Chrome/120 Electron/28 Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/600 (KHTML, like Gecko; compatible; Applebot/0.1)",
    "curl/8.0",
]


@pytest.mark.parametrize("agent", BOTS)
def test_who_draws_previews_is_known(agent: str) -> None:
    assert is_preview_bot(agent)
    assert is_preview_bot(agent.lower())


@pytest.mark.parametrize("agent", OTHERS)
def test_browsers_inside_apps_and_search_engines_draw_none(agent: str) -> None:
    assert not is_preview_bot(agent)


def test_only_the_beginning_of_a_long_agent_is_read() -> None:
    assert not is_preview_bot("x" * 100_000 + "Twitterbot")


def refused(**fields: object) -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        normalised_preview(fields)
    return list(refusal.value.fields)


def test_what_is_set_is_stored_trimmed_and_in_one_line() -> None:
    fields = {
        "title": " Spring ",
        "description": "Two\n lines ",
        "imageUrl": "https://example.com/a.png",
    }
    stored = {
        "title": "Spring",
        "description": "Two lines",
        "imageUrl": "https://example.com/a.png",
    }
    assert normalised_preview(fields) == stored
    assert normalised_preview(stored) == stored


def test_what_is_empty_is_unset() -> None:
    assert normalised_preview({}) == {}
    assert normalised_preview({"title": None, "description": "  ", "imageUrl": ""}) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 201),
        ("title", 7),
        ("title", "a\x00b"),
        ("description", "x" * 501),
        ("description", ["a"]),
        ("imageUrl", "http://example.com/a.png"),
        ("imageUrl", "data:image/png;base64,AAAA"),
        ("imageUrl", "https://"),
        ("imageUrl", 7),
        ("image", "https://example.com/a.png"),
    ],
)
def test_a_wrong_field_is_refused_at_its_path(field: str, value: object) -> None:
    assert refused(**{field: value}) == [f"preview.{field}"]


def test_the_longest_texts_fit() -> None:
    fields = {"title": "x" * 200, "description": "y" * 500}
    assert normalised_preview(fields) == fields
