"""Who visits: a crowd with phones, tablets, desktops, crawlers and a few link checkers.

The crowd is drawn from a seed: the same visits in the same order in every run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from workers.demo.landmarks import Landmark

SEED = 60
BOT_SHARE = 0.08
HEAD_SHARE = 0.02
LOCAL_SHARE = 0.5

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_AGENTS: Mapping[str, tuple[str, ...]] = {
    "mobile": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) CriOS/137.0.7151.51 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {_WEBKIT} Chrome/137.0.0.0 Mobile Safari/537.36",
        f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {_WEBKIT} SamsungBrowser/27.0 "
        "Chrome/125.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Android 14; Mobile; rv:139.0) Gecko/139.0 Firefox/139.0",
    ),
    "tablet": (
        "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Linux; Android 14; SM-X710) {_WEBKIT} Chrome/137.0.0.0 Safari/537.36",
    ),
    "desktop": (
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/137.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/137.0.0.0 Safari/537.36 "
        "Edg/137.0.0.0",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
        "(KHTML, like Gecko) Version/18.5 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
    ),
    "bot": (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.24.20.89 A",
    ),
}
_DEVICES, _DEVICE_WEIGHTS = ("mobile", "tablet", "desktop"), (72, 6, 22)
_TRAVELLERS, _TRAVELLER_WEIGHTS = (
    ("US", "DE", "GB", "FR", "CN", "JP", "KR", "IN", "BR", "IT", "ES", "NL", "AU", "CA", "PL"),
    (16, 12, 10, 9, 8, 7, 5, 6, 5, 5, 5, 4, 3, 3, 2),
)
_LANGUAGES: Mapping[str, str] = {
    "AR": "es-AR,es;q=0.9",
    "AT": "de-AT,de;q=0.9,en;q=0.6",
    "BR": "pt-BR,pt;q=0.9,en;q=0.5",
    "CN": "zh-CN,zh;q=0.9",
    "DE": "de-DE,de;q=0.9,en;q=0.6",
    "EG": "ar-EG,ar;q=0.9,en;q=0.7",
    "ES": "es-ES,es;q=0.9,ca;q=0.7",
    "FR": "fr-FR,fr;q=0.9,en;q=0.6",
    "IN": "hi-IN,hi;q=0.9,en-IN;q=0.8",
    "IT": "it-IT,it;q=0.9",
    "JP": "ja,en-US;q=0.7",
    "KR": "ko-KR,ko;q=0.9,en;q=0.6",
    "MX": "es-MX,es;q=0.9",
    "NL": "nl-NL,nl;q=0.9,en;q=0.8",
    "PL": "pl-PL,pl;q=0.9",
    "PT": "pt-PT,pt;q=0.9",
    "US": "en-US,en;q=0.9",
}
_REFERERS = (
    "https://www.tripadvisor.com/Attractions",
    "https://www.instagram.com/",
    "https://www.google.com/",
    "https://en.wikivoyage.org/",
    "https://www.lonelyplanet.com/",
)


@dataclass(frozen=True)
class Visit:
    """One request to the code of landmark number `landmark`, and what should become of it.

    `device` is mobile, tablet, desktop or bot. Bots are recorded and not counted; a HEAD is
    neither.
    """

    landmark: int
    method: str
    device: str
    country: str
    headers: Mapping[str, str]

    @property
    def counts(self) -> bool:
        """Whether it is a scan: counted once and announced once."""
        return self.method == "GET" and self.device != "bot"


def make_visits(count: int, landmarks: Sequence[Landmark], seed: int = SEED) -> list[Visit]:
    """`count` visits; few landmarks get most of them."""
    dice = Random(seed)  # noqa: S311 (a play, no secret)
    ranks = dice.sample(range(len(landmarks)), len(landmarks))
    popularity = [1 / (rank + 1.5) for rank in ranks]
    chosen = dice.choices(range(len(landmarks)), popularity, k=count)
    return [_visit(dice, number, landmarks[number]) for number in chosen]


def _visit(dice: Random, number: int, landmark: Landmark) -> Visit:
    device = "bot" if dice.random() < BOT_SHARE else dice.choices(_DEVICES, _DEVICE_WEIGHTS)[0]
    asks_only = device != "bot" and dice.random() < HEAD_SHARE
    country = landmark.country
    if dice.random() >= LOCAL_SHARE:
        country = dice.choices(_TRAVELLERS, _TRAVELLER_WEIGHTS)[0]
    headers = {
        "User-Agent": dice.choice(_AGENTS[device]),
        "Accept-Language": _LANGUAGES.get(country, "en-GB,en;q=0.9"),
        "CF-IPCountry": country,
    }
    if dice.random() < 0.2:
        headers["Referer"] = dice.choice(_REFERERS)
    return Visit(number, "HEAD" if asks_only else "GET", device, country, headers)
