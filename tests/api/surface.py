"""Every operation of every OpenAPI document, and requests made from the documents alone.

Nothing here names a route: what a new dialect or route documents is found and asked too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.types import ASGIApp

from api.app import make_app

CRON_SECRET = "a secret of these tests".replace(" ", "-")
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Asked:
    """One operation of a dialect's document."""

    dialect: str
    method: str
    path: str
    operation: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def is_public(self) -> bool:
        """Whether the document asks for no credential."""
        return not self.operation.get("security")

    @property
    def variables(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    def query(self) -> dict[str, Any]:
        """A value for every query parameter that is required."""
        return {
            parameter["name"]: self.example(parameter["schema"])
            for parameter in self.operation.get("parameters", ())
            if parameter["in"] == "query" and parameter.get("required")
        }

    def takes(self, name: str) -> bool:
        """Whether it has a query parameter of this name."""
        return name in [
            p["name"] for p in self.operation.get("parameters", ()) if p["in"] == "query"
        ]

    def body(self) -> Any:
        """A JSON body made from the examples of its schema; None when it takes none."""
        content = self.operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        return self.example(content["application/json"]["schema"])

    def example(self, schema: Mapping[str, Any]) -> Any:
        """A value that fits the schema."""
        if "$ref" in schema:
            return self.example(
                self.document["components"]["schemas"][schema["$ref"].split("/")[-1]]
            )
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("example", "default", "const"):
            if key in schema:
                return schema[key]
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return self.example(schema[key][0])
        return self._plain(schema)

    def _plain(self, schema: Mapping[str, Any]) -> Any:
        if schema.get("type") == "object":
            needed = schema.get("required", ())
            return {
                name: self.example(part)
                for name, part in schema.get("properties", {}).items()
                if name in needed
            }
        if schema.get("type") == "array":
            return [self.example(schema["items"])] * schema.get("minItems", 0)
        plain = {"string": "example", "integer": 1, "number": 1.0, "boolean": True}
        return plain.get(schema.get("type", ""))


@cache
def every_operation() -> tuple[Asked, ...]:
    """All of them, made once: all documents together take seconds."""
    return tuple(
        Asked(dialect.name, method.upper(), path, operation, document)
        for dialect in _dispatcher().dialects
        for document in [dialect.application.openapi()]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    )


@cache
def the_application() -> ASGIApp:
    """The whole of it, made once: it keeps nothing between requests, and its documents last."""

    async def here() -> bool:
        return True

    return make_app(
        temporal_here=here,
        trusted_proxies=[ipaddress.ip_network("127.0.0.1/32")],
        public_url="https://ink.test",
        cron_secret=CRON_SECRET,
    )


def _dispatcher() -> Any:
    edge: Any = the_application()
    return edge._application.app  # below what reads the headers of proxies
