"""A fact becomes a document for a partner: rendered once, stored, and handed to the partner's deliveries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import crossdock_edi
from crossdock.connector.v1 import partner_pb2
from crossdock_edi import Document as EdiDocument
from crossdock_edi.dialect import Dialect
from crossdock_edi.errors import Unrepresentable
from crossdock_kit.context import cause
from crossdock_kit.deliveries import NewDelivery
from crossdock_kit.errors import Invalid
from crossdock_kit.events import Received
from crossdock_kit.ids import derived
from crossdock_kit.unit_of_work import Work

from connector.code_book import with_codes
from connector.codecs import json_document, x12_document
from connector.codecs.x12_document import Address, Numbers
from connector.domain.documents import State
from connector.mappings import registry
from connector.mappings.model import Writing
from connector.ports import Surroundings
from connector.store import control_numbers, documents, partners
from connector.store.documents import Document
from connector.store.orders import SentOrder
from connector.store.partners import StoredPartner
from connector.use_cases.telling import Telling
from connector.use_cases.vocabulary import partner_of

ORDERS_TO_SUPPLIERS = frozenset({"x12.850", "x12.860", "json.supplier_order"})
NOT_SENT = frozenset({"draft", "shadow"})


@dataclass
class NotRepresentable(Invalid):
    """The format cannot carry the fact exactly: rather nothing is sent than something else."""

    set: str
    partner: str
    why: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document's bytes and how it is called and recognised at the partner."""

    content: bytes
    content_type: str
    name: str
    numbers: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What goes where: the order in which it has to arrive, and what it is known by."""

    kind: str
    path: str
    ordering_key: str
    idempotency_key: str
    keys: tuple[str, ...]
    transaction_ids: tuple[str, ...]
    source_event_id: str = ""
    source_aggregate: str = ""
    related: UUID | None = None
    express: bool = False


async def tell(event: Received[Any], stored: StoredPartner, telling: Telling, ordering: str) -> None:
    """Renders what the partner's profile takes of a fact; a partner that takes nothing of it is not told."""
    kinds = registry.TELLS[event.message.DESCRIPTOR.name]
    route = partners.route_of(stored.profile, kinds, partner_pb2.DIRECTION_OUT)
    if route is None:
        return
    document_id = derived("document", event.id, stored.profile.partner, route.kind)
    rendered = await _render(event, stored, route, telling, document_id)
    dispatch = Dispatch(
        kind=route.kind,
        path=route.path,
        ordering_key=ordering,
        idempotency_key=_idempotency_key(event, route.kind),
        keys=event.keys,
        transaction_ids=event.transaction_ids,
        source_event_id=str(event.id),
        source_aggregate=f"{event.aggregate_type}/{event.aggregate_id}",
        express=event.express,
    )
    document, sealed = await _sealed(document_id, rendered, dispatch, stored, telling.work, telling.around)
    telling.keep(document, sealed)
    telling.work.deliver(_delivery(document, dispatch, suppressed=stored.profile.stage in NOT_SENT))
    if route.kind in ORDERS_TO_SUPPLIERS:
        order = event.message.purchase_order
        telling.sent(SentOrder(event.tenant, document_id, document.partner, order.number, order.revision))


def _idempotency_key(event: Received[Any], kind: str) -> str:
    """The receipt's own id for the ERP's posting, so that even a second event could not post it twice."""
    return str(event.message.receipt_id) if kind == "json.goods_receipt" else str(event.id)


async def _render(
    event: Received[Any], stored: StoredPartner, route: partner_pb2.DocumentRoute, telling: Telling, document_id: UUID
) -> Rendered:
    partner, work = partner_of(stored.profile, route), telling.work
    book, codes = telling.codes(stored, partner, route.kind)
    mapping = registry.OUTBOUND[route.kind]
    written = await with_codes(
        book,
        codes.load,
        lambda each: mapping.write(event.message, Writing(partner, each, str(event.id), event.version, work.now)),
    )
    if isinstance(written, EdiDocument):
        return await render_x12(written, stored, work)
    name = f"{route.kind}_{document_id}.json"
    return Rendered(json_document.encode(written), json_document.CONTENT_TYPE, name)


async def render_x12(document: EdiDocument, stored: StoredPartner, work: Work) -> Rendered:
    """Under the partner's next control numbers; these and the bytes stay the same for every attempt to send it."""
    numbers = await control_numbers.take(work.driver, stored.tenant, stored.profile.partner)
    try:
        content = x12_document.write(document, address_of(stored.profile.edi), numbers, work.now)
    except Unrepresentable as error:
        raise NotRepresentable(document.TYPE, stored.profile.partner, str(error)) from error
    if wrong := x12_document.wrong_in(content):
        raise NotRepresentable(document.TYPE, stored.profile.partner, wrong)
    return Rendered(content, x12_document.CONTENT_TYPE, file_name(document.TYPE, numbers), numbers)


