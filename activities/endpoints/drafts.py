"""What an endpoint may be: its fields judged, and its address as far as that can be now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from activities.outside import outside
from activities.rules import backoff
from activities.rules.custom_headers import headers_refusal
from activities.rules.errors import InvalidFields
from activities.rules.event_filters import filter_refusal
from activities.rules.events import CATALOGUE, unknown_patterns
from activities.rules.inboxes import own_inbox
from activities.rules.signatures import SCHEMES
from activities.rules.targets import TargetRefused, denied_address, parse_target
from activities.rules.visible import hidden_sign

LONGEST_DESCRIPTION = 500
LONGEST_PATTERN = 64
MOST_EVENTS = 50
FASTEST_RATE = 60_000
MOST_AT_ONCE = 100
ORDERINGS = ("none", "asset")
PAYLOAD_VERSIONS = ("1",)
CHOSEN = ("active", "paused")
"""The states that an owner chooses."""


@dataclass(frozen=True)
class JudgeAddress:
    """Whether messages may be sent to `url`."""

    url: str


def judged(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns for these fields, but for headers and secrets; raises `InvalidFields`.

    Fields that are not there are left alone.
    """
    wrong = {name: why for name, value in values.items() if (why := _refusal(name, value))}
    columns = {name: value for name, value in values.items() if name != "headers"}
    if "events" in columns:
        columns["events"] = list(dict.fromkeys(columns["events"]))
    if "filter" in columns and columns["filter"] is not None:
        columns["filter"] = dict(columns["filter"])
    if "retry_policy" in columns:
        policy = columns["retry_policy"]
        try:
            columns["retry_delays"] = list(backoff.steps(policy))
        except ValueError as fault:
            wrong["retry_policy"] = _sentence(str(fault))
        named = isinstance(policy, str)
        columns["retry_policy"] = {"preset": policy} if named else {"delays": list(policy)}
    if wrong:
        raise InvalidFields({name: [why] for name, why in wrong.items()})
    return columns


async def judge_address(command: JudgeAddress) -> None:
    """Raise `InvalidFields` for an address off the public internet, or of another form.

    A name that cannot be resolved now is accepted: every attempt resolves and checks again.
    """
    world = outside()
    if world.inbox is not None and own_inbox(command.url, world.inbox.port):
        return
    try:
        target = parse_target(
            command.url,
            allow_http=world.allow_http_targets,
            allow_private=world.allow_private_targets,
        )
    except TargetRefused as fault:
        raise InvalidFields({"url": [str(fault)]}) from fault
    try:
        addresses = await world.resolver.resolve(target.host, target.port)
    except OSError:
        return
    private = world.allow_private_targets
    if any(denied_address(address, allow_private=private) for address in addresses):
        raise InvalidFields(
            {"url": [f"{target.host} resolves to a private or internal address; use a public one."]}
        )


def _refusal(name: str, value: Any) -> str | None:
    """What is wrong with one field."""
    match name:
        case "events":
            return _events_refusal(value)
        case "scheme":
            return _choice_refusal(value, SCHEMES)
        case "status":
            return _choice_refusal(value, CHOSEN)
        case "ordering":
            return _choice_refusal(value, ORDERINGS)
        case "payload_version":
            return _choice_refusal(value, PAYLOAD_VERSIONS)
        case "description":
            return _description_refusal(value)
        case "headers":
            return headers_refusal(value)
        case "filter":
            return None if value is None else filter_refusal(value)
        case "rate_per_minute":
            return None if value is None else _count_refusal(value, FASTEST_RATE)
        case "concurrency":
            return _count_refusal(value, MOST_AT_ONCE)
    return None


def _events_refusal(events: tuple[str, ...]) -> str | None:
    if not events or len(events) > MOST_EVENTS:
        return f"Give 1 to {MOST_EVENTS} event kinds, for example qr.scanned or qr.*."
    if unknown := unknown_patterns(events):
        shown = unknown[0][:LONGEST_PATTERN]
        return f"'{shown}' is not an event. Known are: {', '.join(CATALOGUE)}, qr.* and *."
    return None


def _description_refusal(text: str) -> str | None:
    if len(text) > LONGEST_DESCRIPTION:
        return f"Ensure it has no more than {LONGEST_DESCRIPTION} characters."
    return "Remove control characters." if hidden_sign(text, may_break=True) else None


def _choice_refusal(value: str, choices: Iterable[str]) -> str | None:
    return None if value in choices else f"Choose one of {', '.join(choices)}."


def _count_refusal(value: int, most: int) -> str | None:
    return None if 1 <= value <= most else f"Give a number from 1 to {most}."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."
