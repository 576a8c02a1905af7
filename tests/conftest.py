"""What every test may use: marks checked against docs/features.tsv, and the embedded servers.

Knows no service; the fixtures of a service's tests live beside them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from crossdock_local.servers.nats import Nats
from hypothesis import settings

# Nothing is judged by the clock, and the same code has the same outcome: `make explore` looks for new examples.
settings.register_profile("exploring", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--feature-list", help="write a line `feature <tab> test` for each mark to this file")


def feature_rows() -> frozenset[str]:
    lines = (ROOT / "docs" / "features.tsv").read_text().splitlines()[1:]
    return frozenset(line.split("\t", 1)[0] for line in lines)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    listing = config.getoption("--feature-list")
    marks = [
        (str(feature), item.nodeid.split("[", 1)[0])
        for item in items
        for mark in item.iter_markers("feature")
        for feature in mark.args
    ]
    if listing:
        Path(listing).write_text("".join(f"{feature}\t{test}\n" for feature, test in marks))
        return
    known = feature_rows()
    unknown = sorted({f"{feature} ({test})" for feature, test in marks if feature not in known})
    if unknown:
        raise pytest.UsageError(f"marks name no row of docs/features.tsv: {', '.join(unknown)}")
    # A file is one worker's: what lasts longest begins first, or the other workers would wait for its end.
    items.sort(key=_seconds, reverse=True)


def _seconds(item: pytest.Item) -> float:
    """About how long its file takes, where that is long."""
    mark = item.get_closest_marker("lasting")
    return float(mark.args[0]) if mark else 0.0


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[EmbeddedServers]:
    """Real PostgreSQL, NATS and Valkey, one set for each pytest process."""
    async with EmbeddedServers(durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def deadlocks(servers: EmbeddedServers) -> Callable[[str], list[str]]:
    """What PostgreSQL's log says of deadlocks in a database. Its counters come later than the deadlocks."""

    def said(database: str) -> list[str]:
        lines = servers.postgres.child.program.log.read_text(errors="replace").splitlines()
        return [line for line in lines if f"@{database} " in line and "deadlock detected" in line]

    return said


@pytest.fixture(scope="module")
async def database(servers: EmbeddedServers) -> AsyncIterator[str]:
    """The name of an empty database that only this test module uses."""
    name = await servers.create_database()
    yield name
    await servers.drop_database(name)


@pytest.fixture(scope="module")
async def broker(servers: EmbeddedServers) -> AsyncIterator[Nats]:
    """A NATS server with JetStream that only this test module uses."""
    async with servers.fresh_nats() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(servers: EmbeddedServers) -> MigratedDatabases:
    """`await migrated.fresh("inventory")`: a database with that service's schema, as its own migrations make it."""
    return MigratedDatabases(servers)
