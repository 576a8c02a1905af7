"""MDM before ERP, attribute by attribute, as the contract says or what stands in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import grpc
import pytest
from catalog.api import CatalogServicer
from catalog.store.unit_of_work import UnitOfWork
from catalog_stage import RunningCatalog
from crossdock.catalog.v1 import catalog_service_pb2 as pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as pb_grpc
from crossdock.catalog.v1 import master_data_pb2 as md
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.clock import SystemClock
from crossdock_kit.database import transaction
from crossdock_kit.ownership_overrides import Override
from crossdock_kit.testing import start_service
from crossdock_kit.unit_of_work import UnitOfWork as KitUnitOfWork
from google.type import date_pb2

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MDM, ERP, CHANNEL = options_pb2.ROLE_MDM, options_pb2.ROLE_ERP, options_pb2.ROLE_CHANNEL
JUNE = date_pb2.Date(year=2027, month=6, day=1)


@pytest.fixture
def calls(catalog: RunningCatalog) -> Any:
    return catalog.server.caller(pb_grpc.CatalogServiceStub, tenant="acme")


def put(role: Any, minutes: int = 0, **records: Any) -> pb.PutMasterDataRequest:
    said: dict[str, Any] = {"system": options_pb2.Role.Name(role), "role": role, "partial_success": True}
    request = pb.PutMasterDataRequest(request_id=str(uuid4()), **said | records)
    request.said_at.FromDatetime(NOON + timedelta(minutes=minutes))
    return request


def name() -> str:
    return f"W-{uuid4().hex[:8].upper()}"


def item(sku: str, description: str = "", unit: str = "EA", **more: Any) -> md.Item:
    return md.Item(sku=sku, description=description, base_unit=unit, **more)


def packed(size: str) -> list[md.Packaging]:
    return [md.Packaging(unit="XCS", base_quantity=size)]


async def shown(calls: Any, sku: str, on: date_pb2.Date | None = None) -> md.Item:
    found: md.Item = (await calls.GetItem(pb.GetItemRequest(sku=sku, on=on))).item
    return found


@pytest.mark.feature("F042")
@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_declared_precedence_decides_and_not_who_spoke_last(calls: Any, order: Sequence[int]) -> None:
    sku, party = name(), name()
    words = [
        put(MDM, 1, items=[item(sku, "Golden")], parties=[md.Party(party_id=party, name="Golden Ltd")]),
        put(
            ERP,
            5,
            items=[item(sku, "Local", category="BOLTS", packaging=packed("12"), lot_controlled=True)],
            parties=[md.Party(party_id=party, name="Local Ltd", contact=md.Contact(person="Ann"), duns="123456789")],
        ),
        put(ERP, 3, items=[item(sku, "Late", category="NUTS")], parties=[md.Party(party_id=party, name="Late Ltd")]),
    ]
    for each in [*order, *order]:
        words[each].request_id = str(uuid4())
        await calls.PutMasterData(words[each])
    found = await shown(calls, sku)
    assert (found.description, found.category, found.lot_controlled) == ("Golden", "BOLTS", True)
    assert [each.base_quantity for each in found.packaging] == ["12"]
    of = (await calls.GetParty(pb.GetPartyRequest(party_id=party))).party
    assert (of.name, of.duns, of.HasField("contact")) == ("Golden Ltd", "123456789", False)


async def test_what_is_kept_is_counted_and_announced_by_nobody(catalog: RunningCatalog, calls: Any) -> None:
    sku = name()
    await calls.PutMasterData(put(MDM, 1, items=[item(sku, "Golden", category="A")]))
    kept = await calls.PutMasterData(put(ERP, 2, items=[item(sku, "Local", category="B")]))
    again = await calls.PutMasterData(put(ERP, 2, items=[item(sku, "Local", category="B")]))
    assert [(each.changed, each.unchanged, each.kept) for each in (kept, again)] == [(0, 1, 1), (0, 1, 0)]
    foreseen = await calls.PutMasterData(put(ERP, 3, items=[item(sku, gtin="00012345600012")], validate_only=True))
    assert [(each.path, list(each.fields)) for each in foreseen.changes] == [("items[0]", ["gtin"])]
    async with transaction(catalog.engine, ("acme",)) as tx:
        assert await tx.driver.fetchval("SELECT count(*) FROM journal WHERE aggregate = $1", f"item/{sku}") == 1
    # Where the higher owner says nothing of it any more the other's word stands in.
    await calls.PutMasterData(put(MDM, 4, items=[item(sku, "Golden")]))
    assert (await shown(calls, sku)).category == "B"


async def test_a_day_that_only_the_lower_owner_names_changes_only_what_it_may_show(calls: Any) -> None:
    sku = name()
    await calls.PutMasterData(put(MDM, 1, items=[item(sku, "Golden")]))
    later = item(sku, "Local", packaging=packed("10"))
    later.valid_from.CopyFrom(JUNE)
    await calls.PutMasterData(put(ERP, 2, items=[item(sku, "Local", packaging=packed("12")), later]))
    for day, size in ((None, "12"), (JUNE, "10")):
        found = await shown(calls, sku, day)
        assert (found.description, [each.base_quantity for each in found.packaging]) == ("Golden", [size])


async def test_sizes_that_count_another_unit_are_not_put_together(calls: Any) -> None:
    sku = name()
    await calls.PutMasterData(put(ERP, 1, items=[item(sku, unit="KGM", packaging=packed("25"))]))
    await calls.PutMasterData(put(MDM, 2, items=[item(sku, unit="EA")]))
    found = await shown(calls, sku)
    assert (found.base_unit, list(found.packaging)) == ("EA", [])


async def test_codes_and_prices_have_the_same_precedence(calls: Any) -> None:
    partner, sku = f"p-{uuid4().hex[:8]}", name()

    def words(means: str, amount: str) -> dict[str, Any]:
        price = values_pb2.UnitPrice(money=values_pb2.Money(amount=amount, currency="EUR"))
        code = md.CrosswalkEntry(partner=partner, kind=md.CODE_KIND_ITEM, partner_code="77", canonical=means)
        return {"crosswalk": [code], "prices": [md.Price(sku=sku, price=price)]}

    await calls.PutMasterData(put(MDM, 1, **words("RIGHT", "1.00")))
    answer = await calls.PutMasterData(put(ERP, 2, **words("WRONG", "2.00")))
    assert (answer.changed, answer.kept) == (0, 2)
    query = pb.CodeQuery(kind=md.CODE_KIND_ITEM, partner_code="77")
    found = await calls.ResolveCodes(pb.ResolveCodesRequest(partner=partner, codes=[query]))
    assert found.results[0].canonical == "RIGHT"


@pytest.mark.feature("F039", "F040")
async def test_what_the_configuration_says_of_an_attribute_is_its_precedence(catalog: RunningCatalog) -> None:
    configured = {
        "Item.category": Override((ERP, MDM)),
        "Item.packaging": Override((ERP,), "logistics"),
        "Party.party_id": Override((ERP, MDM, CHANNEL)),
    }
    uow = KitUnitOfWork(catalog.engine, lambda: None, served=frozenset({"acme"}))
    servicer = CatalogServicer(catalog.engine, UnitOfWork(uow), SystemClock())
    add, sku, party = pb_grpc.add_CatalogServiceServicer_to_server, name(), name()
    async with start_service((add, servicer), uow=uow, ownership=configured) as running:
        there: Any = running.caller(pb_grpc.CatalogServiceStub, tenant="acme")
        await there.PutMasterData(put(ERP, 1, items=[item(sku, "Local", category="E", packaging=packed("12"))]))
        answer = await there.PutMasterData(
            put(MDM, 2, items=[item(sku, "Golden", category="M", packaging=packed("9"))])
        )
        told = answer.refused[0]
        assert (told.path, told.code, told.record, told.taken) == (
            "items[0].packaging",
            "FIELD_NOT_OWNED",
            f"item {sku}",
            True,
        )
        assert told.reason.startswith("packaging: MDM may not write it; it belongs to ERP, as the deployment's")
        with pytest.raises(grpc.aio.AioRpcError) as whole:
            await there.PutMasterData(put(MDM, 2, items=[item(sku, packaging=packed("9"))], partial_success=False))
        assert whole.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        of_shop = await there.PutMasterData(put(CHANNEL, 9, parties=[md.Party(party_id=party, name="Shop's word")]))
        assert of_shop.changed == 1, "who is let in by the key may write the rest of it"
        found = await shown(there, sku)
    assert (found.description, found.category, [each.base_quantity for each in found.packaging]) == (
        "Golden",
        "E",
        ["12"],
    )


async def test_a_record_whose_days_its_role_may_not_say_is_not_taken(calls: Any) -> None:
    sku, other = name(), name()
    dated = item(sku, "Local")
    dated.valid_from.CopyFrom(JUNE)
    owners = [values_pb2.AttributeWriters(attribute="Item.valid_from", writers=[MDM])]
    answer = await calls.PutMasterData(put(ERP, 1, items=[dated, item(other)], ownership=owners))
    assert [(each.path, each.code, each.taken) for each in answer.refused] == [("items[0]", "FIELD_NOT_OWNED", False)]
    assert answer.changed == 1
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await shown(calls, sku, JUNE)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


async def test_whom_a_profile_lets_in_comes_behind_whom_the_contract_names(calls: Any) -> None:
    sku = name()
    owners = [values_pb2.AttributeWriters(attribute="Item.sku", writers=[CHANNEL])]
    await calls.PutMasterData(put(CHANNEL, 9, items=[item(sku, "Shop", category="S")], ownership=owners))
    await calls.PutMasterData(put(ERP, 1, items=[item(sku, "Book")]))
    found = await shown(calls, sku)
    assert (found.description, found.category) == ("Book", "S")


async def test_two_roles_at_once_come_to_the_same_as_one_after_the_other(calls: Any) -> None:
    skus = [name() for _ in range(20)]
    by_mdm = put(MDM, 1, items=[item(each, "Golden") for each in skus])
    by_erp = put(ERP, 2, items=[item(each, "Local", category="E") for each in reversed(skus)])
    await asyncio.gather(calls.PutMasterData(by_mdm), calls.PutMasterData(by_erp))
    for each in skus:
        found = await shown(calls, each)
        assert (found.description, found.category) == ("Golden", "E")


async def test_what_catalog_derives_itself_is_ignored_in_a_load(calls: Any) -> None:
    party = md.Party(party_id=name(), name="Somebody", personal_data_id="whose")
    answer = await calls.PutMasterData(put(MDM, 1, parties=[party], partial_success=False))
    assert (answer.changed, list(answer.refused)) == (1, [])
    found = (await calls.GetParty(pb.GetPartyRequest(party_id=party.party_id))).party
    assert (found.name, found.personal_data_id != "whose") == ("Somebody", True)
