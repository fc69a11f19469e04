"""What the pages say that visitors of codes and links meet, in four languages."""

from __future__ import annotations

from collections.abc import Mapping

from api.pages.words import EVERYWHERE

ACCESS: Mapping[str, Mapping[str, str]] = {
    "en": {
        **EVERYWHERE["en"],
        "title": "This needs a password",
        "lead": "Who shared it with you knows the password.",
        "password": "Password",
        "open": "Open",
        "empty": "Type the password.",
        "wrong": "This password is not right. Check it and try again.",
    },
    "de": {
        **EVERYWHERE["de"],
        "title": "Hier braucht es ein Passwort",
        "lead": "Wer dir das geschickt hat, kennt das Passwort.",
        "password": "Passwort",
        "open": "Öffnen",
        "empty": "Gib das Passwort ein.",
        "wrong": "Dieses Passwort stimmt nicht. Prüfe es und versuch es noch einmal.",
    },
    "fr": {
        **EVERYWHERE["fr"],
        "title": "Il faut un mot de passe",
        "lead": "La personne qui vous l'a envoyé connaît le mot de passe.",
        "password": "Mot de passe",
        "open": "Ouvrir",
        "empty": "Saisissez le mot de passe.",
        "wrong": "Ce mot de passe n'est pas le bon. Vérifiez-le et réessayez.",
    },
    "es": {
        **EVERYWHERE["es"],
        "title": "Hace falta una contraseña",
        "lead": "Quien te lo envió conoce la contraseña.",
        "password": "Contraseña",
        "open": "Abrir",
        "empty": "Escribe la contraseña.",
        "wrong": "Esta contraseña no es correcta. Revísala e inténtalo de nuevo.",
    },
}

ACCESS_LATER = ("open", "busy", "empty", "wrong", "slow_down", "away")
"""What the script of the access page says."""

APP: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Opening the app…",
        "lead": "If nothing happens, choose yourself.",
        "open": "Open the app",
        "go_on": "Go on without it",
    },
    "de": {
        "title": "Die App wird geöffnet…",
        "lead": "Wenn nichts passiert, wähle selbst.",
        "open": "App öffnen",
        "go_on": "Ohne App weiter",
    },
    "fr": {
        "title": "Ouverture de l'application…",
        "lead": "S'il ne se passe rien, choisissez vous-même.",
        "open": "Ouvrir l'application",
        "go_on": "Continuer sans elle",
    },
    "es": {
        "title": "Abriendo la aplicación…",
        "lead": "Si no pasa nada, elige tú.",
        "open": "Abrir la aplicación",
        "go_on": "Seguir sin ella",
    },
}

DOMAIN: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Short links live here",
        "lead": "Each has an address of its own. Open the one that you were given.",
    },
    "de": {
        "title": "Hier wohnen Kurzlinks",
        "lead": "Jeder hat eine eigene Adresse. Öffne die, die du bekommen hast.",
    },
    "fr": {
        "title": "Ici vivent des liens courts",
        "lead": "Chacun a sa propre adresse. Ouvrez celle que l'on vous a donnée.",
    },
    "es": {
        "title": "Aquí viven enlaces cortos",
        "lead": "Cada uno tiene su propia dirección. Abre la que te dieron.",
    },
}
