"""What a running stack tells about itself: one small file that the supervisor rewrites and everybody else reads.

Whether a supervisor runs is known by its lock, which the kernel frees however it ends; the file alone proves nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from crossdock_local.place import Place


@dataclass(slots=True)
class ProcessState:
    name: str
    kind: str
    state: str = "waiting"
    pid: int | None = None
    address: str = ""
    restarts: int = 0
    log: str = ""
    listeners: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class StackState:
    """`phase` is starting, ready, stopping, stopped or failed; `step` says what is being done in it."""

    pid: int
    phase: str
    step: str = ""
    error: str = ""
    data: str = ""
    database: str = ""
    tenants: list[str] = field(default_factory=list)
    processes: list[ProcessState] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[ProcessState]:
        return [process for process in self.processes if process.kind == kind]

    def address(self, name: str) -> str:
        """host:port of a process; raises KeyError if the stack has none of that name."""
        for process in self.processes:
            if process.name == name:
                return process.address
        raise KeyError(name)


def state_file(place: Place) -> Path:
    return place.root / "run" / "state.json"


def write_state(place: Place, state: StackState) -> None:
    path = state_file(place)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(asdict(state), indent=2))
    draft.replace(path)


def read_state(place: Place) -> StackState | None:
    path = state_file(place)
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text())
    processes = [ProcessState(**process) for process in content.pop("processes")]
    return StackState(**content, processes=processes)


def take_lock(place: Place) -> IO[str] | None:
    """The supervisor's lock, held as long as the returned file is open; None if another one holds it."""
    file = (place.run / "supervisor.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def is_running(place: Place) -> bool:
    if not (place.root / "run" / "supervisor.lock").exists():
        return False
    lock = take_lock(place)
    if lock is None:
        return True
    lock.close()
    return False
