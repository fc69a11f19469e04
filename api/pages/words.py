"""What the sign-in page says, in four languages. `{email}` and `{wait}` are filled in there."""

from __future__ import annotations

from collections.abc import Mapping

SIGN_IN: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Sign in",
        "lead": "We mail you a link. There is no password.",
        "email": "Email address",
        "send": "Send me a link",
        "busy": "One moment…",
        "spent": "This link was used before or is too old. Ask for a new one.",
        "sent": "Look into your mailbox: a link is on its way to {email}. "
        "It works once, within 15 minutes.",
        "again": "Nothing there? Ask again",
        "no_script": "This page needs JavaScript.",
        "wrong_address": "This is not an email address; check its spelling.",
        "wrong_captcha": "The check was used before or is too old. Please send once more.",
        "slow_down": "Too many tries. Please come back in {wait}.",
        "away": "That did not work. Please try again in a few seconds.",
        "label": "I'm not a robot",
        "verifying": "Checking…",
        "verified": "Checked",
        "error": "The check failed. Please try again.",
        "expired": "The check is too old. Please try again.",
    },
    "de": {
        "title": "Anmelden",
        "lead": "Wir schicken dir einen Link. Ein Passwort gibt es nicht.",
        "email": "Mailadresse",
        "send": "Link schicken",
        "busy": "Einen Moment…",
        "spent": "Dieser Link wurde schon benutzt oder ist zu alt. Fordere einen neuen an.",
        "sent": "Schau in dein Postfach: Ein Link ist unterwegs an {email}. "
        "Er gilt einmal und 15 Minuten lang.",
        "again": "Nichts da? Noch einmal anfordern",
        "no_script": "Diese Seite braucht JavaScript.",
        "wrong_address": "Das ist keine Mailadresse; prüfe die Schreibweise.",
        "wrong_captcha": "Die Prüfung war verbraucht oder zu alt. Bitte schick es noch einmal ab.",
        "slow_down": "Zu viele Versuche. Bitte komm in {wait} wieder.",
        "away": "Das hat nicht geklappt. Bitte versuch es in ein paar Sekunden noch einmal.",
        "label": "Ich bin kein Roboter",
        "verifying": "Wird geprüft…",
        "verified": "Geprüft",
        "error": "Die Prüfung ist gescheitert. Bitte versuch es noch einmal.",
        "expired": "Die Prüfung ist zu alt. Bitte versuch es noch einmal.",
    },
    "fr": {
        "title": "Se connecter",
        "lead": "Nous vous envoyons un lien. Il n'y a pas de mot de passe.",
        "email": "Adresse e-mail",
        "send": "M'envoyer un lien",
        "busy": "Un instant…",
        "spent": "Ce lien a déjà servi ou il est trop ancien. Demandez-en un nouveau.",
        "sent": "Regardez votre boîte : un lien est en route vers {email}. "
        "Il sert une fois, pendant 15 minutes.",
        "again": "Rien reçu ? Redemander un lien",
        "no_script": "Cette page a besoin de JavaScript.",
        "wrong_address": "Ce n'est pas une adresse e-mail ; vérifiez l'orthographe.",
        "wrong_captcha": "La vérification a déjà servi ou elle est trop ancienne. Renvoyez.",
        "slow_down": "Trop d'essais. Revenez dans {wait}.",
        "away": "Cela n'a pas marché. Réessayez dans quelques secondes.",
        "label": "Je ne suis pas un robot",
        "verifying": "Vérification…",
        "verified": "Vérifié",
        "error": "La vérification a échoué. Réessayez.",
        "expired": "La vérification est trop ancienne. Réessayez.",
    },
    "es": {
        "title": "Iniciar sesión",
        "lead": "Te enviamos un enlace. No hay contraseña.",
        "email": "Correo electrónico",
        "send": "Enviarme un enlace",
        "busy": "Un momento…",
        "spent": "Este enlace ya se usó o es demasiado antiguo. Pide uno nuevo.",
        "sent": "Mira tu buzón: un enlace va en camino a {email}. "
        "Sirve una vez, durante 15 minutos.",
        "again": "¿No llegó nada? Pedir otro",
        "no_script": "Esta página necesita JavaScript.",
        "wrong_address": "Esto no es una dirección de correo; revisa cómo está escrita.",
        "wrong_captcha": "La comprobación ya se usó o es demasiado antigua. Envíalo otra vez.",
        "slow_down": "Demasiados intentos. Vuelve en {wait}.",
        "away": "No funcionó. Inténtalo de nuevo en unos segundos.",
        "label": "No soy un robot",
        "verifying": "Comprobando…",
        "verified": "Comprobado",
        "error": "La comprobación falló. Inténtalo de nuevo.",
        "expired": "La comprobación es demasiado antigua. Inténtalo de nuevo.",
    },
}

SAID_LATER = (
    *("send", "busy", "sent", "wrong_address", "wrong_captcha", "slow_down", "away"),
    *("label", "verifying", "verified", "error", "expired"),
)
"""What the page's script says, not the page itself."""
