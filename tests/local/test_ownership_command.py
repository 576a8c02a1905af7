"""The policy that is shipped: which system owns what, and `crossdock ownership`, which says so and why not."""

from __future__ import annotations

import json

import pytest
from crossdock.connector.v1 import partner_pb2
from crossdock.ops.v1 import ops_service_pb2 as ops
from crossdock.options.v1 import options_pb2
from crossdock_cli import ownership as command
from crossdock_cli.main import app
from crossdock_kit.ownership import OwnedField, owned_fields, ownership_table, role_name
from crossdock_kit.ownership_overrides import read_overrides
from typer.testing import CliRunner

RULES = {(each.message.removeprefix("crossdock."), each.name): each for each in owned_fields()}

ERP = {
    "catalog.v1.Item": "sku description category base_unit packaging",
    "catalog.v1.Party": "party_id name roles",
    "procurement.v1.PurchaseOrder": "number supplier_id currency incoterms ordered_on",
    "procurement.v1.PurchaseOrderLine": "sku ordered price requested ship_to_id",
    "fulfillment.v1.Posting": "number posted_at totals",
    "procurement.v1.SupplierInvoice": "number total",
}
WMS = {
    "procurement.v1.Receipt": "number system location_id received_at",
    "procurement.v1.ReceiptLine": "sku quantity condition lot",
    "procurement.v1.PurchaseOrderLine": "received_quantity damaged_quantity expected_on",
    "procurement.v1.ShipNotice": "expected_on",
    "inventory.v1.StockAdjustment": "number",
    "inventory.v1.ReportedStock": "counted change",
    "inventory.v1.StockStatement": "number",
    "inventory.v1.StatedStock": "quantity",
    "inventory.v1.StockMoveReport": "number",
}
CARRIAGE = {"delivery.v1.Shipment": "carrier tracking_number stage milestones eta proven_at"}
SUPPLIER = {
    "procurement.v1.PurchaseOrderLine": "confirmed confirmed_quantity shipped_quantity",
    "procurement.v1.ShipNotice": "number shipped_at",
    "procurement.v1.ShipNoticeLine": "shipped lot pallet_sscc carton_sscc",
}
CHANNEL = {"fulfillment.v1.SalesOrder": "number channel customer_id requested_on channel_confirmed"}


def writers(message: str, name: str) -> list[str]:
    return [role_name(each) for each in RULES[message, name].writers]


def attributes(policy: dict[str, str]) -> list[tuple[str, str]]:
    return [(message, name) for message, names in policy.items() for name in names.split()]


@pytest.mark.feature("F047")
@pytest.mark.parametrize(("message", "name"), attributes(ERP))
def test_the_erp_writes_orders_master_data_prices_and_what_is_posted(message: str, name: str) -> None:
    assert "ERP" in writers(message, name)
    assert not {"WMS", "TMS", "CARRIER", "CHANNEL"} & set(writers(message, name))


@pytest.mark.feature("F048")
@pytest.mark.parametrize(("message", "name"), attributes(WMS))
def test_the_warehouse_comes_first_in_what_it_counts_and_when_it_receives(message: str, name: str) -> None:
    assert writers(message, name)[0] == "WMS"


@pytest.mark.feature("F049")
@pytest.mark.parametrize(("message", "name"), attributes(CARRIAGE))
def test_carriers_and_the_tms_come_first_in_where_a_shipment_is(message: str, name: str) -> None:
    assert writers(message, name)[0] in {"CARRIER", "TMS", "POD"}
    assert not {"ERP", "SUPPLIER", "CHANNEL"} & set(writers(message, name))


@pytest.mark.feature("F050")
@pytest.mark.parametrize(("message", "name"), attributes(SUPPLIER))
def test_suppliers_write_what_they_promise_and_ship(message: str, name: str) -> None:
    assert writers(message, name) == ["SUPPLIER"]


@pytest.mark.feature("F051")
@pytest.mark.parametrize(("message", "name"), attributes(CHANNEL))
def test_channels_come_first_in_what_customers_see_of_their_orders(message: str, name: str) -> None:
    assert writers(message, name)[0] == "CHANNEL"


