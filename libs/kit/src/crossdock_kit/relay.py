"""Publishes what the journal holds and the broker has not acknowledged yet, in the order of each aggregate.

The owner of a partition takes the smallest visible positions of its slots, publishes them in one write, waits for the
acknowledgments on one inbox and removes those rows with the next claim. There is never a cursor: a transaction that
commits late shows up with an old position and is simply next. A row that was published but not removed is published
again under the same message id, which the broker drops. What the broker refuses keeps up its own aggregate alone
(refusals.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nats.errors import Error as NatsError

from crossdock_kit import crash_points
from crossdock_kit.acknowledgments import Acknowledgments, about_the_message
from crossdock_kit.broker import Broker, framed, framed_plain, hint_subject, stream_name
from crossdock_kit.database import Engine, Session
from crossdock_kit.database.failures import translated
from crossdock_kit.errors import CrossdockError
from crossdock_kit.events import subject_of
from crossdock_kit.jobs import together
from crossdock_kit.journal import complete_headers
from crossdock_kit.leases import POSTGRES_LEASES, PartitionLeases
from crossdock_kit.refusals import Refusals
from crossdock_kit.relay_store import PostgresRelayStore
from crossdock_kit.storage import LeaseStore, RelayStore
from crossdock_kit.telemetry import metrics, names
from crossdock_kit.telemetry.spans import SpanKind, exporting, root_span

log = logging.getLogger(__name__)

BATCH = 512
STANDARD_SHARE = 128
"""Of a batch, what the standard lane gets even while the express lane could fill it."""
POLL_SECONDS = 1.0
HINT_PAUSE_SECONDS = 0.002
FEW, GATHERED, GATHER_SECONDS = 8, 64, 0.002
"""Between these a moment's wait makes one turn of several, and costs a third of them; fewer are not made to wait."""
LINGER_SECONDS = 0.02
"""How long what was published may wait to be removed together with the next claim, instead of by a turn of its own."""
_VERSION_LINE = b"NATS/1.0\r\n"

ADDED_BYTES = 1024
"""What a message may get on the way beyond headers and body as they stand in the journal."""
NO_ANSWER = "the broker gives no answer"
AGAIN = b"again"
"""Such a hint asks for what was refused as well."""


@dataclass(frozen=True, slots=True)
class Published:
    """A message that the broker has acknowledged: proof, when asked for again, that it kept its tail."""

    sequence: int
    event_id: UUID


