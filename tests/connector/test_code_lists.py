"""Words for conditions and reasons: catalog's code lists come first, then the profile; others are waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from connector.codecs import json_document, x12_document
from connector.domain.documents import State
from connector.mappings import registry
from connector.mappings.model import Partner
from connector.store.codes import EVERYBODY, Entry
from connector_samples import files, orders
from connector_samples.partners import WMS_ROUTES, http
from connector_samples.rig import TENANT, Rig
from crossdock.fulfillment.v1 import return_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from crossdock.inventory.v1 import stock_control_service_pb2 as control
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_pb2

AT = "2026-11-10T09:00:00Z"
GROUPS = {"944": "RE", "947": "AW", "846": "IB"}


def by_json(kind: str, **facts: Any) -> tuple[str, Any]:
    return kind, json_document.decode(json.dumps({"warehouse": "EAST1"} | facts).encode())


def by_x12(set_id: str, *segments: str) -> tuple[str, Any]:
    [message] = x12_document.read_file(files.interchange(set_id, list(segments), group=GROUPS[set_id]), {})[0].messages
    assert message.wrong == ""
    return f"x12.{set_id}", message.document


def wms_a(kind: str, said: str, at: str, **line: str) -> tuple[str, Any]:
    row = {"sku": "A1001", "uom": "EACH"} | line
    return by_json(f"wms_a.{kind}", type=said, number="N-1", receiptNumber="N-1", **{at: AT}, lines=[row])


def came_back(kind: str, at: str, **line: str) -> tuple[str, Any]:
    row = {"orderLine": "1", "sku": "A1001", "qty": "2", "uom": "EACH"} | line
    numbers = {"receiptNumber": "N-1", "inspectionNumber": "N-1"}
    return by_json(f"wms_a.return_{kind}", type=f"RETURN_{kind.upper()}", **numbers, **{at: AT}, lines=[row])


COUNTED = {"article": "A1001", "counted": {"odd": {"units": "5"}}}
WORDS: dict[str, tuple[tuple[str, Any], str, str, Callable[[Any], Any], Any]] = {
    "a condition of goods that came": (
        wms_a("receipt", "RECEIPT", "receivedAt", qty="5", condition="ODD"),
        "conditions",
        "DAMAGED",
        lambda request: request.lines[0].condition,
        inbound_pb2.CONDITION_DAMAGED,
    ),
    "the same in another format": (
        (
            "wms_b.receipt",
            json_document.decode(
                json.dumps({"arrival": {"no": "7", "site": "S-07", "at": 1762770600000}, "goods": [COUNTED]}).encode()
            ),
        ),
        "conditions",
        "HOLD",
        lambda request: (request.lines[0].condition, request.lines[0].quantity.value),
        (inbound_pb2.CONDITION_HOLD, "5"),
    ),
    "what is wrong in a 944": (
        by_x12(
            "944",
            "W17*F*20261110*RC-1*DO-1*SH-1",
            "N1*WH**92*EAST1",
            "W07*5*EA**BP*A1001",
            "W13*2*EA*09",
            "W14*5",
        ),
        "conditions",
        "HOLD",
        lambda request: [(each.condition, each.quantity.value) for each in request.lines],
        [(inbound_pb2.CONDITION_GOOD, "3"), (inbound_pb2.CONDITION_HOLD, "2")],
    ),
    "the state of what was counted": (
        wms_a("count", "COUNT", "countedAt", counted="5", condition="ODD"),
        "buckets",
        "QUARANTINED",
        lambda request: request.lines[0].bucket,
        inventory.ACCOUNT_QUARANTINED,
    ),
    "why stock is gone": (
        wms_a("adjustment", "ADJUSTMENT", "adjustedAt", change="-1", condition="OK", reason="ODD"),
        "reasons",
        "AU",
        lambda request: request.lines[0].reason,
        "AU",
    ),
    "where what came back lies": (
        came_back("receipt", "receivedAt", area="ODD"),
        "holdings",
        "QUARANTINED",
        lambda request: request.lines[0].held,
        return_pb2.RETURN_HOLDING_QUARANTINED,
    ),
    "what becomes of it": (
        came_back("inspection", "inspectedAt", disposition="ODD"),
        "dispositions",
        "SCRAP",
        lambda request: request.lines[0].disposition,
        return_pb2.DISPOSITION_SCRAP,
    ),
}


def read(document: tuple[str, Any], meanings: dict[tuple[str, str], str], **options: Any) -> tuple[Any, list[str]]:
    """The command, and what it waits for. `meanings` are catalog's, by list and word."""
    kind, parsed = document
    partner: Partner = orders.partner(options_pb2.ROLE_WMS, options={"zone": "UTC"} | options)
    reading = orders.reading(partner, x12=kind.startswith("x12."))
    known: Any = reading.codes
    known.known.meanings |= {("code", listed, word): meaning for (listed, word), meaning in meanings.items()}
    return registry.INBOUND[kind].read(parsed, reading).request, list(known.unknown)


