"""What every checker gets and gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from partners.day import Day

from faults.evidence import Evidence
from faults.history import History
from faults.partner_side import FaultCast

MOST_TOLD = 12


@dataclass(slots=True)
class Finding:
    """Of one invariant. `violations` are sentences; none and some facts means that it holds."""

    invariant: str
    name: str
    facts: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.facts > 0 and not self.violations

    def look(self, wrong: bool, sentence: str) -> None:
        """One fact."""
        self.facts += 1
        if wrong:
            self.violations.append(sentence)

    def blame(self, sentences: Iterable[str]) -> None:
        self.violations += sentences

    def __str__(self) -> str:
        verdict = "holds" if self.holds else "checked nothing" if not self.facts else "VIOLATED"
        lines = [f"{self.invariant:4} {self.name:34} {self.facts:>8} facts  {verdict}"]
        lines += [f"       {each}" for each in self.violations[:MOST_TOLD]]
        if len(self.violations) > MOST_TOLD:
            lines.append(f"       and {len(self.violations) - MOST_TOLD} more")
        return "\n".join(lines)


@dataclass(slots=True)
class Trial:
    """One run as it is judged."""

    day: Day
    history: History
    evidence: Evidence
    cast: FaultCast
    marks_midway: Mapping[str, int] = field(default_factory=dict)
    """Movements that the ledger held in the middle of the run, each with a hash of its row."""
    asked_again: Sequence[tuple[Any, Any]] = ()
    """(operation, the two answers when it was asked again in the quiet)."""
    ledger: Any = None
    """inventory's own VerifyLedger."""
    audits: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    """(service, tenant) -> VerifyAudit."""
    answers_by_tenant: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Whatever the services answered to each tenant's readers, as text."""
    marks_of_tenants: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    quiet: bool = False
    recoveries: Mapping[str, float] = field(default_factory=dict)
    """The longest time in seconds until a target was ready again, by row of the fault matrix."""
    waits: Mapping[str, float] = field(default_factory=dict)
    """The longest in seconds of each kind, by the names of `faults.waits`."""
    publish_lag: tuple[int, float] | None = None
    """Events that were recorded beside a long transaction, and the 99th percentile of their wait in seconds."""
    serving: Mapping[str, bool] = field(default_factory=dict)
    reconciled: Mapping[str, Any] = field(default_factory=dict)
    """Site -> its newest statement, as inventory shows it in the end."""
    still_open: Sequence[str] = ()
