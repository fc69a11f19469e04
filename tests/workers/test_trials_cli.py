"""What an operator may say about the end of a trial."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schema.settings import SettingWrong
from workers.trials_cli import read_end


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-12-31T18:00:00Z", datetime(2026, 12, 31, 18, tzinfo=UTC)),
        ("2026-12-31T18:00+02:00", datetime(2026, 12, 31, 16, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_its_end_and_a_moment_then(text: str, moment: datetime) -> None:
    assert read_end(text) == moment


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "31.12.2026", "2026-12-31T18:00"])
def test_anything_else_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(SettingWrong, match="2026-12-31"):
        read_end(text)
