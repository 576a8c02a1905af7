"""The probe as a process of its own, wired as a service is: for tests of starting and stopping."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from crossdock_kit.app import App
from crossdock_kit.service import Service, run
from crossdock_kit.settings import ServiceSettings

from kit_probe import ProbeServicer, add_probe_to_server


async def build(app: App[ServiceSettings]) -> None:
    probe = ProbeServicer()

    async def slow(request: Any) -> str:
        print("entered", flush=True)
        await asyncio.sleep(1)
        return str(request.text)

    probe.on("Touch", slow)
    app.add_servicer(add_probe_to_server, probe)


if __name__ == "__main__":
    run(Service(name="procurement", build=build, settings=ServiceSettings, migrations=Path("nowhere")))
