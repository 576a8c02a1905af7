"""What scans come to: placed by when they happened, counted once, and never taken back silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from delivery.domain.carriage import UNNAMED, Carriage
from delivery.domain.milestones import CodeClass, Milestone, Stage, Trouble
from delivery.domain.progress import progress
from delivery.domain.refusals import CarrierAlreadyAssigned, MilestoneNotReached
from delivery_cases.road import NOON, at, estimate, heard, names, scan, shipment, standing

DISPATCHED, OUT, DELIVERED = Milestone.DISPATCHED, Milestone.OUT_FOR_DELIVERY, Milestone.DELIVERED
A_DAY = [scan("X3", 0), scan("AF", 1), scan("X4", 5), scan("X6", 20), scan("X1", 22), scan("D1", 23)]


@pytest.mark.feature("F135", "F027", "F029")
def test_a_days_scans_are_three_milestones() -> None:
    found = shipment()
    assert heard(found, A_DAY) == [
        f"MilestoneReached {each}" for each in ("dispatched", "out_for_delivery", "delivered")
    ]
    assert standing(found) == {DISPATCHED: at(1), OUT: at(20), DELIVERED: at(23)}
    assert found.stage is Stage.DELIVERED


@pytest.mark.feature("F136", "F028")
def test_pings_between_milestones_tell_others_nothing() -> None:
    found = shipment()
    heard(found, A_DAY[:2])
    pings = [scan("X4", 2 + hour / 10) for hour in range(50)]
    assert heard(found, A_DAY[:2] + pings) == []
    assert found.stage is Stage.IN_TRANSIT


@pytest.mark.feature("F141")
def test_a_late_scan_is_placed_where_it_happened() -> None:
    found = shipment()
    heard(found, [scan("D1", 23)])
    assert [each.code for each in found.concerns] == ["DELIVERED_BEFORE_DISPATCH"]
    found.settled.clear()
    assert heard(found, [scan("D1", 23), scan("X6", 20), scan("P1", 3)]) == [
        "MilestoneReached dispatched",
        "MilestoneReached out_for_delivery",
    ]
    assert "DELIVERED_BEFORE_DISPATCH:0191-1" in found.settled
    assert found.milestone is DELIVERED


@pytest.mark.feature("F141")
def test_an_earlier_scan_moves_a_milestone_by_an_explicit_correction() -> None:
    found = shipment()
    heard(found, [scan("P1", 3)])
    assert heard(found, [scan("P1", 3), scan("AF", 1)]) == ["MilestoneCorrected dispatched"]
    assert standing(found) == {DISPATCHED: at(1)}


def test_a_truck_that_leaves_after_a_failed_attempt_has_not_delivered() -> None:
    way = [scan("AF", 1), scan("X1", 5)]
    assert DELIVERED in progress([*way, scan("CD", 6)], (), None).reached
    failed = progress([*way, scan("AP", 5.5, reason="B1"), scan("CD", 6)], (), None)
    assert DELIVERED not in failed.reached
    assert [each.meaning.trouble for each in failed.troubles.values()] == [Trouble.ATTEMPTED]


def test_what_comes_back_and_arrives_is_not_delivered() -> None:
    back = [scan("in_transit", 1, vocabulary="easypost"), scan("return_to_sender", 5, vocabulary="easypost")]
    home = scan("delivered", 9, vocabulary="easypost")
    assert DELIVERED not in progress([*back, home], (), None).reached


@pytest.mark.feature("F031", "F140")
def test_an_attempt_is_an_exception_until_the_truck_goes_out_again() -> None:
    found = shipment()
    way = [scan("AF", 1), scan("X6", 5), scan("AH", 6, reason="B1")]
    assert heard(found, way)[-1] == "DeliveryExceptionRaised"
    [concern] = found.concerns
    assert (concern.code, concern.owner, concern.details["fault"]) == ("DELIVERY_EXCEPTION", "order-desk", "consignee")
    assert heard(found, [*way, scan("X6", 30)]) == ["DeliveryExceptionResolved"]
    assert found.told.exceptions == {}


@pytest.mark.feature("F140")
def test_attempts_are_counted_by_when_they_failed_whatever_lies_between_and_however_they_are_told() -> None:
    way = [scan("AF", 1), scan("AH", 6), scan("X6", 7), scan("AH", 8), scan("A7", 8.5), scan("AH", 30)]
    assert progress(way, (), None).attempts == 3
    assert progress([*way, scan("CD", 30), scan("AH", 6)], (), None).attempts == 3
    tried_at_once = [scan("AH", 6, "BOX-1"), scan("AH", 6, "BOX-2"), scan("AH", 8, "BOX-2")]
    assert progress(tried_at_once, ("BOX-1", "BOX-2"), None).attempts == 2
    assert progress([replace(each, voided=True) for each in way], (), None).attempts == 0


def test_damage_stays_a_matter_after_the_delivery() -> None:
    found = progress([scan("AF", 1), scan("A9", 2), scan("D1", 3)], (), None)
    assert DELIVERED in found.reached
    assert [each.meaning.trouble for each in found.troubles.values()] == [Trouble.DAMAGED]


@pytest.mark.feature("F139")
def test_an_estimate_moves_the_eta_and_against_a_promise_the_delay_and_no_place() -> None:
    found = shipment(promised=24)
    way = [scan("AF", 1), estimate(2, 23)]
    assert heard(found, way) == ["MilestoneReached dispatched", "EtaChanged"]
    way.append(estimate(5, 30))
    assert heard(found, way) == ["MilestoneReached delayed", "EtaChanged"]
    way.append(estimate(4, 40))
    assert heard(found, way) == []
    assert found.told.eta == at(30)
    way.append(estimate(8, 24))
    assert heard(found, way) == ["DelayEnded", "EtaChanged"]
    assert found.milestone is DISPATCHED


@pytest.mark.feature("F139")
def test_an_estimate_within_the_tolerance_is_no_delay_and_the_carriers_own_word_of_one_is() -> None:
    found = shipment(promised=24)
    for hour, delayed in ((28, False), (29, True), (28, False)):
        found.settle([scan("AF", 1), estimate(2, hour)], at(3), tolerance=timedelta(hours=4))
        assert (found.told.delayed_since is not None) is delayed
    found.settle([scan("AF", 1), scan("SD", 2)], at(3), tolerance=timedelta(hours=4))
    assert found.told.delayed_since is not None


def test_the_estimate_of_a_terminal_is_not_the_customers() -> None:
    assert progress([scan("C1", 1, estimated_at=at(9)), scan("B6", 2, estimated_at=at(9))], (), None).eta is None


def test_a_shipment_of_several_pieces_is_there_when_the_last_is() -> None:
    found = shipment("BOX-1", "BOX-2")
    left = [scan("AF", 1, "BOX-1"), scan("AF", 2, "BOX-2")]
    assert heard(found, left) == ["MilestoneReached dispatched"]
    assert standing(found) == {DISPATCHED: at(2)}
    one = [*left, scan("D1", 5, "BOX-1")]
    assert heard(found, one) == []
    assert heard(found, [*one, scan("D1", 7, "BOX-2")]) == ["MilestoneReached delivered"]
    assert standing(found)[DELIVERED] == at(7)


def test_a_scan_of_the_whole_shipment_is_one_of_each_piece() -> None:
    assert DELIVERED in progress([scan("D1", 5, "PRO1")], ("BOX-1", "BOX-2"), None).reached


@pytest.mark.feature("F135")
def test_what_is_not_understood_promotes_nothing() -> None:
    unknown = scan("QQ", 5)
    assert unknown.meaning.code_class is CodeClass.UNMAPPED
    found = progress([scan("AF", 1), unknown], (), None)
    assert found.place is DISPATCHED
    assert found.stage is Stage.PICKED_UP


@pytest.mark.feature("F141")
def test_a_correction_takes_back_a_milestone_and_all_later_ones() -> None:
    found = shipment()
    heard(found, A_DAY)
    gone = found.withdrawn(OUT, A_DAY)
    assert gone == [A_DAY[3].scan_id, A_DAY[5].scan_id]
    found.settle([each for each in A_DAY if each.scan_id not in gone], NOON, "wrong parcel scanned")
    assert names(found) == ["MilestoneCorrected out_for_delivery", "MilestoneCorrected delivered"]
    assert found.milestone is DISPATCHED
    with pytest.raises(MilestoneNotReached):
        found.withdrawn(DELIVERED, A_DAY)


def test_what_is_on_the_road_does_not_change_its_carrier() -> None:
    found = shipment()
    assert found.assign(Carriage(carrier="OTHER", tracking_number="9"), NOON)
    heard(found, [scan("AF", 1)])
    with pytest.raises(CarrierAlreadyAssigned):
        found.assign(Carriage(carrier="SCAC", tracking_number="PRO1"), NOON)
    assert found.assign(Carriage(carrier="OTHER", tracking_number="10"), NOON)


def test_who_carries_what_is_on_the_road_without_a_name_may_be_named_once() -> None:
    found = shipment()
    assert found.assign(Carriage(carrier=UNNAMED, tracking_number="9"), NOON)
    heard(found, [scan("AF", 1)])
    assert found.assign(Carriage(carrier="UPS", tracking_number="9"), NOON)
    with pytest.raises(CarrierAlreadyAssigned):
        found.assign(Carriage(carrier="SCAC", tracking_number="9"), NOON)
