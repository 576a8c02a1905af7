"""What 855 and 865 share: the 26 line statuses of ACK01 and what each says in canonical words (reference: trade C4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_edi.x12.order_acknowledgment import LineAcknowledgment

from connector.codecs.json_document import DocumentFault
from connector.mappings import canonical
from connector.mappings import x12_order_parts as parts
from connector.mappings.model import Reading

_ACCEPTED = procurement.ACKNOWLEDGMENT_OUTCOME_ACCEPTED
_REJECTED = procurement.ACKNOWLEDGMENT_OUTCOME_REJECTED
_ON_HOLD = procurement.ACKNOWLEDGMENT_OUTCOME_ON_HOLD

OUTCOMES: dict[str, procurement.AcknowledgmentOutcome.ValueType] = {
    "IA": _ACCEPTED,
    "AC": _ACCEPTED,
    "AR": _ACCEPTED,
    "AA": procurement.ACKNOWLEDGMENT_OUTCOME_SOURCE_CHANGED,
    "IC": procurement.ACKNOWLEDGMENT_OUTCOME_CHANGED,
    "IQ": procurement.ACKNOWLEDGMENT_OUTCOME_QUANTITY_CHANGED,
    "IP": procurement.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED,
    "IE": procurement.ACKNOWLEDGMENT_OUTCOME_PRICE_OPEN,
    "DR": procurement.ACKNOWLEDGMENT_OUTCOME_DATE_CHANGED,
    "SP": procurement.ACKNOWLEDGMENT_OUTCOME_DATE_OPEN,
    "IS": procurement.ACKNOWLEDGMENT_OUTCOME_ITEM_SUBSTITUTED,
    "BP": procurement.ACKNOWLEDGMENT_OUTCOME_PARTIAL,
    "IB": procurement.ACKNOWLEDGMENT_OUTCOME_BACKORDERED,
    "ID": _REJECTED,
    "IF": _ON_HOLD,
    "IH": _ON_HOLD,
    "IW": _ON_HOLD,
    "IR": _REJECTED,
    **{f"R{number}": _REJECTED for number in range(1, 9)},
}
# BAK02, BCA02: what the header says of every line that has no answer of its own.
HEADERS: dict[str, procurement.AcknowledgmentOutcome.ValueType] = {
    "AT": _ACCEPTED,
    "AK": _ACCEPTED,
    "AD": _ACCEPTED,
    "AP": _ACCEPTED,
    "AH": _ON_HOLD,
    "RD": _REJECTED,
    "RF": _REJECTED,
    "RJ": _REJECTED,
    "RN": _REJECTED,
    "RO": _REJECTED,
}
# Documents of exceptions: what they do not name is answered by their header.
ACCEPTED_BUT = "AE"
EXCEPTIONS_ALONE: dict[str, procurement.AcknowledgmentOutcome.ValueType] = {ACCEPTED_BUT: _ACCEPTED, "RF": _REJECTED}
CANCELS = "01"
UNANSWERED = procurement.ACKNOWLEDGMENT_OUTCOME_UNSPECIFIED
_PRICED = {
    procurement.ACKNOWLEDGMENT_OUTCOME_PRICE_CHANGED,
    procurement.ACKNOWLEDGMENT_OUTCOME_CHANGED,
}
# Goods come, and the price of the line is the one that the supplier wants for them.
_REPEATS_PRICE = {
    _ACCEPTED,
    procurement.ACKNOWLEDGMENT_OUTCOME_SOURCE_CHANGED,
    procurement.ACKNOWLEDGMENT_OUTCOME_QUANTITY_CHANGED,
    procurement.ACKNOWLEDGMENT_OUTCOME_DATE_CHANGED,
    procurement.ACKNOWLEDGMENT_OUTCOME_DATE_OPEN,
    procurement.ACKNOWLEDGMENT_OUTCOME_ITEM_SUBSTITUTED,
    procurement.ACKNOWLEDGMENT_OUTCOME_PARTIAL,
}

_NOTHING_COMES = frozenset(
    {
        procurement.ACKNOWLEDGMENT_OUTCOME_REJECTED,
        procurement.ACKNOWLEDGMENT_OUTCOME_BACKORDERED,
        procurement.ACKNOWLEDGMENT_OUTCOME_ON_HOLD,
    }
)


def whole_order(
    purpose: str, header: str, lines: Sequence[Any], element: str
) -> procurement.AcknowledgmentOutcome.ValueType:
    """What the header says of the lines that the document does not name.

    Raises DocumentFault for purpose 01: some mean their earlier answer by it, some the order.
    """
    if purpose == CANCELS:
        raise DocumentFault(element, "01 cancels an earlier answer or the order, and it is not said which")
    if header in EXCEPTIONS_ALONE:
        return EXCEPTIONS_ALONE[header]
    return UNANSWERED if lines else HEADERS.get(header, UNANSWERED)


def answered_lines(document: Any, reading: Reading) -> Iterator[procurement.AcknowledgedLine]:
    """The lines that are answered, by their own ACK segments or by the header; others stay open."""
    header = document.type
    for line in document.lines:
        unit = reading.codes.unit(line.unit) if line.unit else ""
        answers = [_answer(ack, line, unit, reading) for ack in line.acknowledgments]
        if not answers and (outcome := HEADERS.get(header, UNANSWERED)):
            answers = [procurement.LineAcknowledgment(outcome=outcome, code=header)]
        _tell_price(answers, line, document, reading)
        if not answers and header == ACCEPTED_BUT:
            raise DocumentFault(f"line {line.line or '?'}", "is an exception, and it is not said which")
        if not answers:
            continue
        sku, supplier_item = parts.read_items(line, reading.codes, required=not line.line)
        yield procurement.AcknowledgedLine(
            line_number=line.line[:32],
            sku=sku,
            supplier_item=supplier_item[:80],
            acknowledgments=answers,
            ordered=canonical.quantity(line.quantity, unit) if line.quantity is not None and unit else None,
        )


def _tell_price(answers: Sequence[procurement.LineAcknowledgment], line: Any, document: Any, reading: Reading) -> None:
    """PO104, POC06: the price of the part that offers one; else what all parts repeat, which may not be the order's."""
    if line.unit_price is None:
        return
    offering = [each for each in answers if each.outcome in _PRICED]
    repeating = [each for each in answers if each.outcome in _REPEATS_PRICE and not offering]
    said = procurement.LineAcknowledgment()
    if offering or parts.says_what_price_is_for(line):
        said.MergeFrom(procurement.LineAcknowledgment(price=parts.read_price(line, currency_of(document, reading))))
    else:
        said.repeated_price.amount = canonical.amount_of(line.unit_price, f"line {line.line}")
        said.repeated_price.currency = parts.stated_currency(line) or document.currency
    for each in (*offering, *repeating):
        each.MergeFrom(said)


