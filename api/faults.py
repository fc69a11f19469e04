"""What can go wrong in HTTP before or beside the domain; each dialect answers in its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class HttpFault(Exception):
    """A request that never became a command. `str()` is one sentence for a person."""

    code: ClassVar[str]
    headers: Mapping[str, str] = {}


class WrongFields(HttpFault):
    """Fields of body or query are wrong; `fields` are already named as the client wrote them."""

    code = "wrong_fields"

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self.fields = {name: tuple(sentences) for name, sentences in fields.items()}
        name, sentences = next(iter(self.fields.items()))
        super().__init__(f"{name}: {sentences[0]}")


class BodyNotJson(HttpFault):
    """The body is not JSON."""

    code = "body_not_json"

    def __init__(self, where: str = "") -> None:
        super().__init__(f"The body is not valid JSON{where}. Send Content-Type application/json.")


class BodyTooLarge(HttpFault):
    """The body is larger than `limit` bytes."""

    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes; send less at once.")


class RouteUnknown(HttpFault):
    """No such path here."""

    code = "route_unknown"

    def __init__(self) -> None:
        super().__init__("There is nothing at this path; see /docs for what there is.")


class MethodWrong(HttpFault):
    """The path exists, the method does not."""

    code = "method_wrong"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"This path does not take that method; it takes {allowed}.")
        self.headers = {"Allow": allowed}


class OriginRefused(HttpFault):
    """A browser of another site sent a write with our cookie."""

    code = "origin_refused"

    def __init__(self) -> None:
        super().__init__("This request comes from another site; send it from Inkloom's own pages.")


class ServiceAway(HttpFault):
    """Something that the answer needs is away for the moment."""

    code = "service_away"

    def __init__(self, what: str, retry_after: int = 2) -> None:
        super().__init__(f"{what} is not available at the moment; try again in {retry_after} s.")
        self.headers = {"Retry-After": str(retry_after)}


class SwitchedOff(HttpFault):
    """The operator has not set what this needs."""

    code = "switched_off"

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.headers = {"Retry-After": "3600"}


class NotBuilt(HttpFault):
    """The path is a promise: what it does comes with a later version."""

    code = "not_built"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not built yet; it comes with a later version of Inkloom.")


class InternalFault(HttpFault):
    """A mistake of ours."""

    code = "internal_fault"

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Something went wrong on our side. Tell support this id: {request_id}")


def every_fault() -> tuple[type[HttpFault], ...]:
    """All of them, for the test that pairs each with every dialect."""
    return tuple(HttpFault.__subclasses__())
