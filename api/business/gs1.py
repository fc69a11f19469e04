"""`/api/gs1/validate`: GTINs, element strings and Digital Links, judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from activities.gs1.validating import ValidateGs1, validate_gs1
from activities.rules.gs1.reading import LONGEST, Form
from activities.rules.gs1.values import Code
from activities.rules.gs1.verdicts import Verdict
from api.business.auth import authenticate, documented
from api.business.fields import OrgId
from api.dialect import Body
from api.routers import By, make_router

router = make_router(authenticate, dependencies=[documented], tags=["gs1"])

Type = Literal["gtin", "element_string", "digital_link"]


class Gs1In(Body):
    """A value to judge."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)] = Field(
        description="a GTIN, an element string with brackets or as a symbol has it (U+001D for "
        "FNC1), or a Digital Link of any domain, not compressed",
        examples=["(01)09506000134352(17)261231(10)ABC123"],
    )
    type: Type | None = Field(
        None, description="what it is; null: what it looks like", examples=["element_string"]
    )


class Gs1ErrorOut(BaseModel):
    """One thing that is wrong."""

    ai: str | None = Field(description="the application identifier that it is about")
    position: int | None = Field(description="where it begins in the value, from 0", examples=[16])
    code: Code = Field(description="what is wrong, for programs", examples=["check_digit"])
    message: str = Field(description="what is wrong, for people", examples=["(10) is given twice."])


class Gs1MeaningOut(BaseModel):
    """An element as people and programs read it; null for what it does not say."""

    date: str | None = Field(
        None, description="ISO 8601, a whole month as YYYY-MM", examples=["2026-12-31"]
    )
    until: str | None = Field(None, description="the last day of several", examples=["2026-12-31"])
    number: str | None = Field(None, description="with its decimal point", examples=["0.750"])
    unit: str | None = Field(None, description="of the number", examples=["kg"])
    currency: str | None = Field(None, description="by its number in ISO 4217", examples=["978"])
    country: str | None = Field(
        None, description="by its number in ISO 3166, several with spaces", examples=["276"]
    )


class Gs1ElementOut(BaseModel):
    """An element of the value."""

    ai: str = Field(description="the application identifier", examples=["17"])
    title: str = Field(description="what GS1 calls it; empty if unknown", examples=["USE BY"])
    value: str = Field(description="its data; a GTIN has 14 digits", examples=["261231"])
    position: int = Field(description="where it begins in the value, from 0", examples=[18])
    valid: bool = Field(description="whether it is right by itself", examples=[True])
    check_digit: str | None = Field(description="the one that belongs there", examples=["2"])
    readable: Gs1MeaningOut = Field(description="what it says")


class Gs1CanonicalOut(BaseModel):
    """The same in other forms; null for those that cannot say it."""

    gtin: str | None = Field(description="14 digits", examples=["09506000134352"])
    element_string: str | None = Field(
        description="with brackets", examples=["(01)09506000134352(17)261231(10)ABC123"]
    )
    unbracketed: str | None = Field(
        description="as a symbol has it, U+001D for FNC1",
        examples=["01095060001343521726123110ABC123"],
    )
    digital_link: str | None = Field(
        description="at the resolver of GS1",
        examples=["https://id.gs1.org/01/09506000134352/10/ABC123?17=261231"],
    )


class Gs1Out(BaseModel):
    """The verdict."""

    valid: bool = Field(description="whether nothing is wrong", examples=[True])
    type: Type = Field(description="what it was read as", examples=["element_string"])
    errors: list[Gs1ErrorOut] = Field(description="everything that is wrong, in its order")
    elements: list[Gs1ElementOut] = Field(description="what could be read, in its order")
    canonical: Gs1CanonicalOut | None = Field(description="null while something is wrong")


@router.post("/api/gs1/validate", summary="Validate a GTIN, an element string or a Digital Link")
async def validate(body: Gs1In, by: By, org_id: OrgId = None) -> Gs1Out:
    form: Form | None = body.type
    return present_verdict(await validate_gs1(ValidateGs1(by, body.value, form)))


def present_verdict(verdict: Verdict) -> Gs1Out:
    """The verdict in this dialect's words."""
    canonical = Gs1CanonicalOut(
        gtin=verdict.gtin,
        element_string=verdict.element_string,
        unbracketed=verdict.unbracketed,
        digital_link=verdict.digital_link,
    )
    return Gs1Out(
        valid=not verdict.faults,
        type=verdict.form,
        errors=[
            Gs1ErrorOut(ai=each.ai, position=each.position, code=each.code, message=each.message)
            for each in verdict.faults
        ],
        elements=[
            Gs1ElementOut(
                ai=each.ai,
                title=each.title,
                value=each.value,
                position=each.position,
                valid=each.is_valid,
                check_digit=each.check_digit,
                readable=Gs1MeaningOut(**each.meaning),
            )
            for each in verdict.elements
        ],
        canonical=None if verdict.faults else canonical,
    )
