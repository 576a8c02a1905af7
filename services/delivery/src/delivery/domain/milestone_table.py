"""The one table from a carrier's raw code to what it means, by vocabulary; docs/milestones.md is rendered from it.

Whoever changes a row raises VERSION: every update keeps the version that read it, and an older reading is never
changed silently. A partner's override stands before the table, and so does what master data say. It must not know a
shipment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from delivery.domain import edifact_codes, parcel_codes, x12_codes
from delivery.domain.milestones import CodeClass, Fault, Milestone, Stage, Trouble

VERSION = 2
X12, EDIFACT = "x12_214", "edifact_iftsta"
SUPPLIERS_NOTICE = ("ship_notice", "SHIPPED")
"""What a supplier's ship notice says of goods that go straight to a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Of a fact the milestone that it reaches; of an estimate the milestone that it foretells. `if_untroubled`: it
    counts only while no exception is open. `version` is that of the table, or of the partner's override."""

    text: str
    code_class: CodeClass
    milestone: Milestone | None = None
    stage: Stage | None = None
    trouble: Trouble | None = None
    if_untroubled: bool = False
    version: int = VERSION
    overridden: bool = False


UNMAPPED = Meaning(text="", code_class=CodeClass.UNMAPPED, version=VERSION)
Key = tuple[str, str]
_UNTROUBLED = " if untroubled"
_SHIPPED = "The supplier has shipped it to the customer | fact | dispatched | picked_up | -"


def meaning_of(vocabulary: str, code: str, overrides: Mapping[Key, Meaning], means: str = "") -> Meaning:
    """By the partner's override, else as the code that master data say it means (`means`), else by the table. What
    nobody has mapped yet is UNMAPPED and promotes nothing."""
    key = (vocabulary, code)
    return overrides.get(key) or meant(vocabulary, means) or TABLE.get(key, UNMAPPED)


def meant(vocabulary: str, means: str) -> Meaning | None:
    """What master data say that a code means: a code of its own vocabulary, or of another behind its name. None for one
    that the table does not know."""
    named, _, code = means.partition("/")
    return TABLE.get((vocabulary, means)) or TABLE.get((named, code))


def fault_of(vocabulary: str, reason: str) -> Fault:
    """Whose doing a carrier's reason is."""
    if not reason:
        return Fault.UNKNOWN
    return X12_FAULTS.get(reason, Fault.UNKNOWN) if vocabulary == X12 else _fault_in_words(reason)


def _fault_in_words(reason: str) -> Fault:
    """Incident reasons of parcel vocabularies begin with whom they blame: consignee_refused."""
    first = reason.partition("_")[0]
    return _BLAMED.get(first, Fault.UNKNOWN)


_BLAMED = {
    "carrier": Fault.CARRIER,
    "retailer": Fault.SHIPPER,
    "consignee": Fault.CONSIGNEE,
    "customs": Fault.CUSTOMS,
    "weather": Fault.EXTERNAL,
    "natural": Fault.EXTERNAL,
    "force": Fault.EXTERNAL,
}


def _rows() -> Iterator[tuple[Key, Meaning]]:
    for vocabulary, text in ((X12, x12_codes.STATUS), (EDIFACT, edifact_codes.STATUS)):
        for line in text.strip().splitlines():
            code, *rest = _cells(line)
            yield (vocabulary, code), _meaning(rest)
    yield SUPPLIERS_NOTICE, _meaning(_cells(_SHIPPED))
    for line in parcel_codes.GROUPS.strip().splitlines():
        vocabulary, codes, *rest = _cells(line)
        for code in codes.split():
            yield (vocabulary, code.replace("_and_", " and ")), _meaning(rest)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _meaning(cells: list[str]) -> Meaning:
    text, code_class, milestone, stage, trouble = cells
    return Meaning(
        text=text,
        code_class=CodeClass(code_class),
        milestone=None if milestone == "-" else Milestone(milestone.removesuffix(_UNTROUBLED)),
        stage=None if stage == "-" else Stage(stage),
        trouble=None if trouble == "-" else Trouble(trouble),
        if_untroubled=milestone.endswith(_UNTROUBLED),
    )


def _table() -> dict[Key, Meaning]:
    found: dict[Key, Meaning] = {}
    for key, meaning in _rows():
        if key in found:
            raise ValueError(f"{key} stands twice in the table")
        found[key] = meaning
    return found


TABLE: Mapping[Key, Meaning] = _table()
X12_FAULTS = {code: Fault(fault) for fault, codes in x12_codes.REASONS.items() for code in codes.split()}
VOCABULARIES = tuple(dict.fromkeys(vocabulary for vocabulary, _ in TABLE))
