"""Certificates: goods that lack one are held with their invoice, for somebody, and the upload releases them, once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import pytest
from crossdock.procurement.events.v1 import events_pb2 as facts
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as pb
from crossdock.procurement.v1 import purchase_order_pb2 as order_pb
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb
from crossdock_kit import policy
from crossdock_kit.database import Engine, transaction
from crossdock_kit.policy import NewRule, Scope
from procurement_cases.calls import DAY_ZERO, Caller, billed, certified, counted, line, on, unique
from procurement_cases.refusals import refused

BLOCKED, READY = invoice_pb.SUPPLIER_INVOICE_STATE_BLOCKED, invoice_pb.SUPPLIER_INVOICE_STATE_READY
PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
MISSING = "CERTIFICATE_MISSING"


@pytest.fixture(scope="module", autouse=True)
async def rules(engine: Engine) -> None:
    """Hardware needs an analysis everywhere, bulk goods nothing, and at WH-WEST a rule says no kinds."""
    async with transaction(engine, ["acme"]) as tx:
        for value, scope in (
            ({"kinds": ["COA"]}, Scope(item_category="hardware")),
            ({"kinds": "COA and more"}, Scope(item_category="hardware", location="WH-WEST")),
        ):
            long_ago = DAY_ZERO - timedelta(days=400)
            rule = NewRule(key="procurement.certificates", value=value, valid_from=long_ago, scope=scope)
            await policy.add(tx.driver, "acme", rule)


def lot() -> str:
    """No other test certifies it."""
    return unique("L")


async def ordered(caller: Caller, **more: Any) -> order_pb.PurchaseOrder:
    number = unique("PO")
    await caller.submit(number, [line("10", 100, **more)])
    return (await caller.answer(number)).purchase_order


async def arrived(
    caller: Caller, order: order_pb.PurchaseOrder, number: str, amount: int = 100, **more: Any
) -> inbound.ReceiptLine:
    sku = order.lines[0].sku
    named: dict[str, Any] = {"purchase_order_number": order.number, "line_number": "10", "lot": {"number": number}}
    done = await caller.receive(unique("RC"), counted(amount, sku, **named | more))
    return done.receipt.lines[0]


async def upload(caller: Caller, request: pb.RecordCertificateRequest) -> pb.RecordCertificateResponse:
    return await caller.stub.RecordCertificate(request, timeout=caller.timeout)


async def states(caller: Caller, order: order_pb.PurchaseOrder) -> list[int]:
    return [each.state for each in (await caller.order(order.number)).supplier_invoices]


async def concerns(caller: Caller, order: order_pb.PurchaseOrder) -> list[tuple[str, str, bool]]:
    return [each for each in await caller.exceptions(order.purchase_order_id) if "CERTIFICATE" in each[0]]


@pytest.mark.feature("F016", "F078")
async def test_a_missing_certificate_has_one_word_at_all_warehouses(caller: Caller) -> None:
    order, name = await ordered(caller), lot()
    await arrived(caller, order, name)
    told = [
        each.discrepancy
        for each in await caller.journal(order.purchase_order_id)
        if isinstance(each, facts.DiscrepancyReported)
    ]
    lacking = [each for each in told if each.code == inbound.DISCREPANCY_CODE_MISSING_CERTIFICATE]
    assert [(each.sku, each.quantity.value, each.purchase_order_id) for each in lacking] == [
        ("BOLT", "100", order.purchase_order_id)
    ]
    await upload(caller, certified(unique("COA"), lot=name))


@pytest.mark.feature("F078", "F035")
async def test_goods_without_their_certificate_are_held_with_their_invoice_until_it_is_uploaded(caller: Caller) -> None:
    order, name = await ordered(caller), lot()
    received = await arrived(caller, order, name)
    assert (list(received.missing_certificates), received.condition) == (["COA"], inbound.CONDITION_GOOD)
    await caller.invoice(unique("INV"), billed(order.number, 100))
    assert await states(caller, order) == [BLOCKED]
    assert await concerns(caller, order) == [
        (MISSING, "compliance", True),
        ("INVOICE_CERTIFICATE_MISSING", "compliance", True),
    ]
    done = await upload(caller, certified(unique("COA"), lot=name))
    [released] = done.released
    assert (released.lot, released.quantity.value, list(released.missing)) == (name, "100", [])
    assert await states(caller, order) == [READY]
    assert {each[2] for each in await concerns(caller, order)} == {False}
    told = await caller.facts(order.purchase_order_id)
    for fact in ("CertificateMissing", "CertificateUploaded", "ComplianceHoldReleased"):
        assert told.count(fact) == 1


@pytest.mark.feature("F078")
async def test_an_invoice_that_waited_for_the_goods_waits_for_their_certificate_too(caller: Caller) -> None:
    order, name = await ordered(caller), lot()
    await caller.invoice(unique("INV"), billed(order.number, 100))
    await arrived(caller, order, name)
    assert await states(caller, order) == [BLOCKED]
    await upload(caller, certified(unique("COA"), lot=name))
    assert await states(caller, order) == [READY]


@pytest.mark.feature("F078")
async def test_what_is_on_file_before_the_goods_holds_nothing(caller: Caller) -> None:
    order, name = await ordered(caller), lot()
    done = await upload(caller, certified(unique("COA"), lot=name))
    assert not done.released
    received = await arrived(caller, order, name)
    assert not received.missing_certificates
    assert await concerns(caller, order) == []


@pytest.mark.parametrize(
    "certificate",
    [
        {"kind": "SDS"},
        {"sku": "NUT"},
        {"lot": "ANOTHER"},
        {"supplier_id": "SUP-DELTA"},
        {"valid_to": on(-1)},
        {"valid_from": on(1)},
    ],
)
async def test_a_certificate_of_something_else_or_of_another_time_releases_nothing(
    caller: Caller, certificate: dict[str, Any]
) -> None:
    order, name = await ordered(caller), lot()
    await arrived(caller, order, name)
    done = await upload(caller, certified(unique("COA"), **{"lot": name} | certificate))
    assert not done.released
    assert await concerns(caller, order) == [(MISSING, "compliance", True)]


@pytest.mark.feature("F035")
async def test_an_upload_counts_once_and_its_number_means_nothing_else(caller: Caller) -> None:
    order, name, number = await ordered(caller), lot(), unique("COA")
    await arrived(caller, order, name)
    first = await upload(caller, certified(number, lot=name))
    again = await upload(caller, certified(number, lot=name, document="handed-in-again.json"))
    assert (again.repeated_certificate, again.certificate) == (True, first.certificate)
    assert not again.released
    assert await refused(upload(caller, certified(number, lot=name, sha256="f" * 64))) == (
        PRECONDITION,
        "CERTIFICATE_NUMBER_REUSED",
    )
    assert (await caller.facts(order.purchase_order_id)).count("ComplianceHoldReleased") == 1


@pytest.mark.feature("F078")
async def test_receipt_and_upload_at_once_leave_no_hold_behind(caller: Caller) -> None:
    for _ in range(5):
        order, name = await ordered(caller), lot()
        await asyncio.gather(arrived(caller, order, name), _until_uploaded(caller, certified(unique("COA"), lot=name)))
        assert [each for each in await concerns(caller, order) if each[2]] == []


async def _until_uploaded(caller: Caller, request: pb.RecordCertificateRequest) -> None:
    """A conflict asks its caller to try again."""
    for _ in range(20):
        try:
            await upload(caller, request)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.ABORTED:
                raise
        else:
            return
    raise AssertionError("refused twenty times")


async def test_what_the_warehouse_holds_itself_is_released_by_quality_and_only_paid_by_the_upload(
    caller: Caller,
) -> None:
    order, name = await ordered(caller), lot()
    await arrived(caller, order, name, condition=inbound.CONDITION_HOLD)
    [missing] = [
        each for each in await caller.journal(order.purchase_order_id) if isinstance(each, facts.CertificateMissing)
    ]
    assert not missing.hold.holds_stock
    done = await upload(caller, certified(unique("COA"), lot=name))
    assert [each.holds_stock for each in done.released] == [False]


async def test_damaged_goods_and_goods_that_need_nothing_are_not_held(caller: Caller) -> None:
    order = await ordered(caller)
    assert not (await arrived(caller, order, lot(), 5, condition=inbound.CONDITION_DAMAGED)).missing_certificates
    sand = await ordered(caller, sku="SAND", unit="KGM")
    assert not (await arrived(caller, sand, lot(), unit="KGM")).missing_certificates


async def test_a_rule_that_says_no_kinds_lets_nothing_by(caller: Caller) -> None:
    order, name = await ordered(caller), lot()
    named: dict[str, Any] = {"purchase_order_number": order.number, "line_number": "10", "lot": {"number": name}}
    done = await caller.receive(unique("RC"), counted(10, **named), location_id="WH-WEST", system="WMS-WEST")
    assert list(done.receipt.lines[0].missing_certificates) == ["CERTIFICATE"]


async def test_what_a_report_says_of_certificates_is_not_heeded(caller: Caller) -> None:
    order = await ordered(caller, sku="SAND", unit="KGM")
    received = await arrived(caller, order, lot(), unit="KGM", missing_certificates=["COA"])
    assert not received.missing_certificates


async def test_no_other_tenant_is_held_by_our_rules_or_released_by_our_certificates(
    caller: Caller, stranger: Caller
) -> None:
    theirs, name = await ordered(stranger), lot()
    assert not (await arrived(stranger, theirs, name)).missing_certificates
    ours = await ordered(caller)
    await arrived(caller, ours, name)
    await upload(stranger, certified(unique("COA"), lot=name))
    assert await concerns(caller, ours) == [(MISSING, "compliance", True)]
