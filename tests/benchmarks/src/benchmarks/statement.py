"""A warehouse's nightly statement of 1,000,000 stock lines, in parts of 10,000, held against the ledger of its instant.

LINES shortens it. One line in a thousand differs; half an hour of movements came after the instant.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as stock_pb
from crossdock.inventory.v1 import stock_control_service_pb2 as pb
from crossdock.options.v1 import options_pb2
from crossdock_kit.context import caused_by
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabases
from inventory.use_cases.statements import record_statement
from inventory.wire import statements as wire
from inventory_stage import UNIT, Stage, new_cause, open_stage

from benchmarks.figures import Figure
from benchmarks.processes import TENANT
from benchmarks.sizes import number, say

PART, ONE_IN, PLACE = 10_000, 1_000, "EAST"
MOST_MEGABYTES, MOST_SECONDS = 128.0, 30.0
"""What it may add to the memory of the process, and how long its last part may take: as long as its call."""
KEY = "tenant, sku, location_id, business_unit"
LOADED = (
    "INSERT INTO inventory.item (tenant, sku, base_unit, valid_from) SELECT $1, {sku}, 'EA', '2020-01-01' FROM {n}",
    f"INSERT INTO inventory.stock ({KEY}, sellable) SELECT $1, {{sku}}, $3, $4, 10 FROM {{n}}",
    f"INSERT INTO inventory.lot_stock ({KEY}, lot, sellable) SELECT $1, {{sku}}, $3, $4, '', 10 FROM {{n}}",
)


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    lines = number("LINES", 1_000_000)
    database = await MigratedDatabases(servers).fresh("inventory")
    async with open_stage(database.urls) as stage:
        await stage.know("SKU-0000000")
        admin = await asyncpg.connect(servers.postgres.url(database.name))
        for statement in LOADED:
            text = statement.format(sku="'SKU-' || lpad(n::text, 7, '0')", n="generate_series(1, $2::int8) AS n")
            said = (TENANT, lines, PLACE, UNIT) if "$3" in text else (TENANT, lines)
            await admin.execute(text, *said)
            say(f"{lines:,} rows: {text.partition('(')[0]}")
        await admin.execute("VACUUM ANALYZE")
        await admin.close()
        return await compared(stage, lines)


async def compared(stage: Stage, lines: int) -> Sequence[Figure]:
    parts, name, at = -(-lines // PART), uuid4().hex[:8], datetime.now(UTC) - timedelta(minutes=30)
    before, began = memory_megabytes(), time.perf_counter()
    last = 0.0
    for part in range(1, parts + 1):
        request = part_of(name, at, part, parts, lines)
        sent = time.perf_counter()
        with caused_by(new_cause("RecordStatement")):
            found = await record_statement(wire.record_statement(request, TENANT), stage.uow)
        last = time.perf_counter() - sent
        if part % 20 == 0:
            say(f"{part} of {parts} parts, {memory_megabytes() - before:.0f} MB more than at the beginning")
    took = time.perf_counter() - began
    if found.count != lines // ONE_IN or found.missing_parts:
        raise AssertionError(f"{found.count} of {lines} lines differ, and {lines // ONE_IN} should")
    grown = memory_megabytes() - before
    return [
        Figure(f"a statement of {lines:,} lines in {parts} parts, until it is compared", took, "s"),
        Figure("of that its last part, with the comparison", last, "s", MOST_SECONDS, "s at most", 1, True),
        Figure("memory that it adds to its service", grown, "MB", MOST_MEGABYTES, "MB at most", 1, True),
    ]


def part_of(name: str, at: datetime, part: int, parts: int, lines: int) -> pb.RecordStatementRequest:
    request = pb.RecordStatementRequest(
        request_id=str(uuid4()),
        origin=values_pb2.Origin(system="WMS-EAST", role=options_pb2.ROLE_WMS),
        number=name,
        location_id=PLACE,
        business_unit=UNIT,
        buckets=[stock_pb.ACCOUNT_SELLABLE],
        complete=True,
        part=part,
        parts=parts,
        lines=[line(n) for n in range((part - 1) * PART + 1, min(part * PART, lines) + 1)],
    )
    request.as_of.FromDatetime(at)
    return request


def line(number_of_it: int) -> pb.StatedStock:
    value = "10" if number_of_it % ONE_IN else "9"
    quantity = values_pb2.Quantity(value=value, unit="EA")
    return pb.StatedStock(sku=f"SKU-{number_of_it:07d}", bucket=stock_pb.ACCOUNT_SELLABLE, quantity=quantity)


def memory_megabytes() -> float:
    """The most that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
