"""The `inkloom up` that runs in a data folder, as other commands of this machine find it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from schema.settings import Settings, load_settings
from workers.stack import Stack

NAME = "running.json"


def write_whole(path: Path, told: dict[str, object]) -> None:
    """JSON, written whole or not at all; it holds secrets, so mode 600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told, file)
    draft.replace(path)


def note_running(stack: Stack) -> None:
    """Leave word of a stack's addresses in its data folder."""
    told = {
        "database_url": stack.database_url,
        "temporal_address": stack.temporal_address,
        "public_url": stack.public_url,
        "secret_key": stack.secret_key(),
    }
    write_whole(stack.data_dir / NAME, dict(told))


def forget_running(stack: Stack) -> None:
    """Take the word back."""
    (stack.data_dir / NAME).unlink(missing_ok=True)


def load_running(data_dir: Path) -> Settings:
    """The settings; what is not set is that of the `inkloom up` that runs in `data_dir`."""
    given = load_settings()
    path = data_dir / NAME
    if given.database_url.get_secret_value() or not path.exists():
        return given
    told: dict[str, str] = json.loads(path.read_text())
    unset = {name: value for name, value in told.items() if name not in given.model_fields_set}
    return load_settings(**unset)
