"""What every dialect says to every refusal, status, headers and body, as written down in `golden/`.

A change of these files is a change of a public API: `python -m tests.api.test_golden` writes them
anew, and the difference is read before it is committed.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import dialects
from tests.house.test_errors import EXAMPLES

FOLDER = Path(__file__).parent / "golden"

SEEDED: dict[str, set[tuple[int, str | None]]] = {
    "tracking": {
        (400, "INVALID_PARAMETER"),
        (400, "INVALID_BODY"),
        (400, "INVALID_CURSOR"),
        (401, "UNAUTHORIZED"),
        (401, "INVALID_API_KEY"),
        (401, "API_KEY_REVOKED"),
        (401, "API_KEY_EXPIRED"),
        (403, "PLAN_LIMIT"),
        (404, "NOT_FOUND"),
        (409, "NO_WORKSPACE"),
        (429, "RATE_LIMITED"),
    },
    "workspace": {(400, None), (401, None), (404, None), (409, None), (422, "UNSUPPORTED")},
    "canva": {(400, None), (401, None), (404, None), (409, None), (422, "UNSUPPORTED")},
    "business": {(401, None), (403, None), (422, None), (429, None)},
}
"""Statuses and codes that clients of a dialect are promised."""


def said(dialect: str) -> dict[str, Any]:
    """The answer of a dialect to each refusal, by the refusal's code."""
    present = import_module(f"api.{dialect}.errors").present
    answers = {getattr(refusal, "code", ""): present(refusal) for refusal in EXAMPLES.values()}
    return {
        code: {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
        for code, answer in sorted(answers.items())
    }


def written(dialect: str) -> str:
    return json.dumps(said(dialect), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("dialect", dialects())
def test_a_refusal_is_said_as_it_is_written_down(dialect: str) -> None:
    assert json.loads((FOLDER / f"{dialect}.json").read_text()) == json.loads(written(dialect))


@pytest.mark.parametrize("dialect", SEEDED)
def test_what_clients_are_promised_is_said(dialect: str) -> None:
    told = {(a["status"], a["body"].get("code")) for a in said(dialect).values()}
    told |= {(status, None) for status, _ in told}
    assert SEEDED[dialect] - told == set()


def main() -> None:
    """Write the files anew."""
    for dialect in dialects():
        (FOLDER / f"{dialect}.json").write_text(written(dialect))


if __name__ == "__main__":
    main()