def file_name(set_id: str, numbers: Numbers) -> str:
    return f"{set_id}_{numbers.interchange:09d}.edi"


def address_of(edi: partner_pb2.EdiIdentity) -> Address:
    """Raises nothing: a profile with X12 documents has been checked for both identities."""
    own, partner = _identity(edi.own_id), _identity(edi.partner_id)
    return Address(
        own=own,
        partner=partner,
        group_own=edi.group_own_id or own[1],
        group_partner=edi.group_partner_id or partner[1],
        version=edi.version or "004010",
        is_test=edi.test_indicator,
        dialect=Dialect(
            "X12",
            (edi.element_separator or "*").encode(),
            (edi.component_separator or ">").encode(),
            (edi.segment_terminator or "~").encode(),
            line_end=edi.line_end.encode(),
        ),
    )


def _identity(text: str) -> tuple[str, str]:
    qualifier, _, identity = text.partition(":")
    return qualifier, identity


async def send(
    document_id: UUID,
    rendered: Rendered,
    dispatch: Dispatch,
    stored: StoredPartner,
    work: Work,
    around: Surroundings,
) -> None:
    """Stores what was rendered and hands it to the partner's deliveries; in shadow it is kept and never sent."""
    document, sealed = await _sealed(document_id, rendered, dispatch, stored, work, around)
    await documents.insert(work.driver, document, sealed)
    work.deliver(_delivery(document, dispatch, suppressed=stored.profile.stage in NOT_SENT))


async def _sealed(
    document_id: UUID,
    rendered: Rendered,
    dispatch: Dispatch,
    stored: StoredPartner,
    work: Work,
    around: Surroundings,
) -> tuple[Document, bytes]:
    document = _document(document_id, rendered, dispatch, stored)
    document.received_at = work.now
    return document, await around.vault.seal(work.driver, document.kept, rendered.content)


def _document(document_id: UUID, rendered: Rendered, dispatch: Dispatch, stored: StoredPartner) -> Document:
    why, numbers = cause(), rendered.numbers
    return Document(
        tenant=stored.tenant,
        document_id=document_id,
        partner=stored.profile.partner,
        business_unit=stored.profile.business_unit,
        outbound=True,
        state=State.RENDERED,
        kind=dispatch.kind,
        name=rendered.name,
        path=dispatch.path,
        content_type=rendered.content_type,
        bytes=len(rendered.content),
        sha256=hashlib.sha256(rendered.content).hexdigest(),
        received_at=why.started_at,
        control_numbers=(f"{numbers.interchange:09d}",) if numbers else (),
        group_control=str(numbers.group) if numbers else "",
        set_control=f"{numbers.message:04d}" if numbers else "",
        related=dispatch.related,
        keys=dispatch.keys,
        transaction_ids=dispatch.transaction_ids,
        source_event_id=dispatch.source_event_id,
        source_aggregate=dispatch.source_aggregate,
        correlation_id=why.correlation_id,
        causation_id=why.causation_id,
        traceparent=why.traceparent,
    )


def _delivery(document: Document, dispatch: Dispatch, *, suppressed: bool) -> NewDelivery:
    """One per document and under its id; the row carries no bytes, which stay sealed until a worker asks."""
    return NewDelivery(
        tenant=document.tenant,
        business_unit=document.business_unit,
        partner=document.partner,
        kind=dispatch.kind,
        ordering_key=dispatch.ordering_key,
        payload=document.document_id.bytes,
        content_type=document.content_type,
        idempotency_key=dispatch.idempotency_key,
        delivery_id=document.document_id,
        transaction_ids=dispatch.transaction_ids,
        keys=(*dispatch.keys, f"document:{document.document_id}"),
        express=dispatch.express,
        suppressed=suppressed,
        correlation_id=document.correlation_id,
        causation_id=document.causation_id,
        traceparent=document.traceparent,
    )


async def reply_997(
    answer: EdiDocument, source: crossdock_edi.Interchange, stored: StoredPartner, work: Work
) -> Rendered:
    """A 997 in the delimiters and version of what it answers, under our own numbers."""
    numbers = await control_numbers.take(work.driver, stored.tenant, stored.profile.partner)
    content = x12_document.write_reply(answer, source, numbers, work.now)
    return Rendered(content, x12_document.CONTENT_TYPE, file_name(answer.TYPE, numbers), numbers)
