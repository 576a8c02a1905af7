"""The operators' command line against a stack of a proof: the commands of the runbooks are run, not only written."""

from __future__ import annotations

import asyncio
import os
import shutil
import sysconfig
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faults.checkers.finding import Finding

READY_SECONDS = 60.0


@dataclass
class CommandLine:
    """`home` is the stack's data folder; `record` receives the commands with what they printed."""

    home: Path
    tenant: str
    record: Path
    finding: Finding

    async def run(self, *words: str) -> str:
        """What `crossdock` says; a command that fails is a violation."""
        return self._judged(words, *await self._said(words))

    async def ready(self) -> None:
        """Asks for the status until everything is ready, as an operator does who waits for services to come back."""
        until = time.monotonic() + READY_SECONDS
        code, said = await self._said(("status",))
        while code != 0 and time.monotonic() < until:
            await asyncio.sleep(1)
            code, said = await self._said(("status",))
        self._judged(("status",), code, said)

    async def _said(self, words: Sequence[str]) -> tuple[int, str]:
        program = shutil.which("crossdock", path=sysconfig.get_path("scripts"))
        environment = os.environ | {"CROSSDOCK_HOME": str(self.home), "COLUMNS": "200"}
        tenant = () if words[0] == "status" else ("--tenant", self.tenant)
        process = await asyncio.create_subprocess_exec(
            program or "crossdock", *words, *tenant, env=environment, stdout=PIPE, stderr=STDOUT
        )
        said = (await process.communicate())[0].decode(errors="replace")
        return await process.wait(), said

    def _judged(self, words: Sequence[str], code: int, said: str) -> str:
        self.finding.look(code != 0, f"crossdock {' '.join(words)} failed: {said[-300:]}")
        with self.record.open("a", encoding="utf-8") as file:
            file.write(f"$ crossdock {' '.join(words)}\n{said}\n")
        return said
