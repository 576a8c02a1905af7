"""The only wiring of catalog: its servicer on its unit of work."""

from __future__ import annotations

from pathlib import Path

from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock_kit.app import App
from crossdock_kit.service import Service, run

from catalog.api import CatalogServicer
from catalog.settings import Settings
from catalog.store.unit_of_work import UnitOfWork


async def build(app: App[Settings]) -> None:
    servicer = CatalogServicer(app.engine, UnitOfWork(app.uow), app.clock)
    app.add_servicer(pb_grpc.add_CatalogServiceServicer_to_server, servicer)


SERVICE = Service("catalog", build, Settings, Path(__file__).parents[2] / "migrations")


if __name__ == "__main__":
    run(SERVICE)
