"""A shipment is to be carried no further: what undoes its carriage is asked for, and stands until it is answered.

What nobody carries yet is cancelled by that alone. What is stopped on the road is not cancelled: it comes back, as its
carrier says. It must not know who is asked, or how.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from delivery.domain import events
from delivery.domain.carriage import Answer, CallOff
from delivery.domain.concerns import DELIVERY_DESK, LABEL_BEFORE_CHECKS, ORDER_DESK, Concern, identity, packed_subject
from delivery.domain.lifecycle import INTERCEPT, WITHDRAW, undoing

if TYPE_CHECKING:
    from delivery.domain.shipment import Shipment

UNANSWERED, REFUSED, NEVERTHELESS = "CALL_OFF_UNANSWERED", "CALL_OFF_REFUSED", "CARRIED_THOUGH_CALLED_OFF"


def call_off(shipment: Shipment, reason: str, at: datetime) -> bool:
    """Whether it is asked for, now or before. Not so once it is delivered or over, or could not be stopped."""
    asked = shipment.called_off
    if asked is not None:
        return asked.answer is not Answer.REFUSED
    commands = undoing(shipment.state)
    if not commands:
        return False
    if shipment.kept_back:
        # Nobody was offered it: there is nothing to be undone.
        shipment.called_off = CallOff(commands[0], reason, at, Answer.DONE)
        shipment.settled.append(identity(LABEL_BEFORE_CHECKS, packed_subject(shipment.shipment_id)))
        return True
    unborne = commands[0] == WITHDRAW
    shipment.called_off = CallOff(commands[0], reason, at, Answer.DONE if unborne else Answer.AWAITED)
    shipment.events.append(events.ShipmentCallOffRequested(shipment, at))
    if unborne:
        shipment.events.append(events.ShipmentCallOffAnswered(shipment, shipment.called_off, "", at))
    else:
        summary = f"shipment {shipment.terms.number} is to be carried no further: {reason}; its carrier has to answer"
        shipment.concerns.append(shipment.concern(UNANSWERED, DELIVERY_DESK, summary))
    return True


def answer(shipment: Shipment, stopped: bool, reason: str, at: datetime) -> None:
    """The newest word counts; the same again changes nothing. Nothing where nobody has asked."""
    asked, said = shipment.called_off, Answer.DONE if stopped else Answer.REFUSED
    if asked is None or asked.answer is said:
        return
    shipment.called_off = replace(asked, answer=said)
    shipment.settled.append(identity(UNANSWERED, shipment.shipment_id))
    shipment.events.append(events.ShipmentCallOffAnswered(shipment, shipment.called_off, reason, at))
    if stopped:
        shipment.settled.append(identity(REFUSED, shipment.shipment_id))
    else:
        shipment.concerns.append(too_late(shipment, reason or "no reason given"))


def too_late(shipment: Shipment, why: str) -> Concern:
    """Its customer did not want it any more and gets it: from here on it can only come back."""
    summary = f"shipment {shipment.terms.number} could not be stopped, though nobody wants it any more: {why}"
    return shipment.concern(REFUSED, ORDER_DESK, summary)


def is_cancelled(shipment: Shipment) -> bool:
    asked = shipment.called_off
    return asked is not None and asked.answer is Answer.DONE and asked.command != INTERCEPT


def crossed(shipment: Shipment, at: datetime) -> None:
    """A carrier took on what was withdrawn before it had answered: its label is asked back."""
    if is_cancelled(shipment) and shipment.called_off is not None:
        reason, shipment.called_off = shipment.called_off.reason, None
        call_off(shipment, reason, at)


def left_nevertheless(shipment: Shipment) -> None:
    """Its carrier has it though it was called off: that is what counts."""
    if shipment.issues or shipment.told.reached:
        handed_over(shipment)


def handed_over(shipment: Shipment) -> None:
    """A warehouse hands over what was called off. What is to be stopped on the road still is."""
    asked = shipment.called_off
    if asked is None or asked.command == INTERCEPT:
        return
    shipment.called_off = None
    shipment.settled.append(identity(UNANSWERED, shipment.shipment_id))
    shipment.concerns.append(nevertheless(shipment, asked.reason))


def nevertheless(shipment: Shipment, reason: str) -> Concern:
    summary = f"shipment {shipment.terms.number} was to be stopped ({reason}) and has left all the same"
    return shipment.concern(NEVERTHELESS, ORDER_DESK, summary)


def wanted_again(shipment: Shipment) -> None:
    """Something else was packed under its number: it is offered anew, unless its carrier has kept it."""
    asked, shipment.called_off = shipment.called_off, None
    if asked is not None and asked.answer is not Answer.REFUSED and not shipment.kept_back:
        shipment.settled.append(identity(UNANSWERED, shipment.shipment_id))
        shipment.carriage = None
        shipment.plan()
