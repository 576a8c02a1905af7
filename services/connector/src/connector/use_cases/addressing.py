"""Who receives the goods is put into a document when it is about to be sent for the first time.

A fact is told in the transaction of its event, in which nobody can be asked, and no event names a person. So what is to
name one names the order meanwhile. Nothing of the person is logged, or stands in a reason.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from crossdock.fulfillment.v1.sales_order_pb2 import Consignee
from crossdock_edi.errors import Unrepresentable
from crossdock_kit.deliveries import Dead, Dropped, Retry
from crossdock_kit.errors import CrossdockError, FailureClass, kind_of

from connector.codecs import json_document, x12_document
from connector.codecs.json_document import DocumentFault
from connector.codecs.x12_document import Numbers
from connector.mappings import registry
from connector.mappings.consignees import folded
from connector.outgoing import Outgoing
from connector.ports import Consignees
from connector.store.document import Document
from connector.store.partners import StoredPartner
from connector.use_cases.send import address_of

log = logging.getLogger(__name__)

ERASED, UNFIT = "CONSIGNEE_ERASED", "ADDRESS_NOT_REPRESENTABLE"
ORDER_DESK = "order-desk"
_LONGEST_WAIT_SECONDS = 60.0

End = bytes | Retry | Dead | Dropped
"""A document's bytes as it is sent, or why it is not sent now."""


async def completed(lacking: Sequence[Outgoing], stored: StoredPartner, consignees: Consignees) -> dict[UUID, End]:
    """By delivery. All of them are asked for at once; while nobody answers they wait, and nothing is given up."""
    orders = sorted({each.document.consignee_of for each in lacking})
    try:
        known = await consignees.of(stored.tenant, orders)
    except CrossdockError as error:
        log.warning("%s: %d documents wait for their addresses: %s", stored.profile.partner, len(lacking), error.code)
        return {each.leased.delivery_id: _later(each, error) for each in lacking}
    return {each.leased.delivery_id: _end_of(each, stored, known) for each in lacking}


def _later(outgoing: Outgoing, error: CrossdockError) -> Retry:
    pause = min(2.0 ** min(outgoing.leased.attempt, 6), _LONGEST_WAIT_SECONDS)
    return Retry(error.code, timedelta(seconds=pause), failure_class=kind_of(error).failure_class, untried=True)


def _end_of(outgoing: Outgoing, stored: StoredPartner, known: Mapping[str, Consignee | None]) -> End:
    order_id = outgoing.document.consignee_of
    if order_id not in known:
        return outgoing.content  # Nobody was named.
    consignee = known[order_id]
    if consignee is None:
        return _erased(outgoing)
    try:
        return _addressed(outgoing.document, outgoing.content, stored, consignee)
    except DocumentFault as fault:
        return Dead(f"{UNFIT}: {fault}", UNFIT, FailureClass.BUSINESS, ORDER_DESK)
    except Unrepresentable as error:
        # Its text repeats what does not fit.
        return Dead(f"{UNFIT}: {error.place}", UNFIT, FailureClass.BUSINESS, ORDER_DESK)


def _erased(outgoing: Outgoing) -> End:
    """Nobody will ever be named, so that nothing has to wait behind it; what is asked back is asked back without."""
    if outgoing.document.unsent is not None:
        return outgoing.content
    order_id = outgoing.document.consignee_of
    reason = f"{ERASED}: who receives order {order_id} was erased, so nobody can ship to them"
    return Dropped(reason, ERASED, FailureClass.BUSINESS, ORDER_DESK)


def _addressed(document: Document, content: bytes, stored: StoredPartner, consignee: Consignee) -> bytes:
    """An X12 document keeps the control numbers under which it was rendered."""
    named = registry.OUTBOUND[document.kind].named
    if named is None:
        raise AssertionError(f"{document.kind} names nobody")
    if not document.kind.startswith("x12."):
        return json_document.encode(named.put(json.loads(content), consignee))
    address = address_of(stored.profile.edi)
    written = named.put(_read(content), folded(consignee, lambda text: x12_document.spaced(text, address.dialect)))
    (interchange,) = document.control_numbers
    numbers = Numbers(int(interchange), int(document.group_control), int(document.set_control))
    rendered = x12_document.write(written, address, numbers, document.received_at)
    if x12_document.wrong_in(rendered):
        raise DocumentFault(document.kind, "with this address it breaks the rules of its own set")
    return rendered


def _read(content: bytes) -> object:
    ((message,),) = (each.messages for each in x12_document.read_file(content, {}))
    return message.document
