"""A process of its own that keeps asking who is behind a key, as an API process does.

Reads the key from its input; prints `ok` or the refusal's code with the time of asking, every 10
ms, until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
import time

from activities.keys import AuthenticateKey, authenticate_key
from activities.rules.errors import DomainError
from schema.settings import Settings
from workers.bootstrap import gateways


async def keep_asking(secret: str) -> None:
    async with gateways(Settings()):
        while True:
            asked_at = time.time()
            try:
                await authenticate_key(AuthenticateKey("studio", secret))
            except DomainError as refusal:
                print(refusal.code, asked_at, flush=True)
            else:
                print("ok", asked_at, flush=True)
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(keep_asking(sys.stdin.readline().strip()))
