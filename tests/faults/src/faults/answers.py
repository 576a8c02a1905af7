"""What the services themselves answer when all is quiet: whether they serve, their ledger, their audit, to readers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock_local.health import is_serving
from partners.stock.desk import StockDesk
from partners.suite import Suite

from faults import world
from faults.checkers.finding import Trial
from faults.stack import FaultStack

SERVES_SECONDS = 30.0
"""How long a process is asked whether it serves: on a starved machine one answer may come too late."""


async def services(stack: FaultStack, ways: Mapping[str, Sequence[Suite]], trial: Trial) -> None:
    """Puts into the trial what they say of themselves and to their tenants; `ways` are callers' ways in, by tenant."""
    secrets: dict[str, str] = {}
    for path in stack.place.secrets.rglob("*"):
        if (path.is_file() and path.suffix in (".password", ".key", ".jwt", "")) or path.parent.name == "partners":
            _keep_secret(secrets, path)
    trial.secrets = secrets
    trial.marks_of_tenants = {tenant: f"-{tenant}-" for tenant in ways}
    trial.serving = {name: await _serves(address) for name, address in stack.services.items()}
    if not all(trial.serving.values()):
        return
    suites = {tenant: to[0] for tenant, to in ways.items()}
    suite = next(iter(suites.values()))
    trial.ledger = await suite.call(suite.inventory.VerifyLedger, inventory.VerifyLedgerRequest(), 60)
    audits, answers = {}, {}
    for tenant, suite in suites.items():
        for name, desk in suite.desks.items():
            audits[name, tenant] = await suite.call(desk.VerifyAudit, ops.VerifyAuditRequest(), 60)
        answers[tenant] = await _told(suite)
    trial.audits, trial.answers_by_tenant = audits, answers


async def statements(desk: StockDesk) -> dict[str, control.StockStatement]:
    """The newest of each site that has stated something, held against the ledger of its time."""
    found = {}
    for site in world.SITES:
        request = control.GetReconciliationRequest(location_id=site, business_unit=world.UNIT)
        try:
            found[site] = (await desk.suite.call(desk.control.GetReconciliation, request, 45)).statement
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
    return found


async def _serves(address: str) -> bool:
    until = time.monotonic() + SERVES_SECONDS
    while not await _says_so(address):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.5)
    return True


async def _says_so(address: str) -> bool:
    try:
        return await is_serving(address)
    except ConnectionError:
        return False


async def _told(suite: Suite) -> list[str]:
    """What a tenant's readers get to see."""
    found: list[Any] = [*await suite.purchase_orders(), *await suite.open_exceptions()]
    for sku in world.SCARCE:
        found += await suite.movements(sku)
    for desk in suite.desks.values():
        request = ops.ListDeliveriesRequest(page_size=1000)
        found += (await suite.call(desk.ListDeliveries, request)).deliveries
    return [str(each) for each in found]


def _keep_secret(secrets: dict[str, str], path: Path) -> None:
    try:
        word = path.read_text().strip()
    except UnicodeDecodeError:
        word = path.read_bytes().hex()
    secrets[path.name] = word
