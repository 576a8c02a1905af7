"""The table of carriers' codes: complete as the trade has it, and careful with what is not sure."""

from __future__ import annotations

import pytest
from delivery.domain import x12_codes
from delivery.domain.milestone_table import (
    EDIFACT,
    TABLE,
    UNMAPPED,
    VERSION,
    VOCABULARIES,
    X12,
    X12_FAULTS,
    Meaning,
    fault_of,
    meaning_of,
)
from delivery.domain.milestones import CodeClass, Fault, Milestone, Stage, Trouble
from delivery.domain.taxonomy import OWNERS, owner_of

DELIVERED = {(vocabulary, code) for (vocabulary, code), each in TABLE.items() if each.milestone is Milestone.DELIVERED}
FACTS = {key for key, each in TABLE.items() if each.code_class is CodeClass.FACT}


@pytest.mark.feature("F135")
def test_every_code_of_the_214_and_of_the_status_report_has_a_meaning() -> None:
    assert len([key for key in TABLE if key[0] == X12]) == 45
    assert [code for vocabulary, code in TABLE if vocabulary == EDIFACT] == [str(code) for code in range(1, 104)]
    assert set(VOCABULARIES) >= {"easypost", "ups", "fedex", "dhl_express", "karrio", "aftership", "project44"}


def test_only_a_fact_reaches_a_milestone_and_only_an_estimate_foretells_one() -> None:
    for key, each in TABLE.items():
        if each.milestone is not None:
            assert each.code_class in {CodeClass.FACT, CodeClass.ESTIMATE}, key
        assert each.version == VERSION


@pytest.mark.feature("F029")
def test_arrival_handing_over_and_a_label_are_not_delivery() -> None:
    assert {code for vocabulary, code in DELIVERED & FACTS if vocabulary == X12} == {"D1", "CD"}
    assert {code for vocabulary, code in DELIVERED & FACTS if vocabulary == EDIFACT} == {"21", "22"}
    for vocabulary, code in ((X12, "X1"), (X12, "J1"), (EDIFACT, "1"), (EDIFACT, "42"), ("ups", "D")):
        assert meaning_of(vocabulary, code, {}).milestone is None


@pytest.mark.feature("F123", "F027")
@pytest.mark.parametrize(
    ("vocabulary", "code"),
    [("easypost", "pre_transit"), ("ups", "M"), ("fedex", "OC"), ("karrio", "pending"), (X12, "XB")],
)
def test_a_printed_label_is_not_dispatch(vocabulary: str, code: str) -> None:
    found = meaning_of(vocabulary, code, {})
    assert (found.code_class, found.milestone, found.stage) == (CodeClass.ADMINISTRATIVE, None, Stage.BOOKED)


@pytest.mark.parametrize(
    ("vocabulary", "code"),
    [("aftership", "Expired"), ("easypost", "error"), ("project44", "TRACKING_END_DUE_TO_TIMEOUT")],
)
def test_the_end_of_a_feed_is_no_state_of_a_shipment(vocabulary: str, code: str) -> None:
    found = meaning_of(vocabulary, code, {})
    assert (found.code_class, found.milestone, found.trouble) == (CodeClass.FEED, None, None)


def test_what_nobody_has_mapped_means_nothing() -> None:
    assert meaning_of("ups", "QQ", {}) is UNMAPPED
    assert meaning_of("pigeon", "coo", {}) is UNMAPPED


def test_a_partners_own_reading_stands_before_the_table() -> None:
    theirs = Meaning(text="delivered, they say", code_class=CodeClass.FACT, milestone=Milestone.DELIVERED)
    assert meaning_of(X12, "X1", {(X12, "X1"): theirs}) is theirs
    assert meaning_of(X12, "X3", {(X12, "X1"): theirs}) is TABLE[X12, "X3"]


@pytest.mark.feature("F140")
def test_every_reason_has_one_at_fault_and_every_exception_an_owner() -> None:
    stated = [code for codes in x12_codes.REASONS.values() for code in codes.split()]
    assert len(stated) == len(set(stated)) == len(X12_FAULTS)
    assert fault_of(X12, "A2") is Fault.CONSIGNEE
    assert fault_of(X12, "AI") is Fault.CARRIER
    assert fault_of("karrio", "customs_documentation") is Fault.CUSTOMS
    assert fault_of("easypost", "") is fault_of(X12, "??") is Fault.UNKNOWN
    assert set(OWNERS) == set(Trouble)
    assert owner_of(Trouble.ATTEMPTED, Fault.CARRIER) == "delivery-desk"
    assert owner_of(Trouble.ATTEMPTED, Fault.CONSIGNEE) == "order-desk"
