"""Webhook endpoints as clients write and read them, in every language that has them.

A language takes these fields under its own names (`In` and `Out` make them camelCase), adds the
scheme that is its default, and spells ids its own way.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from activities.endpoints.creating import CreateEndpoint
from activities.endpoints.drafts import (
    FASTEST_RATE,
    LONGEST_DESCRIPTION,
    LONGEST_PATTERN,
    MOST_AT_ONCE,
    MOST_EVENTS,
)
from activities.endpoints.rotating import LONGEST_GRACE, USUAL_GRACE
from activities.endpoints.views import EndpointView, Ordering, Status
from activities.rules.backoff import MAX_STEP_SECONDS, MAX_STEPS, MIN_STEP_SECONDS
from activities.rules.custom_headers import LONGEST_NAME, LONGEST_VALUE, MOST, REDACTED
from activities.rules.errors import InvalidFields
from activities.rules.events import CATALOGUE
from activities.rules.sent_headers import SAMPLE
from activities.rules.targets import MAX_URL_CHARACTERS
from api.dialect import Body, Text
from api.scalars import Moment

_A_MOMENT = "2026-05-07T18:42:30.123Z"
_A_FILTER = {"path": "$.data.country", "in": ["DE", "AT"]}

SCHEME = "how messages are signed and what their parts are called; all carry `webhook-signature`"

Scheme = Literal["standard", "inkode", "innkie", "qrscan"]
Delay = Annotated[float, Field(ge=MIN_STEP_SECONDS, le=MAX_STEP_SECONDS, allow_inf_nan=False)]
Url = Annotated[
    Text,
    Field(
        max_length=MAX_URL_CHARACTERS,
        description="HTTPS address on the public internet",
        examples=["https://hooks.example.com/inkloom"],
    ),
]
Events = Annotated[
    list[Annotated[Text, Field(max_length=LONGEST_PATTERN)]],
    Field(
        min_length=1,
        max_length=MOST_EVENTS,
        description="event kinds, `qr.*` or `*`",
        examples=[["barcode.scanned", "inventory.*"]],
    ),
]
Description = Annotated[
    Text,
    Field(max_length=LONGEST_DESCRIPTION, description="a note to yourself", examples=["Warehouse"]),
]
IsActive = Annotated[
    bool, Field(description="whether it is sent anything; false: it is paused", examples=[True])
]
RetryPolicy = Annotated[
    Literal["standard", "inkode"]
    | Annotated[list[Delay], Field(min_length=1, max_length=MAX_STEPS)],
    Field(
        description="a preset, or seconds to wait before each further attempt: `standard` makes 10 "
        "over three days, `inkode` 3 within half a minute",
        examples=["standard"],
    ),
]
Headers = Annotated[
    dict[
        Annotated[Text, Field(max_length=LONGEST_NAME)],
        Annotated[Text, Field(max_length=LONGEST_VALUE)],
    ],
    Field(
        max_length=MOST,
        description=f"sent with every message; shown as {REDACTED}, which keeps a value as it is",
        examples=[{"X-Warehouse": "north"}],
    ),
]
Filter = Annotated[
    dict[str, Any] | None,
    Field(
        description="only events that meet it are sent: a path into `{type, timestamp, data}` with "
        "`equals`, `in` or `exists`, combined by `all`, `any` and `not`; null: all",
        examples=[_A_FILTER],
    ),
]
Rate = Annotated[
    int | None,
    Field(ge=1, le=FASTEST_RATE, description="messages a minute; null: no limit", examples=[600]),
]
Concurrency = Annotated[
    int, Field(ge=1, le=MOST_AT_ONCE, description="messages under way at once", examples=[25])
]
Order = Annotated[
    Ordering,
    Field(
        description="`asset`: the messages about one asset one after the other, in their order",
        examples=["none"],
    ),
]
PayloadVersion = Annotated[
    Literal["1"], Field(description="which form of payloads it gets", examples=["1"])
]
SignsEd25519 = Annotated[
    bool,
    Field(
        description="whether messages also carry a `v1a` signature, which the public key at "
        "/.well-known/webhook-keys.json checks",
        examples=[False],
    ),
]


class EndpointIn(Body):
    """An endpoint to make; each language adds its scheme."""

    url: Url
    events: Events
    description: Description = ""
    is_active: IsActive = True
    retry_policy: RetryPolicy = "standard"
    headers: Headers = Field(default_factory=dict)
    filter: Filter = None
    rate_per_minute: Rate = None
    concurrency: Concurrency = 25
    ordering: Order = "none"
    payload_version: PayloadVersion = "1"
    signs_ed25519: SignsEd25519 = False
    send_test: bool = Field(
        False, description="whether its first message is a `webhook.test`", examples=[False]
    )


class EndpointChangesIn(Body):
    """What of an endpoint to change; what is left out stays."""

    url: Url = Field(default_factory=str)
    events: Events = Field(default_factory=list)
    scheme: Scheme = Field(
        default_factory=lambda: "standard", description=SCHEME, examples=["standard"]
    )
    description: Description = Field(default_factory=str)
    status: Literal["active", "paused"] = Field(
        default_factory=lambda: "active",
        description="`active` also brings back what was disabled",
        examples=["active"],
    )
    is_active: IsActive = Field(default_factory=bool)
    retry_policy: RetryPolicy = Field(default_factory=lambda: "standard")
    headers: Headers = Field(default_factory=dict)
    filter: Filter = Field(default_factory=lambda: None)
    rate_per_minute: Rate = Field(default_factory=lambda: None)
    concurrency: Concurrency = Field(default_factory=lambda: 25)
    ordering: Order = Field(default_factory=lambda: "none")
    payload_version: PayloadVersion = Field(default_factory=lambda: "1")
    signs_ed25519: SignsEd25519 = Field(default_factory=bool)


class RotationIn(Body):
    """How long the secret before the new one signs too."""

    grace_seconds: int = Field(
        USUAL_GRACE,
        ge=0,
        le=LONGEST_GRACE,
        description="seconds in which both secrets sign: `webhook-signature` has both, the header "
        "of another scheme the old one's until then and a second one, `...-Next`, the new one's; "
        "0 ends the old one at once",
        examples=[USUAL_GRACE],
    )


class EndpointOut(BaseModel):
    """An endpoint, without its secret; each language adds its id."""

    url: str = Field(description="where messages go", examples=["https://hooks.example.com/ink"])
    events: list[str] = Field(description="what it hears of", examples=[["inventory.*"]])
    scheme: Scheme = Field(description=SCHEME, examples=["standard"])
    description: str = Field(description="a note to yourself", examples=["Warehouse"])
    status: Status = Field(
        description="`paused` by you; `disabled` because it failed for days, or asked for it",
        examples=["active"],
    )
    is_active: bool = Field(description="whether it is sent anything", examples=[True])
    retry_policy: str | list[float] = Field(
        description="a preset, or seconds before each further attempt", examples=["standard"]
    )
    headers: dict[str, str] = Field(
        description="what you add to messages; the values are not shown",
        examples=[{"X-Warehouse": REDACTED}],
    )
    filter: dict[str, Any] | None = Field(
        description="which events it wants of those; null: all", examples=[_A_FILTER]
    )
    rate_per_minute: int | None = Field(description="null: no limit", examples=[600])
    concurrency: int = Field(description="messages under way at once", examples=[25])
    ordering: Ordering = Field(description="which messages keep their order", examples=["none"])
    payload_version: str = Field(description="the form of payloads", examples=["1"])
    signs_ed25519: bool = Field(description="whether there is a `v1a` signature", examples=[False])
    last_sequence: int = Field(
        description="the number of its newest message; they count without a gap", examples=[4213]
    )
    previous_until: Moment | None = Field(
        description="until when a secret before the newest signs too", examples=[None]
    )
    disabled_at: Moment | None = Field(description="when it was disabled", examples=[None])
    disabled_reason: str | None = Field(description="why it was", examples=[None])
    failing_since: Moment | None = Field(
        description="the first failure after the last success", examples=[None]
    )
    failures: int = Field(description="failed attempts in a row", examples=[0])
    version: int = Field(description="counts its changes; it is the ETag", examples=[1])
    created_at: Moment = Field(description="when it was made", examples=[_A_MOMENT])
    updated_at: Moment = Field(description="when it was changed", examples=[_A_MOMENT])


class TestedOut(BaseModel):
    """A test message is on its way."""

    event: Literal["webhook.test"] = Field(
        "webhook.test", description="the kind of the message", examples=["webhook.test"]
    )


class SampleIn(Body):
    """Which event to send a sample of."""

    event: Text = Field(
        max_length=LONGEST_PATTERN,
        description="a kind of event, whether the endpoint hears of it or not",
        examples=["qr.scanned"],
        json_schema_extra={"enum": [*CATALOGUE]},
    )


class SampleFields(BaseModel):
    """A sample that is on its way; each language adds the id of its event."""

    event: str = Field(description="the kind of the message", examples=["qr.scanned"])
    payload: dict[str, Any] = Field(
        description=f"what it tells, in the shape of a real one; the header {SAMPLE} marks it",
        examples=[{"id": "qr_00000000000040008000000000000001", "shortCode": "spring7"}],
    )


SECRET = "signs its messages; shown this once"  # noqa: S105
_PLAIN = [field.name for field in fields(EndpointView) if field.name not in ("id", "secret")]


def shown(endpoint: EndpointView) -> dict[str, Any]:
    """The fields of an `EndpointOut`."""
    policy = endpoint.retry_policy
    return {name: getattr(endpoint, name) for name in _PLAIN} | {
        "events": list(endpoint.events),
        "retry_policy": policy if isinstance(policy, str) else list(policy),
        "headers": dict(endpoint.headers),
        "is_active": endpoint.status == "active",
    }


def asked(body: EndpointIn) -> dict[str, Any]:
    """What the body says, by the names of `CreateEndpoint`."""
    known = {field.name for field in fields(CreateEndpoint)}
    return _plain({name: getattr(body, name) for name in type(body).model_fields if name in known})


def changed(body: EndpointChangesIn) -> dict[str, Any]:
    """What the body says, by the names of `UpdateEndpoint`; nothing of what it leaves out.

    Raises `InvalidFields` when it says two things about one.
    """
    values = _plain({name: getattr(body, name) for name in body.model_fields_set})
    if "is_active" in values:
        wanted = "active" if values.pop("is_active") else "paused"
        if values.setdefault("status", wanted) != wanted:
            raise InvalidFields({"status": ["Say the same as whether it is active, or leave one."]})
    return values


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    listed = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return {**values, **listed}
