"""The only wiring of procurement: its servicer on its unit of work, catalog's master data, its deadlines."""

from __future__ import annotations

from pathlib import Path

from crossdock.procurement.v1 import procurement_service_pb2_grpc as pb_grpc
from crossdock_kit.app import App
from crossdock_kit.ids import uuid7
from crossdock_kit.service import Service, run

from procurement.api import ProcurementService
from procurement.consumers import catalog_changes, deadlines, profile_changes
from procurement.settings import Settings
from procurement.store.invoices import Waiting
from procurement.store.master_data import MasterDataRows
from procurement.store.supplier_terms import TermsRows
from procurement.store.unit_of_work import ProcurementUnitOfWork, on


def mint() -> str:
    return str(uuid7())


async def build(app: App[Settings]) -> None:
    servicer = ProcurementService(ProcurementUnitOfWork(app.uow), mint, app.clock)
    app.add_servicer(pb_grpc.add_ProcurementServiceServicer_to_server, servicer)
    app.subscribe(catalog_changes(lambda work: MasterDataRows(work.driver), lambda work: Waiting(work.driver)))
    app.subscribe(profile_changes(lambda work: TermsRows(work.driver)))
    for kind, handler in deadlines(on).items():
        app.on_timer(kind, handler)


SERVICE = Service("procurement", build, Settings, Path(__file__).parents[2] / "migrations")


if __name__ == "__main__":
    run(SERVICE)
