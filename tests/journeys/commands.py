"""`inkloom` as an operator types it, beside a stack that runs."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from workers.stack import Stack

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str


def environment(stack: Stack) -> dict[str, str]:
    """The settings of a stack as environment variables."""
    told = {}
    for name in stack.settings.model_fields_set:
        value = getattr(stack.settings, name)
        told[name.upper()] = (
            value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        )
    return told


async def start(*words: str, env: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Begin a command with these variables and nothing else of ours that would change it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers.cli", *words),
        cwd=ROOT,
        env={**kept, **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def inkloom(*words: str, env: Mapping[str, str], seconds: float = 30) -> Ran:
    """Run a command to its end; a `TimeoutError` when it takes longer."""
    process = await start(*words, env=env)
    try:
        out, err = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())
