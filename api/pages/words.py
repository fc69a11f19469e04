"""What pages say, in four languages. Their scripts fill in what stands in braces."""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE: Mapping[str, Mapping[str, str]] = {
    "en": {
        "busy": "One moment…",
        "no_script": "This page needs JavaScript.",
        "slow_down": "Too many tries. Please come back in {wait}.",
        "away": "That did not work. Please try again in a few seconds.",
    },
    "de": {
        "busy": "Einen Moment…",
        "no_script": "Diese Seite braucht JavaScript.",
        "slow_down": "Zu viele Versuche. Bitte komm in {wait} wieder.",
        "away": "Das hat nicht geklappt. Bitte versuch es in ein paar Sekunden noch einmal.",
    },
    "fr": {
        "busy": "Un instant…",
        "no_script": "Cette page a besoin de JavaScript.",
        "slow_down": "Trop d'essais. Revenez dans {wait}.",
        "away": "Cela n'a pas marché. Réessayez dans quelques secondes.",
    },
    "es": {
        "busy": "Un momento…",
        "no_script": "Esta página necesita JavaScript.",
        "slow_down": "Demasiados intentos. Vuelve en {wait}.",
        "away": "No funcionó. Inténtalo de nuevo en unos segundos.",
    },
}

SIGN_IN: Mapping[str, Mapping[str, str]] = {
    "en": {
        **EVERYWHERE["en"],
        "title": "Sign in",
        "lead": "We mail you a link. There is no password.",
        "email": "Email address",
        "send": "Send me a link",
        "spent": "This link was used before or is too old. Ask for a new one.",
        "confirmed": "Your address is confirmed.",
        "sent": "Look into your mailbox: a link is on its way to {email}. "
        "It works once, within 15 minutes.",
        "again": "Nothing there? Ask again",
        "wrong_address": "This is not an email address; check its spelling.",
        "wrong_captcha": "The check was used before or is too old. Please send once more.",
        "label": "I'm not a robot",
        "verifying": "Checking…",
        "verified": "Checked",
        "error": "The check failed. Please try again.",
        "expired": "The check is too old. Please try again.",
    },
    "de": {
        **EVERYWHERE["de"],
        "title": "Anmelden",
        "lead": "Wir schicken dir einen Link. Ein Passwort gibt es nicht.",
        "email": "Mailadresse",
        "send": "Link schicken",
        "spent": "Dieser Link wurde schon benutzt oder ist zu alt. Fordere einen neuen an.",
        "confirmed": "Deine Mailadresse ist bestätigt.",
        "sent": "Schau in dein Postfach: Ein Link ist unterwegs an {email}. "
        "Er gilt einmal und 15 Minuten lang.",
        "again": "Nichts da? Noch einmal anfordern",
        "wrong_address": "Das ist keine Mailadresse; prüfe die Schreibweise.",
        "wrong_captcha": "Die Prüfung war verbraucht oder zu alt. Bitte schick es noch einmal ab.",
        "label": "Ich bin kein Roboter",
        "verifying": "Wird geprüft…",
        "verified": "Geprüft",
        "error": "Die Prüfung ist gescheitert. Bitte versuch es noch einmal.",
        "expired": "Die Prüfung ist zu alt. Bitte versuch es noch einmal.",
    },
    "fr": {
        **EVERYWHERE["fr"],
        "title": "Se connecter",
        "lead": "Nous vous envoyons un lien. Il n'y a pas de mot de passe.",
        "email": "Adresse e-mail",
        "send": "M'envoyer un lien",
        "spent": "Ce lien a déjà servi ou il est trop ancien. Demandez-en un nouveau.",
        "confirmed": "Votre adresse est confirmée.",
        "sent": "Regardez votre boîte : un lien est en route vers {email}. "
        "Il sert une fois, pendant 15 minutes.",
        "again": "Rien reçu ? Redemander un lien",
        "wrong_address": "Ce n'est pas une adresse e-mail ; vérifiez l'orthographe.",
        "wrong_captcha": "La vérification a déjà servi ou elle est trop ancienne. Renvoyez.",
        "label": "Je ne suis pas un robot",
        "verifying": "Vérification…",
        "verified": "Vérifié",
        "error": "La vérification a échoué. Réessayez.",
        "expired": "La vérification est trop ancienne. Réessayez.",
    },
    "es": {
        **EVERYWHERE["es"],
        "title": "Iniciar sesión",
        "lead": "Te enviamos un enlace. No hay contraseña.",
        "email": "Correo electrónico",
        "send": "Enviarme un enlace",
        "spent": "Este enlace ya se usó o es demasiado antiguo. Pide uno nuevo.",
        "confirmed": "Tu dirección está confirmada.",
        "sent": "Mira tu buzón: un enlace va en camino a {email}. "
        "Sirve una vez, durante 15 minutos.",
        "again": "¿No llegó nada? Pedir otro",
        "wrong_address": "Esto no es una dirección de correo; revisa cómo está escrita.",
        "wrong_captcha": "La comprobación ya se usó o es demasiado antigua. Envíalo otra vez.",
        "label": "No soy un robot",
        "verifying": "Comprobando…",
        "verified": "Comprobado",
        "error": "La comprobación falló. Inténtalo de nuevo.",
        "expired": "La comprobación es demasiado antigua. Inténtalo de nuevo.",
    },
}

