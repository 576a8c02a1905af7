"""Starts and ends the supervisor from another process, and waits for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from crossdock_local.place import Place
from crossdock_local.state import StackState, is_running, read_state

UP_SECONDS, DOWN_SECONDS, PAUSE_SECONDS = 180.0, 90.0, 0.05
# grpc must not run its fork handlers in a process that forks children all day.
NO_FORK_HANDLERS = {"GRPC_ENABLE_FORK_SUPPORT": "0"}


class NotUp(Exception):
    """The stack did not come up, or is not up; the text says why."""


def running_state(place: Place) -> StackState:
    """The state of a stack that is ready.

    Raises:
        NotUp: it is not running, or not ready yet.
    """
    state = read_state(place) if is_running(place) else None
    if state is None:
        raise NotUp(f"the stack is not up; start it with `make up` or `crossdock up`{_kept_data(place)}")
    if state.phase != "ready":
        raise NotUp(f"the stack is {state.phase} ({state.step}); ask again in a moment")
    return state


def _kept_data(place: Place) -> str:
    return f" (its data is in {place.root})" if place.root.exists() else ""


def bring_up(place: Place, progress: Callable[[str], None]) -> StackState:
    """Starts the stack unless it runs, and waits until every service answers. Called twice it does no harm."""
    place.prepare()
    spawned = None if is_running(place) else _spawn(place)
    deadline, said = time.monotonic() + UP_SECONDS, ""
    while time.monotonic() < deadline:
        state = _state_of(place, spawned)
        if state is not None and state.phase == "ready":
            return state
        if state is not None and state.step and state.step != said:
            said = state.step
            progress(said)
        if spawned is not None and spawned.poll() not in (None, 0):
            raise NotUp(_why_it_failed(place))
        time.sleep(PAUSE_SECONDS)
    raise NotUp(f"the stack is not ready after {UP_SECONDS:.0f} s; its logs are in {place.logs}")


def bring_down(place: Place) -> bool:
    """Ends the stack and keeps its data. False if it was not running."""
    if not is_running(place):
        return False
    state = read_state(place)
    if state is None:
        raise NotUp(f"a supervisor holds {place.root} but has not said which process it is")
    os.kill(state.pid, signal.SIGTERM)
    if not _gone_within(place, DOWN_SECONDS):
        # Its children are told by the kernel to end with it.
        os.kill(state.pid, signal.SIGKILL)
        if not _gone_within(place, DOWN_SECONDS):
            raise NotUp(f"process {state.pid} does not end")
    return True


def _spawn(place: Place) -> subprocess.Popen[bytes]:
    with (place.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "crossdock_local.supervisor"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | NO_FORK_HANDLERS | {"PYTHONSAFEPATH": "1"},
            cwd="/",
            start_new_session=True,
        )


def _state_of(place: Place, spawned: subprocess.Popen[bytes] | None) -> StackState | None:
    """What the running supervisor says; what an earlier one left behind does not count."""
    state = read_state(place)
    if state is None or (spawned is not None and state.pid != spawned.pid and spawned.poll() is None):
        return None
    return state


def _why_it_failed(place: Place) -> str:
    state = read_state(place)
    error = state.error if state else ""
    log = place.logs / "supervisor.log"
    return f"the stack did not start: {error or log.read_text(errors='replace')[-2000:]}"


def _gone_within(place: Place, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(place):
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True
