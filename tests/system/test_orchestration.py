"""Who may move which process where is written down for each of them, and the processes run outside every partner's
system: an ERP takes part by documents alone."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from connector.mappings import registry
from crossdock.options.v1 import options_pb2
from crossdock_kit.processes import CLOCK, Process, TransitionNotOwned, advance

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
ROLES = {name.removeprefix("ROLE_") for name in options_pb2.Role.keys()}  # noqa: SIM118  no mapping - {"UNSPECIFIED"}
# What leads out of the process: only the connector's workers act towards partners, under a partner's identity.
OUTWARD = {"httpx", "asyncssh", "aiohttp", "requests", "ftplib", "smtplib", "urllib.request", "paramiko", "pyodbc"}


def processes() -> Iterator[tuple[str, Process]]:
    for path in sorted(SERVICES.glob("*/src/*/domain/*lifecycle.py")):
        module = importlib.import_module(f"{path.parts[-3]}.domain.{path.stem}")
        yield from ((path.parts[-3], each) for each in vars(module).values() if isinstance(each, Process))


PROCESSES = list(processes())


@pytest.mark.feature("F053")
@pytest.mark.parametrize(("service", "process"), PROCESSES, ids=[f"{of}.{each.name}" for of, each in PROCESSES])
def test_every_transition_of_a_process_names_its_owners_and_obeys_nobody_else(service: str, process: Process) -> None:
    page = (ROOT / "docs" / "lifecycles.md").read_text(encoding="utf-8")
    said = page.partition(f"## {process.name} ({service})")[2].partition("\n## ")[0]
    for each in process.transitions:
        assert each.who <= ROLES | {CLOCK}
        row = f"| `{each.from_}` | `{each.trigger}` | `{each.to}` | {', '.join(sorted(each.who))} |"
        assert row in said, "the docs say who owns it"
        for role in sorted(ROLES | {CLOCK}):
            if role in each.who:
                assert advance(process, each.from_, each.trigger, role) == each.to
            else:
                with pytest.raises(TransitionNotOwned):
                    advance(process, each.from_, each.trigger, role)


@pytest.mark.feature("F053")
def test_the_processes_of_the_way_out_are_there_with_owners_on_several_platforms() -> None:
    owners = {each.name: {role for way in each.transitions for role in way.who} for _, each in PROCESSES}
    assert {"order_schedule", "shipment", "posting", "billing"} <= owners.keys()
    assert {"WMS", "CROSSDOCK"} <= owners["order_schedule"]
    assert {"CARRIER", "TMS", "WMS", "POD"} <= owners["shipment"]
    assert {"ERP", "CROSSDOCK"} <= owners["posting"]


@pytest.mark.feature("F041", "F053")
def test_the_processes_of_the_way_in_are_there_with_owners_on_several_platforms() -> None:
    owners = {each.name: {role for way in each.transitions for role in way.who} for _, each in PROCESSES}
    assert owners["purchase_order_line"] == {"ERP", "SUPPLIER", "WMS", "CROSSDOCK"}
    assert owners["ship_notice"] == {"SUPPLIER", "WMS"}
    assert owners["receipt_line"] == {"SUPPLIER", "ERP", "CROSSDOCK"}
    assert owners["supplier_invoice"] == {"ERP", "CROSSDOCK"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.feature("F117")
def test_nobody_but_the_connectors_worker_reaches_a_partners_system() -> None:
    reaching = {
        path.relative_to(SERVICES).as_posix()
        for path in SERVICES.glob("*/src/**/*.py")
        if any(each in OUTWARD or each.partition(".")[0] in OUTWARD for each in imported(path))
    }
    assert reaching, "the worker does"
    assert {each for each in reaching if not each.startswith("connector/src/connector/worker/")} == set()


@pytest.mark.feature("F117")
def test_an_erp_hears_and_says_all_its_part_of_the_orchestration_in_documents() -> None:
    """What it has to do for a process is a document that asks it, and its answer is one: nothing runs inside of it."""
    asked = {kind for kinds in registry.TELLS.values() for kind in kinds}
    assert {"json.posting_request", "json.goods_receipt", "json.stock_movement", "json.invoice_match"} <= asked
    assert {"json.purchase_order", "json.posting_result", "json.check_result", "json.payment_status"} <= set(
        registry.INBOUND
    )
    assert asked <= set(registry.OUTBOUND)
