"""The demo holds its promises, also over kill -9 of the worker, and it notices a broken one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from activities.visitors import read_headers, read_visitor
from workers.demo.folder import MARKER, made_anew
from workers.demo.landmarks import Landmark, load_landmarks
from workers.demo.receiver import Message, Receiver
from workers.demo.studio import Code, Delivery
from workers.demo.verdict import Evidence, faults, figures
from workers.demo.visitors import Visit, make_visits
from workers.processes import StartFailed

ROOT = Path(__file__).parents[2]
VISITS = 200
KILLED_AFTER = 30
PATIENCE = 120.0
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextmanager
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`inkloom demo` with 200 visits, as a person starts it; gone afterwards.

    Its worker tells of each message that arrived.
    """
    command = ["-m", "workers.cli", "demo", "--data-dir", str(folder), "--visits", str(VISITS)]
    with (folder.parent / "demo.out").open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "LOG_LEVEL": "debug"},
            stdout=out,
            stderr=out,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def eventually(process: subprocess.Popen[str], found: Callable[[], bool]) -> None:
    """Wait until `found`; fail when the demo ends before."""
    deadline = time.monotonic() + PATIENCE
    while not found():
        assert process.poll() is None, "the demo ended too early"
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.01)


def scans_sent(log: Path) -> int:
    return log.read_text().count('"kind": "qr.scanned"') if log.exists() else 0


def pids(folder: Path) -> dict[str, int]:
    path = folder / "processes.json"
    return json.loads(path.read_text()) if path.exists() else {}


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_a_worker_killed_while_it_delivers_scans_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    log = folder / "logs" / "work.log"
    with demo(folder) as process:
        eventually(process, lambda: scans_sent(log) >= KILLED_AFTER)
        os.kill(pids(folder)["work"], signal.SIGKILL)
        assert process.wait(PATIENCE) == 0, (tmp_path / "demo.out").read_text()
    told = json.loads((folder / "report.json").read_text())
    seen = told["figures"]
    restarts = told["restarts"]
    assert [restart["role"] for restart in restarts] == ["work"]
    assert restarts[0]["events_received"] < seen["events"], "it was killed when all was over"
    assert told["holds"], told["faults"]
    assert (seen["lost"], seen["invalid"], seen["read_back"]) == (0, 0, 60)
    assert seen["visits"] == VISITS == seen["counted"] + seen["bots"] + seen["heads"]
    assert seen["received"] == seen["delivered"] == seen["events"] == 60 + seen["counted"]
    assert seen["refused"] >= 1, "the receiver was never down"
    assert seen["most_copies"] <= 2, "one crash sends a message at most once more"
    assert sum(code["scans"] for code in told["codes"]) == seen["counted"]
    assert all(Path(code["png"]).stat().st_size for code in told["codes"])
    assert b"<svg" in Path(told["codes"][0]["svg"]).read_bytes()[:200]


