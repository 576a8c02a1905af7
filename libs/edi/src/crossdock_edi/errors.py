"""What this library raises, and nothing else.

    EdiError
    ├── LimitExceeded        a bound of `Limits` was reached where a result was asked for
    ├── UnknownDocument      no typed view for this transaction set or message type
    ├── UnreadableValues     a typed view was asked for and some values are not what they must be
    ├── NotOurJson           JSON was to be converted back that this library did not write
    └── Unrepresentable      the writer was given data that the chosen delimiters or version cannot carry

Reading never raises for what a partner sent: that becomes a `Finding`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crossdock_edi.findings import Finding


class EdiError(Exception):
    """Root of everything that this library raises."""


class LimitExceeded(EdiError):
    """A bound of `Limits` was reached, so the whole result cannot be given."""


class UnknownDocument(EdiError):
    """There is no typed view for this kind of message; it can still be read, written and converted structurally."""

    def __init__(self, standard: str, kind: str) -> None:
        super().__init__(f"no typed view for {standard} {kind or '(no type)'}")
        self.standard = standard
        self.kind = kind


class UnreadableValues(EdiError):
    """Some values of a message cannot be what their element must be; `findings` names each."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(finding.text for finding in findings[:5]))
        self.findings = findings


class NotOurJson(EdiError):
    """The JSON is not what this library writes, so it cannot be made into EDI again."""


class Unrepresentable(EdiError):
    """The data cannot be written as asked; `place` names the segment and element."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason
