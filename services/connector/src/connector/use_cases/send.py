"""Documents for partners: rendered once, stored, and handed to the partners' deliveries, many at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crossdock.connector.v1 import partner_pb2
from crossdock_edi import Document as EdiDocument
from crossdock_edi.dialect import Dialect
from crossdock_edi.errors import Unrepresentable
from crossdock_kit.context import Cause
from crossdock_kit.deliveries import NewDelivery
from crossdock_kit.errors import Invalid
from crossdock_kit.unit_of_work import Work

from connector import profiles
from connector.codecs import x12_document
from connector.codecs.x12_document import Address, Numbers
from connector.domain.documents import State
from connector.mappings.registry import FUNCTIONAL_ACKNOWLEDGMENT
from connector.ports import Surroundings
from connector.store import saving
from connector.store.document import Document
from connector.store.partners import StoredPartner

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
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Outbound:
    """A document that goes to a partner, and why. `consignee_of` is the order whose consignee it is to name yet; for
    `thread` and `unsent` see asking_back."""

    document_id: UUID
    rendered: Rendered
    dispatch: Dispatch
    stored: StoredPartner
    because: Cause
    consignee_of: str = ""
    thread: str = ""
    unsent: bytes | None = None


async def send_all(outbound: Sequence[Outbound], work: Work, around: Surroundings) -> None:
    """Stores what was rendered and hands it to the partners' deliveries; in shadow it is kept and never sent."""
    vault = around.vault.within(work.driver)
    sealed = []
    for each in outbound:
        document = _document(each, work.now)
        sealed.append((document, await vault.seal(document.kept, each.rendered.content)))
        work.deliver(_delivery(document, each, work.now))
    await saving.insert_all(work.driver, sealed)


def render_x12(document: EdiDocument, stored: StoredPartner, numbers: Numbers, at: datetime) -> Rendered:
    """Under the partner's next control numbers; these and the bytes stay the same for every attempt to send it."""
    try:
        content = x12_document.write(document, address_of(stored.profile.edi), numbers, at)
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


def _document(outbound: Outbound, now: datetime) -> Document:
    rendered, dispatch, stored = outbound.rendered, outbound.dispatch, outbound.stored
    why, numbers = outbound.because, rendered.numbers
    return Document(
        tenant=stored.tenant,
        document_id=outbound.document_id,
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
        received_at=now,
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
        consignee_of=outbound.consignee_of,
        thread=outbound.thread,
        unsent=outbound.unsent,
    )


def _delivery(document: Document, outbound: Outbound, now: datetime) -> NewDelivery:
    """One per document and under its id; the row carries no bytes, which stay sealed until a worker asks."""
    dispatch, profile = outbound.dispatch, outbound.stored.profile
    # Whoever waits for our acknowledgment has a timer of its own.
    waits_for_nothing = dispatch.express or dispatch.kind == FUNCTIONAL_ACKNOWLEDGMENT
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
        not_before=None if waits_for_nothing else profiles.goes_at(profile, now),
        suppressed=profile.stage in NOT_SENT,
        replaces=dispatch.replaces,
        correlation_id=document.correlation_id,
        causation_id=document.causation_id,
        traceparent=document.traceparent,
    )
