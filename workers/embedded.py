"""PostgreSQL 18 and Temporal from PyPI packages, as children of this process, data in one folder.

Both may be started in parallel threads, keep over `kill -9` what they acknowledged, end with this
process, and refuse to start in one sentence (`StartFailed`). `processes.py` holds what they share.
"""

import http.client
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg

from workers.binaries import (
    Account,
    let_in,
    let_read,
    postgres_binaries,
    server_account,
    temporal_binary,
)
from workers.ports import LOOPBACK, free_ports, require
from workers.processes import PATIENCE, Command, Server, stop_leftover

POSTGRES_SETTINGS = (
    f"listen_addresses={LOOPBACK}",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_buffers=128MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "log_min_messages=warning",
    "log_checkpoints=off",
    # The text and the details of a failed statement can hold personal data.
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)

TEMPORAL_SETTINGS = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    "history.visibilityProcessorMaxPollRPS=2000",
    "history.outboundProcessorMaxPollRPS=2000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    'history.workflowIdReuseMinimalInterval="0s"',
)
"""Measured: with the defaults one workflow of one activity takes 100 ms, with these 24 to 43."""

SEARCH_ATTRIBUTES = ("InkOrg", "InkAsset", "InkEvent", "InkCampaign")


class EmbeddedPostgres(Server):
    """PostgreSQL 18 in `data_dir/postgres`, on TCP 127.0.0.1 only (a socket path holds 107 bytes).

    Superuser `postgres`, password in `data_dir/postgres.password`, database `inkloom` in UTF-8.
    Started by root it runs as the owner of its data, at first the system user `pgserver`; folders
    above the data and the binaries then become traversable (o+x), no more.
    """

    def __init__(
        self, data_dir: Path, port: int | None = None, *, port_option: str = "--postgres-port"
    ) -> None:
        steps = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
        super().__init__("PostgreSQL", "postgres", data_dir, steps)
        self.folder = self.data_dir / "postgres"
        self.password_path = self.data_dir / "postgres.password"
        self.port = free_ports(1)[0] if port is None else port
        self._port_option = port_option

    @property
    def url(self) -> str:
        """Raises OSError before the first start: the password is made there."""
        password = self.password_path.read_text()
        return f"postgresql://postgres:{password}@{LOOPBACK}:{self.port}/inkloom"

    def start(self) -> str:
        """Return the database URL once the server takes connections. Raises StartFailed."""
        if not self.alive:
            with self.starting():
                binaries = postgres_binaries()
                account = server_account(self.folder)
                if account is not None:
                    let_in(account, self.data_dir)
                    let_in(account, binaries)
                    let_read(binaries.parent)
                self._disown()
                require(self.port, self._port_option)
                if not (self.folder / "PG_VERSION").exists():
                    self._make_cluster(binaries, account)
                self._serve(binaries, account)
                self._make_database()
        return self.url

    def _make_cluster(self, binaries: Path, account: Account | None) -> None:
        """initdb beside the final place, then one rename: a crash in between leaves no half."""
        for half in self.data_dir.glob("postgres.new-*"):
            shutil.rmtree(half, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.data_dir))
        self.password_path.unlink(missing_ok=True)
        descriptor = os.open(self.password_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
        if account is not None:
            os.chown(new, *account)
            os.chown(self.password_path, *account)
        options = (
            *("--no-sync", "--no-instructions", "-U", "postgres", "-D", str(new)),
            *("--auth=scram-sha-256", f"--pwfile={self.password_path}"),
            *("--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
        child = self.run(self._command((str(binaries / "initdb"), *options), account))
        try:
            code = child.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            raise self.failed(f"could not make its data folder {self.folder} (initdb: {code})")
        new.rename(self.folder)

    def _command(self, argv: tuple[str, ...], account: Account | None) -> Command:
        # TZ spares initdb the search for the name of the local zone.
        return Command(argv, self.data_dir, self.log_path, self.steps, {"TZ": "UTC"}, account)

    def _disown(self) -> None:
        """Stop a server left in our folder, and let its postmaster.pid be taken over.

        PostgreSQL refuses to start while the pid in there is alive, whoever has that number now (a
        zombie, or anything in a small container). It ignores its own parent's: ours. Its other
        check, of shared memory still in use, stays in force.
        """
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return
        pid, *rest = pid_file.read_text().splitlines() or [""]
        pid = pid.removeprefix("-")  # a single-user server writes it so
        if not pid.isdigit():
            pid_file.unlink()
            return
        stop_leftover(int(pid), f"-D {self.folder}", self.steps)
        if pid_file.exists():
            pid_file.write_text("\n".join([str(os.getpid()), *rest, ""]))

    def _serve(self, binaries: Path, account: Account | None) -> None:
        settings = [w for s in (f"port={self.port}", *POSTGRES_SETTINGS) for w in ("-c", s)]
        argv = (str(binaries / "postgres"), "-D", str(self.folder), *settings)
        deadline = time.monotonic() + PATIENCE
        child = self.run(self._command(argv, account))
        while not self._ready(child.pid):
            if not child.alive:
                # Backends outlive a killed postmaster for a moment and hold its shared memory.
                if "is still in use" not in child.said() or time.monotonic() > deadline:
                    raise self.failed(f"did not start in {self.folder}")
                child = self.run(self._command(argv, account))
            if time.monotonic() > deadline:
                raise self.failed(f"was not ready after {PATIENCE:.0f} s; start it again")
            time.sleep(0.01)

    def _ready(self, pid: int) -> bool:
        """Line 8 of postmaster.pid says so; asking by connecting would fill the log with FATAL."""
        with suppress(OSError):
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"
        return False

    def _make_database(self) -> None:
        try:
            with psycopg.connect(
                self.url, dbname="postgres", autocommit=True, sslmode="disable", connect_timeout=10
            ) as connection:
                known = "SELECT FROM pg_database WHERE datname = 'inkloom'"
                if connection.execute(known).fetchone() is None:
                    connection.execute("CREATE DATABASE inkloom")
        except (psycopg.Error, FileNotFoundError) as error:
            why = f"does not take the password in {self.password_path}; put the right one back"
            raise self.failed(f"{why} ({error})") from error


class EmbeddedTemporal(Server):
    """The Temporal dev server, all state in `data_dir/temporal.db`, listening on 127.0.0.1 only.

    Ports that are not given are free ones, kept for the life of this object.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        ui_port: int | None = None,
        http_port: int | None = None,
        metrics_port: int | None = None,
        *,
        headless: bool = False,
    ) -> None:
        steps = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
        super().__init__("Temporal", "temporal", data_dir, steps)
        free = free_ports(4)
        self.port, self.ui_port = port or free[0], ui_port or free[1]
        self.http_port, self.metrics_port = http_port or free[2], metrics_port or free[3]
        self.headless = headless
        self._pid_path = self.data_dir / "temporal.pid"
        self._unready_path = self.data_dir / "temporal.unready"

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui(self) -> str | None:
        return None if self.headless else f"http://{LOOPBACK}:{self.ui_port}"

    def start(self) -> None:
        """Return once workflows can be started and found. Raises StartFailed."""
        if self.alive:
            return
        with self.starting():
            binary = temporal_binary()
            self._stop_leftover()
            self._drop_half_made()
            self._require_ports()
            argv = (str(binary), "server", "start-dev", *self._options())
            env = {"GOGC": "400"}
            child = self.run(Command(argv, self.data_dir, self.log_path, self.steps, env))
            self._pid_path.write_text(f"{child.pid} start-dev --port {self.port}")
            self._wait(binary)
            self._unready_path.unlink(missing_ok=True)

    def _stop_leftover(self) -> None:
        with suppress(FileNotFoundError, ValueError):
            pid, marker = self._pid_path.read_text().split(" ", 1)
            stop_leftover(int(pid), marker, self.steps)

    def _drop_half_made(self) -> None:
        """A first start killed midway leaves no workflow, and tables that refuse the next start."""
        if self._unready_path.exists():
            for half in self.data_dir.glob("temporal.db*"):
                half.unlink()
        elif not (self.data_dir / "temporal.db").exists():
            self._unready_path.touch()

    def _require_ports(self) -> None:
        require(self.port, "--temporal-port")
        require(self.http_port, "--temporal-http-port")
        require(self.metrics_port, "--temporal-metrics-port")
        if not self.headless:
            require(self.ui_port, "--temporal-ui-port")

    def _options(self) -> list[str]:
        ui = ("--ui-port", str(self.ui_port), "--ui-ip", LOOPBACK, "--ui-disable-news-fetch")
        return [
            *("--port", str(self.port), "--ip", LOOPBACK),
            *("--http-port", str(self.http_port), "--metrics-port", str(self.metrics_port)),
            *(("--headless",) if self.headless else ui),
            # Relative: the server reads the name as a URI, and ? or % in a folder would mislead it.
            *("--db-filename", "temporal.db", "--log-level", "warn"),
            *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"),
            *(w for setting in TEMPORAL_SETTINGS for w in ("--dynamic-config-value", setting)),
            *(w for name in SEARCH_ATTRIBUTES for w in ("--search-attribute", f"{name}=Keyword")),
            *("--disable-config-env", "--disable-config-file"),
        ]

    def _wait(self, binary: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while (status := self._answer()) != 200:
            if not self.alive:
                raise self.failed("did not start")
            if time.monotonic() > deadline:
                raise self.failed(f"was not ready after {PATIENCE:.0f} s; start it again")
            if status == 400:
                self._add_search_attributes(binary)
            time.sleep(0.02)

    def _answer(self) -> int | None:
        """HTTP status of a search by our attributes: proves the namespace, search and frontend."""
        query = quote(" OR ".join(f"{name} = '-'" for name in SEARCH_ATTRIBUTES))
        connection = http.client.HTTPConnection(LOOPBACK, self.http_port, timeout=5)
        try:
            connection.request("GET", f"/api/v1/namespaces/default/workflows?query={query}")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _add_search_attributes(self, binary: Path) -> None:
        """start-dev registers them in a new database only; adding known ones again is harmless."""
        names = [w for name in SEARCH_ATTRIBUTES for w in ("--name", name, "--type", "Keyword")]
        argv = [str(binary), "operator", "search-attribute", "create", "--address", self.address]
        argv += [*names, "--disable-config-env", "--disable-config-file"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if done.returncode != 0:
            raise self.failed(f"did not take its search attributes ({done.stderr.strip()})")
