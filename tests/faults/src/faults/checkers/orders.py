"""I3 each accepted order once and to its end, I4 each ship notice and receipt once with what was counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from partners.day import Order

from faults.checkers.finding import Finding, Trial

ENDED = frozenset({"completed", "cancelled", "rejected"})
ZERO = Decimal(0)


def each_order_once(trial: Trial) -> Finding:
    """What the ERP's document or a caller was told is accepted exists once, has ended or has an owner; orders of the
    world's script have ended as the script says."""
    found = Finding("I3", "each accepted order once")
    rows = defaultdict(list)
    for row in trial.evidence.orders:
        rows[row["tenant"], row["number"]].append(row)
    owned = {
        each for rows_ in trial.evidence.services.values() for e in rows_.exceptions for each in e["transaction_ids"]
    }
    accepted = {(each.tenant, each.key.partition("/")[0]) for each in trial.history.of("json.purchase_order", "ok")}
    accepted |= {(each.tenant, each.key) for each in trial.history.of("SubmitPurchaseOrder", "ok")}
    scripted = {order.number: order for order in trial.day.orders}
    for tenant, number in sorted(accepted):
        mine = rows[tenant, number]
        found.look(len(mine) != 1, f"order {number} of {tenant} exists {len(mine)} times")
        if len(mine) == 1 and number in scripted:
            row, order = mine[0], scripted[number]
            ended = row["state"] in ENDED or row["purchase_order_id"] in owned
            found.look(not ended, f"order {number} ({order.scene}) is {row['state']} and nobody owns that")
            _compare(found, order, row["state"], row["revision"])
    return found


def _compare(found: Finding, order: Order, state: str, revision: int) -> None:
    wanted = order.end["state"], order.end["revision"]
    found.look(
        (state, revision) != wanted, f"order {order.number} ({order.scene}) ended {state}/{revision}, not {wanted}"
    )


def each_notice_and_receipt_once(trial: Trial) -> Finding:
    """By the suppliers' and warehouses' own books, line by line, down to the goods in the ledger."""
    found = Finding("I4", "each notice and receipt once")
    journal = trial.cast.journal
    sent_notices = Counter(
        e.key for e in journal if e.direction == "sent" and e.kind in ("x12.856", "json.ship_notice")
    )
    sent_receipts = Counter(e.key for e in journal if e.direction == "sent" and e.kind == "wms_a.receipt")
    notices, receipts = (
        Counter(r["number"] for r in trial.evidence.notices),
        Counter(r["number"] for r in trial.evidence.receipts),
    )
    for kind, sent, kept in (("ship notice", sent_notices, notices), ("receipt", sent_receipts, receipts)):
        for number in sorted(sent):
            found.look(kept[number] != 1, f"{kind} {number} is booked {kept[number]} times")
    for number, times in sorted((notices + receipts).items()):
        found.look(times > 1, f"{number} is booked {times} times")
    _lines(trial, found)
    _goods(trial, found)
    return found


def _lines(trial: Trial, found: Finding) -> None:
    shipped: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    received: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.notice_lines:
        shipped[row["purchase_order_number"], row["line_number"]] += row["base"]
    for row in trial.evidence.receipt_lines:
        received[row["purchase_order_number"], row["line_number"]] += row["base"]
    for order in trial.day.orders:
        for line in order.lines:
            key, wanted = (order.number, line.number), Decimal(order.end["lines"][int(line.number)]["shipped"])
            for word, held in (("shipped", shipped), ("received", received)):
                found.look(
                    held[key] != wanted,
                    f"order {order.number} line {line.number}: {word} {held[key]:f}, not {wanted:f}",
                )
            posted = trial.cast.erp.book.received[key]
            found.look(
                posted != wanted,
                f"order {order.number} line {line.number}: the ERP has posted {posted:f}, not {wanted:f}",
            )


def _goods(trial: Trial, found: Finding) -> None:
    """Every receipt's lines stand in the ledger exactly once."""
    booked: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.movements:
        if row["posting_key"].startswith("receipt/") and row["target"] < 8:
            booked[row["posting_key"]] += row["quantity"]
    counted: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in trial.evidence.receipt_lines:
        counted[f"receipt/{row['receipt_id']}"] += row["base"]
    for key in sorted(counted.keys() | booked.keys()):
        found.look(counted[key] != booked[key], f"{key}: {counted[key]:f} counted, {booked[key]:f} in the ledger")
