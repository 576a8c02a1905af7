"""Hypothesis: valid interchanges of every set have no finding and survive writing; mutated ones break nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_edi import EdiError, Finding
from crossdock_edi.spec.model import SetSpec
from crossdock_edi.typed import DOCUMENTS, parse_tolerantly
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.edi.strategies import interchanges, mutations

SPECS = [kind.SPEC for kind in DOCUMENTS.values()]
SEEDS = [path.read_bytes() for path in sorted((Path(__file__).parent / "samples").glob("*/*.edi"))]
# Totals, trees and check digits are not what random values can get right.
MEANING = {
    "line-count",
    "hash-total",
    "check-digit",
    "hierarchy-root",
    "hierarchy-orphan",
    "hierarchy-cycle",
    "hierarchy-duplicate",
}


def is_of_meaning(found: Finding) -> bool:
    # A random format qualifier of an EDIFACT date may happen to be one that exists.
    return found.code in MEANING or (found.code == "element-date" and found.component > 0)


MODEST = settings(
    max_examples=12,
    deadline=None,
    # Shrinking a whole message takes minutes; the example that failed is readable as it is.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.type)
def test_a_valid_interchange_has_no_findings_and_is_written_back_the_same_also_when_typed(spec: SetSpec) -> None:
    """One test for both ways back: to draw a message costs more than everything that is asked of it."""

    @MODEST
    @given(interchanges(spec))
    def holds(data: bytes) -> None:
        (interchange,) = crossdock_edi.read(data)
        found = [one for one in crossdock_edi.check(interchange) if not is_of_meaning(one)]
        assert found == []
        assert crossdock_edi.write(interchange) == data
        is_written_and_read_back_equal_when_typed(interchange)

    holds()


def is_written_and_read_back_equal_when_typed(interchange: crossdock_edi.Interchange) -> None:
    (message,) = interchange.messages
    document, unreadable = parse_tolerantly(message)
    assert unreadable == ()
    reply = crossdock_edi.reply_envelope(
        interchange, interchange_control=2, group_control=2, prepared_at=datetime(2026, 11, 21, tzinfo=UTC)
    )
    (again,) = crossdock_edi.read(crossdock_edi.compose(document, reply))
    assert again.findings == ()
    assert crossdock_edi.parse(next(again.messages)) == document


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_files_give_findings_and_nothing_else(data: st.DataObject) -> None:
    survives(data.draw(mutations(data.draw(st.sampled_from(SEEDS)))))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(SEEDS))
def test_arbitrary_bytes_give_findings_and_nothing_else(data: bytes, seed: bytes) -> None:
    survives(data)
    survives(seed[:106] + data)
    survives(data + seed)


def survives(data: bytes) -> None:
    """Everything that may be asked of a file is asked; only the library's own errors may come out."""
    interchanges_read = list(crossdock_edi.read(data))
    assert interchanges_read
    for interchange in interchanges_read:
        for found in crossdock_edi.check(interchange):
            assert 0 <= found.offset <= len(data)
        for message in interchange.messages:
            try:
                crossdock_edi.parse(message)
            except EdiError:
                continue
        answers = crossdock_edi.acknowledge(interchange)
        if answers:
            answered(interchange, answers)


def answered(interchange: crossdock_edi.Interchange, answers: tuple[crossdock_edi.Document, ...]) -> None:
    reply = crossdock_edi.reply_envelope(
        interchange, interchange_control=1, group_control=1, prepared_at=datetime(2026, 11, 21, tzinfo=UTC)
    )
    try:
        data = crossdock_edi.compose(answers, reply)
    except EdiError:
        return  # a sender without identifier, say, cannot be answered
    assert not [one.text for again in crossdock_edi.read(data) for one in again.findings if one.is_error]
