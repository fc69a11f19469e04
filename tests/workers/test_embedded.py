"""The embedded servers, for real: every test starts PostgreSQL or Temporal in its own folder."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from workers.binaries import let_read, postgres_binaries, temporal_binary
from workers.embedded_postgres import EmbeddedPostgres
from workers.embedded_temporal import SEARCH_ATTRIBUTES, EmbeddedTemporal
from workers.ports import LOOPBACK, free_ports, require
from workers.processes import Server, StartFailed, is_running

pytestmark = pytest.mark.stack
linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc, or needs prctl")

PARENT = """
import sys, threading, time
from pathlib import Path
from workers.embedded_postgres import EmbeddedPostgres
from workers.embedded_temporal import EmbeddedTemporal
kind = {"postgres": EmbeddedPostgres, "temporal": EmbeddedTemporal}[sys.argv[1]]
server = kind(Path(sys.argv[2]))
thread = threading.Thread(target=server.start)
thread.start()
thread.join()
time.sleep(0.3)
print(server.pid, flush=True)
time.sleep(60)
"""

Ended = Callable[[Server], None]


@pytest.fixture
def ended() -> Iterator[Ended]:
    """Ends what it is given when the test is over. Temporal is killed: stopping takes 1.2 s."""
    servers: list[Server] = []
    yield servers.append
    for server in servers:
        if isinstance(server, EmbeddedTemporal) and server.pid is not None:
            os.kill(server.pid, signal.SIGKILL)
        server.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path_factory.mktemp("shared"))
    yield server
    server.stop()


@pytest.fixture
def postgres(shared: EmbeddedPostgres) -> EmbeddedPostgres:
    """One running server, with no rows, for the tests that leave it whole."""
    shared.start()
    with psycopg.connect(shared.url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
    return shared


@pytest.fixture
def spoiled(tmp_path: Path, ended: Ended) -> EmbeddedPostgres:
    """A stopped one for the tests that break it."""
    server = EmbeddedPostgres(tmp_path)
    ended(server)
    server.start()
    server.stop()
    return server


def write(url: str, row: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (row text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [row])


def rows(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row for (row,) in connection.execute("SELECT row FROM kept ORDER BY row")]


async def start_workflow(server: EmbeddedTemporal, name: str) -> None:
    """One that nobody works on; with every search attribute of ours."""
    client = await Client.connect(server.address)
    pairs = [
        SearchAttributePair(SearchAttributeKey.for_keyword(key), name) for key in SEARCH_ATTRIBUTES
    ]
    found = TypedSearchAttributes(pairs)
    await client.start_workflow("Nobody", id=name, task_queue="none", search_attributes=found)


async def described(server: EmbeddedTemporal, name: str) -> str | None:
    client = await Client.connect(server.address)
    return (await client.get_workflow_handle(name).describe()).typed_search_attributes.get(
        SearchAttributeKey.for_keyword("InkCampaign")
    )


def living_in(folder: Path) -> list[str]:
    """Processes whose working directory is `folder`: the servers work in theirs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append(process.name)
        except OSError:
            continue
    return found