@dataclass(eq=False)
class Relay:
    """The relay of one service. Give `hint` to the unit of work; keep `run` running."""

    engine: Engine
    broker: Broker
    context: str
    tenants: Sequence[str]
    store: RelayStore = field(default_factory=PostgresRelayStore)
    lease_store: LeaseStore = POSTGRES_LEASES
    leases: PartitionLeases = field(init=False)
    refusals: Refusals = field(default_factory=Refusals)
    complaint: str = ""
    """Why the last batch was not published whole; empty where it was."""
    published: int = 0
    republished: int = 0
    last: Published | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: Session | None = None
    _hint_planned: bool = False
    _hinting: asyncio.Future[None] | None = None
    _batches: int = 0
    _open: dict[int, Acknowledgments] = field(default_factory=dict)
    _inbox: str = ""

    def __post_init__(self) -> None:
        self.leases = PartitionLeases(self.engine, "relay", changed=self._owns_others, store=self.lease_store)

    def hint(self) -> None:
        """Something was committed: wakes this relay, and those of other processes unless this one owns everything."""
        self._wake.set()
        if not self.leases.complete and not self._hint_planned:
            self._hint_planned = True
            asyncio.get_running_loop().call_later(HINT_PAUSE_SECONDS, self._send_hint)

    def again(self) -> None:
        """What was refused is tried at once, by whichever process relays it."""
        self.refusals.at_once()
        self._wake.set()
        self._send_hint(AGAIN)

    async def run(self) -> None:
        """Publishes until cancelled; failures of database and broker are waited out."""
        connection = self.broker.connection
        self._inbox = connection.new_inbox()
        heard = [
            await connection.subscribe_raw(f"{self._inbox}.*.*", self._on_answer),
            await connection.subscribe_raw(hint_subject(self.context), self._on_hint),
        ]
        try:
            await together(self._turns(), self.leases.run())
        finally:
            for subscription in heard:
                await connection.unsubscribe_raw(subscription)

    async def _turns(self) -> None:
        pause = 0.1
        while True:
            try:
                await self.leases.wait_owner()
                await self._publish_all()
                await self._wait_for_work(POLL_SECONDS)
                pause = 0.1
            except (CrossdockError, NatsError, TimeoutError) as error:
                self.complaint = str(error) or type(error).__name__
                log.warning("relay waits: %s", self.complaint)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)

    async def _publish_all(self) -> None:
        """Batch after batch until nothing is left. The lease is held for a whole batch, so that no other owner starts
        on the same aggregates in the middle of it."""
        done: list[int] = []
        losses = self.broker.losses
        while True:
            if done:
                await self._linger(done)
                # As in `_publish`: a broker that went away since may have forgotten these.
                done = done if self.broker.losses == losses else []
            self._wake.clear()
            async with self.leases.hold() as (session, owned):
                rows = await self._claim(session, owned, done)
                if not rows:
                    return
                losses = self.broker.losses
                sent = self.refusals.passing(rows, self.broker.connection.max_payload - ADDED_BYTES)
                done = await self._publish(sent) if sent else []
                if missing := self._missing(sent, done):
                    await self._claim(session, frozenset(), done)
                    await self._stall(missing)
                    done = []
            if FEW < len(rows) < GATHERED:
                await asyncio.sleep(GATHER_SECONDS)

    async def _linger(self, done: list[int]) -> None:
        """Waits a little for what else there is to claim. Told to end, it removes what was published first: at the next
        start the broker may no longer know it for a repetition."""
        try:
            await self._wait_for_work(LINGER_SECONDS)
        except asyncio.CancelledError:
            try:
                async with self.leases.hold() as (session, _):
                    await self._claim(session, frozenset(), done)
            except CrossdockError as error:
                log.warning("%d published events will be published again: %s", len(done), error)
            raise

    async def _claim(self, session: Session, owned: frozenset[int], done: list[int]) -> Sequence[Mapping[str, Any]]:
        with translated():
            if session is not self._serving:
                await self.store.serve(session.driver, self.tenants)
                self._serving = session
            aside = self.refusals.claiming()
            return await self.store.turn(session.driver, done, owned, (BATCH, STANDARD_SHARE), aside)

    async def _publish(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Positions that the broker acknowledged. None if the link was lost meanwhile: a broker that comes back may
        have forgotten what it acknowledged, and is given the same messages again."""
        losses = self.broker.losses
        with _send_span(self.context, len(rows)):
            answers = await self._send(rows)
        if self.broker.losses != losses:
            return []
        metrics.count(names.SENT, len(answers.accepted), {names.MESSAGING_DESTINATION: stream_name(self.context)})
        self.published += len(answers.accepted)
        self.republished += answers.duplicates
        if answers.latest is not None:
            index, sequence = answers.latest
            self.last = Published(sequence, rows[index]["event_id"])
        for index, reason in list(answers.refusals.items())[:1]:
            log.error("event %s was not accepted: %s", rows[index]["event_id"], reason)
        self._note_refusals(rows, answers)
        return [rows[index]["position"] for index in answers.accepted]

    def _note_refusals(self, rows: Sequence[Mapping[str, Any]], answers: Acknowledgments) -> None:
        """It is the event's own where the broker says so, or where it took others of the same batch."""
        whole = len(answers.accepted) == len(rows)
        self.complaint = "" if whole else next(iter(answers.refusals.values()), NO_ANSWER)
        if whole and not self.refusals:
            return
        for index, row in enumerate(rows):
            said = answers.refusals.get(index, NO_ANSWER)
            if index in answers.accepted:
                self.refusals.accepted(row)
            elif answers.accepted or about_the_message(said):
                self.refusals.refused(row, said)

    def _missing(self, sent: Sequence[Mapping[str, Any]], done: Sequence[int]) -> int:
        """How many wait for the stream; what is set aside does not."""
        if len(done) == len(sent):
            return 0
        settled = {*done, *self.refusals.aside()}
        return sum(row["position"] not in settled for row in sent)

    def _owns_others(self, owned: frozenset[int]) -> None:
        """Another process may publish what was refused here."""
        self.refusals.forget()
        self._wake.set()

    async def _send(self, rows: Sequence[Mapping[str, Any]]) -> Acknowledgments:
        self._batches += 1
        answers = self._open[self._batches] = Acknowledgments(len(rows))
        try:
            prefix = f"{self._inbox}.{self._batches}."
            await self.broker.connection.write(b"".join(command(row, f"{prefix}{i}") for i, row in enumerate(rows)))
            await answers.wait()
        finally:
            del self._open[self._batches]
        if answers.accepted:
            crash_points.reached(crash_points.AFTER_BROKER_ACK)
        return answers

    async def _stall(self, missing: int) -> None:
        log.warning("%d events stay unpublished for now", missing)
        await self.broker.ensure_stream(self.context)
        await asyncio.sleep(0.2)

    async def _wait_for_work(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _on_answer(self, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        _, batch, index = subject.rsplit(b".", 2)
        answers = self._open.get(int(batch))
        if answers is not None:
            answers.take(int(index), data)

    def _on_hint(self, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        if data == AGAIN:
            self.refusals.at_once()
        self._wake.set()

    def _send_hint(self, said: bytes = b"") -> None:
        self._hint_planned = False
        if self.broker.connection.is_connected:
            told = framed_plain(hint_subject(self.context), self._inbox, said)
            # A hint that is lost costs a poll; the reference keeps the task alive.
            self._hinting = asyncio.ensure_future(self.broker.connection.write(told))
            self._hinting.add_done_callback(lambda sent: sent.cancelled() or sent.exception())


def _send_span(context: str, events: int) -> AbstractContextManager[object]:
    """The batch alone: each event carries the place of the step that announced it, whoever publishes it and when."""
    if not exporting():
        return nullcontext()
    span = root_span(f"send {context}", SpanKind.CLIENT)
    span.attributes |= {
        names.MESSAGING_SYSTEM: names.MESSAGING_NATS,
        names.MESSAGING_OPERATION: "publish",
        names.MESSAGING_OPERATION_TYPE: "send",
        names.MESSAGING_DESTINATION: stream_name(context),
        names.MESSAGING_BATCH: events,
    }
    return span


def command(row: Mapping[str, Any], reply: str) -> bytes:
    """The publish command of a journal row."""
    headers = complete_headers(row["headers"], row["event_id"], row["recorded_at"])
    block = _VERSION_LINE + headers.encode() + b"\r\n"
    return framed(subject_of(row["type"], row["slot"]), reply, block, row["body"])
