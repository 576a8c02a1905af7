"""A document arrives: its bytes are stored, sealed and hashed, before anybody looks into them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from crossdock.connector.events.v1 import events_pb2
from crossdock_kit.context import cause
from crossdock_kit.driver import Driver
from crossdock_kit.ids import uuid7

from connector import measuring
from connector.domain.documents import State
from connector.ports import Surroundings
from connector.store import documents, partners, saving
from connector.store.document import Document
from connector.text import clean
from connector.use_cases.announcing import announce

NAME_REUSED = "its message id was used before with other content"


@dataclass(frozen=True, slots=True)
class HandIn:
    """`name` is the transport's: a file's name, a webhook's id. `path` is the route that it came by, empty for EDI."""

    tenant: str
    partner: str
    name: str
    content_type: str
    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class HandedIn:
    document_id: UUID
    repeated: bool


async def hand_in(command: HandIn, around: Surroundings) -> HandedIn:
    """Stores a document. The same name with the same bytes is the same document. Raises PartnerUnknown."""
    sha256 = hashlib.sha256(command.content).hexdigest()
    async with around.uow(tenants=(command.tenant,)) as work:
        stored = await partners.get(work.driver, command.tenant, command.partner)
        await _one_at_a_time(work.driver, command)
        namesakes = await _namesakes(work.driver, command)
        for each in namesakes:
            if each.sha256 == sha256:
                work.note(outcome="duplicate", keys=(f"document:{each.document_id}",))
                work.after_commit(partial(measuring.received, command.tenant, command.partner, "duplicate"))
                return HandedIn(each.document_id, repeated=True)
        document = _document(command, stored.profile.business_unit, sha256, work.now)
        if namesakes and command.path:
            # A file's name may be used again; the id of a message names it for ever.
            document.state, document.reason, document.next_attempt_at = State.REFUSED, NAME_REUSED, None
            document.related = namesakes[0].document_id
        received = events_pb2.DocumentReceived(
            document_id=str(document.document_id), partner=command.partner, name=document.name, sha256=sha256
        )
        announce(work, document, received)
        sealed = await around.vault.within(work.driver).seal(document.kept, command.content)
        await saving.insert_all(work.driver, [(document, sealed)])
        outcome = "refused" if document.state is State.REFUSED else "stored"
        work.after_commit(partial(measuring.received, command.tenant, command.partner, outcome))
        work.after_commit(around.nudge)
        return HandedIn(document.document_id, repeated=False)


async def _namesakes(driver: Driver, command: HandIn) -> list[Document]:
    return await documents.by_name(driver, command.tenant, command.partner, clean(command.name), outbound=False)


def _document(command: HandIn, business_unit: str, sha256: str, now: datetime) -> Document:
    why = cause()
    return Document(
        tenant=command.tenant,
        document_id=uuid7(),
        partner=command.partner,
        business_unit=business_unit,
        outbound=False,
        state=State.RECEIVED,
        name=clean(command.name),
        path=clean(command.path),
        content_type=clean(command.content_type),
        bytes=len(command.content),
        sha256=sha256,
        received_at=now,
        next_attempt_at=now,
        correlation_id=why.correlation_id,
        causation_id=why.causation_id,
        traceparent=why.traceparent,
    )


async def _one_at_a_time(driver: Driver, command: HandIn) -> None:
    """Two deliveries of one webhook at the same moment are one document."""
    key = f"hand-in/{command.tenant}/{command.partner}/{command.name}"
    await driver.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", key)


async def submit(command: HandIn, around: Surroundings) -> Document:
    """As `hand_in`, for an operator who wants to see what there is by now."""
    handed = await hand_in(command, around)
    async with around.uow(tenants=(command.tenant,)) as work:
        return await documents.get(work.driver, command.tenant, handed.document_id)