def within(seconds: float, fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not fact() and time.monotonic() < deadline:
        time.sleep(0.02)
    return fact()


def as_owner(folder: Path, argv: list[str]) -> "subprocess.Popen[bytes]":
    """Run a program as the user that `folder` belongs to."""
    uid, gid = folder.stat().st_uid, folder.stat().st_gid
    if os.geteuid() != 0:
        return subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    return subprocess.Popen(
        argv, stderr=subprocess.DEVNULL, cwd="/", user=uid, group=gid, extra_groups=[]
    )


def test_postgres_keeps_its_rows_and_password_over_a_restart(postgres: EmbeddedPostgres) -> None:
    url = postgres.url
    write(url, "before")
    postgres.stop()
    assert postgres.pid is None

    assert postgres.start() == url
    assert rows(url) == ["before"]
    assert postgres.password_path.stat().st_mode & 0o777 == 0o600


def test_postgres_is_utf8_durable_and_on_loopback_only(postgres: EmbeddedPostgres) -> None:
    wanted = {
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "max_connections": "100",
        "TimeZone": "UTC",
    }
    with psycopg.connect(postgres.url) as connection:
        settings = {
            name: (connection.execute("SELECT current_setting(%s)", [name]).fetchone() or ("",))[0]
            for name in wanted
        }
        lowered = connection.execute("SELECT lower('ÄÉ')").fetchone()
    assert settings == wanted
    assert lowered == ("äé",)


def test_postgres_asks_for_the_password(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url, password="guess")


def test_postgres_killed_by_9_keeps_what_was_committed(postgres: EmbeddedPostgres) -> None:
    write(postgres.url, "committed")
    pid = postgres.pid
    assert pid is not None
    with suppress(psycopg.OperationalError), psycopg.connect(postgres.url) as busy:
        busy.execute("INSERT INTO kept VALUES ('open transaction')")
        backend = busy.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # outlives the server, holding its shared memory
        os.kill(pid, signal.SIGKILL)
        assert within(5, lambda: not postgres.alive)
        threading.Timer(0.3, os.kill, (backend, signal.SIGCONT)).start()
        postgres.start()

    assert rows(postgres.url) == ["committed"]
    assert postgres.pid != pid


def test_a_server_left_in_the_same_folder_is_stopped_first(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    argv = [str(postgres_binaries() / "postgres"), "-D", str(postgres.folder)]
    argv += ["-c", f"port={postgres.port}", "-c", "unix_socket_directories="]
    with as_owner(postgres.folder, argv) as leftover:
        assert within(5, lambda: (postgres.folder / "postmaster.pid").exists())
        assert is_running(leftover.pid, f"-D {postgres.folder}")

        write(postgres.start(), "after")
        assert leftover.wait(5) == 0


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(postgres: EmbeddedPostgres) -> None:
    pid_file = postgres.folder / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.stop()
    with as_owner(postgres.folder, ["sleep", "60"]) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        postgres.start()
        assert stranger.poll() is None
        stranger.kill()


def test_an_empty_pid_file_is_no_obstacle(postgres: EmbeddedPostgres) -> None:
    postgres.stop()
    (postgres.folder / "postmaster.pid").touch()
    postgres.start()
    assert postgres.alive


def test_a_missing_password_file_is_refused_by_name(spoiled: EmbeddedPostgres) -> None:
    spoiled.password_path.unlink()
    with pytest.raises(StartFailed, match=r"postgres\.password; put the right one back"):
        spoiled.start()
    assert not spoiled.alive


def test_a_failed_start_shows_the_end_of_the_log(spoiled: EmbeddedPostgres) -> None:
    with (spoiled.folder / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(StartFailed, match='"no_such_setting"') as refusal:
        spoiled.start()
    assert refusal.value.log_path == spoiled.log_path
    assert str(spoiled.log_path) in str(refusal.value)


def test_a_folder_in_use_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(StartFailed, match="stop that one or choose another data folder"):
        EmbeddedPostgres(postgres.data_dir).start()
    assert postgres.alive


@linux
def test_servers_get_no_secret_of_ours_and_no_ctrl_c(postgres: EmbeddedPostgres) -> None:
    assert "PYTEST_CURRENT_TEST" in os.environ
    pid = postgres.pid
    assert pid is not None
    assert b"PYTEST_CURRENT_TEST" not in Path(f"/proc/{pid}/environ").read_bytes()
    assert os.getsid(pid) == pid


@linux
@pytest.mark.parametrize("kind", ["postgres", "temporal"])
def test_a_parent_killed_by_9_leaves_no_server_behind(tmp_path: Path, kind: str) -> None:
    here = Path(__file__).parents[2]
    argv = [sys.executable, "-c", PARENT, kind, str(tmp_path)]
    folder = tmp_path / "postgres" if kind == "postgres" else tmp_path
    with subprocess.Popen(argv, cwd=here, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = parent.stdout.readline().strip()
        assert pid in living_in(folder)
        parent.kill()
    try:
        assert within(5, lambda: not living_in(folder))
    finally:
        for left in living_in(folder):
            os.kill(int(left), signal.SIGKILL)


async def test_temporal_keeps_workflows_over_a_restart_and_kill_9(
    tmp_path: Path, ended: Ended
) -> None:
    server = EmbeddedTemporal(tmp_path)
    ended(server)
    await asyncio.to_thread(server.start)
    await start_workflow(server, "first")
    await asyncio.to_thread(server.stop)
    assert server.pid is None

    await asyncio.to_thread(server.start)
    await start_workflow(server, "second")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)

    await asyncio.to_thread(within, 5, lambda: not server.alive)
    await asyncio.to_thread(server.start)
    assert await described(server, "first") == "first"
    assert await described(server, "second") == "second"


async def test_an_older_temporal_database_gets_its_search_attributes(
    tmp_path: Path, ended: Ended
) -> None:
    ports = [str(port) for port in free_ports(3)]
    argv = [str(temporal_binary()), "server", "start-dev", "--headless", "--port", ports[0]]
    argv += ["--http-port", ports[1], "--metrics-port", ports[2], "--db-filename", "temporal.db"]
    with subprocess.Popen(argv, cwd=tmp_path, stdout=subprocess.DEVNULL) as older:
        while True:
            try:
                await Client.connect(f"{LOOPBACK}:{ports[0]}")
                break
            except RuntimeError:
                await asyncio.sleep(0.05)
        older.kill()

    server = EmbeddedTemporal(tmp_path, headless=True)
    ended(server)
    await asyncio.to_thread(server.start)
    await start_workflow(server, "found")
    assert await described(server, "found") == "found"
    assert server.ui is None


def test_a_first_start_of_temporal_killed_midway_begins_anew(tmp_path: Path, ended: Ended) -> None:
    (tmp_path / "temporal.unready").touch()
    (tmp_path / "temporal.db").write_bytes(b"half")
    server = EmbeddedTemporal(tmp_path)
    ended(server)
    server.start()
    assert not (tmp_path / "temporal.unready").exists()


def test_a_broken_temporal_database_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "temporal.db").write_bytes(b"not a database, but perhaps wanted" * 99)
    with pytest.raises(StartFailed, match=r"(?s)Temporal did not start.*not a database"):
        EmbeddedTemporal(tmp_path).start()
    assert (tmp_path / "temporal.db").stat().st_size == 34 * 99


async def test_two_of_each_run_side_by_side_in_deep_odd_folders(
    tmp_path: Path, ended: Ended
) -> None:
    deep = tmp_path / ("a folder with 100% odd #names? é " * 5) / "x"
    assert len(os.fsencode(deep)) > 120
    databases = [EmbeddedPostgres(tmp_path / "one"), EmbeddedPostgres(deep)]
    temporals = [EmbeddedTemporal(tmp_path / "one"), EmbeddedTemporal(deep)]
    servers: list[EmbeddedPostgres | EmbeddedTemporal] = [*databases, *temporals]
    for server in servers:
        ended(server)
    await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))

    for number, database in enumerate(databases):
        write(database.url, f"of {number}")
    assert [rows(database.url) for database in databases] == [["of 0"], ["of 1"]]
    for temporal in temporals:
        await start_workflow(temporal, temporal.address)
        assert (temporal.data_dir / "temporal.db").exists()
    assert len({server.pid for server in servers} - {None}) == 4