INVITE: Mapping[str, Mapping[str, str]] = {
    "en": {
        **EVERYWHERE["en"],
        "title": "Join a team",
        "lead": "Somebody invited you to join a team on Inkloom.",
        "name": "Your name (optional)",
        "hint": "Only used for a new account.",
        "join": "Join",
        "joined": "You are in",
        "welcome": "You now belong to {organization}.",
        "go_on": "Go to Inkloom",
        "incomplete": "This link is incomplete. Open it from the mail again, or copy all of it.",
        "spent": "This invitation was used before, withdrawn, or is too old. Ask for a new one.",
        "sign_in": "Already in the team? Sign in",
        "wrong_name": "This name holds an invisible character. Please type it again.",
    },
    "de": {
        **EVERYWHERE["de"],
        "title": "Einem Team beitreten",
        "lead": "Jemand hat dich in ein Team auf Inkloom eingeladen.",
        "name": "Dein Name (freiwillig)",
        "hint": "Nur für ein neues Konto gebraucht.",
        "join": "Beitreten",
        "joined": "Du bist dabei",
        "welcome": "Du gehörst jetzt zu {organization}.",
        "go_on": "Weiter zu Inkloom",
        "incomplete": "Dieser Link ist unvollständig. Öffne ihn noch einmal aus der Mail "
        "oder kopiere ihn ganz.",
        "spent": "Diese Einladung wurde schon benutzt, zurückgezogen oder ist zu alt. "
        "Bitte um eine neue.",
        "sign_in": "Schon im Team? Anmelden",
        "wrong_name": "In diesem Namen steckt ein unsichtbares Zeichen. Bitte tipp ihn neu ein.",
    },
    "fr": {
        **EVERYWHERE["fr"],
        "title": "Rejoindre une équipe",
        "lead": "Quelqu'un vous a invité à rejoindre une équipe sur Inkloom.",
        "name": "Votre nom (facultatif)",
        "hint": "Ne sert que pour un nouveau compte.",
        "join": "Rejoindre",
        "joined": "Vous en faites partie",
        "welcome": "Vous faites maintenant partie de {organization}.",
        "go_on": "Aller sur Inkloom",
        "incomplete": "Ce lien est incomplet. Rouvrez-le depuis le mail, ou copiez-le en entier.",
        "spent": "Cette invitation a déjà servi, a été retirée ou est trop ancienne. "
        "Demandez-en une nouvelle.",
        "sign_in": "Déjà dans l'équipe ? Se connecter",
        "wrong_name": "Ce nom contient un caractère invisible. Tapez-le à nouveau.",
    },
    "es": {
        **EVERYWHERE["es"],
        "title": "Unirse a un equipo",
        "lead": "Alguien te ha invitado a unirte a un equipo en Inkloom.",
        "name": "Tu nombre (opcional)",
        "hint": "Solo se usa para una cuenta nueva.",
        "join": "Unirme",
        "joined": "Ya estás dentro",
        "welcome": "Ahora formas parte de {organization}.",
        "go_on": "Ir a Inkloom",
        "incomplete": "Este enlace está incompleto. Ábrelo otra vez desde el correo "
        "o cópialo entero.",
        "spent": "Esta invitación ya se usó, fue retirada o es demasiado antigua. Pide otra.",
        "sign_in": "¿Ya estás en el equipo? Iniciar sesión",
        "wrong_name": "Este nombre contiene un carácter invisible. Escríbelo otra vez.",
    },
}

INVITE_LATER = (
    *("title", "join", "busy", "joined", "welcome"),
    *("spent", "wrong_name", "slow_down", "away"),
)
"""What the script of the invitation says."""

SIGN_IN_LATER = (
    *("send", "busy", "sent", "wrong_address", "wrong_captcha", "slow_down", "away"),
    *("label", "verifying", "verified", "error", "expired"),
)
"""What the script of the sign-in page says, not the page itself."""
