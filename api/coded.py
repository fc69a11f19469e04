"""A shape of refusals that several languages share: `{"error": sentence, "code": CODE}`.

It is that of seeds 000 and 004. A language brings its statuses, its codes and its names of fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from activities.rules.errors import DomainError, InvalidFields
from api.dialect import Answer
from api.faults import HttpFault, WrongFields

USUAL: Mapping[str, str] = {
    "credential_missing": "UNAUTHORIZED",
    "credential_unknown": "UNAUTHORIZED",
    "plan_limit_reached": "PLAN_LIMIT",
    "plan_without_api": "PLAN_LIMIT",
    "invalid_fields": "VALIDATION_FAILED",
    "wrong_fields": "VALIDATION_FAILED",
    "body_not_json": "INVALID_BODY",
    "route_unknown": "NOT_FOUND",
    "method_wrong": "METHOD_NOT_ALLOWED",
    "service_away": "SERVICE_UNAVAILABLE",
    "internal_fault": "INTERNAL_ERROR",
}
"""Codes that are not the domain's in capitals."""


@dataclass(frozen=True)
class Coded:
    """The shape with the words of one language.

    `statuses` and `codes` are by the refusal's own code; `fields` renames the domain's fields. With
    `lists_fields` wrong fields are listed under `"fields"`, else they are told in the sentence.
    """

    statuses: Mapping[str, int]
    codes: Mapping[str, str]
    fields: Mapping[str, str]
    lists_fields: bool = True

    def present(self, refusal: DomainError | HttpFault) -> Answer:
        """The refusal in this shape."""
        body: dict[str, Any] = {"error": str(refusal), "code": self._code(refusal.code)}
        if isinstance(refusal, InvalidFields | WrongFields):
            # Wrong fields are named as the client wrote them, and a query may spell them otherwise.
            words = self.fields if isinstance(refusal, InvalidFields) else {}
            named = {_named(words, n): list(told) for n, told in refusal.fields.items()}
            if self.lists_fields:
                name, sentences = next(iter(named.items()))
                body |= {"error": f"{name}: {sentences[0]}", "fields": named}
            else:
                told = (f"{name}: {' '.join(sentences)}" for name, sentences in named.items())
                body["error"] = " ".join(told)
        headers = dict(getattr(refusal, "headers", {}))
        return Answer(self.statuses[refusal.code], body, headers)

    def shape(self, status: int) -> dict[str, Any]:
        """The JSON Schema of a refusal's body, with the codes that this status may carry."""
        codes = {self._code(code) for code, at in self.statuses.items() if at == status}
        properties: dict[str, Any] = {"error": {"type": "string"}, "code": {"enum": sorted(codes)}}
        if self.lists_fields:
            sentences = {"type": "array", "items": {"type": "string"}, "minItems": 1}
            properties["fields"] = {
                "type": "object",
                "additionalProperties": sentences,
                "minProperties": 1,
            }
        return {
            "type": "object",
            "properties": properties,
            "required": ["error", "code"],
            "additionalProperties": False,
        }

    def _code(self, code: str) -> str:
        return self.codes.get(code, code.upper())


def _named(words: Mapping[str, str], field: str) -> str:
    """The field in the words of the language; those of styles are all spelled alike."""
    if field.startswith("style."):
        return ".".join(map(to_camel, field.split(".")))
    return words.get(field, field)
