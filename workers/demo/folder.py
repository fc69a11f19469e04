"""The demo's own folder: emptied before each run, and never one that is somebody else's."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workers.processes import StartFailed

MARKER = ".inkloom-demo"
_SAYS = "Made by `inkloom demo`, which empties this folder whenever it runs here again.\n"


@contextmanager
def made_anew(folder: Path) -> Iterator[Path]:
    """The folder, empty but for our marker, and held so that no second demo empties it meanwhile.

    Raises `StartFailed`, with nothing deleted, when it holds files and no marker of ours, when an
    Inkloom runs in it, or when it cannot be written.
    """
    folder = folder.resolve()
    with ExitStack() as held:
        try:
            _must_be_ours(folder)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            marker = folder / MARKER
            _hold(held, marker)
            with ExitStack() as servers:
                for lock in folder.glob("*.lock"):
                    _hold(servers, lock)
            marker.write_text(_SAYS)
            _empty(folder, keep=marker)
        except OSError as fault:
            raise StartFailed("The demo", f"cannot use {folder} ({fault.strerror})") from fault
        yield folder


def _must_be_ours(folder: Path) -> None:
    if not folder.exists() or (folder / MARKER).is_file():
        return
    if not folder.is_dir():
        raise StartFailed("The demo", f"needs a folder and {folder} is none")
    if any(folder.iterdir()):
        raise StartFailed(
            "The demo",
            f"empties its folder, and {folder} holds files of others; "
            "choose a new one with --data-dir",
        )


def _hold(held: ExitStack, path: Path) -> None:
    """Lock a file until `held` is left; whoever runs here holds one of them."""
    file = held.enter_context(path.open("a+"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartFailed(
            "The demo",
            f"cannot empty {path.parent}, for an Inkloom runs in it; "
            "stop that one or choose another folder with --data-dir",
        ) from None


def _empty(folder: Path, keep: Path) -> None:
    for entry in folder.iterdir():
        if entry == keep:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
