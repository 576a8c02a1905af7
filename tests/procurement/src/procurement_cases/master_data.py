"""The master data that every test knows: two items with cases, a weighed one, three places, two suppliers."""

from __future__ import annotations

from crossdock.catalog.v1 import master_data_pb2 as pb
from crossdock_kit.database import Engine, transaction
from procurement.store.master_data import MasterDataRows
from procurement.wire import master_data

TENANTS = ("acme", "globex")
ITEMS = (
    pb.Item(sku="BOLT", base_unit="EA", category="hardware", packaging=[pb.Packaging(unit="XCS", base_quantity="12")]),
    pb.Item(sku="NUT", base_unit="EA", category="hardware", packaging=[pb.Packaging(unit="XCS", base_quantity="7")]),
    pb.Item(sku="SAND", base_unit="KGM", category="bulk"),
)
LOCATIONS = (
    pb.Location(location_id="WH-EAST", zone="Europe/Berlin", system="WMS-EAST", business_unit="EU01"),
    pb.Location(location_id="WH-WEST", zone="Europe/Paris", system="WMS-WEST", business_unit="EU01"),
)
PARTIES = (
    pb.Party(party_id="SUP-NORDIC", name="Nordic", roles=[pb.PARTY_ROLE_SUPPLIER]),
    pb.Party(party_id="SUP-DELTA", name="Delta", roles=[pb.PARTY_ROLE_SUPPLIER]),
)


async def know_master_data(engine: Engine) -> None:
    async with transaction(engine, TENANTS) as tx:
        book = MasterDataRows(tx.driver)
        await book.keep_items([master_data.item(tenant, each) for tenant in TENANTS for each in ITEMS])
        await book.keep_locations([master_data.location(tenant, each) for tenant in TENANTS for each in LOCATIONS])
        await book.keep_parties([master_data.party(tenant, each) for tenant in TENANTS for each in PARTIES])
