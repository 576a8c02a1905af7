"""The few kinds of errors, and the one table that says what each means to a caller, a consumer and an operator.

A domain error is a fact with fields under one of the kinds:

    @dataclass
    class StockShort(Refused):
        sku: str
        wanted: Decimal
        available: Decimal

CrossdockError
├── Invalid           the request or document cannot be understood; the same bytes will never do
├── NotFound          what it names does not exist
├── AlreadyDone       what it wants to create exists
├── Refused           a rule of the trade says no: an answer, recorded like any other
│   └── IdempotencyKeyReused
├── Conflict          somebody else was faster; read again and decide anew
├── Unavailable       goes away by itself; the same request will do later
│   └── Waiting       waits for something that we have not been told yet, for example master data
├── Unauthenticated, PermissionDenied, Exhausted     the call plane's own

Everything else is a bug: its text stays inside. Stdlib only, because the domain may import this module and nothing else
of the kit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CARRIED_APART = frozenset({"retry_after", "violations"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks a rule: its path in the request, a sentence, and the rule's id."""

    field: str
    description: str
    rule: str = ""


class CrossdockError(Exception):
    """Root of all errors that are facts. Raise a kind with a sentence, or a dataclass under it with fields."""

    retry_after: timedelta | None = None
    violations: tuple[Violation, ...] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # @dataclass would take the hash away; tracebacks and exception groups need it.
        cls.__hash__ = Exception.__hash__  # type: ignore[method-assign]

    @property
    def code(self) -> str:
        """Stable reason code, from the class name: StockShort -> STOCK_SHORT."""
        return reason_code(type(self))

    @property
    def metadata(self) -> dict[str, str]:
        """The error's fields as text. A field with metadata {"secret": True} stays inside."""
        return dict(self._facts())

    def _facts(self) -> Iterator[tuple[str, str]]:
        for each in getattr(self, "__dataclass_fields__", {}).values():
            value = getattr(self, each.name)
            if value is not None and each.name not in _CARRIED_APART and not each.metadata.get("secret"):
                yield each.name, str(value)

    def __str__(self) -> str:
        if not hasattr(self, "__dataclass_fields__"):
            return super().__str__() or self.code.replace("_", " ").lower()
        facts = ", ".join(f"{name} {value}" for name, value in self._facts())
        words = self.code.replace("_", " ").lower()
        return f"{words}: {facts}" if facts else words


class Invalid(CrossdockError):
    """The request or document is not well-formed; it may name the fields in `violations`."""


@dataclass
class InvalidFields(Invalid):
    violations: tuple[Violation, ...]

    def __str__(self) -> str:
        return "; ".join(f"{each.field}: {each.description}" for each in self.violations)


class NotFound(CrossdockError):
    """What the request names does not exist, or is not the caller's to see."""


class AlreadyDone(CrossdockError):
    """What the request would create is there already."""


class Refused(CrossdockError):
    """A rule says no. The answer is final for this request and is recorded without effects."""


@dataclass
class IdempotencyKeyReused(Refused):
    """A request id came again with another body."""

    request_id: str


class Conflict(CrossdockError):
    """The state moved on since the caller read it."""


class Unavailable(CrossdockError):
    """Something that is needed is away; the same request may do later."""


class Waiting(Unavailable):
    """Waits for something that we have not been told yet, for example master data."""


class Unauthenticated(CrossdockError):
    """Nobody known is calling."""


class PermissionDenied(CrossdockError):
    """The caller may not do this."""


class Exhausted(CrossdockError):
    """The caller asks for more at once than its share."""


class StatusCode(IntEnum):
    """Canonical gRPC status codes (google.rpc.Code), repeated so that the domain needs no gRPC."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class Verdict(Enum):
    """What a consumer does with the message; the operator reports, retries, or stops and reports."""

    ACK_REFUSED = "ack_refused"
    WAIT = "wait"
    PARK = "park"


class FailureClass(Enum):
    TRANSIENT = "transient"
    BUSINESS = "business"
    PARTNER = "partner"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind means. `recorded`: the answer is kept for a repeated request id."""

    status: StatusCode
    verdict: Verdict
    failure_class: FailureClass
    recorded: bool = False


KINDS: dict[type[CrossdockError], Kind] = {
    Invalid: Kind(StatusCode.INVALID_ARGUMENT, Verdict.ACK_REFUSED, FailureClass.BUSINESS, recorded=True),
    NotFound: Kind(StatusCode.NOT_FOUND, Verdict.ACK_REFUSED, FailureClass.BUSINESS, recorded=True),
    AlreadyDone: Kind(StatusCode.ALREADY_EXISTS, Verdict.ACK_REFUSED, FailureClass.BUSINESS, recorded=True),
    Refused: Kind(StatusCode.FAILED_PRECONDITION, Verdict.ACK_REFUSED, FailureClass.BUSINESS, recorded=True),
    Conflict: Kind(StatusCode.ABORTED, Verdict.WAIT, FailureClass.TRANSIENT),
    Unavailable: Kind(StatusCode.UNAVAILABLE, Verdict.WAIT, FailureClass.TRANSIENT),
    Unauthenticated: Kind(StatusCode.UNAUTHENTICATED, Verdict.PARK, FailureClass.BUG),
    PermissionDenied: Kind(StatusCode.PERMISSION_DENIED, Verdict.ACK_REFUSED, FailureClass.BUSINESS),
    Exhausted: Kind(StatusCode.RESOURCE_EXHAUSTED, Verdict.WAIT, FailureClass.TRANSIENT),
}
BUG = Kind(StatusCode.INTERNAL, Verdict.PARK, FailureClass.BUG)


def kind_of(error: BaseException) -> Kind:
    """The row of the table for an error: the nearest class that stands in it, else a bug."""
    for ancestor in type(error).__mro__:
        kind = KINDS.get(ancestor)
        if kind is not None:
            return kind
    return BUG


def reason_code(error: type[BaseException]) -> str:
    """UPPER_SNAKE of a class name, acronyms kept together: ASNUnknown -> ASN_UNKNOWN."""
    return _WORD_START.sub("_", error.__name__).upper()
