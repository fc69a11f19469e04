"""What a visitor sees when a code or link leads nowhere: a small page in their language, or JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse, JSONResponse, Response

LANGUAGES = ("en", "es", "fr", "de")

_TEXTS: dict[int, dict[str, tuple[str, str]]] = {
    400: {
        "en": (
            "This is no product number",
            "Compare it with the product: a digit is wrong, or something is out of place.",
        ),
        "es": (
            "Este no es un número de producto",
            "Compáralo con el producto: hay un dígito equivocado o algo fuera de lugar.",
        ),
        "fr": (
            "Ce n'est pas un numéro de produit",
            "Comparez-le au produit : un chiffre est faux, ou un élément est mal placé.",
        ),
        "de": (
            "Das ist keine Produktnummer",
            "Vergleiche sie mit dem Produkt: Eine Ziffer stimmt nicht, oder etwas steht falsch.",
        ),
    },
    404: {
        "en": ("This link leads nowhere", "It may have been removed or paused by its owner."),
        "es": ("Este enlace no lleva a ningún sitio", "Su dueño puede haberlo retirado o pausado."),
        "fr": ("Ce lien ne mène nulle part", "Il a peut-être été retiré ou mis en pause."),
        "de": ("Dieser Link führt nirgendwohin", "Er wurde vielleicht entfernt oder pausiert."),
    },
    405: {
        "en": ("This address is only for visiting", "Open it in a browser."),
        "es": ("Esta dirección es solo para visitarla", "Ábrela en un navegador."),
        "fr": ("Cette adresse sert seulement à la visite", "Ouvrez-la dans un navigateur."),
        "de": ("Diese Adresse ist nur zum Besuchen da", "Öffne sie in einem Browser."),
    },
    410: {
        "en": (
            "This link has ended",
            "It was open for a certain time, or for a certain number of visits.",
        ),
        "es": (
            "Este enlace ya terminó",
            "Estaba abierto durante cierto tiempo o para cierto número de visitas.",
        ),
        "fr": (
            "Ce lien n'est plus ouvert",
            "Il l'était pour un certain temps ou un certain nombre de visites.",
        ),
        "de": (
            "Dieser Link ist abgelaufen",
            "Er galt für eine bestimmte Zeit oder eine bestimmte Zahl von Besuchen.",
        ),
    },
    429: {
        "en": ("That was a lot at once", "Wait a moment, then open the link again."),
        "es": ("Demasiadas visitas seguidas", "Espera un momento y abre el enlace de nuevo."),
        "fr": ("Trop de visites d'un coup", "Attendez un instant, puis rouvrez le lien."),
        "de": ("Das war viel auf einmal", "Warte einen Moment und öffne den Link dann erneut."),
    },
    503: {
        "en": (
            "Just a moment",
            "We cannot look this link up right now. Try again in a few seconds.",
        ),
        "es": ("Un momento", "Ahora no podemos consultar este enlace. Inténtalo en unos segundos."),
        "fr": ("Un instant", "Nous ne pouvons pas lire ce lien. Réessayez dans quelques secondes."),
        "de": (
            "Einen Moment",
            "Der Link lässt sich gerade nicht abfragen. Bitte gleich noch einmal.",
        ),
    },
}

_CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    410: "GONE",
    429: "RATE_LIMITED",
    503: "SERVICE_UNAVAILABLE",
}

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>{title}</title><style>
:root{{color-scheme:light dark;--paper:#faf8f4;--card:#fff;--ink:#1d1b18;--soft:#6b665e;--line:#e7e2d8}}
@media(prefers-color-scheme:dark){{:root{{--paper:#171614;--card:#201f1c;--ink:#f3efe7;--soft:#a39c90;--line:#33302b}}}}
*{{box-sizing:border-box}}body{{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;
background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}}
main{{max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:18px;padding:40px 32px;text-align:center}}
svg{{width:56px;height:56px;margin-bottom:16px}}h1{{font-size:1.35rem;line-height:1.25;margin:0 0 8px}}
p{{margin:0;color:var(--soft)}}footer{{margin-top:28px;font-size:.8rem;color:var(--soft)}}
</style></head><body><main>
<svg viewBox="0 0 7 7" fill="currentColor" aria-hidden="true"><path d="M0 0h3v3H0zm1 1v1h1V1zM4 0h3v3H4zm1 1v1h1V1zM0 4h3v3H0zm1 1v1h1V5zM4 4h1v1H4zm2 0h1v1H6zM5 5h1v1H5zM4 6h1v1H4zm2 0h1v1H6z" fill-rule="evenodd"/></svg>
<h1>{title}</h1><p>{advice}</p><footer>Inkloom</footer></main></body></html>
"""


def status_page(
    status: int, headers: Mapping[str, str], *, retry_after: int = 0, allow: str = ""
) -> Response:
    """The page for `status` (400, 404, 405, 410, 429, 503); JSON when the visitor prefers that."""
    language = choose_language(headers.get("accept-language", ""))
    title, advice = _TEXTS[status][language]
    extra = {"Vary": "Accept, Accept-Language", "Content-Language": language}
    if retry_after:
        extra["Retry-After"] = str(retry_after)
    if allow:
        extra["Allow"] = allow
    if prefers_json(headers):
        body = {"error": f"{title}. {advice}", "code": _CODES[status]}
        return JSONResponse(body, status, headers=extra)
    extra["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    page = _PAGE.format(language=language, title=escape(title), advice=escape(advice))
    return HTMLResponse(page, status, headers=extra)


def prefers_json(headers: Mapping[str, str]) -> bool:
    """Whether the visitor is a program that asks for JSON; `headers` have lower-case names."""
    accept = headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def choose_language(accept_language: str) -> str:
    """The best of our languages by the visitor's weights (RFC 9110 12.5.4); English otherwise."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, rest = part.strip().partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", rest)
        weight = float(found[1]) if found else 1.0
        primary = tag.partition("-")[0].strip().lower()
        if primary in LANGUAGES and weight > 0:
            weighed.append((-weight, primary))
    return min(weighed, key=lambda entry: entry[0])[1] if weighed else "en"
