"""`/api/public/conversions`: what a visitor did afterwards, told by the page where it happened.

Pages of every origin may call, without credentials (CORS): a browser then neither sends nor keeps
the `ink_visitor` cookie, so a page on another origin hands its own random `visitorId` instead.
Pages of our own host, and servers that pass the cookie on, get and send it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field, WithJsonSchema

from activities.rules.conversions import (
    LARGEST_VALUE,
    LONGEST_DEDUPE_KEY,
    LONGEST_DETAIL,
    MOST_DETAILS,
    PREFIXES,
    STEP,
    SourceKind,
)
from activities.rules.currencies import CURRENCY
from activities.rules.errors import InvalidFields
from activities.rules.spelling import prefixed, unprefixed
from activities.rules.throttles import CONVERSIONS
from activities.visits.conversions import RecordConversion, record_conversion
from api.dialect import Text
from api.routers import make_public_router
from api.scalars import In, Out
from api.visit_cookies import keep_visitor_id, read_visitor_id

LONGEST_ID = 64

router = make_public_router(CONVERSIONS, tags=["conversions"])

Details = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MOST_DETAILS,
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "maxLength": LONGEST_DETAIL},
                    {"type": "number"},
                    {"type": "boolean"},
                    {"type": "null"},
                ]
            },
        }
    ),
]


class ConversionIn(In):
    """A conversion to record."""

    org_id: Text = Field(
        max_length=LONGEST_ID,
        description="the organization that the source belongs to",
        examples=["org_0f8fad5bd9cb469fa165708677289501"],
    )
    source_type: SourceKind = Field(
        description="what the visitor came by", examples=["qr", "link", "page", "barcode"]
    )
    source_id: Text = Field(
        max_length=LONGEST_ID,
        description="the id of the code, link, page or barcode that the visitor came by",
        examples=["qr_7c9e6679742540de944be07fc1f90ae7"],
    )
    step: Text = Field(
        description="what was reached, in a word of your own",
        examples=["purchase"],
        json_schema_extra={"pattern": STEP},
    )
    value: float | None = Field(
        None,
        ge=0,
        le=LARGEST_VALUE,
        allow_inf_nan=False,
        description="what it was worth, with no more decimals than the currency has; together "
        "with `currency` only",
        examples=[129.99],
    )
    currency: Text | None = Field(
        None,
        description="the currency of the value (ISO 4217)",
        examples=["USD"],
        json_schema_extra={"pattern": CURRENCY},
    )
    dedupe_key: Text | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_DEDUPE_KEY,
        description="names this conversion, for example by the number of an order: told again, it "
        "is the same one",
        examples=["order-1001"],
    )
    visitor_id: UUID | None = Field(
        None,
        strict=False,
        description="a random UUID that the page keeps for its visitor; without it that of the "
        "cookie counts",
        examples=["3f2504e0-4f89-41d3-9a0c-0305e82c3301"],
    )
    details: Details = Field(
        {},
        description=f"up to {MOST_DETAILS} texts, numbers, true, false or null by name; nothing "
        "that tells who the visitor is",
        examples=[{"plan": "yearly"}],
    )


class ConversionOut(Out):
    """The conversion that is on record."""

    id: str = Field(
        description="names the conversion", examples=["cnv_9b2d8f7a6c5e4d3b8a1f0e9d8c7b6a59"]
    )
    recorded: Literal[True] = Field(description="always true", examples=[True])


@router.post(
    "/api/public/conversions",
    status_code=201,
    summary="Record a conversion",
    responses={200: {"model": ConversionOut, "description": "Known by its dedupeKey already"}},
)
async def record(body: ConversionIn, request: Request, response: Response) -> ConversionOut:
    stays_unknown = wants_no_traces(request)
    visitor = None if stays_unknown else body.visitor_id or read_visitor_id(request.cookies)
    conversion = await record_conversion(to_command(body, visitor))
    if not conversion.is_new:
        response.status_code = 200
    elif conversion.visitor and visitor is None and not stays_unknown:
        keep_visitor_id(response, request, request.app.state.public_url, conversion.visitor)
    return ConversionOut(id=prefixed("cnv", conversion.id), recorded=True)


def wants_no_traces(request: Request) -> bool:
    """Whether the browser asks not to be followed: `DNT: 1` or `Sec-GPC: 1`."""
    return "1" in (request.headers.get("dnt"), request.headers.get("sec-gpc"))


def to_command(body: ConversionIn, visitor: UUID | None) -> RecordConversion:
    """The body as the domain takes it; `InvalidFields` for ids of no known spelling."""
    return RecordConversion(
        organization_id=_to_id("org_id", "org", body.org_id),
        source_kind=body.source_type,
        source_id=_to_id("source_id", PREFIXES[body.source_type], body.source_id),
        step=body.step,
        # The shortest decimal that means this number: the one that the client wrote.
        value=None if body.value is None else Decimal(repr(body.value)),
        currency=body.currency,
        dedupe_key=body.dedupe_key,
        visitor=visitor,
        details=body.details,
    )


def _to_id(field: str, prefix: str, text: str) -> UUID:
    found = unprefixed(prefix, text)
    if found is None:
        raise InvalidFields({field: [f"Give an id like {prefix}_ and 32 hex digits."]})
    return found
