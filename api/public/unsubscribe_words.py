"""What the pages say on which somebody ends mails, in four languages."""

from __future__ import annotations

from collections.abc import Mapping

from activities.rules.notices import Topic

SAID: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ask": "Stop these mails?",
        "ask_lead": "Nothing has changed yet. Without them you still see everything in Inkloom.",
        "stop": "Stop them",
        "done": "These mails have stopped",
        "done_lead": "No further one is written to you. In Inkloom itself nothing has changed.",
        "undo": "Send them again",
        "back": "These mails come again",
        "back_lead": "As they did before.",
        "nothing": "There is nothing to stop",
        "nothing_lead": "You are told of nothing there any more.",
        "unknown": "This address is not complete",
        "unknown_lead": "Open the link of the mail again. If that does not help, sign in to "
        "Inkloom and choose there what you are told of.",
    },
    "es": {
        "ask": "¿Dejar de recibir estos correos?",
        "ask_lead": "Aún no ha cambiado nada. Sin ellos seguirás viendo todo en Inkloom.",
        "stop": "Dejar de recibirlos",
        "done": "Ya no recibirás estos correos",
        "done_lead": "No te escribiremos ninguno más. En Inkloom no ha cambiado nada.",
        "undo": "Volver a recibirlos",
        "back": "Volverás a recibir estos correos",
        "back_lead": "Igual que antes.",
        "nothing": "No hay nada que detener",
        "nothing_lead": "Allí ya no se te avisa de nada.",
        "unknown": "Esta dirección no está completa",
        "unknown_lead": "Abre de nuevo el enlace del correo. Si no funciona, entra en Inkloom y "
        "elige allí de qué quieres saber.",
    },
    "fr": {
        "ask": "Ne plus recevoir ces e-mails ?",
        "ask_lead": "Rien n'a encore changé. Sans eux, vous verrez toujours tout dans Inkloom.",
        "stop": "Ne plus les recevoir",
        "done": "Vous ne recevrez plus ces e-mails",
        "done_lead": "Nous ne vous en écrirons plus. Dans Inkloom, rien n'a changé.",
        "undo": "Les recevoir à nouveau",
        "back": "Vous recevrez à nouveau ces e-mails",
        "back_lead": "Comme avant.",
        "nothing": "Il n'y a rien à arrêter",
        "nothing_lead": "Vous n'y êtes plus informé de rien.",
        "unknown": "Cette adresse n'est pas complète",
        "unknown_lead": "Rouvrez le lien de l'e-mail. Si cela ne suffit pas, connectez-vous à "
        "Inkloom et choisissez-y ce que vous voulez savoir.",
    },
    "de": {
        "ask": "Diese Mails nicht mehr bekommen?",
        "ask_lead": "Noch hat sich nichts geändert. In Inkloom siehst du auch ohne sie alles.",
        "stop": "Nicht mehr bekommen",
        "done": "Diese Mails kommen nicht mehr",
        "done_lead": "Wir schreiben dir keine weitere. In Inkloom selbst hat sich nichts geändert.",
        "undo": "Wieder bekommen",
        "back": "Diese Mails kommen wieder",
        "back_lead": "So wie vorher.",
        "nothing": "Hier gibt es nichts zu beenden",
        "nothing_lead": "Dort wirst du über nichts mehr informiert.",
        "unknown": "Diese Adresse ist nicht vollständig",
        "unknown_lead": "Öffne den Link aus der Mail noch einmal. Hilft das nicht, melde dich bei "
        "Inkloom an und wähle dort, was du erfahren willst.",
    },
}
"""By language and by what is said."""

ABOUT: Mapping[str, Mapping[Topic, str]] = {
    "en": {
        "alerts": "Alerts about scans",
        "link_health": "Links that lead to a page that fails",
        "webhooks": "Webhooks that are switched off",
        "endings": "Codes and links that end",
        "stock": "Items that run low",
        "jobs": "Imports and batches that are done",
        "weekly_digest": "The summary of the week",
        "trial": "The end of a trial",
        "daily_digest": "The summary of the day",
    },
    "es": {
        "alerts": "Alertas sobre escaneos",
        "link_health": "Enlaces que llevan a una página que falla",
        "webhooks": "Webhooks desactivados",
        "endings": "Códigos y enlaces que terminan",
        "stock": "Artículos que se agotan",
        "jobs": "Importaciones y lotes terminados",
        "weekly_digest": "El resumen de la semana",
        "trial": "El fin de una prueba",
        "daily_digest": "El resumen del día",
    },
    "fr": {
        "alerts": "Alertes sur les scans",
        "link_health": "Liens qui mènent à une page en panne",
        "webhooks": "Webhooks désactivés",
        "endings": "Codes et liens qui prennent fin",
        "stock": "Articles bientôt épuisés",
        "jobs": "Imports et lots terminés",
        "weekly_digest": "Le résumé de la semaine",
        "trial": "La fin d'un essai",
        "daily_digest": "Le résumé du jour",
    },
    "de": {
        "alerts": "Meldungen zu Scans",
        "link_health": "Links, deren Ziel nicht erreichbar ist",
        "webhooks": "Abgeschaltete Webhooks",
        "endings": "Codes und Links, die enden",
        "stock": "Artikel, die knapp werden",
        "jobs": "Fertige Importe und Stapel",
        "weekly_digest": "Die Zusammenfassung der Woche",
        "trial": "Das Ende einer Testphase",
        "daily_digest": "Die Zusammenfassung des Tages",
    },
}
"""What mails are about, by language and topic."""
