"""I2 for what warehouses count and state: booked once, by the case of its day, held against the ledger of its time.

The ledger of an instant is replayed here from the movements. What a call that nobody heard the end of has moved may
have been known to a later one or not: then each of the sums that this leaves is right. In the end a shelf holds what
the newest count of it said and what changed after that, whatever was known when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from crossdock.inventory.v1 import stock_control_service_pb2 as control
from inventory.domain.accounts import Account

from faults.checkers.finding import Finding, Trial
from faults.history import Operation
from faults.shelves import SHELVED
from faults.stocktaking import said

ZERO = Decimal(0)
MOST_OPEN = 8
"""Calls without an end before one that is judged: more of them leave too many sums to learn anything."""
CALLS = ("RecordStockReport", "BookDifferences")
AT_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shelf:
    tenant: str
    site: str
    sku: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What one call has moved on one shelf, in how many movements; `made_up` is what a later count had seen of it."""

    operation: Operation
    at: datetime
    change: Decimal
    movements: int
    made_up: tuple[tuple[datetime, Decimal], ...] = ()

    def by(self, at: datetime) -> Decimal:
        """What of it the ledger of that instant says."""
        said = self.change if self.at <= at else ZERO
        return said + sum((change for when, change in self.made_up if when <= at), ZERO)


@dataclass(frozen=True, slots=True)
class Word:
    """A count of a shelf, or a statement that somebody believed."""

    at: datetime
    held: Decimal
    sure: bool


def counts_and_statements(trial: Trial) -> Finding:
    found = Finding("I2", "counts and statements")
    ledger, today = _Ledger(trial), date.fromisoformat(trial.day.ordered_on)
    for operation in trial.history.of("RecordStockReport"):
        _booked(operation, ledger, today, found)
    for operation in trial.history.of("RecordStatement", "ok"):
        _stated(operation, ledger, today, found)
    for site, statement in trial.reconciled.items():
        _reconciled(site, statement, ledger, today, found)
    for shelf in ledger.shelves:
        _stands(shelf, ledger, today, found)
    return found


