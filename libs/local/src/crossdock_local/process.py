"""One child process: start it with a log, know whether it lives, end it in order, or hurt it on purpose.

A child never outlives the process that started it, however that ends: on Linux the kernel is told to signal it.
Knows nothing of what the child does.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crossdock_local.place import ServerUser

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.05
LARGEST_LOG_BYTES = 20 * 1024 * 1024


class Died(Exception):
    """A process ended before it was ready; the text holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    user: ServerUser | None = None
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 30.0


def _die_with_parent(sent: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    # Looked up here: after the fork another thread's lock on the loader would never be released.
    prctl, number = ctypes.CDLL(None).prctl, int(sent)

    def tell_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, number)

    return tell_kernel


def _make_room(log: Path) -> int:
    """Puts a log that has grown large aside, in the place of the one before it; returns where the next line begins."""
    size = log.stat().st_size if log.exists() else 0
    if size <= LARGEST_LOG_BYTES:
        return size
    log.replace(log.with_name(f"{log.name}.1"))
    return 0


class Child:
    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._log_begins_at = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def start(self) -> None:
        program = self.program
        user = program.user
        self._log_begins_at = _make_room(program.log)
        with program.log.open("ab") as log:
            self._process = subprocess.Popen(
                list(program.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(program.environment),
                cwd=program.folder or "/",
                start_new_session=True,
                preexec_fn=_die_with_parent(program.stop_signal),  # noqa: PLW1509 - one system call, no lock taken
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )

    async def wait(self, look_every_seconds: float = POLL_SECONDS) -> None:
        while self.running:  # noqa: ASYNC110 - only the kernel knows, and it is asked by any event loop
            await asyncio.sleep(look_every_seconds)

    async def wait_until(self, ready: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Awaits `ready` again and again while it raises OSError (which a refused connection is).

        Raises:
            Died: the process ended, or was not ready in time.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            if not self.running:
                raise Died(f"{self.program.name} ended with code {self.exit_code}:\n{self.log_tail()}")
            try:
                await ready()
            except OSError as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise Died(f"{self.program.name} is not ready ({error}):\n{self.log_tail()}") from error
                await asyncio.sleep(0.02)
            else:
                return

    def signal(self, sent: signal.Signals) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(sent)

    async def stop(self) -> None:
        """Asks it to end, and ends it when it has not done so after its grace."""
        # A stopped process would never see the request.
        self.signal(signal.SIGCONT)
        self.signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(self.wait(), self.program.grace_seconds)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.wait()

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines that it wrote since it was last started."""
        said = self.program.log.read_bytes()[self._log_begins_at :] if self.program.log.exists() else b""
        return "\n".join(said.decode(errors="replace").splitlines()[-lines:])
