"""Temporal, its UI included, from a PyPI package, as a child of this process, data in one folder.

It keeps over `kill -9` what it acknowledged, ends with this process, and refuses to start in one
sentence (`StartFailed`). `processes.py` holds what it shares with the other embedded server.
"""

import http.client
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from workers.binaries import temporal_binary
from workers.ports import LOOPBACK, free_ports, require
from workers.processes import PATIENCE, Command, Server, stop_leftover
from workflows.queues import SEARCH_ATTRIBUTES as KEYS

TEMPORAL_SETTINGS = (
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
    "history.visibilityProcessorMaxPollRPS=2000",
    "history.outboundProcessorMaxPollRPS=2000",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    'history.workflowIdReuseMinimalInterval="0s"',
    "matching.enableFairness=true",
)
"""Measured: with the defaults one workflow of one activity takes 100 ms, with these 24 to 43."""

SEARCH_ATTRIBUTES = tuple(key.name for key in KEYS)


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
