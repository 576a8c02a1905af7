"""The operators' command line against a stack of a proof: the commands of the runbooks are run, not only written."""

from __future__ import annotations

import asyncio
import os
import shutil
import sysconfig
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import dataclass
from pathlib import Path

from faults.checkers.finding import Finding


@dataclass
class CommandLine:
    """`home` is the stack's data folder; `record` receives the commands with what they printed."""

    home: Path
    tenant: str
    record: Path
    finding: Finding

    async def run(self, *words: str) -> str:
        """What `crossdock` says; a command that fails is a violation."""
        program = shutil.which("crossdock", path=sysconfig.get_path("scripts"))
        environment = os.environ | {"CROSSDOCK_HOME": str(self.home), "COLUMNS": "200"}
        tenant = () if words[0] == "status" else ("--tenant", self.tenant)
        process = await asyncio.create_subprocess_exec(
            program or "crossdock", *words, *tenant, env=environment, stdout=PIPE, stderr=STDOUT
        )
        said = (await process.communicate())[0].decode(errors="replace")
        self.finding.look(process.returncode != 0, f"crossdock {' '.join(words)} failed: {said[-300:]}")
        with self.record.open("a", encoding="utf-8") as file:
            file.write(f"$ crossdock {' '.join(words)}\n{said}\n")
        return said
