"""Suppliers' invoices, by EDI, by a supplier's API and as the ERP captured them, and what the ERP is told of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.domain.documents import State
from connector.mappings import json_invoice_verdict, json_supplier_invoice, x12_810
from connector.store.codes import Entry, Thing
from connector_samples import files, orders
from connector_samples.calls import control, refusal
from connector_samples.partners import EDI, http
from connector_samples.rig import TENANT, Rig
from crossdock.options.v1 import options_pb2
from crossdock.procurement.events.v1 import events_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock.procurement.v1 import supplier_invoice_pb2 as invoice_pb2
from crossdock_kit.errors import Refused

LINE = {
    "order": "4500000001",
    "line": "10",
    "item": "AT-1001",
    "quantity": "100",
    "unit": "ST",
    "price": {"amount": "12.50", "per": "100"},
}
INVOICE: dict[str, Any] = {
    "documentType": "supplierInvoice",
    "supplier": "V100010",
    "number": "INV-1",
    "invoiceDate": "2026-11-20",
    "currency": "EUR",
    "total": "14.88",
    "lines": [LINE],
}
UNIT = "BILL"


@dataclass
class InvoiceNumberReused(Refused):
    number: str


@dataclass
class SomethingElse(Refused):
    number: str


def parsed(body: dict[str, Any]) -> json_document.JsonObject:
    return json_document.decode(json.dumps(body).encode())


def read_810(*segments: str, header: str = "INV-1*20261102*4500000001***DI*00", **options: str) -> Any:
    [message] = x12_document.read_file(files.invoice(*segments, header=header), {})[0].messages
    document: Any = message.document
    return x12_810.read(document, orders.reading(orders.partner(options=options), x12=True))


def read_json(role: options_pb2.Role.ValueType, **changes: Any) -> Any:
    return json_supplier_invoice.read(parsed(INVOICE | changes), orders.reading(orders.partner(role)))


# --- what they mean


@pytest.mark.feature("F150")
def test_an_810_is_an_invoice_of_its_sender_with_exact_amounts() -> None:
    command = read_810()
    request: procurement.RecordSupplierInvoiceRequest = command.request
    assert (request.number, request.supplier_id) == ("INV-1", "SUP-NORDIC")
    assert (request.invoiced_on.year, request.invoiced_on.month, request.invoiced_on.day) == (2026, 11, 20)
    assert (request.total.amount, request.total.currency) == ("14.88", "EUR")
    [line] = request.lines
    assert (line.purchase_order_number, line.line_number, line.sku) == ("4500000001", "10", "A1001")
    assert (line.supplier_item, line.quantity.value, line.quantity.unit) == ("ND-77", "100", "EA")
    assert (line.price.money.amount, line.price.per, line.price.money.currency) == ("12.5", "100", "EUR")
    assert (command.orders, command.keys) == (("4500000001",), ("invoice:INV-1", "po:4500000001"))


@pytest.mark.feature("F150")
def test_both_formats_of_one_invoice_say_the_same() -> None:
    [edi], [plain] = read_810().request.lines, read_json(options_pb2.ROLE_SUPPLIER).request.lines
    for field in ("purchase_order_number", "line_number", "sku", "quantity", "price"):
        assert getattr(edi, field) == getattr(plain, field), field


def test_charges_and_allowances_of_both_formats_are_signed_amounts_and_tax_is_none() -> None:
    line = ("CUR*SE*EUR", "IT1*10*100*EA*12.5*HP*BP*A1001", "SAC*A*C310***250")
    edi = read_810(*line, "TDS*5938", "TXI*VA*3.5", "SAC*C*D240***4750**********Freight", "SAC*N*F050***100").request
    said = [(each.code, each.amount.amount, each.description) for each in edi.charges]
    assert said == [("D240", "47.5", "Freight"), ("C310", "-2.5", "")]
    freight = {"code": "D240", "description": "Freight", "amount": "47.50"}
    plain = read_json(options_pb2.ROLE_SUPPLIER, charges=[freight]).request
    assert [(each.code, each.amount.amount) for each in plain.charges] == [("D240", "47.5")]


@pytest.mark.parametrize("sign", ["", "-"], ids=["as more than nothing", "as less"])
@pytest.mark.parametrize("kind", ["CR", "CN"])
def test_a_credit_memo_gives_back_however_its_supplier_writes_that(kind: str, sign: str) -> None:
    line = ("CUR*SE*EUR", "REF*OI*INV-1", f"IT1*10*{sign}10*EA*12.5*HP*BP*A1001", f"TDS*{sign}125")
    edi = read_810(*line, f"SAC*C*D240***{sign}475", header=f"CR-1*20261102*4500000001***{kind}*00").request
    assert (edi.kind, edi.credits, edi.number) == (invoice_pb2.INVOICE_KIND_CREDIT, "INV-1", "CR-1")
    assert (edi.total.amount, edi.lines[0].quantity.value, edi.charges[0].amount.amount) == ("1.25", "10", "4.75")
    lines = [LINE | {"quantity": "10"}]
    plain = read_json(options_pb2.ROLE_SUPPLIER, kind="credit", credits="INV-1", lines=lines).request
    assert (plain.kind, plain.credits, plain.lines[0].quantity) == (edi.kind, edi.credits, edi.lines[0].quantity)
    assert read_810().request.kind == read_json(options_pb2.ROLE_ERP).request.kind == invoice_pb2.INVOICE_KIND_INVOICE


@pytest.mark.feature("F178")
def test_an_item_that_nothing_else_places_waits_where_its_order_line_is_not_named() -> None:
    strange = {key: value for key, value in LINE.items() if key != "line"} | {"item": "X-99"}
    reading = orders.reading(orders.partner(options_pb2.ROLE_ERP))
    json_supplier_invoice.read(parsed(INVOICE | {"lines": [strange]}), reading)
    unknown: Any = reading.codes
    assert list(unknown.unknown) == ["item X-99"]


def test_lines_may_name_orders_and_lines_of_their_own() -> None:
    first = ("CUR*SE*EUR", "IT1*1*5*EA*2*PE*BP*A1001", "REF*PO*4500000002", "REF*LI*20")
    second = ("IT1*2*1*CA*9*PE*BP*A1004", "TDS*1900", "CTT*2")
    command = read_810(*first, *second)
    found = [(each.purchase_order_number, each.line_number, each.quantity.unit) for each in command.request.lines]
    assert found == [("4500000002", "20", "EA"), ("4500000001", "2", "XCS")]
    assert command.orders == ("4500000002", "4500000001")


@pytest.mark.parametrize(("basis", "per"), [("PE", ""), ("HP", "100"), ("TP", "1000"), ("PN", "10"), ("HT", "100000")])
def test_the_basis_of_a_price_says_how_many_it_is_for(basis: str, per: str) -> None:
    command = read_810("CUR*SE*EUR", f"IT1*10*100*EA*12.5*{basis}*BP*A1001", "TDS*100")
    assert command.request.lines[0].price.per == per


def test_where_an_810_names_no_currency_the_profile_does() -> None:
    bare = ("IT1*10*100*EA*12.5*HP*BP*A1001", "TDS*1250")
    assert read_810(*bare, currency="USD").request.total.currency == "USD"
    with pytest.raises(DocumentFault, match="CUR02"):
        read_810(*bare)


@pytest.mark.parametrize(
    ("header", "segments", "where"),
    [
        ("CR-1*20261102*4500000001***CR*00", ("CUR*SE*EUR", "IT1*10*5*EA*1**BP*A1001", "TDS*-100"), "IT102 of line 10"),
        ("CR-1*20261102*4500000001***CR*00", ("CUR*SE*EUR", "IT1*10*-5*EA*1**BP*A1001", "TDS*100"), "IT102 of line 10"),
        ("INV-1*20261102*4500000001***DI*01", (), "BIG08"),
        ("INV-1*20261102*4500000001***DI*00", ("CUR*SE*EUR", "TDS*100"), "IT1"),
        ("INV-1", ("CUR*SE*EUR", "IT1*10**EA*1**BP*A1001", "TDS*100"), "IT102 of line 10"),
        ("INV-1", ("CUR*SE*EUR", "IT1*10*5*EA***BP*A1001", "TDS*100"), "IT104 of line 10"),
        ("INV-1", ("CUR*SE*EUR", "IT1*10*0*EA*1**BP*A1001", "TDS*100"), "IT102 of line 10"),
        ("INV-1", ("CUR*SE*EUR", "IT1*10*-5*EA*1**BP*A1001", "TDS*100"), "IT102 of line 10"),
        ("INV-1", ("CUR*SE*EUR", "IT1**5*EA*-1**BP*A1001", "TDS*100"), "IT104 of line 1"),
        ("INV-1", ("CUR*SE*EUR", "IT1*10*5*EA*1**BP*A1001", "TDS*-100"), "TDS01"),
        ("INV-1", ("CUR*SE*EUR", "IT1*10*5*EA*1**BP*A1001", "TDS*100", "SAC*C*D240*****Z*5"), "SAC05"),
    ],
)
def test_what_is_no_invoice_is_refused_with_its_place(header: str, segments: tuple[str, ...], where: str) -> None:
    with pytest.raises(DocumentFault) as fault:
        read_810(*segments, header=header)
    assert fault.value.path == where


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"documentType": "creditMemo"}, "documentType"),
        ({"lines": []}, "lines"),
        ({"total": "-1"}, "total"),
        ({"invoiceDate": "20.11.2026"}, "invoiceDate"),
        ({"lines": [LINE | {"quantity": "0"}]}, "lines[0].quantity"),
        ({"lines": [LINE | {"quantity": "-3"}]}, "lines[0].quantity"),
        ({"lines": [LINE | {"price": None}]}, "lines[0].price"),
        ({"lines": [LINE | {"order": ""}]}, "lines[0].order"),
    ],
)
def test_a_json_invoice_that_is_none_is_refused_with_its_path(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(DocumentFault) as fault:
        read_json(options_pb2.ROLE_ERP, **changes)
    assert fault.value.path == where


def test_a_supplier_speaks_for_itself_and_the_erp_for_whom_it_names() -> None:
    other = {"supplier": "V999999"}
    assert read_json(options_pb2.ROLE_SUPPLIER, **other).request.supplier_id == "SUP-NORDIC"
    by_erp = read_json(options_pb2.ROLE_ERP).request
    assert (by_erp.supplier_id, by_erp.lines[0].supplier_item) == ("SUP-NORDIC", "")
    reading = orders.reading(orders.partner(options_pb2.ROLE_ERP))
    json_supplier_invoice.read(parsed(INVOICE | other), reading)
    unknown: Any = reading.codes
    assert list(unknown.unknown) == ["party V999999"]


# --- what becomes of them


@pytest.fixture
async def billing(rig: Rig) -> AsyncIterator[Rig]:
    """A supplier by EDI and an ERP of a business unit of their own; procurement records everything."""
    documents = [{"kind": "x12.810", "direction": "IN"}, {"kind": "x12.997", "direction": "OUT"}]
    drop = {"fileDrop": {"inbox": "sup-bill/in", "outbox": "sup-bill/out"}}
    await rig.partner("sup-bill", role="SUPPLIER", partyId="SUP-NORDIC", transport=drop, edi=EDI, documents=documents)
    await rig.partner(
        "erp-bill",
        role="ERP",
        system="ERP-BILL",
        businessUnit=UNIT,
        transport=http(),
        documents=[
            {"kind": "json.supplier_invoice", "direction": "IN", "path": "supplier-invoices"},
            {"kind": "json.invoice_match", "direction": "OUT", "path": "/invoice-matches"},
            {"kind": "json.invoice_verdict", "direction": "IN", "path": "invoice-verdicts"},
        ],
    )
    await rig.knows(entries=[Entry(TENANT, "erp-bill", "party", "", "V100010", "SUP-NORDIC")])
    recorded = invoice_pb2.SupplierInvoice(
        invoice_id="inv-1", lines=[invoice_pb2.SupplierInvoiceLine(purchase_order_id="po-77")]
    )
    answer = procurement.RecordSupplierInvoiceResponse(supplier_invoice=recorded)
    rig.procurement.accepts("RecordSupplierInvoice", answer)
    rig.procurement.requests.clear()
    yield rig
    await rig.send("sup-bill")
    await rig.send("erp-bill")


@pytest.mark.feature("F150")
async def test_an_810_is_recorded_and_stands_in_the_transaction_of_its_order(billing: Rig) -> None:
    document = await billing.given("sup-bill", files.invoice(control=control()))
    assert document.state is State.UNDERSTOOD
    [request] = billing.procurement.requests
    assert isinstance(request, procurement.RecordSupplierInvoiceRequest)
    assert (request.origin.role, request.supplier_id) == (options_pb2.ROLE_SUPPLIER, "SUP-NORDIC")
    assert document.transaction_ids == ("po-77",)
    assert {"invoice:INV-1", "po:4500000001"} <= set(document.keys)


@pytest.mark.feature("F154")
async def test_the_same_file_again_is_a_duplicate_that_procurement_never_sees(billing: Rig) -> None:
    content = files.invoice(control=control())
    assert (await billing.given("sup-bill", content)).state is State.UNDERSTOOD
    assert (await billing.given("sup-bill", content)).state is State.DUPLICATE
    assert len(billing.procurement.requests) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(InvoiceNumberReused("INV-1"), "INVOICE_NUMBER_REUSED"), (SomethingElse("INV-1"), "SOMETHING_ELSE")],
)
@pytest.mark.feature("F154")
async def test_a_refused_invoice_is_an_exception_of_accounts_payable(billing: Rig, error: Refused, code: str) -> None:
    billing.procurement.refuses("RecordSupplierInvoice", refusal(error))
    document = await billing.given("sup-bill", files.invoice(control=control()))
    assert document.state is State.EXCEPTION
    assert await billing.exceptions(document.document_id) == [("business", code, "accounts-payable")]


async def test_an_invoice_of_a_supplier_whom_nobody_knows_waits_and_goes_on_by_itself(billing: Rig) -> None:
    strange = INVOICE | {"supplier": "V-NEW", "lines": [LINE | {"item": "A1001", "unit": "EA"}]}
    document = await billing.given("erp-bill", json.dumps(strange).encode(), name="i1", path="supplier-invoices")
    assert document.state is State.WAITING
    assert "V-NEW" in document.messages[0].reason
    await billing.knows(
        Thing(TENANT, "party", "SUP-LATE"), entries=[Entry(TENANT, "erp-bill", "party", "", "V-NEW", "SUP-LATE")]
    )
    await billing.due_now(document.document_id)
    await billing.translate("erp-bill")
    await billing.dispatch()
    assert (await billing.document(document.document_id)).state is State.UNDERSTOOD
    [request] = billing.procurement.requests
    assert isinstance(request, procurement.RecordSupplierInvoiceRequest)
    assert (request.supplier_id, request.origin.role) == ("SUP-LATE", options_pb2.ROLE_ERP)


# --- what the ERP is told


def matched(**changes: Any) -> events_pb2.SupplierInvoiceMatched:
    line = invoice_pb2.SupplierInvoiceLine(
        purchase_order_id="po-77",
        purchase_order_number="4500000001",
        line_number="10",
        sku="A1001",
        quantity=orders.quantity("100"),
        outcome=invoice_pb2.MATCH_OUTCOME_PRICE_VARIANCE,
        variances=[
            invoice_pb2.MatchVariance(
                outcome=invoice_pb2.MATCH_OUTCOME_PRICE_VARIANCE, text="invoiced at 2.75 EUR per EA", rule="policy 1"
            )
        ],
    )
    facts: dict[str, Any] = {
        "business_unit": UNIT,
        "supplier_id": "SUP-NORDIC",
        "invoiced_on": orders.day(11, 20),
        "state": invoice_pb2.SUPPLIER_INVOICE_STATE_BLOCKED,
        "lines": [line],
    }
    invoice = invoice_pb2.SupplierInvoice(**facts | changes)
    invoice.total.amount, invoice.total.currency = "275", "EUR"
    return events_pb2.SupplierInvoiceMatched(invoice_id="inv-1", number="INV-1", supplier_invoice=invoice)


@pytest.mark.feature("F150")
@pytest.mark.feature("F163")
async def test_accounts_payable_are_told_the_readiness_and_every_finding(billing: Rig) -> None:
    await billing.tell(matched(), aggregate="supplier_invoice/inv-1", version=2)
    [(_, content)] = await billing.send("erp-bill")
    assert json.loads(content) == {
        "documentType": "invoiceMatch",
        "invoiceId": "inv-1",
        "aggregateVersion": 2,
        "companyCode": UNIT,
        "supplier": "V100010",
        "invoice": "INV-1",
        "kind": "invoice",
        "credits": None,
        "invoiceDate": "2026-11-20",
        "total": {"amount": "275", "currency": "EUR"},
        "readiness": "blocked",
        "lines": [
            {
                "item": 1,
                "order": "4500000001",
                "line": "10",
                "material": "A1001",
                "quantity": "100",
                "unit": "EA",
                "creditedBaseQuantity": None,
                "outcome": "price_variance",
                "findings": [{"outcome": "price_variance", "text": "invoiced at 2.75 EUR per EA"}],
                "decision": None,
            }
        ],
        "charges": None,
        "rejection": None,
    }


@pytest.mark.feature("F179")
async def test_of_one_invoice_each_business_units_erp_hears_of_what_it_ordered(billing: Rig) -> None:
    routes = [{"kind": "json.invoice_match", "direction": "OUT", "path": "/matches"}]
    await billing.partner(
        "erp-two", role="ERP", system="ERP-TWO", businessUnit="TWO", transport=http(), documents=routes
    )
    event = matched()
    found = event.supplier_invoice
    found.lines.add().CopyFrom(found.lines[0])
    found.lines[1].business_unit, found.lines[1].outcome = "TWO", invoice_pb2.MATCH_OUTCOME_MATCHED
    found.charges.charges.add(code="D240").amount.amount = "80.00"
    found.parts.add(business_unit=UNIT, state=found.state)
    found.parts.add(business_unit="TWO", state=invoice_pb2.SUPPLIER_INVOICE_STATE_READY)
    await billing.tell(event, aggregate="supplier_invoice/inv-1", version=2)
    told = {}
    for partner in ("erp-bill", "erp-two"):
        [(_, content)] = await billing.send(partner)
        said = json.loads(content)
        told[said["companyCode"]] = (
            said["readiness"],
            [each["outcome"] for each in said["lines"]],
            bool(said["charges"]),
        )
    assert told == {UNIT: ("blocked", ["price_variance"], True), "TWO": ("ready", ["matched"], False)}


@pytest.mark.feature("F163")
async def test_accounts_payable_are_told_who_accepted_what_and_why(billing: Rig) -> None:
    word = invoice_pb2.MatchDecision(by="ap.weber", reason="agreed by phone")
    accepted = invoice_pb2.MATCH_OUTCOME_ACCEPTED
    found = matched(state=invoice_pb2.SUPPLIER_INVOICE_STATE_READY).supplier_invoice
    found.lines[0].outcome = accepted
    found.lines[0].decision.CopyFrom(word)
    freight = invoice_pb2.InvoiceCharge(code="D240", description="Freight")
    freight.amount.amount, freight.amount.currency = "80.00", "EUR"
    charges = invoice_pb2.InvoiceCharges(charges=[freight], outcome=accepted, decision=word)
    found.charges.CopyFrom(charges)
    decided = events_pb2.SupplierInvoiceDecided(invoice_id="inv-1", number="INV-1", supplier_invoice=found)
    await billing.tell(decided, aggregate="supplier_invoice/inv-1", version=3)
    [(_, content)] = await billing.send("erp-bill")
    told = json.loads(content)
    assert (told["readiness"], told["lines"][0]["outcome"]) == ("ready", "accepted")
    assert told["lines"][0]["decision"] == {"by": "ap.weber", "reason": "agreed by phone", "at": "1970-01-01T00:00:00Z"}
    assert told["charges"]["charged"] == [{"code": "D240", "description": "Freight", "amount": "80.00"}]
    assert (told["charges"]["outcome"], told["charges"]["decision"]["by"]) == ("accepted", "ap.weber")


async def test_an_invoice_without_an_order_of_ours_is_told_to_no_erp_and_nobody_is_missed(billing: Rig) -> None:
    nowhere = matched(business_unit="", lines=[invoice_pb2.SupplierInvoiceLine(purchase_order_number="X-1")])
    await billing.tell(nowhere, aggregate="supplier_invoice/inv-2")
    assert await billing.send("erp-bill") == []
    assert await billing.exceptions_like("supplier_invoice/inv-2") == []


# --- what the ERP decides

VERDICT = {
    "documentType": "invoiceVerdict",
    "invoiceId": "inv-1",
    "verdict": "released",
    "reason": "agreed",
    "documentNumber": "5105600101",
    "decidedAt": "2026-11-21T09:00:00Z",
}


@pytest.mark.feature("F150")
async def test_what_the_erp_decides_on_an_invoice_is_reported_as_its_business_units_word(billing: Rig) -> None:
    recorded = invoice_pb2.SupplierInvoice(invoice_id="inv-1")
    recorded.lines.add(purchase_order_id="po-77")
    answer = procurement.RecordInvoiceVerdictResponse(supplier_invoice=recorded)
    billing.procurement.accepts("RecordInvoiceVerdict", answer)
    by_number = {key: value for key, value in VERDICT.items() if key != "invoiceId"}
    named = by_number | {"supplier": "V100010", "invoice": "INV-1"}
    for name, body in (("v1", VERDICT), ("v2", named)):
        content = json.dumps(body).encode()
        document = await billing.given("erp-bill", content, name=name, path="invoice-verdicts")
        assert (document.state, document.transaction_ids) == (State.UNDERSTOOD, ("po-77",))
    first, second = (each for each in billing.procurement.requests)
    assert isinstance(first, procurement.RecordInvoiceVerdictRequest)
    assert isinstance(second, procurement.RecordInvoiceVerdictRequest)
    assert (first.origin.role, first.origin.system) == (options_pb2.ROLE_ERP, "ERP-BILL")
    said = first.verdict
    assert (said.business_unit, said.verdict, said.number) == (UNIT, invoice_pb2.VERDICT_RELEASED, "5105600101")
    assert said.given_at.ToJsonString() == VERDICT["decidedAt"]
    assert (first.invoice_id, second.invoice_id) == ("inv-1", "")
    assert (second.supplier_id, second.number) == ("SUP-NORDIC", "INV-1")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"decidedAt": "yesterday"}, "decidedAt"),
        ({"invoiceId": None}, "supplier"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_a_verdict_that_is_none_is_refused_with_its_path(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(DocumentFault) as fault:
        json_invoice_verdict.read(parsed(VERDICT | changes), orders.reading(orders.partner(options_pb2.ROLE_ERP)))
    assert fault.value.path == where
