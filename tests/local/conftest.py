"""A workspace with one small service of its own, so that the stack's tests depend on no real one."""

from __future__ import annotations

import shutil
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crossdock_local.control import bring_down, bring_up
from crossdock_local.place import Place, find_checkout, place_of

# The workspace that the tests themselves belong to, before any of them names another one.
OWN = place_of(find_checkout())
PROJECT = """
[tool.crossdock]
listeners = ["http"]
permissions = ["inventory.*"]

[tool.crossdock.environment]
PYTHONPATH = "{checkout}/services/echo/src"
ECHO_RECORD = "{data}/record"

[tool.crossdock.workers.porter]
module = "echo.__main__"
arguments = ["porter"]
listeners = ["http"]

[tool.crossdock.workers.porter.environment]
PYTHONPATH = "{checkout}/services/echo/src"
ECHO_RECORD = "{data}/porter"
"""

MAIN = """
import asyncio, os, signal, sys
from pathlib import Path
import asyncpg, grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

record = Path(os.environ["ECHO_RECORD"])


async def migrate():
    connection = await asyncpg.connect(os.environ["CROSSDOCK_MIGRATION_URL"])
    await connection.execute("create table start (id int generated always as identity)")
    await connection.execute("grant select, insert on start to echo_app")
    await connection.close()


async def serve():
    connection = await asyncpg.connect(os.environ["CROSSDOCK_DATABASE_URL"])
    await connection.execute("insert into start default values")
    await connection.close()
    server = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    await servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(os.environ["CROSSDOCK_LISTEN"])
    await server.start()
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    await asked.wait()
    record.write_text("ended in order")
    await server.stop(1)


async def carry():
    record.write_text("\\n".join(sorted(os.environ)))
    host, port = os.environ["CROSSDOCK_HTTP_LISTEN"].split(":")
    server = await asyncio.start_server(lambda reader, writer: writer.close(), host, int(port))
    await server.serve_forever()


asyncio.run({"migrate": migrate, "porter": carry}.get((sys.argv + ["serve"])[1], serve)())
"""


@contextmanager
def workspace() -> Iterator[Place]:
    """A workspace with the one service, named to this process, and the data folder of its stack."""
    OWN.prepare()
    # PostgreSQL's user can reach it when we are root, which pytest's own folders it cannot.
    folder = Path(tempfile.mkdtemp(prefix="stack-", dir=OWN.folder("scratch", 0o711)))
    folder.chmod(0o711)
    service = folder / "workspace" / "services" / "echo"
    package = service / "src" / "echo"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(textwrap.dedent(MAIN))
    (service / "pyproject.toml").write_text(PROJECT)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CROSSDOCK_CHECKOUT", str(folder / "workspace"))
        environment.setenv("CROSSDOCK_HOME", str(folder / "data"))
        yield place_of(find_checkout())
    shutil.rmtree(folder)


@pytest.fixture
def place() -> Iterator[Place]:
    """The data folder of a stack that is the test's own; its supervisor is ended afterwards."""
    with workspace() as place:
        yield place
        bring_down(place)


@pytest.fixture(scope="module")
def running() -> Iterator[Place]:
    """The data folder of a running stack that tests only look at."""
    with workspace() as place:
        bring_up(place, lambda _: None)
        yield place
        bring_down(place)
