"""How a document describes server-sent events: by one of them."""

from __future__ import annotations

from typing import Any


def events(description: str, *names: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a route that streams events of these names, whose data are JSON.

    The schema is that of each event, as https://html.spec.whatwg.org/#event-stream-interpretation
    reads it from the stream.
    """
    told = {
        "event": {"type": "string", "enum": list(names), "description": "what it tells"},
        "data": {"type": "string", "description": "JSON"},
        "id": {"type": "string", "description": "for Last-Event-ID, where it can be continued"},
        "retry": {"type": "integer", "description": "milliseconds after which to come back"},
    }
    schema = {"type": "object", "description": "each event", "properties": told}
    return {200: {"description": description, "content": {"text/event-stream": {"schema": schema}}}}
