"""An operator has a document read again, after what stood in its way was put right: only what of it had no effect."""

from __future__ import annotations

from uuid import UUID

from crossdock_kit.errors import NotFound
from crossdock_kit.exceptions import NothingLeft
from crossdock_kit.unit_of_work import Work

from connector.domain.documents import Outcome, State
from connector.ports import Surroundings
from connector.store import documents, saving
from connector.store.document import ended

AGAIN = frozenset({Outcome.REFUSED, Outcome.EXCEPTION, Outcome.WAITING})


async def read_again(subject: str, work: Work, around: Surroundings) -> str:
    """What is done, in words. Messages that had their effect are left alone. Raises NotFound, NothingLeft."""
    document = await documents.get(work.driver, work.tenant, UUID(subject.partition("/")[2]), lock=True)
    if document.outbound:
        raise NotFound("a document of ours is not read; its delivery is what can be tried again")
    again = [each for each in document.messages if each.outcome in AGAIN]
    if not again and document.state is not State.REFUSED:
        raise NothingLeft(subject)
    document.messages = [
        ended(each, Outcome.WAITING, each.reason) if each.outcome in AGAIN else each for each in document.messages
    ]
    document.state = State.WAITING if document.messages else State.RECEIVED
    document.reason, document.failures, document.next_attempt_at = "", 0, work.now
    await saving.save_all(work.driver, [document])
    work.after_commit(around.nudge)
    return f"{len(again) or 'all'} of its messages are read again"
