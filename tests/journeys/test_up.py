"""`inkloom up` as a user runs it: ready file, first request, Ctrl-C, start again, side by side."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = pytest.mark.timeout(120)


class Up:
    """A running `inkloom up`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        ready = folder.with_suffix(".json")
        ready.unlink(missing_ok=True)
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "up", "--data-dir", str(folder)]
            + ["--ready-file", str(ready), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise AssertionError(f"not ready: {self.stop()[0]}")
            time.sleep(0.02)
        self.seconds = time.monotonic() - began
        self.told: dict[str, Any] = json.loads(ready.read_text())
        self.api = httpx.Client(
            base_url=self.told["api"], headers={"X-Api-Key": self.told["api_key"]}
        )

    def stop(self) -> tuple[str, int]:
        """Ctrl-C; what it printed, and its exit code."""
        self.process.send_signal(signal.SIGINT)
        printed, _ = self.process.communicate(timeout=30)
        return printed, self.process.returncode


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs through all tests of this file but the last."""
    running = Up(tmp_path_factory.mktemp("up") / "one")
    yield running
    if running.process.poll() is None:
        running.stop()


def refused(*options: str) -> str:
    """What `inkloom up` says when it cannot start."""
    run = subprocess.run(
        [sys.executable, "-m", "workers.cli", "up", *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    return run.stderr


def test_a_second_start_in_the_same_folder_is_refused_in_one_sentence(one: Up) -> None:
    assert "already run by another Inkloom" in refused("--data-dir", str(one.folder))


def test_what_dies_is_started_again_after_a_second_start_was_refused(one: Up) -> None:
    refused("--data-dir", str(one.folder))
    serving = psutil.Process(one.told["processes"]["serve"])
    serving.kill()
    serving.wait(10)
    deadline = time.monotonic() + 60
    while True:
        try:
            assert one.api.get("/api/health/").status_code == 200
            break
        except httpx.TransportError:
            assert time.monotonic() < deadline, "it waits for ever"
            time.sleep(0.1)


def test_a_taken_port_is_refused_in_one_sentence(one: Up, tmp_path: Path) -> None:
    port = one.told["api"].rpartition(":")[2]
    said = refused("--port", port, "--data-dir", str(tmp_path / "second"))
    assert f"port {port} is in use; choose another with --port" in said


def test_a_sample_arrives_in_the_inbox_and_nothing_else_here_is_reached(one: Up) -> None:
    inbox, hooks = f"{one.told['api']}/dev/inbox", "/api/v1/webhooks/"
    made = one.api.post(hooks, json={"url": f"{inbox}/first", "events": ["page.viewed"]})
    assert made.status_code == 201, made.text
    elsewhere = inbox.replace("inbox", "mailbox")
    assert one.api.post(hooks, json={"url": elsewhere, "events": ["*"]}).status_code == 400
    asked = one.api.post(f"{hooks}{made.json()['id']}/sample/", json={"event": "qr.scanned"})
    assert asked.status_code == 202, asked.text
    deadline = time.monotonic() + 20
    while not (items := one.api.get(f"{inbox}/first?format=json").json()["items"]):
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.05)
    (item,) = items
    assert (item["event"], item["isSample"], item["isGenuine"]) == ("qr.scanned", True, True)
    assert json.loads(item["body"])["data"] == asked.json()["payload"]


def test_two_run_side_by_side_and_leave_nothing_when_killed(one: Up, tmp_path: Path) -> None:
    two = Up(tmp_path / "two", "--quiet")
    code = {"destination_url": "https://example.com/one", "short_id": "one"}
    assert one.api.post("/api/v1/dynamic/", json=code).status_code == 201
    assert two.api.get("/api/v1/dynamic/one/").status_code == 404
    assert two.api.get("/api/v1/dynamic/", headers=one.api.headers).status_code == 401
    children = psutil.Process(two.process.pid).children(recursive=True)
    assert len(children) >= 5
    two.process.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
    assert two.process.communicate(timeout=5)[0] == ""


def test_ctrl_c_stops_all_of_it_and_the_data_is_there_again(one: Up) -> None:
    assert {"api", "temporal_address", "temporal_ui", "database_url", "api_key", "pid"} <= set(
        one.told
    )
    assert one.told["pid"] == one.process.pid
    code = {"destination_url": "https://example.com/kept", "short_id": "kept"}
    assert one.api.post("/api/v1/dynamic/", json=code).status_code == 201
    children = psutil.Process(one.process.pid).children(recursive=True)
    printed, exit_code = one.stop()
    assert exit_code == 0
    assert one.told["api_key"] in printed
    assert "curl -X POST" in printed
    assert not [child for child in children if child.is_running()]
    again = Up(one.folder)
    assert again.api.get("/api/v1/dynamic/kept/").status_code == 200
    printed, exit_code = again.stop()
    assert exit_code == 0
    assert again.told["api_key"] == one.told["api_key"]
    assert one.told["api_key"] not in printed