def word_of(document: tuple[str, Any]) -> str:
    return {"wms_b.receipt": "odd", "x12.944": "09"}.get(document[0], "ODD")


@pytest.mark.feature("F176")
@pytest.mark.parametrize("which", WORDS)
def test_catalogs_list_says_what_a_word_means_before_the_profile_does(which: str) -> None:
    document, listed, meaning, told, expected = WORDS[which]
    word = word_of(document)
    for options in ({}, {listed: {word: "SELLABLE" if listed == "buckets" else "GOOD"}}):
        request, unknown = read(document, {(listed, word): meaning}, **options)
        assert (told(request), unknown) == (expected, [])


@pytest.mark.parametrize("which", WORDS)
def test_the_profiles_table_says_it_where_catalog_says_nothing(which: str) -> None:
    document, listed, meaning, told, expected = WORDS[which]
    request, unknown = read(document, {}, **{listed: {word_of(document): meaning}})
    assert (told(request), unknown) == (expected, [])


@pytest.mark.feature("F177")
@pytest.mark.parametrize("which", WORDS)
def test_what_nobody_knows_and_what_catalog_calls_none_of_ours_is_waited_for(which: str) -> None:
    document, listed, meaning, _, _ = WORDS[which]
    word = word_of(document)
    for meanings, table in (({}, {}), ({(listed, word): "NONSENSE"}, {listed: {word: meaning}})):
        _, unknown = read(document, meanings, **table)
        assert unknown == [f"code {word} of the list {listed}"]


def test_a_947_whose_code_is_neither_reason_nor_move_waits_for_either() -> None:
    head = ("W15*20261110*ADJ-1", "N1*WH**92*EAST1")
    odd = by_x12("947", *head, "W19*54*3*EA**BP*A1001")
    assert read(odd, {})[1] == ["code 54 of the list reasons"]
    assert read(odd, {("reasons", "54"): "AU"})[0].lines[0].reason == "AU"
    moved, unknown = read(odd, {("states", "54"): "HOLD_RELEASED"})
    assert (type(moved).__name__, unknown) == ("RecordStockMovesRequest", [])
    beside = by_x12("947", *head, "W19*05*-3*EA**BP*A1001", "W19*54*3*EA**BP*A1001")
    assert read(beside, {})[1] == ["code 54 of the list states"]


def test_a_quantity_of_an_846_that_catalog_knows_is_stock() -> None:
    stated = by_x12("846", "BIA*00*MM*ST-1*20261110*1000", "N1*WH**92*EAST1", "LIN*1*BP*A1001", "QTY*99*40*EA")
    assert read(stated, {})[1] == ["code 99 of the list quantities"]
    [line] = read(stated, {("quantities", "99"): "STAGED"})[0].lines
    assert line.bucket == inventory.ACCOUNT_STAGED


