"""What is fetched from a partner: when it is its turn, where it goes on, and who is told if it does not.

A worker fetches and hands in; the cursor is ours and moves on only with its word that everything before it is stored.
What is read again after a crash is the same document again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crossdock.connector.v1 import partner_pb2
from crossdock_kit.deliveries import PartnerLimits
from crossdock_kit.errors import FailureClass, InvalidFields, Refused, Violation
from crossdock_kit.exceptions import NewException, NothingLeft
from crossdock_kit.unit_of_work import Work

from connector.ports import Surroundings
from connector.profiles import polled
from connector.store import partners, polls, worker_leases
from connector.store.polls import CursorElsewhere, NotPolled, Step
from connector.text import clean
from connector.use_cases.deliver import Worker

# How soon a worker asks again whether its partner is stopped no longer.
_STOPPED = timedelta(seconds=2)
# A question costs a partner little: it is asked again sooner than a document is sent again.
_LONGEST = timedelta(minutes=5)
_LIMITS = PartnerLimits(owner="integration")
# What nobody mends by waiting is told at once.
_AT_ONCE = ("HOST_KEY_", "SECRET_", "LOGIN_", "EGRESS_")


@dataclass
class PartnerNotStopped(Refused):
    """A cursor is reset only while nothing is read."""

    partner: str
    state: str

    def __str__(self) -> str:
        return f"{self.partner} is {self.state}: a cursor is reset only while its partner is stopped, so stop it first"


@dataclass
class PartnerStopped(Refused):
    """The partner was stopped while the page was read: it is read again when it runs."""

    partner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a worker says of a page that it asked for: where it began and where the next one begins, or why it could not
    be read. More may be asked for at once, unless the turn ends with it.
    """

    kind: str
    after: str = ""
    cursor: str = ""
    documents: int = 0
    fault: str = ""
    code: str = ""
    more: bool = False
    turn_ends: bool = False
    retry_after: timedelta = timedelta(0)


async def begin_poll(worker: Worker, kind: str, around: Surroundings) -> tuple[str, timedelta]:
    """The cursor, and how long to wait before it is used. Raises WorkerLeaseLost, NotPolled."""
    async with around.uow(tenants=(worker.tenant,)) as work:
        profile = await _leased(worker, work)
        place = await polls.place(work.driver, worker.tenant, worker.partner, kind)
    return place.cursor, max(place.wait, _STOPPED) if profile.state == "stopped" else place.wait


async def record_poll(worker: Worker, page: Page, around: Surroundings) -> timedelta:
    """Moves the cursor on, or books the failure; how long to wait now. Raises WorkerLeaseLost, NotPolled,
    CursorElsewhere and PartnerStopped.
    """
    async with around.uow(tenants=(worker.tenant,)) as work:
        profile = await _leased(worker, work)
        if profile.state == "stopped":
            raise PartnerStopped(worker.partner)
        key = worker.tenant, worker.partner, page.kind
        place = await polls.place(work.driver, *key, lock=True)
        if place.cursor not in {page.after, page.cursor}:
            raise CursorElsewhere(worker.partner, page.kind)
        failures = place.failures + 1 if page.fault else 0
        wait = _wait(profile, page, failures)
        at_end = not page.more and not page.fault
        step = Step(page.cursor, page.documents, page.fault, page.code)
        await polls.record(work.driver, key, step, failures=failures, wait=wait, at_end=at_end)
        _tell(profile, page, failures, work)
    return wait


async def reset_cursor(tenant: str, partner: str, kind: str, cursor: str, around: Surroundings) -> dict[str, str]:
    """Each kind with the cursor that it had. Raises PartnerUnknown, PartnerNotStopped, NotPolled."""
    if cursor and not kind:
        text = "says where one kind goes on: name the kind"
        raise InvalidFields((Violation("cursor", text, "cursor"),))
    async with around.uow(tenants=(tenant,)) as work:
        # Whoever sets the partner running meanwhile waits for this.
        profile = (await partners.get(work.driver, tenant, partner, lock=True)).profile
        if profile.state != "stopped":
            raise PartnerNotStopped(partner, profile.state or "running")
        before = await polls.reset(work.driver, tenant, partner, kind, cursor)
        for each in before:
            work.resolve_exception(_key(partner, each), "the reading was begun anew", tenant=tenant)
        work.note(keys=(f"partner:{partner}",))
    return before


async def poll_again(subject: str, work: Work) -> str:
    """Somebody put right what stood in its way: nobody waits for the end of the back-off. Raises NothingLeft."""
    _, partner, kind = subject.split("/", 2)
    if not await polls.hurry(work.driver, work.tenant, partner, kind):
        raise NothingLeft(subject)
    return "it is asked for again at once"


async def _leased(worker: Worker, work: Work) -> partner_pb2.PartnerProfile:
    await worker_leases.check(work.driver, worker.tenant, worker.partner, worker=worker.worker, epoch=worker.epoch)
    return (await partners.get(work.driver, worker.tenant, worker.partner)).profile


def _wait(profile: partner_pb2.PartnerProfile, page: Page, failures: int) -> timedelta:
    if failures:
        retry = profile.retry
        first: timedelta = retry.first.ToTimedelta() or _LIMITS.backoff_first
        longest: timedelta = retry.longest.ToTimedelta() or _LONGEST
        backoff: timedelta = min(longest, first * 2 ** min(failures - 1, 20))
        return max(backoff, page.retry_after)
    every = polled(profile).get(page.kind)
    if every is None:
        raise NotPolled(profile.partner, page.kind)
    return timedelta(0) if page.more and not page.turn_ends else every


def _tell(profile: partner_pb2.PartnerProfile, page: Page, failures: int, work: Work) -> None:
    """A failure that lasts, or that no waiting mends, is somebody's; it ends with the next page that can be read."""
    key = _key(profile.partner, page.kind)
    if not page.fault:
        work.resolve_exception(key, "it could be read again")
        return
    patience = profile.retry.breaker_failures or _LIMITS.breaker.failures
    if failures < patience and not page.code.startswith(_AT_ONCE):
        return
    work.raise_exception(
        NewException(
            failure_class=FailureClass.PARTNER,
            code=page.code or "POLLING_FAILS",
            summary=clean(f"{profile.partner}, {page.kind} is not read: {page.fault}")[:500],
            owner="integration",
            subject=f"poll/{profile.partner}/{page.kind}",
            keys=(f"partner:{profile.partner}",),
            dedupe_key=key,
        )
    )


def _key(partner: str, kind: str) -> str:
    return f"poll:{partner}/{kind}"
