"""What a client says about a barcode, judged and brought into the form in which it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from activities.barcodes.views import Integration
from activities.qr_codes.drafts import judge_words
from activities.render.barcode import judge
from activities.rules.errors import InvalidFields
from activities.rules.findings import Findings
from activities.rules.searching import search_text
from activities.rules.symbologies import Symbology, normalise, read_symbology

LONGEST_PROVIDER = 50
LONGEST_EXTERNAL_ID = 200


@dataclass(frozen=True)
class JudgeValue:
    """A value that a barcode of the `symbology`, by any of its spellings, shall say."""

    symbology: str
    value: str


@dataclass(frozen=True)
class JudgedValue:
    """The value as it was given, and as it is kept."""

    symbology: Symbology
    value: str
    normalized_value: str


async def judge_value(command: JudgeValue) -> JudgedValue:
    """Normalise it, and look whether it can be drawn. Raises `InvalidFields` (`type`, `value`)."""
    symbology = read_symbology(command.symbology)
    normalised = normalise(symbology, command.value)
    if refusal := await asyncio.to_thread(judge, symbology, normalised.encoded):
        raise InvalidFields({"value": [refusal]})
    return JudgedValue(symbology, command.value, normalised.value)


def with_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with their search text. Raises `InvalidFields` for words that cannot be.

    `values` has `name`, `description`, `style`, `value` and `normalized_value`.
    """
    judge_words(values["name"], values["description"], None, values["style"])
    numbers = dict.fromkeys((values["value"], values["normalized_value"]))
    return {**values, "search_text": search_text(values["name"], *numbers, values["description"])}


def kept_integration(given: Integration | None) -> dict[str, str]:
    """The binding as it is kept in a row; empty for none. Raises `InvalidFields`."""
    if given is None:
        return {}
    findings = Findings()
    kept = {
        "provider": findings.read_line(given.provider, "integration.provider", LONGEST_PROVIDER),
        "externalId": findings.read_line(
            given.external_id, "integration.external_id", LONGEST_EXTERNAL_ID
        ),
    }
    if not kept["provider"]:
        findings.tell("integration.provider", "Name the other system.")
    if not kept["externalId"]:
        findings.tell("integration.external_id", "Give the id that the other system uses.")
    if given.url is not None:
        kept["url"] = findings.read_destination(given.url, "integration.url")
    findings.settle()
    return kept
