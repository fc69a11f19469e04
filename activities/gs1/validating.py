"""GS1 values, judged for somebody."""

from __future__ import annotations

from dataclasses import dataclass

from activities.outside import outside
from activities.permits import needs
from activities.rules.actors import Actor
from activities.rules.gs1.reading import Form
from activities.rules.gs1.verdicts import Verdict, judge


@dataclass(frozen=True)
class ValidateGs1:
    """A GTIN, an element string or a Digital Link; without `form` it is what it looks like."""

    by: Actor
    value: str
    form: Form | None = None


@needs("assets.read")
async def validate_gs1(command: ValidateGs1) -> Verdict:
    """The verdict (`activities.rules.gs1.verdicts`); nothing is kept."""
    return judge(command.value, command.form, outside().clock.now().year)