def test_a_taken_port_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port: int = taken.getsockname()[1]
        asked: dict[str, EmbeddedPostgres | EmbeddedTemporal] = {
            "--postgres-port": EmbeddedPostgres(tmp_path, port),
            "--temporal-port": EmbeddedTemporal(tmp_path, port),
            "--temporal-ui-port": EmbeddedTemporal(tmp_path, ui_port=port),
        }
        for option, server in asked.items():
            with pytest.raises(StartFailed) as refusal:
                server.start()
            assert str(refusal.value) == f"port {port} is in use; choose another with {option}"
            assert server.pid is None


def test_an_impossible_port_is_refused_in_a_sentence() -> None:
    with pytest.raises(StartFailed, match=r"port 70000 cannot be .* choose another with --port"):
        require(70000, "--port")


def test_free_ports_are_distinct_and_free() -> None:
    ports = free_ports(200)
    assert len(set(ports)) == 200
    for port in ports[:50]:
        require(port, "--port")


def test_binaries_installed_with_a_strict_umask_become_usable_for_all(tmp_path: Path) -> None:
    program, text = tmp_path / "bin" / "postgres", tmp_path / "share" / "deep" / "postgres.bki"
    for path, mode in ((program, 0o700), (text, 0o600)):
        path.parent.mkdir(parents=True)
        path.touch()
        path.chmod(mode)
        path.parent.chmod(0o700)
    let_read(tmp_path)
    modes = [path.stat().st_mode & 0o777 for path in (program, text, text.parent)]
    assert modes == [0o705, 0o604, 0o705]
