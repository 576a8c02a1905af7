"""Who is behind a party is kept in one table, and gone for good once it was erased."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import grpc
import pytest
from catalog.wire import records as wire
from catalog_stage import RunningCatalog
from crossdock.catalog.events.v1 import events_pb2
from crossdock.catalog.v1 import catalog_service_pb2 as pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock.catalog.v1 import master_data_pb2 as md
from crossdock.options.v1 import options_pb2
from crossdock_kit.database import create_engine, transaction
from crossdock_local.embedded import EmbeddedServers
from crossdock_local.migrated import MigratedDatabase, MigratedDatabases, migrate

NAME, STREET, PHONE = "Quintessa Wolderboom", "Kwartelstraat 99", "+31 20 5550199"
TRACES = ("Quintessa", "Kwartelstraat", "5550199")


def stub(catalog: RunningCatalog, tenant: str = "acme") -> Any:
    return catalog.server.caller(pb_grpc.CatalogServiceStub, tenant=tenant)


def put(party_id: str, name: str = NAME) -> pb.PutMasterDataRequest:
    contact = md.Contact(person=name, phone=PHONE, address_lines=[STREET], city="Utrecht", country="NL")
    party = md.Party(party_id=party_id, name=name, contact=contact, roles=[md.PARTY_ROLE_CUSTOMER])
    return pb.PutMasterDataRequest(request_id=str(uuid4()), parties=[party], system="MDM", role=options_pb2.ROLE_MDM)


def erase(party_id: str) -> pb.ErasePersonalDataRequest:
    return pb.ErasePersonalDataRequest(request_id=str(uuid4()), party_id=party_id, reason="asked by the person")


async def held_by(catalog: RunningCatalog) -> set[str]:
    """Tables of the schema in which a trace of the person stands, in whatever column and encoding."""
    async with transaction(catalog.engine, ("acme", "globex")) as tx:
        tables = await tx.driver.fetch(
            "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        found = set()
        for table in (row["name"] for row in tables):
            if table == "alembic_version":
                continue
            for row in await tx.driver.fetch(f"SELECT * FROM {table}"):
                written = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
                if any(trace.encode() in written for trace in TRACES):
                    found.add(table)
    return found


@pytest.fixture
def party_id() -> str:
    return f"HOME-{uuid4().hex[:8].upper()}"


async def test_a_person_stands_in_one_table_and_events_carry_the_id(catalog: RunningCatalog, party_id: str) -> None:
    calls = stub(catalog)
    await calls.PutMasterData(put(party_id))
    party = (await calls.GetParty(pb.GetPartyRequest(party_id=party_id))).party
    assert (party.name, party.contact.phone, list(party.contact.address_lines)) == (NAME, PHONE, [STREET])
    assert await held_by(catalog) == {"personal_data"}
    async with transaction(catalog.engine, ("acme",)) as tx:
        body = await tx.driver.fetchval("SELECT body FROM journal WHERE aggregate = $1", f"party/{party_id}")
    event = events_pb2.PartyChanged.FromString(body)
    assert (event.party.party_id, event.party.personal_data_id) == (party_id, party.personal_data_id)
    assert (event.party.name, event.party.HasField("contact")) == ("", False)
    await calls.ErasePersonalData(erase(party_id))


async def test_after_erasure_no_table_holds_the_person_and_the_id_stays(catalog: RunningCatalog, party_id: str) -> None:
    calls = stub(catalog)
    await calls.PutMasterData(put(party_id))
    before = (await calls.GetParty(pb.GetPartyRequest(party_id=party_id))).party
    first = await calls.ErasePersonalData(erase(party_id))
    assert first.personal_data_id == before.personal_data_id
    assert await held_by(catalog) == set()
    after = (await calls.GetParty(pb.GetPartyRequest(party_id=party_id))).party
    assert (after.party_id, after.personal_data_id, list(after.roles)) == (
        party_id,
        before.personal_data_id,
        [md.PARTY_ROLE_CUSTOMER],
    )
    assert (after.name, after.HasField("contact")) == ("", False)
    assert (await calls.ErasePersonalData(erase(party_id))).erased_at == first.erased_at
    async with transaction(catalog.engine, ("acme",)) as tx:
        audited = await tx.driver.fetchval("SELECT count(*) FROM audit WHERE method LIKE '%/ErasePersonalData'")
    assert audited >= 2


async def test_loading_the_party_again_does_not_bring_the_person_back(catalog: RunningCatalog, party_id: str) -> None:
    calls = stub(catalog)
    await calls.PutMasterData(put(party_id))
    await calls.ErasePersonalData(erase(party_id))
    await calls.PutMasterData(put(party_id))
    assert (await calls.GetParty(pb.GetPartyRequest(party_id=party_id))).party.name == ""
    assert await held_by(catalog) == set()


async def test_a_changed_name_is_kept_and_is_no_news_for_others(catalog: RunningCatalog, party_id: str) -> None:
    calls = stub(catalog)
    await calls.PutMasterData(put(party_id))
    again = await calls.PutMasterData(put(party_id, "Wolderboom & Co"))
    assert (again.changed, again.unchanged) == (0, 1)
    assert (await calls.GetParty(pb.GetPartyRequest(party_id=party_id))).party.name == "Wolderboom & Co"
    await calls.ErasePersonalData(erase(party_id))


async def test_another_tenant_neither_sees_nor_erases_it(catalog: RunningCatalog, party_id: str) -> None:
    await stub(catalog).PutMasterData(put(party_id))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub(catalog, "globex").ErasePersonalData(erase(party_id))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert (await stub(catalog).GetParty(pb.GetPartyRequest(party_id=party_id))).party.name == NAME
    await stub(catalog).ErasePersonalData(erase(party_id))


async def test_people_in_records_of_before_move_to_the_table(
    migrated: MigratedDatabases, servers: EmbeddedServers
) -> None:
    fresh = await migrated.fresh("catalog")
    party = put("HOME-1").parties[0]
    await _as_before(fresh, party)
    await migrate("catalog", fresh.urls)
    engine = create_engine(fresh.urls.database, "catalog")
    async with transaction(engine, ("acme",)) as tx:
        content = await tx.driver.fetchval("SELECT content FROM record")
        people = await tx.driver.fetchval("SELECT facts FROM personal_data")
    await engine.stop()
    await servers.drop_database(fresh.name)
    kept = md.Party.FromString(content)
    assert (kept.party_id, kept.name, kept.personal_data_id) == ("HOME-1", "", wire.personal_data_id("HOME-1"))
    assert md.Party.FromString(people) == md.Party(name=NAME, contact=party.contact)


async def _as_before(fresh: MigratedDatabase, party: md.Party) -> None:
    """Takes the schema back to the revision before, with a party as it was kept then."""
    owner = await asyncpg.connect(fresh.urls.migration.replace("postgresql+asyncpg", "postgresql"))
    await owner.execute("SET search_path TO catalog")
    await owner.execute("DROP TABLE personal_data")
    await owner.execute("UPDATE alembic_version SET version_num = '0002'")
    await owner.execute("SELECT set_config('app.tenants', 'acme', false)")
    await owner.execute(
        "INSERT INTO record (tenant, kind, subject_id, key, valid_from, content)"
        " VALUES ('acme', 'party', $1, '', $2, $3)",
        party.party_id,
        date(2026, 1, 1),
        party.SerializeToString(),
    )
    await owner.close()
