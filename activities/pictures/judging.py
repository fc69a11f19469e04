"""What would come of a picture, without making a code for it and without paying for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from activities.outside import outside
from activities.permits import needs
from activities.pictures.making import unreadable
from activities.pictures.symbols import DrawSymbol, RenderSymbol, render_symbol
from activities.render.proving import Score
from activities.rules import destinations, slugs
from activities.rules.errors import DomainError, InvalidFields

WHOLE = "detail"
"""The field of what is wrong with no single one."""


@dataclass(frozen=True)
class JudgePicture(DrawSymbol):
    """The picture that would be drawn."""


@dataclass(frozen=True)
class JudgedView:
    """What would be refused (sentences by field), what the symbol would hold, how well it scans.

    `payload` is None for a code that would be made, `score` for what cannot be drawn.
    """

    faults: Mapping[str, tuple[str, ...]]
    payload: str | None = None
    score: Score | None = None


@needs("assets.read")
async def judge_picture(command: JudgePicture) -> JudgedView:
    """Judge it as `draw_symbol` would. Nothing is written."""
    wanted = (command.data, command.destination_url, command.short_code, command.id)
    if sum(part is not None for part in wanted) != 1:
        return JudgedView({"data": ("Give exactly one of data, destination_url and short_id.",)})
    faults: dict[str, tuple[str, ...]] = {}
    if refusal := _refused(command.destination_url):
        faults["destination_url"] = (refusal,)
    data = command.data
    if command.destination_url is not None:
        data = outside().short_url(slugs.ALPHABET[: slugs.LENGTH])
    asked = RenderSymbol(
        by=command.by,
        wish=replace(command.wish, force=True),
        short_code=command.short_code,
        id=command.id,
        data=data,
        changes=command.changes,
    )
    try:
        image = await render_symbol(asked)
    except InvalidFields as refused:
        told = {name: tuple(sentences) for name, sentences in refused.fields.items()}
        return JudgedView(faults | told)
    except DomainError as refused:
        return JudgedView(faults | {WHOLE: (str(refused),)})
    if not command.wish.force and (low := unreadable(image.score)):
        faults[WHOLE] = (str(low),)
    payload = None if command.destination_url is not None else image.payload
    return JudgedView(faults, payload, image.score)


def _refused(url: str | None) -> str | None:
    if url is None:
        return None
    return destinations.refusal(url) or destinations.leads_home(url, outside().own_hosts)
