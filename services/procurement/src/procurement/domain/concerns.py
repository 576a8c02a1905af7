"""Something that somebody has to look at, though the document itself was recorded: said beside the events.

A concern becomes an open exception with its owner; `settled` names one that has gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from crossdock_kit.errors import FailureClass

BUYER = "buyer"
SUPPLIER_DESK = "supplier-desk"
PROCUREMENT = "procurement"
REPLENISHMENT = "replenishment"
MASTER_DATA = "master-data"
ACCOUNTS_PAYABLE = "accounts-payable"
COMPLIANCE = "compliance"
WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """`subject` says what it stands for; while one of the same code and subject is open it is not raised twice."""

    code: str
    owner: str
    subject: str
    summary: str
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    details: dict[str, str] = field(default_factory=dict)
    failure_class: FailureClass = FailureClass.BUSINESS

    @property
    def identity(self) -> str:
        return identity(self.code, self.subject)


def identity(code: str, subject: str) -> str:
    return f"{code}:{subject}"