@pytest.mark.feature("F042", "F047")
@pytest.mark.parametrize("attribute", ["Item.description", "Party.name", "Price.price", "Location.parent_id"])
def test_the_precedence_of_master_data_is_declared_and_a_deployment_may_declare_another(attribute: str) -> None:
    said = CliRunner().invoke(app, ["ownership", attribute, "--json"]).output
    assert [rule["writers"] for rule in json.loads(said)["rules"]] == [["MDM", "ERP"]]
    [override] = read_overrides(json.dumps({attribute: {"writers": ["ERP"], "steward": "book"}})).values()
    assert [role_name(each) for each in override.writers or ()] == ["ERP"]


def test_no_number_of_ours_is_written_from_outside() -> None:
    minted = [each for each in RULES.values() if each.name in {"purchase_order_id", "receipt_id", "invoice_id"}]
    assert {tuple(map(role_name, each.writers)) for each in minted} == {("CROSSDOCK",)}


# --- the command


@pytest.fixture(autouse=True)
def nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stack runs on this machine is not asked."""

    async def none(field: str, tenant: str | None) -> list[ops.Exception]:
        return []

    monkeypatch.setattr(command, "_refused", none)


def rules(*words: str) -> list[dict[str, object]]:
    answer = CliRunner().invoke(app, ["ownership", *words, "--json"])
    assert answer.exit_code == 0, answer.output
    found: list[dict[str, object]] = json.loads(answer.output)["rules"]
    return found


@pytest.mark.feature("F043")
def test_the_command_prints_the_rules_of_the_committed_table() -> None:
    found = rules()
    table = ownership_table()
    assert len(found) == len(RULES)
    for each in found:
        assert f"| `{each['attribute']}` | {', '.join(each['writers'])} |" in table  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "messages"),
    [
        ("expected_on", {"InboundBooking", "InboundEta", "PurchaseOrderLine", "ShipNotice"}),
        ("ShipNotice.expected_on", {"ShipNotice"}),
        ("crossdock.procurement.v1.Receipt", {"Receipt"}),
    ],
)
def test_an_attribute_a_message_or_both_are_named(field: str, messages: set[str]) -> None:
    assert {str(each["message"]).rpartition(".")[2] for each in rules(field)} == messages


@pytest.mark.feature("F040")
def test_a_role_is_told_whether_it_may_and_why_not() -> None:
    [refused] = rules("ShipNotice.number", "--by", "carrier")
    assert refused["refusal"] == "CARRIER may not write it; it belongs to SUPPLIER"
    [allowed] = rules("ShipNotice.carrier", "--by", "CARRIER")
    assert allowed["refusal"] == ""
    said = CliRunner().invoke(app, ["ownership", "ShipNotice.number", "--by", "WMS"]).output
    assert "ShipNotice.number: WMS may not write it; it belongs to SUPPLIER" in said


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [(("colour",), 4, "no contract gives 'colour' an owner"), (("number", "--by", "POPE"), 1, "'POPE' is none of ERP")],
)
def test_what_nobody_owns_and_who_is_no_role_is_said(words: tuple[str, ...], code: int, why: str) -> None:
    answer = CliRunner().invoke(app, ["ownership", *words])
    assert answer.exit_code == code
    assert why in answer.output


def test_a_refused_update_is_found_by_the_attribute_that_it_wrote() -> None:
    masked = ops.Exception(
        code="FIELD_NOT_OWNED",
        summary="DHL wrote number of a ShipNotice, which it does not own",
        details={"number": "CARRIER may not write it; it belongs to SUPPLIER"},
    )
    whole = ops.Exception(
        code="FIELD_NOT_OWNED",
        summary="sup-nordic, a.json: field not owned: field PurchaseOrderLine.ordered, role SUPPLIER, owners ERP",
    )
    other = ops.Exception(code="ITEM_UNKNOWN", summary="ordered")
    found = [[command.about(each, field) for each in (masked, whole, other)] for field in ("", "number", "ordered")]
    assert found == [[True, True, False], [True, False, False], [False, True, False]]
    assert command.about(whole, "PurchaseOrderLine.ordered")
    assert not command.about(whole, "order")


def test_names_of_a_field_do_not_reach_its_namesakes() -> None:
    fields = [OwnedField("crossdock.a.v1.Order", "number", (1,)), OwnedField("crossdock.a.v1.Orders", "number", (1,))]
    assert command.named("Order", fields) == fields[:1]


def test_who_speaks_in_anothers_role_is_listed_by_partner_and_kind() -> None:
    profile = partner_pb2.PartnerProfile(partner="sup-ships", role=options_pb2.ROLE_SUPPLIER)
    profile.documents.add(kind="x12.856")
    profile.documents.add(kind="easypost.tracker", speaks_as=options_pb2.ROLE_CARRIER)
    profile.documents.add(kind="x12.855", speaks_as=options_pb2.ROLE_SUPPLIER)
    [found] = command.spoken_for([profile], None)
    assert (found.partner, found.kind, found.role, found.speaks_as) == (
        "sup-ships",
        "easypost.tracker",
        "SUPPLIER",
        "CARRIER",
    )
    assert command.spoken_for([profile], options_pb2.ROLE_CARRIER) == [found]
    assert command.spoken_for([profile], options_pb2.ROLE_WMS) == []
    assert command.spoken_table([found]).row_count == 1


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack whose services were told more than the contracts say, and a partner with rules of its own."""
    said = {
        "ShipNotice.number": ops.OwnershipOverride(
            subject="ShipNotice.number", replaces_writers=True, writers=[options_pb2.ROLE_WMS], steward="inbound desk"
        ),
        "Receipt": ops.OwnershipOverride(subject="Receipt", steward="Ms Berg"),
    }
    profile = partner_pb2.PartnerProfile(partner="sup-nordic", role=options_pb2.ROLE_SUPPLIER)
    profile.ownership.add(attribute="ShipNotice.number", writers=[options_pb2.ROLE_SUPPLIER])
    profile.ownership.add(attribute="Shipment.milestones")

    async def heard(field: str, tenant: str | None) -> command.Heard:
        return command.Heard([], [profile], {"procurement": said, "delivery": {}})

    monkeypatch.setattr(command, "_heard", heard)


@pytest.mark.feature("F039", "F052")
def test_what_is_overridden_is_shown_with_who_says_so(configured: None) -> None:
    answer = json.loads(
        CliRunner().invoke(app, ["ownership", "ShipNotice.number", "--by", "SUPPLIER", "--json"]).output
    )
    [rule] = answer["rules"]
    assert (rule["writers"], rule["saidBy"], rule["steward"]) == (["WMS"], "deployment's configuration", "inbound desk")
    assert rule["refusal"] == "SUPPLIER may not write it; it belongs to WMS"
    assert answer["partnersSay"] == [
        {"partner": "sup-nordic", "attribute": "ShipNotice.number", "writers": ["SUPPLIER"]}
    ]
    [own] = rules("Receipt.number")
    assert (own["saidBy"], own["steward"]) == ("contract", "Ms Berg")
    said = CliRunner().invoke(app, ["ownership", "Shipment.milestones"]).output
    assert "sup-nordic  Shipment.milestones  nobody" in said
    said = CliRunner().invoke(app, ["ownership", "ShipNotice.number", "--by", "SUPPLIER"]).output
    assert "it belongs to WMS, says the deployment's configuration" in said


@pytest.mark.feature("F039")
def test_who_is_let_in_by_the_configuration_may_write_the_rest_of_the_document(
    configured: None,
) -> None:
    [carrier] = rules("ShipNotice.carrier", "--by", "WMS")
    assert (carrier["writers"], carrier["refusal"]) == (["CARRIER", "SUPPLIER", "WMS"], "")
    assert carrier["saidBy"] == "deployment's configuration"
    [line] = rules("ShipNoticeLine.shipped", "--by", "WMS")
    assert line["writers"] == ["SUPPLIER", "WMS"]
    [other] = rules("Receipt.location_id", "--by", "SUPPLIER")
    assert (other["writers"], other["saidBy"]) == (["WMS"], "contract")
