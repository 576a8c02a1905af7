"""Orders out, 997s and 855s in: the chain of acknowledgments, and which revision an answer is for."""

from __future__ import annotations

import pytest
from connector.domain.documents import State
from connector_samples import files, orders
from connector_samples.calls import control, sent_order
from connector_samples.rig import Rig
from crossdock.procurement.v1 import procurement_service_pb2 as procurement

pytestmark = pytest.mark.usefixtures("accepting")


@pytest.mark.feature("F188")
@pytest.mark.feature("F191")
async def test_an_order_is_sent_and_its_997_is_correlated(rig: Rig) -> None:
    group = await sent_order(rig, "PO-ACK")
    answer = await rig.given(
        "sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900")
    )
    assert answer.state is State.UNDERSTOOD
    sent = await rig.value("SELECT state FROM document WHERE group_control = $1 AND outbound", group)
    assert sent == State.ACKNOWLEDGED
    assert await rig.value("SELECT count(*) FROM timer WHERE kind = 'functional_ack'") == 0
    accepted = await rig.value("SELECT accepted_at IS NOT NULL FROM sent_revision WHERE number = 'PO-ACK'")
    assert accepted is True


async def test_a_997_before_the_delivery_report_is_not_undone_by_it(rig: Rig) -> None:
    order = orders.order(number="PO-RACE", purchase_order_id="id-race")
    await rig.tell(orders.released(order), aggregate="purchase_order/id-race")
    group = await rig.value(
        "SELECT group_control FROM document WHERE outbound AND kind = 'x12.850' ORDER BY position DESC"
    )
    await rig.given("sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900"))
    [(document, _)] = [each for each in await rig.send("sup-nordic") if each[0].kind == "x12.850"]
    assert document.state is State.ACKNOWLEDGED


async def test_a_rejecting_997_is_an_exception_of_the_supplier_desk(rig: Rig) -> None:
    group = await sent_order(rig, "PO-REJ")
    await rig.given(
        "sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900", verdict="R")
    )
    rows = await rig.rows("SELECT document_id, state FROM document WHERE group_control = $1 AND outbound", group)
    assert rows[0]["state"] == State.REJECTED
    assert await rig.exceptions(rows[0]["document_id"]) == [("partner", "FUNCTIONAL_ACK_REJECTED", "supplier-desk")]


async def test_a_997_for_an_unknown_group_is_refused_and_seen(rig: Rig) -> None:
    document = await rig.given(
        "sup-nordic", files.functional_acknowledgment("987654", control=control(), written="20261102*0900")
    )
    assert document.state is State.REFUSED
    assert "was never sent" in document.reason
    assert [code for _, code, _ in await rig.exceptions(document.document_id)] == ["DOCUMENT_REFUSED"]


@pytest.mark.feature("F189")
@pytest.mark.feature("F060")
async def test_an_855_becomes_a_command_and_gets_a_997(rig: Rig) -> None:
    number = control()
    document = await rig.given("sup-nordic", files.acknowledgment(control=number))
    assert document.state is State.UNDERSTOOD
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.AcknowledgePurchaseOrderRequest)
    assert request.ref.number == "4500000001"
    assert request.supplier_id == "SUP-NORDIC"
    [line] = request.lines
    assert (line.line_number, line.sku, line.supplier_item) == ("10", "A1001", "ND-77")
    assert line.acknowledgments[0].outcome == procurement.ACKNOWLEDGMENT_OUTCOME_ACCEPTED
    [(answer, content)] = await rig.send("sup-nordic")
    assert answer.kind == "x12.997"
    assert answer.related == document.document_id
    assert f"AK1*PR*{number}".encode() in content
    assert b"AK5*A" in content


@pytest.mark.feature("F057")
@pytest.mark.parametrize(
    ("written", "revision", "basis"),
    [
        ("20261102*0859", 0, procurement.REVISION_BASIS_UNKNOWN),
        ("20261102*0930", 1, procurement.REVISION_BASIS_FUNCTIONAL_ACK),
        ("20261102*1030", 2, procurement.REVISION_BASIS_FUNCTIONAL_ACK),
    ],
)
async def test_an_855_answers_the_last_revision_that_was_accepted_before_its_own_time(
    rig: Rig, written: str, revision: int, basis: int
) -> None:
    number = f"PO-{written[-4:]}"
    first = await sent_order(rig, number)
    await rig.given("sup-nordic", files.functional_acknowledgment(first, control=control(), written="20261102*0900"))
    second = await sent_order(rig, number, revision=2)
    await rig.given(
        "sup-nordic",
        files.functional_acknowledgment(
            second, control=control(), written="20261102*1000", set_id="860", functional="PC"
        ),
    )
    rig.procurement.requests.clear()
    await rig.given("sup-nordic", files.acknowledgment(control=control(), written=written, number=number))
    [request] = rig.procurement.requests
    assert isinstance(request, procurement.AcknowledgePurchaseOrderRequest)
    assert (request.revision, request.revision_basis) == (revision, basis)


async def test_a_set_without_a_flow_is_refused_and_the_997_says_so(rig: Rig) -> None:
    await rig.send("sup-nordic")
    content = files.interchange("820", ["BPR*I*10*C*CHK"], control=control(), group="RA")
    document = await rig.given("sup-nordic", content)
    assert document.state is State.REFUSED
    assert document.reason == "set 820 (remittance) is not processed here"
    [(_, answer)] = await rig.send("sup-nordic")
    assert b"AK5*R*1" in answer
    [step] = await rig.rows(
        "SELECT name, outcome, reason FROM step WHERE kind = 'document' AND $1 = ANY(keys)",
        f"document:{document.document_id}",
    )
    assert tuple(step) == ("read x12.820", "refused", "DOCUMENT_REFUSED")


@pytest.mark.feature("F127")
@pytest.mark.feature("F267")
async def test_order_and_both_acknowledgments_stand_in_one_timeline(rig: Rig) -> None:
    group = await sent_order(rig, "4500000777")
    await rig.given("sup-nordic", files.functional_acknowledgment(group, control=control(), written="20261102*0900"))
    await rig.given("sup-nordic", files.acknowledgment(control=control(), number="4500000777", written="20261102*0930"))
    rows = await rig.rows(
        "SELECT kind, name FROM step WHERE 'id-4500000777' = ANY(transaction_ids) OR 'po-1' = ANY(transaction_ids)"
        " ORDER BY position"
    )
    steps = [(row["kind"], row["name"]) for row in rows]
    assert ("document", "read x12.997") in steps
    assert ("document", "read x12.855") in steps
    assert ("delivery", "procurement.AcknowledgePurchaseOrder") in steps
    found = await rig.value(
        "SELECT count(*) FROM transaction_key WHERE key = 'po:4500000777' AND transaction_id = 'id-4500000777'"
    )
    assert found == 1


async def test_a_set_that_nobody_reads_is_refused_without_its_namesake_in_another_group(rig: Rig) -> None:
    """Each group counts its sets anew, so that both are number 0001."""
    answer = files.acknowledgment(control=control())
    remittance = files.interchange("820", ["BPR*I*10*C*CHK"], control=99, group="RA")
    group = remittance[remittance.index(b"GS*") : remittance.index(b"IEA*")]
    both = answer.replace(b"IEA*1*", group + b"IEA*2*")
    document = await rig.given("sup-nordic", both)
    assert [each.outcome.value for each in document.messages] == ["accepted", "refused"]
    sent = {content.partition(b"AK1*")[2][:2]: content for _, content in await rig.send("sup-nordic")}
    assert b"AK5*A" in sent[b"PR"]
    assert b"AK5*R*1" in sent[b"RA"]
