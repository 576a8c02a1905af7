"""The script that prepares a trial's PostgreSQL, run for real: twice, and against what was begun and not ended."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from charted.assembly import CHARTS, UMBRELLA
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.servers.postgres import packaged_binaries

SCRIPT = CHARTS / UMBRELLA / "files" / "databases.sh"
PSQL = packaged_binaries() / "pginstall" / "bin"


class Trial:
    """An empty database, and passwords in a folder as a pod finds them."""

    def __init__(self, admin_url: str, folder: Path) -> None:
        self.admin_url = admin_url
        self.folder = folder
        # Roles belong to the whole server, which other tests use too.
        self.service = f"trial_{uuid.uuid4().hex[:8]}"
        self._write("postgres", asyncpg_password(admin_url))
        for role in ("owner", "app"):
            self._write(f"postgres-{self.service}-{role}", f'{role}\'s "word"')

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    async def prepare(self) -> tuple[int, str]:
        """Exit code and what was said."""
        where = self.admin_url.partition("@")[2]
        host, _, rest = where.partition(":")
        port, _, database = rest.partition("/")
        told = {"PGHOST": host, "PGPORT": port, "PGUSER": "postgres", "PGDATABASE": database}
        own = {"PASSWORDS": str(self.folder), "SERVICES": self.service, "PATH": f"{PSQL}:{os.environ['PATH']}"}
        process = await asyncio.create_subprocess_exec(
            "sh", str(SCRIPT), env=told | own, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def connect(self, role: str) -> asyncpg.Connection:
        where = self.admin_url.partition("@")[2]
        word = f'{role}\'s "word"'
        return await asyncpg.connect(f"postgresql://{where}", user=f"{self.service}_{role}", password=word, timeout=30)


def asyncpg_password(url: str) -> str:
    return url.partition("@")[0].rpartition(":")[2]


@pytest.fixture
async def trial(servers: EmbeddedServers, database: str, tmp_path: Path) -> AsyncIterator[Trial]:
    found = Trial(servers.postgres.url(database), tmp_path)
    yield found
    admin = await asyncpg.connect(found.admin_url, timeout=30)
    for role in ("owner", "app"):
        await admin.execute(f"DROP OWNED BY {found.service}_{role} CASCADE; DROP ROLE {found.service}_{role}")
    await admin.close()


async def test_each_service_gets_a_schema_an_owner_and_a_role_that_works(trial: Trial) -> None:
    assert await trial.prepare() == (0, "")
    owner, app = await trial.connect("owner"), await trial.connect("app")
    await owner.execute("CREATE TABLE kept (word text)")
    await owner.execute(f"GRANT SELECT ON kept TO {trial.service}_app")
    assert await app.fetch("SELECT * FROM kept") == []
    assert await owner.fetchval("SELECT current_schema()") == trial.service
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE TABLE mine (word text)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE TABLE public.mine (word text)")
    rows = await owner.fetch(
        "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole AS may_more FROM pg_roles"
        " WHERE rolname LIKE $1",
        f"{trial.service}%",
    )
    assert [row["may_more"] for row in rows] == [False, False]
    await asyncio.gather(owner.close(), app.close())


async def test_it_runs_twice_and_goes_on_where_one_was_killed(trial: Trial) -> None:
    admin = await asyncpg.connect(trial.admin_url, timeout=30)
    await admin.execute(f"CREATE ROLE {trial.service}_owner")
    await admin.close()
    assert await trial.prepare() == (0, "")
    owner = await trial.connect("owner")
    await owner.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still here')")
    code, said = await trial.prepare()
    assert code == 0, said
    assert await owner.fetchval("SELECT word FROM kept") == "still here"
    await owner.close()


async def test_it_fails_where_the_database_does_not_answer_so_that_the_job_is_tried_again(
    trial: Trial, servers: EmbeddedServers
) -> None:
    assert await trial.prepare() == (0, "")
    there = trial.admin_url
    trial.admin_url = there.replace(f":{servers.postgres.port}/", ":1/")
    code, said = await trial.prepare()
    trial.admin_url = there
    assert code != 0
    assert "Connection refused" in said