@pytest.fixture
async def counting(rig: Rig, accepting: None) -> Rig:
    for name in ("wms-east", "wms-other"):
        facts = {"system": name.upper(), "locations": ["WH-EAST"], "transport": http(), "documents": WMS_ROUTES}
        await rig.partner(name, role="WMS", **facts)
    rig.procurement.accepts("RecordStockReport", control.RecordStockReportResponse())
    return rig


def count(word: str) -> bytes:
    line = {"sku": "A1001", "condition": word, "counted": "1", "uom": "EA"}
    return json.dumps(
        {"type": "COUNT", "number": uuid4().hex, "warehouse": "WH-EAST", "countedAt": AT, "lines": [line]}
    ).encode()


async def counted(rig: Rig, word: str, partner: str = "wms-east") -> Any:
    rig.procurement.requests.clear()
    return await rig.given(partner, count(word), name=uuid4().hex, path="counts")


def buckets(rig: Rig) -> list[str]:
    said: list[Any] = rig.procurement.requests
    return [inventory.Account.Name(line.bucket).removeprefix("ACCOUNT_") for each in said for line in each.lines]


def listed(partner: str, word: str, means: str, **days: date) -> Entry:
    return Entry(TENANT, partner, "code", "buckets", word, means, **days)


@pytest.mark.feature("F177", "F178")
async def test_an_unknown_word_waits_and_goes_on_by_itself_when_catalog_knows_it(counting: Rig) -> None:
    word = f"W-{uuid4().hex[:6]}"
    found = await counted(counting, word)
    assert (found.state, buckets(counting)) == (State.WAITING, [])
    assert found.messages[0].reason == f"waits for master data: code {word} of the list buckets"
    told = [each[1:] for each in await counting.exceptions(found.document_id)]
    assert told == [("MASTER_DATA_MISSING", "master-data")], "nobody sends what a word means: somebody hears at once"
    await counting.knows(entries=[listed("wms-east", word, "DAMAGED")])
    await counting.due_now(found.document_id)
    await counting.translate("wms-east")
    await counting.dispatch()
    assert (await counting.document(found.document_id)).state is State.UNDERSTOOD
    assert buckets(counting) == ["DAMAGED"]
    assert await counting.exceptions(found.document_id) == []


@pytest.mark.feature("F177")
async def test_a_word_of_everybodys_holds_for_every_partner_that_has_no_own(counting: Rig) -> None:
    word = f"W-{uuid4().hex[:6]}"
    await counting.knows(entries=[listed(EVERYBODY, word, "STAGED"), listed("WMS-OTHER", word, "RETURNED")])
    for partner, bucket in (("wms-east", "STAGED"), ("wms-other", "RETURNED")):
        assert (await counted(counting, word, partner)).state is State.UNDERSTOOD
        assert buckets(counting) == [bucket]
    # Where the partner and its system both have it, the partner's own word counts.
    await counting.knows(entries=[listed("wms-other", word, "DAMAGED")])
    await counted(counting, word, "wms-other")
    assert buckets(counting) == ["DAMAGED"]


async def test_only_words_of_lists_may_be_everybodys(counting: Rig) -> None:
    code = f"I-{uuid4().hex[:6]}"
    await counting.knows(entries=[Entry(TENANT, EVERYBODY, "item", "", code, "A1001")])
    body = json.loads(count("OK"))
    body["lines"][0]["sku"] = code
    found = await counting.given("wms-east", json.dumps(body).encode(), name=uuid4().hex, path="counts")
    assert (found.state, f"item {code}" in found.messages[0].reason) == (State.WAITING, True)


@pytest.mark.feature("F177")
async def test_a_list_has_versions_and_the_day_of_the_document_says_which(counting: Rig) -> None:
    word = f"W-{uuid4().hex[:6]}"
    today = await counting.value("SELECT current_date")
    tomorrow = today + timedelta(days=1)
    await counting.knows(
        entries=[
            listed("wms-east", word, "DAMAGED", valid_to=tomorrow),
            listed("wms-east", word, "RETURNED", valid_from=tomorrow),
        ]
    )
    await counted(counting, word)
    assert buckets(counting) == ["DAMAGED"]