@pytest.mark.stack
@pytest.mark.timeout(200)
def test_ctrl_c_amid_the_visits_ends_every_process(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo(folder) as process:
        eventually(process, lambda: "Playing visits" in (tmp_path / "demo.out").read_text())
        started = pids(folder)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130, (tmp_path / "demo.out").read_text()
    assert set(started) == {"serve", "work", "relay", "postgresql", "temporal"}
    assert not [name for name, pid in started.items() if exists(pid)]
    assert "Traceback" not in (tmp_path / "demo.out").read_text()


def test_a_folder_with_files_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StartFailed, match="holds files of others"), made_anew(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_of_the_demo_is_emptied_but_for_its_marker(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    with made_anew(tmp_path / "demo") as folder:
        (folder / "postgres").mkdir()
        (folder / "postgres" / "PG_VERSION").touch()
        (folder / "elsewhere").symlink_to(outside)
    with made_anew(folder):
        assert [path.name for path in folder.iterdir()] == [MARKER]
    assert (outside / "kept").exists()


def test_a_folder_in_which_a_demo_runs_is_not_emptied(tmp_path: Path) -> None:
    with made_anew(tmp_path) as folder:
        (folder / "report.json").touch()
        with pytest.raises(StartFailed, match="an Inkloom runs in it"), made_anew(folder):
            pass
        assert (folder / "report.json").exists()


async def test_the_receiver_takes_only_what_is_signed() -> None:
    async with Receiver() as receiver, aiohttp.ClientSession() as session:
        receiver.trust(SECRET)
        for secret, status in ((SECRET, 200), ("whsec_" + "A" * 32, 401), (SECRET, 200)):
            assert await deliver(session, receiver.url, secret) == status
        assert (receiver.invalid, receiver.distinct, receiver.duplicates) == (1, 1, 1)


async def test_a_receiver_that_is_down_answers_503_and_counts_nothing() -> None:
    async with Receiver() as receiver, aiohttp.ClientSession() as session:
        receiver.trust(SECRET)
        receiver.down = True
        assert await deliver(session, receiver.url, SECRET) == 503
        assert (receiver.distinct, receiver.refused) == (0, 1)
        receiver.down = False
        assert await deliver(session, receiver.url, SECRET) == 200
        assert (receiver.distinct, receiver.duplicates) == (1, 0)


async def deliver(session: aiohttp.ClientSession, url: str, secret: str) -> int:
    now = datetime.now(UTC)
    body = json.dumps({"type": "qr.scanned", "timestamp": now.isoformat(), "data": {}})
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", now, body),
    }
    async with session.post(url, data=body, headers=headers) as answer:
        return answer.status


def test_the_same_crowd_comes_every_time() -> None:
    landmarks = load_landmarks()
    crowd = make_visits(1000, landmarks)
    assert crowd == make_visits(1000, landmarks)
    assert 50 <= sum(visit.device == "bot" for visit in crowd) <= 120
    assert 5 <= sum(visit.method == "HEAD" for visit in crowd) <= 50
    assert len({visit.country for visit in crowd}) > 30
    most = Counter(visit.landmark for visit in crowd).most_common(6)
    assert sum(count for _, count in most) > 300, "few landmarks get many visits"


def test_inkloom_sees_the_crowd_as_it_is() -> None:
    for visit in make_visits(1000, load_landmarks()):
        headers = {name.lower(): value for name, value in visit.headers.items()}
        visitor = read_visitor(visit.method, read_headers(headers), country_header_trusted=True)
        seen = (visitor.device, visitor.country, visitor.counts)
        assert seen == (visit.device, visit.country, visit.counts), visit


def test_every_landmark_has_a_file_name_of_its_own() -> None:
    slugs = [landmark.slug for landmark in load_landmarks()]
    assert len(set(slugs)) == 60
    assert {"ile-de-goree", "museu-de-arte-masp", "kolner-dom"} <= set(slugs)


@pytest.fixture
def good() -> Evidence:
    """One code, two scans and a bot; the second scan's event was refused once and came twice."""
    landmark = Landmark("Petra", "Wadi Musa", "JO", 30.3, 35.4, "https://www.visitpetra.jo/")
    visits = [Visit(0, "GET", device, "JO", {}) for device in ("mobile", "desktop", "bot")]
    scans: list[dict[str, Any]] = [
        {"shortCode": "abc", "scanId": f"scn_{device}", "device": device, "country": "JO"}
        for device in ("mobile", "desktop")
    ]
    return Evidence(
        codes=[Code(landmark, "abc", "http://localhost/q/abc")],
        visits=visits,
        wrong_redirects=[],
        misread=[],
        scan_counts=[2],
        messages={
            "evt_1": Message("qr.created", {"shortCode": "abc"}, accepted=1, seconds=0.1),
            "evt_2": Message("qr.scanned", scans[0], accepted=1, seconds=0.2),
            "evt_3": Message("qr.scanned", scans[1], accepted=2, refused=1, seconds=1.2),
        },
        invalid=0,
        deliveries=[Delivery("qr.scanned", "delivered", attempts) for attempts in (1, 1, 2)],
        restarts=[],
    )


def test_a_run_that_holds_has_no_faults(good: Evidence) -> None:
    totals = figures(good)
    assert faults(good) == []
    assert (totals.events, totals.received, totals.lost, totals.duplicates) == (3, 3, 0, 1)
    assert (totals.attempts, totals.retries, totals.refused) == (4, 1, 1)
    assert totals.longest_seconds == 1.2


def test_a_lost_event_is_noticed(good: Evidence) -> None:
    kept = {key: message for key, message in good.messages.items() if key != "evt_2"}
    assert faults(replace(good, messages=kept)) == ["1 qr.scanned events came for 2 scans."]
    assert figures(replace(good, messages=kept)).lost == 1


def test_a_scan_announced_twice_is_noticed(good: Evidence) -> None:
    again = {**good.messages, "evt_4": good.messages["evt_2"]}
    assert "One scan was announced as two events." in faults(replace(good, messages=again))


def test_a_code_announced_twice_is_noticed(good: Evidence) -> None:
    again = {**good.messages, "evt_4": good.messages["evt_1"]}
    found = faults(replace(good, messages=again))
    assert found == ["2 qr.created events about 1 codes came for 1 codes made."]


def test_an_event_about_another_country_is_noticed(good: Evidence) -> None:
    abroad = replace(good.visits[0], country="FR")
    found = faults(replace(good, visits=[abroad, *good.visits[1:]]))
    assert found == [
        "The qr.scanned events tell of other codes, devices or countries than visited."
    ]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"invalid": 1}, "1 deliveries had an invalid signature."),
        ({"scan_counts": [3]}, "Petra was scanned 2 times and counts 3."),
        ({"wrong_redirects": ["GET /q/abc answered 404 to None"]}, "1 visits were sent elsewhere"),
        ({"deliveries": []}, "The deliveries log has 0 lines for 3 events."),
        (
            {"deliveries": [Delivery("qr.scanned", "failed", 9)] * 3},
            "3 deliveries are not delivered.",
        ),
    ],
)
def test_each_broken_promise_is_named(good: Evidence, wrong: dict[str, Any], sentence: str) -> None:
    found = faults(replace(good, **wrong))
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_a_picture_that_does_not_read_back_is_named(good: Evidence) -> None:
    found = faults(replace(good, misread=good.codes))
    assert found == ["1 pictures do not read back as their address, such as Petra."]