def _answer(ack: LineAcknowledgment, line: Any, unit: str, reading: Reading) -> procurement.LineAcknowledgment:
    outcome = OUTCOMES.get(ack.status)
    if outcome is None:
        raise DocumentFault(f"ACK01 of line {line.line or '?'}", f"{ack.status!r} is no line status")
    own_unit = reading.codes.unit(ack.unit) if ack.unit else unit
    # "Rejected, 0" says that none of it comes, not that nothing is rejected.
    none_of_it = ack.quantity == 0 and outcome in _NOTHING_COMES
    given = ack.quantity is not None and own_unit and not none_of_it
    dated = ack.on or next((each.on for each in ack.dates if each.on), None)
    substitute, substitute_item = _substitute(ack, outcome, reading)
    return procurement.LineAcknowledgment(
        outcome=outcome,
        code=ack.status,
        quantity=canonical.quantity(ack.quantity, own_unit, path="ACK02")
        if given and ack.quantity is not None
        else None,
        date=canonical.to_day(dated),
        substitute_sku=substitute,
        substitute_supplier_item=substitute_item,
    )


def _substitute(ack: LineAcknowledgment, outcome: int, reading: Reading) -> tuple[str, str]:
    if outcome != procurement.ACKNOWLEDGMENT_OUTCOME_ITEM_SUBSTITUTED:
        return "", ""
    return parts.resolved_item(ack.item_ids, reading.codes, required=False), ack.item_id(*parts.SUPPLIER_ITEM)[:80]


def currency_of(document: Any, reading: Reading) -> str:
    return str(document.currency or reading.partner.options.get("currency", "EUR"))


def sequence(text: str, reading: Reading) -> int | None:
    """A change sequence as our revision; the profile's offset is added where the partner counts otherwise."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise DocumentFault("change sequence", f"{text[:40]!r} is no number")
    revision = int(text) + int(reading.partner.options.get("revisionOffset", 0))
    return revision if revision > 0 else None
