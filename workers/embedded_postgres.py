"""PostgreSQL 18 from a PyPI package, as a child of this process, its data in one folder.

It keeps over `kill -9` what it acknowledged, ends with this process, and refuses to start in one
sentence (`StartFailed`). `processes.py` holds what it shares with the other embedded server.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg

from workers.binaries import Account, let_in, let_read, postgres_binaries, server_account
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

    @property
    def is_made(self) -> bool:
        """Whether there is a data folder already, and so a password."""
        return (self.folder / "PG_VERSION").exists() and self.password_path.exists()

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
