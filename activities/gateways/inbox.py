"""The inbox of a machine under development: the last requests that came in, as files in a folder.

Several processes of one machine share the folder. It exists where `inkloom up` asked for it, and
webhooks to it are the only ones that reach this machine without a setting that lets all of them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from activities.gateways.dns import Resolver
from activities.gateways.receivers import Outcome, OutgoingRequest, Receivers
from activities.rules.inboxes import own_inbox

MOST = 200
SUFFIX = ".request"


class Inbox:
    """The last `MOST` requests. Its methods block: call them in a thread."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port

    def keep(self, at: datetime, told: Mapping[str, Any]) -> None:
        """Keep what can be written as JSON; the oldest make room. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{int(at.timestamp() * 1_000_000):020d}-{uuid4().hex}"
        draft = self._folder / f"{name}.new"
        draft.write_text(json.dumps(told), "utf-8")
        draft.rename(self._folder / f"{name}{SUFFIX}")
        for path in self._newest_first()[MOST:]:
            path.unlink(missing_ok=True)

    def newest(self, most: int) -> list[dict[str, Any]]:
        """What was kept, the newest first."""
        found = []
        for path in self._newest_first()[:most]:
            # Another process may just have made room.
            with contextlib.suppress(FileNotFoundError):
                found.append(json.loads(path.read_text("utf-8")))
        return found

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"), reverse=True)


class InboxReceivers(Receivers):
    """Receivers on the public internet, and the inbox of this machine on `port`."""

    def __init__(
        self, resolver: Resolver, *, port: int, allow_private: bool, allow_http: bool
    ) -> None:
        super().__init__(resolver, allow_private=allow_private, allow_http=allow_http)
        self._here = Receivers(resolver, allow_private=True, allow_http=True)
        self._port = port

    async def send(self, request: OutgoingRequest) -> Outcome:
        """As of any receivers. What is for the inbox goes to 127.0.0.1 and nowhere else."""
        own = own_inbox(request.url, self._port)
        if own is None:
            return await super().send(request)
        return await self._here.send(replace(request, url=own))

    async def close(self) -> None:
        """Close all connections."""
        await super().close()
        await self._here.close()