class _Ledger:
    """The movements of shelves, by what caused them."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self._moved: dict[tuple[Shelf, str], list[Any]] = {}
        for row in trial.evidence.movements:
            shelf = Shelf(row["tenant"], row["location_id"], row["sku"])
            self._moved.setdefault((shelf, row["document"].rpartition("/")[0]), []).append(row)
        self._calls = [each for what in CALLS for each in trial.history.of(what)]
        self._effects: dict[Shelf, list[Effect]] = {}
        self.as_of = {each.key: _instant(each.request.as_of) for each in trial.history.of("RecordStatement")}

    def effect(self, operation: Operation, shelf: Shelf) -> Effect:
        request, number = operation.request, operation.key
        if operation.what == "BookDifferences":
            at, number = self.as_of[operation.key], f"{number}/{request.request_id}"
        else:
            at = _instant(request.found_at)
        rows = self._moved.get((shelf, f"adjustment/{number}"), [])
        late = self._moved.get((shelf, f"adjustment/{number}/made up for"), [])
        made_up = tuple((row["occurred_at"], _change(row)) for row in late)
        return Effect(operation, at, sum(map(_change, rows), ZERO), len(rows), made_up)

    @property
    def shelves(self) -> list[Shelf]:
        return list(dict.fromkeys(shelf for shelf, _ in self._moved if shelf.sku in SHELVED))

    def effects(self, shelf: Shelf) -> list[Effect]:
        if shelf not in self._effects:
            here = (e for e in self._calls if (e.tenant, e.request.location_id) == (shelf.tenant, shelf.site))
            self._effects[shelf] = [effect for e in here if (effect := self.effect(e, shelf)).change]
        return self._effects[shelf]

    def held_at(self, shelf: Shelf, at: datetime) -> Decimal:
        """As everything says that is known in the end."""
        rows = [row for (where, _), some in self._moved.items() if where == shelf for row in some]
        return sum((_change(row) for row in rows if row["occurred_at"] <= at), ZERO)

    def may_have_held(self, shelf: Shelf, at: datetime, judged: Operation) -> set[Decimal]:
        """What the ledger of `at` said when that call was made; nothing where too little is known."""
        before = [each for each in self._before(shelf, judged) if each.by(at)]
        sums = {sum((each.by(at) for each in before if each.operation.outcome == "ok"), ZERO)}
        unsure = [each.by(at) for each in before if each.operation.outcome != "ok"]
        if len(unsure) > MOST_OPEN:
            return set()
        for change in unsure:
            sums |= {held + change for held in sums}
        return sums

    def _before(self, shelf: Shelf, judged: Operation) -> Iterator[Effect]:
        """Of calls that began before the end of that one; a site makes one after the other."""
        for each in self.effects(shelf):
            if each.operation is not judged and each.operation.invoked_at < judged.ended_at:
                yield each


def _change(row: Any) -> Decimal:
    quantity: Decimal = row["quantity"]
    if row["target"] == Account.SELLABLE:
        return quantity
    return -quantity if row["source"] == Account.SELLABLE else ZERO


def _instant(stamp: Any) -> datetime:
    at: datetime = stamp.ToDatetime(tzinfo=UTC)
    return at


def _booked(operation: Operation, ledger: _Ledger, today: date, found: Finding) -> None:
    """Each line of a report: a change by what it says, a count by what the ledger of its time differed from it."""
    request = operation.request
    for line in request.lines:
        shelf = Shelf(operation.tenant, request.location_id, line.sku)
        effect = ledger.effect(operation, shelf)
        name = f"{request.number} of {line.sku} at {shelf.site}"
        found.look(effect.movements > 1, f"report {name} is booked {effect.movements} times")
        if operation.outcome != "ok":
            found.look(operation.outcome == "failed" and effect.change != ZERO, f"report {name} was refused and booked")
        elif line.HasField("change"):
            wanted = said(line.change, effect.at, today)
            found.look(effect.change != wanted, f"change {name}: {effect.change:f} booked, {wanted:f} on its day")
        else:
            _counted(line, effect, ledger.may_have_held(shelf, effect.at, operation), today, (name, found))


def _counted(
    line: control.ReportedStock, effect: Effect, held: set[Decimal], today: date, about: tuple[str, Finding]
) -> None:
    name, found = about
    counted = said(line.counted, effect.at, today)
    if held:
        told = f"count {name}: {effect.change:f} booked, {counted:f} counted where the ledger of its time held"
        found.look(counted - effect.change not in held, f"{told} {_listed(held)}")


def _stated(operation: Operation, ledger: _Ledger, today: date, found: Finding) -> None:
    """What the caller was answered."""
    request, statement = operation.request, operation.answer.statement
    told = {each.sku: each for each in statement.differences}
    at = _instant(request.as_of)
    for line in request.lines:
        shelf = Shelf(operation.tenant, request.location_id, line.sku)
        stated, difference = said(line.quantity, at, today), told.get(line.sku)
        held = ledger.may_have_held(shelf, at, operation)
        in_ledger = Decimal(difference.in_ledger.value) if difference else stated
        read = Decimal(difference.stated.value) if difference else stated
        name = f"statement {request.number} of {line.sku} at {shelf.site}"
        found.look(read != stated, f"{name}: {stated:f} stated on its day, read as {read:f}")
        if held:
            wrong = in_ledger not in held
            found.look(wrong, f"{name}: held against {in_ledger:f}, the ledger as of its time held {_listed(held)}")


def _reconciled(site: str, statement: control.StockStatement, ledger: _Ledger, today: date, found: Finding) -> None:
    """What is shown of the newest statement in the end."""
    history = ledger.trial.history
    known = history.of("RecordStatement", "ok")
    newest = max((_instant(e.request.as_of) for e in known if e.request.location_id == site), default=None)
    at = _instant(statement.as_of)
    found.look(newest is not None and at < newest, f"{site} has stated as of {newest}, the newest shown is of {at}")
    for operation in history.of("RecordStatement"):
        if (operation.request.location_id, operation.key) == (site, statement.number):
            shown = {each.sku: Decimal(each.difference.value) for each in statement.differences}
            for line in operation.request.lines:
                held = ledger.held_at(Shelf(operation.tenant, site, line.sku), at)
                differs, told = said(line.quantity, at, today) - held, shown.get(line.sku, ZERO)
                name = f"statement {statement.number} of {line.sku} at {site}"
                found.look(differs != told, f"{name} differs by {told:f}, by the ledger as of its time by {differs:f}")


def _stands(shelf: Shelf, ledger: _Ledger, today: date, found: Finding) -> None:
    words = list(_words(shelf, ledger, today))
    since = max((each.at for each in words if each.sure), default=None)
    if since is None:
        return
    changes = [e for e in ledger.effects(shelf) if e.operation.what == "RecordStockReport" and _changes(e, shelf)]
    right = {
        word.held + sum((each.change for each in changes if each.at > word.at), ZERO)
        for word in words
        if word.at >= since
    }
    held = ledger.held_at(shelf, AT_LAST)
    told = f"{shelf.sku} at {shelf.site} of {shelf.tenant}: {held:f} in the end"
    found.look(held not in right, f"{told}, by the newest count and what changed after it {_listed(right)}")


def _changes(effect: Effect, shelf: Shelf) -> bool:
    return any(each.sku == shelf.sku and each.HasField("change") for each in effect.operation.request.lines)


def _words(shelf: Shelf, ledger: _Ledger, today: date) -> Iterator[Word]:
    """Of those that may have been heard. A call that has moved something was; a statement stands where it moved."""
    stated = {each.key: each.request for each in ledger.trial.history.of("RecordStatement")}
    for what in CALLS:
        for operation in ledger.trial.history.of(what, "ok", "unknown"):
            request = operation.request
            if (operation.tenant, request.location_id) != (shelf.tenant, shelf.site):
                continue
            effect = ledger.effect(operation, shelf)
            if what == "RecordStockReport":
                said_of = [each.counted for each in request.lines if each.sku == shelf.sku and each.HasField("counted")]
            else:
                its = stated[operation.key].lines if effect.movements else []
                said_of = [each.quantity for each in its if each.sku == shelf.sku]
            sure = operation.outcome == "ok" or effect.movements > 0
            for each in said_of:
                yield Word(effect.at, said(each, effect.at, today), sure)


def _listed(sums: set[Decimal]) -> str:
    return " or ".join(f"{each:f}" for each in sorted(sums))
