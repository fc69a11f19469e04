"""Servers run as children of this process: their logs, locks, and an end no later than ours.

On Linux the kernel signals a child when its parent is gone (PR_SET_PDEATHSIG, prctl(2)), also after
`kill -9` of the parent. "Parent" there is the thread that forked, so every child is forked by one
daemon thread that lives as long as this process: a server may be started from any thread, even
one that ends. The request is made after the change of user, which would clear it. Elsewhere
children are stopped at a normal exit, and what `kill -9` leaves behind at the next start.
"""

import atexit
import ctypes
import fcntl
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

PATIENCE = 60.0
"""Seconds until a server that is neither ready nor dead counts as failed."""
Steps = tuple[tuple[signal.Signals, float], ...]
"""How to end a process: a signal and the seconds to wait for its effect, gentlest first."""


class StartFailed(Exception):
    """A server did not start. The text is one sentence that says what to do, then the log's end."""

    def __init__(self, what: str, why: str, log_path: Path | None = None, tail: str = "") -> None:
        self.what, self.why, self.log_path, self.tail = what, why, log_path, tail
        text = f"{what} {why}"
        if log_path is not None:
            text += f"\nIts log is {log_path}" + (f", ending:\n{tail}" if tail else "")
        super().__init__(text)


@dataclass(frozen=True)
class Command:
    """A program to run: in `folder`, output appended to `log_path`, as `account` (uid, gid).

    It gets `env` and PATH, HOME and the like, nothing else of this process's environment: that
    holds secrets. It has its own session, so that Ctrl-C in the terminal reaches only us. When this
    process dies the kernel sends it the first signal of `steps`.
    """

    argv: tuple[str, ...]
    folder: Path
    log_path: Path
    steps: Steps
    env: Mapping[str, str]
    account: tuple[int, int] | None = None


class Child:
    """One running `Command`. Raises OSError when it cannot be executed."""

    def __init__(self, command: Command) -> None:
        self._steps = command.steps
        self._log_path = command.log_path
        self._log_start = _size(command.log_path)
        self.process = _starter.run(lambda: _fork(command))

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def said(self, lines: int = 8) -> str:
        """The last lines it wrote to its log."""
        with suppress(OSError), self._log_path.open(errors="replace") as log:
            log.seek(self._log_start)
            return "\n".join(log.read().strip().splitlines()[-lines:])
        return ""

    def stop(self) -> None:
        for step, patience in self._steps:
            if not self.alive:
                return
            self.process.send_signal(step)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)


class Server:
    """A child, its log, and a data folder that only one process uses at a time."""

    def __init__(self, name: str, slug: str, data_dir: Path, steps: Steps) -> None:
        self.name = name
        self.data_dir = data_dir.resolve()
        self.steps = steps
        self.log_path = self.data_dir / "logs" / f"{slug}.log"
        self._child: Child | None = None
        self._lock: TextIO | None = None
        if sys.platform != "linux":
            atexit.register(self.stop)

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int | None:
        """The process id of the running server, else None."""
        return self._child.pid if self._child is not None and self._child.alive else None

    def stop(self) -> None:
        """End the server as `steps` say and let others use the data folder. Stopped is stopped."""
        if self._child is not None:
            self._child.stop()
        self._child = None
        if self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_UN)
            self._lock.close()
        self._lock = None

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Hold the data folder until `stop` or our end; if the block fails, stop and let go.

        An OSError or SubprocessError in the block becomes StartFailed.
        """
        try:
            self._claim()
            yield
        except BaseException as error:
            failure = self.failed(f"could not start ({error}); is {self.data_dir} writable for us?")
            self.stop()
            if isinstance(error, OSError | subprocess.SubprocessError):
                raise failure from error
            raise

    def run(self, command: Command) -> Child:
        self._child = Child(command)
        return self._child

    def failed(self, why: str) -> StartFailed:
        if self._child is None:
            return StartFailed(self.name, why)
        return StartFailed(self.name, why, self.log_path, self._child.said())

    def _claim(self) -> None:
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log_path.parent.mkdir(mode=0o700, exist_ok=True)
        if self._lock is not None:
            return
        lock = (self.data_dir / f"{self.log_path.stem}.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            why = f"is already run by another Inkloom in {self.data_dir}; stop that one"
            raise StartFailed(self.name, f"{why} or choose another data folder") from error
        self._lock = lock


def stop_leftover(pid: int, marker: str, steps: Steps) -> None:
    """End process `pid`, no child of ours, if its command line contains `marker` in whole words."""
    for step, patience in steps:
        deadline = time.monotonic() + patience
        with suppress(ProcessLookupError):
            if is_running(pid, marker):
                os.kill(pid, step)
        while is_running(pid, marker):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)


def is_running(pid: int, marker: str) -> bool:
    """Whether `pid` is alive, no zombie, and has `marker` on its command line in whole words."""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
        line = raw.replace(b"\0", b" ")
    else:
        ps = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
        line = subprocess.run(ps, capture_output=True, check=False).stdout.replace(b"\n", b" ")
    return f" {marker} ".encode() in b" " + line + b" "


class _Starter:
    """The one thread that forks; it never ends. A forked copy of this process gets its own."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._calls: queue.SimpleQueue[tuple[_Fork, Future[subprocess.Popen[bytes]]]]
        self._calls = queue.SimpleQueue()

    def run(self, fork: "_Fork") -> subprocess.Popen[bytes]:
        answer: Future[subprocess.Popen[bytes]] = Future()
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, daemon=True, name="starter")
                self._thread.start()
        self._calls.put((fork, answer))
        return answer.result()

    def _serve(self) -> None:
        while True:
            fork, answer = self._calls.get()
            try:
                answer.set_result(fork())
            except BaseException as error:
                answer.set_exception(error)


_Fork = Callable[[], subprocess.Popen[bytes]]
_starter = _Starter()


def _fork(command: Command) -> subprocess.Popen[bytes]:
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    uid, gid = command.account or (None, None)
    log = os.open(command.log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        return subprocess.Popen(
            command.argv,
            cwd=command.folder,
            env={**env, **command.env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            umask=0o077,
            start_new_session=True,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            preexec_fn=_end_with_parent(command.steps[0][0]),
        )
    finally:
        os.close(log)


def _end_with_parent(farewell: int) -> Callable[[], None] | None:
    """Runs in the child, after the change of user and before exec: only calls that need no lock."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.PyDLL(None).prctl
    set_parent_death_signal = 1

    def ask_kernel() -> None:
        prctl(set_parent_death_signal, ctypes.c_ulong(farewell))
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
