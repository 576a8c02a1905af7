"""Where the embedded stack keeps its data, and as which user its PostgreSQL runs.

PostgreSQL refuses to run as root, and root's checkout usually lies where no other user may look. So root's data lives
in a folder of its own that the unprivileged server user can reach; everybody else's lives in the checkout.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOTS_DATA = Path("/var/lib/crossdock")
MARK = "crossdock-data"
UNPRIVILEGED, OVERFLOW_ID = "nobody", 65534


class ForeignFolder(Exception):
    """The folder holds something that the stack did not put there."""

    def __str__(self) -> str:
        return f"{self.args[0]} is not empty and not a folder of the embedded stack; CROSSDOCK_HOME names another one"


def find_checkout() -> Path:
    """The workspace that this package was loaded from; CROSSDOCK_CHECKOUT names another one."""
    chosen = os.environ.get("CROSSDOCK_CHECKOUT")
    return Path(chosen).resolve() if chosen else Path(__file__).resolve().parents[4]


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user that PostgreSQL runs as, when that is not the user who starts it."""

    uid: int
    gid: int

    def give(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)


def server_user() -> ServerUser | None:
    """None unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        # Images without a list of users: the number that stands for nobody everywhere.
        return ServerUser(OVERFLOW_ID, OVERFLOW_ID)
    return ServerUser(entry.pw_uid, entry.pw_gid)


@dataclass(frozen=True, slots=True)
class Place:
    """The data folder of one stack. Everything below it can be removed while the stack is down."""

    root: Path

    def folder(self, name: str, mode: int = 0o700) -> Path:
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        return path

    def prepare(self) -> None:
        """Others may pass through (PostgreSQL's user must) but not look; the folders below decide for themselves.

        Raises:
            ForeignFolder: the folder holds something and was not made here, so `remove` must never empty it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        mark = self.root / MARK
        if not mark.exists():
            if any(self.root.iterdir()):
                raise ForeignFolder(self.root)
            mark.write_text("The data of one embedded stack; `make clean` removes it.\n")
        self.root.chmod(0o711)

    @property
    def secrets(self) -> Path:
        return self.folder("secrets")

    @property
    def logs(self) -> Path:
        return self.folder("logs", 0o755)

    @property
    def run(self) -> Path:
        return self.folder("run")

    def remove(self) -> bool:
        """Removes everything, if this is a folder that `prepare` made; says whether it did."""
        made_here = (self.root / MARK).exists()
        if made_here:
            shutil.rmtree(self.root)
        return made_here


def place_of(checkout: Path) -> Place:
    """The data folder that belongs to a checkout; CROSSDOCK_HOME names another one."""
    chosen = os.environ.get("CROSSDOCK_HOME")
    if chosen:
        return Place(Path(chosen).resolve())
    if os.geteuid() != 0:
        return Place(checkout / ".crossdock")
    digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:8]
    return Place(ROOTS_DATA / f"{checkout.name}-{digest}")
