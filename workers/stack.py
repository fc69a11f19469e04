"""A whole Inkloom on one machine: database, Temporal, API, worker and relay as child processes.

`DATABASE_URL` or `TEMPORAL_ADDRESS` in the settings replace the embedded ones. Used by `inkloom
up`, by the demo and by the tests.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from schema.settings import Settings
from workers.embedded_postgres import EmbeddedPostgres
from workers.embedded_temporal import EmbeddedTemporal
from workers.graceful import GRACE_SECONDS
from workers.ports import free_ports, require
from workers.processes import Child, Command, StartFailed

ROLES = ("serve", "work", "relay")
STEPS = ((signal.SIGTERM, GRACE_SECONDS + 2.0), (signal.SIGKILL, 2.0))
READY_SECONDS = 30.0
STEADY_SECONDS = 10.0
"""A role that lived longer is not one that keeps dying."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """What whoever starts a stack decides; ports that are None are chosen free."""

    data_dir: Path
    port: int | None = None
    temporal_port: int | None = None
    temporal_ui_port: int | None = None
    postgres_port: int | None = None
    headless: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """Starts everything, answers the addresses, restarts a role that died, stops everything."""

    def __init__(self, wishes: Wishes, settings: Settings) -> None:
        self.data_dir = wishes.data_dir.resolve()
        self.port = wishes.port or free_ports(1)[0]
        self._wishes = wishes
        self._settings = settings
        self._postgres: EmbeddedPostgres | None = None
        self._temporal: EmbeddedTemporal | None = None
        if not settings.database_url.get_secret_value():
            self._postgres = EmbeddedPostgres(self.data_dir, wishes.postgres_port)
        if not settings.temporal_address:
            self._temporal = EmbeddedTemporal(
                self.data_dir,
                wishes.temporal_port,
                wishes.temporal_ui_port,
                headless=wishes.headless,
            )
        # Of this process alone: who starts in the same folder by mistake must not close it.
        self._gate = self.data_dir / f"tables.{os.getpid()}.ready"
        self.children: dict[str, Child] = {}
        self._started: dict[str, float] = {}
        self._pause: dict[str, float] = {}
        self._not_before: dict[str, float] = {}

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def public_url(self) -> str:
        """What codes carry: the address set, or this machine's."""
        if "public_url" in self._settings.model_fields_set:
            return self._settings.public_url
        return f"http://localhost:{self.port}"

    @property
    def database_url(self) -> str:
        if self._postgres is not None:
            return self._postgres.url
        return self._settings.database_url.get_secret_value()

    @property
    def temporal_address(self) -> str:
        return self._temporal.address if self._temporal else self._settings.temporal_address

    @property
    def temporal_ui(self) -> str | None:
        return self._temporal.ui if self._temporal else None

    @property
    def settings(self) -> Settings:
        """The settings that the child processes run with."""
        return Settings(**{name.lower(): value for name, value in self._env().items()})  # type: ignore[arg-type]

    def start(self, say: Say) -> None:
        """Start everything; `say` hears each step. Raises `StartFailed` after stopping again."""
        self.begin(say)
        self.wait_until_ready()

    def begin(self, say: Say) -> None:
        """Start everything, up to the tables: operations can be used, and roles are on their way.

        Roles read their modules while the servers start, which takes them longer than anything
        else, and begin when `self._gate` says that the tables are made.
        """
        with self._stopping_on_failure():
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
            require(self.port, "--port")
            self._gate.unlink(missing_ok=True)
            is_address_known = self._postgres is None or self._postgres.is_made
            if is_address_known:
                self._start_roles()
            self.start_servers(say)
            if not is_address_known:
                self._start_roles()
            say("Preparing the tables")
            from schema.migrate import upgrade

            upgrade(self.database_url, say=say)
            say("Starting API, worker and relay")
            self._gate.touch()

    def wait_until_ready(self) -> None:
        """Return when the API answers. Raises `StartFailed` after stopping everything."""
        with self._stopping_on_failure():
            self._wait_until_ready()

    @contextmanager
    def _stopping_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def start_servers(self, say: Say) -> None:
        """PostgreSQL and Temporal, side by side, where they are embedded."""
        servers = [server for server in (self._postgres, self._temporal) if server is not None]
        if servers:
            say(f"Starting {' and '.join(server.name for server in servers)}")
            with ThreadPoolExecutor(len(servers)) as pool:
                for started in [pool.submit(server.start) for server in servers]:
                    started.result()

    def _start_roles(self) -> None:
        for role in ROLES:
            self.start_role(role)

    def start_role(self, role: str) -> None:
        """Start `serve`, `work` or `relay`, in place of one that is gone."""
        self._started[role] = time.monotonic()
        self.children[role] = Child(
            Command(
                argv=(sys.executable, "-m", "workers.cli", role, "--after", str(self._gate)),
                folder=Path(__file__).parents[1],
                log_path=self.data_dir / "logs" / f"{role}.log",
                steps=STEPS,
                env=self._env() | self._own_metrics_port(role),
            )
        )

    def restart_dead(self) -> list[str]:
        """Start again the roles that have died; their names.

        A role that keeps dying is started again after 1, 2, 4 ... at most 30 s.
        """
        now = time.monotonic()
        dead = [role for role, child in self.children.items() if not child.alive]
        due = [role for role in dead if now >= self._not_before.get(role, 0.0)]
        for role in due:
            began = self._started.get(role, 0.0)
            quick = now - began < STEADY_SECONDS
            self._pause[role] = min(30.0, self._pause.get(role, 0.5) * 2) if quick else 1.0
            self._not_before[role] = now + self._pause[role]
            self.start_role(role)
        return due

    def dead_server(self) -> str | None:
        """The name of an embedded server that has died, if one has."""
        for server in (self._postgres, self._temporal):
            if server is not None and not server.alive:
                return server.name
        return None

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        found = {role: child.pid for role, child in self.children.items()}
        for server in (self._postgres, self._temporal):
            if server is not None and server.pid is not None:
                found[server.name.lower()] = server.pid
        return found

    def stop(self) -> None:
        """End the roles gracefully and side by side, then Temporal, then PostgreSQL."""
        children = list(self.children.values())
        if children:
            with ThreadPoolExecutor(len(children)) as pool:
                list(pool.map(Child.stop, children))
        self.children.clear()
        self._gate.unlink(missing_ok=True)
        for server in (self._temporal, self._postgres):
            if server is not None:
                server.stop()

    def secret_key(self) -> str:
        """The key set, or one made at the first start and kept in the data folder."""
        set_key = self._settings.secret_key.get_secret_value()
        if set_key:
            return set_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            fresh = base64.b64encode(secrets.token_bytes(32)).decode()
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w") as file:
                file.write(fresh)
        return path.read_text().strip()

    def _own_metrics_port(self, role: str) -> dict[str, str]:
        """The worker has METRICS_PORT, the relay the port after it: one machine, two processes."""
        port = self._settings.metrics_port
        return {"METRICS_PORT": str(port + 1)} if port and role == "relay" else {}

    def _env(self) -> dict[str, str]:
        inherited = {
            name.upper(): os.environ[name.upper()]
            for name in Settings.model_fields
            if name.upper() in os.environ
        }
        given = {**inherited, **self._wishes.env}
        developing = given.get("ENVIRONMENT", "development") == "development"
        return {
            **({"DEV_INBOX": "true"} if developing else {}),
            **given,
            "DATABASE_URL": self.database_url,
            "TEMPORAL_ADDRESS": self.temporal_address,
            "SECRET_KEY": self.secret_key(),
            "PUBLIC_URL": self.public_url,
            "PORT": str(self.port),
            "SPOOL_DIR": str(self.data_dir.absolute() / "spool"),
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _answers(f"{self.api}/api/status/"):
            for role, child in self.children.items():
                if not child.alive:
                    log = self.data_dir / "logs" / f"{role}.log"
                    raise StartFailed(f"inkloom {role}", "ended at once", log, child.said())
            if time.monotonic() > deadline:
                log = self.data_dir / "logs" / "serve.log"
                raise StartFailed("The API", f"was not ready in {READY_SECONDS:.0f} s", log)
            time.sleep(0.03)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 (our own address)
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
