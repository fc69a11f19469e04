"""What the consent page says, in four languages. `{...}` is filled in there."""

from __future__ import annotations

from collections.abc import Mapping

CONSENT: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Allow {client}?",
        "asks": "{client}, registered by {owner}, would like to:",
        "organization.read": "see the names of your organization and its workspaces",
        "assets.read": "see your codes, links and barcodes, and their pictures",
        "where": "Where",
        "everywhere": "all workspaces",
        "allow": "Allow",
        "deny": "Deny",
        "you": "You are signed in as {email}. After this you go on to {host}.",
        "nowhere": "You belong to no organization yet, so there is nothing to allow.",
        "unknown": "This application is not known",
        "unknown_advice": "The address that brought you here names no application of ours. "
        "Tell those who run it.",
        "elsewhere": "This application cannot be answered",
        "elsewhere_advice": "It wants to be answered at an address that it did not register. "
        "Tell those who run it.",
        "stale": "This page was open for too long",
        "stale_advice": "Nothing was allowed. Look at it once more.",
        "again": "Once more",
    },
    "de": {
        "title": "{client} erlauben?",
        "asks": "{client}, registriert von {owner}, möchte:",
        "organization.read": "die Namen deiner Organisation und ihrer Arbeitsbereiche sehen",
        "assets.read": "deine Codes, Links und Barcodes und ihre Bilder sehen",
        "where": "Wo",
        "everywhere": "alle Arbeitsbereiche",
        "allow": "Erlauben",
        "deny": "Ablehnen",
        "you": "Du bist angemeldet als {email}. Danach geht es weiter zu {host}.",
        "nowhere": "Du gehörst noch zu keiner Organisation; es gibt nichts zu erlauben.",
        "unknown": "Diese Anwendung kennen wir nicht",
        "unknown_advice": "Die Adresse, die dich hergebracht hat, nennt keine Anwendung bei uns. "
        "Sag es denen, die sie betreiben.",
        "elsewhere": "Dieser Anwendung können wir nicht antworten",
        "elsewhere_advice": "Sie möchte die Antwort an eine Adresse, die sie nicht registriert "
        "hat. Sag es denen, die sie betreiben.",
        "stale": "Diese Seite war zu lange offen",
        "stale_advice": "Es wurde nichts erlaubt. Sieh sie dir noch einmal an.",
        "again": "Noch einmal",
    },
    "fr": {
        "title": "Autoriser {client} ?",
        "asks": "{client}, enregistrée par {owner}, souhaite :",
        "organization.read": "voir les noms de votre organisation et de ses espaces de travail",
        "assets.read": "voir vos codes, liens et codes-barres, et leurs images",
        "where": "Où",
        "everywhere": "tous les espaces de travail",
        "allow": "Autoriser",
        "deny": "Refuser",
        "you": "Vous êtes connecté avec {email}. Ensuite vous continuez vers {host}.",
        "nowhere": "Vous n'appartenez encore à aucune organisation ; il n'y a rien à autoriser.",
        "unknown": "Cette application n'est pas connue",
        "unknown_advice": "L'adresse qui vous a conduit ici ne désigne aucune application de "
        "chez nous. Dites-le à ceux qui la gèrent.",
        "elsewhere": "On ne peut pas répondre à cette application",
        "elsewhere_advice": "Elle veut une réponse à une adresse qu'elle n'a pas enregistrée. "
        "Dites-le à ceux qui la gèrent.",
        "stale": "Cette page est restée ouverte trop longtemps",
        "stale_advice": "Rien n'a été autorisé. Regardez-la encore une fois.",
        "again": "Encore une fois",
    },
    "es": {
        "title": "¿Permitir {client}?",
        "asks": "{client}, registrada por {owner}, quiere:",
        "organization.read": "ver los nombres de tu organización y de sus espacios de trabajo",
        "assets.read": "ver tus códigos, enlaces y códigos de barras, y sus imágenes",
        "where": "Dónde",
        "everywhere": "todos los espacios de trabajo",
        "allow": "Permitir",
        "deny": "Denegar",
        "you": "Has iniciado sesión como {email}. Después continúas hacia {host}.",
        "nowhere": "Aún no perteneces a ninguna organización; no hay nada que permitir.",
        "unknown": "No conocemos esta aplicación",
        "unknown_advice": "La dirección que te trajo aquí no nombra ninguna aplicación nuestra. "
        "Díselo a quienes la gestionan.",
        "elsewhere": "No podemos responder a esta aplicación",
        "elsewhere_advice": "Quiere la respuesta en una dirección que no ha registrado. "
        "Díselo a quienes la gestionan.",
        "stale": "Esta página estuvo abierta demasiado tiempo",
        "stale_advice": "No se ha permitido nada. Mírala otra vez.",
        "again": "Otra vez",
    },
}
