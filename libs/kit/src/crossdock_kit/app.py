"""What a service may use while it wires itself, and what it registers: servicers, subscriptions, loops, carriers.

Everything is there before the service's own `build` runs and nothing is started yet. Knows no service.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from crossdock.ops.v1.ops_service_pb2_grpc import OpsServiceStub
from redis.asyncio import Redis

from crossdock_kit.broker import Broker
from crossdock_kit.client import Peer
from crossdock_kit.clock import Clock, SystemClock
from crossdock_kit.credentials import channel_credentials, own_token
from crossdock_kit.database import Engine
from crossdock_kit.deliveries.dispatcher import Carrier
from crossdock_kit.deliveries.model import SERVICE_LIMITS
from crossdock_kit.deliveries.queue import DeliveryQueue, same_limits
from crossdock_kit.egress import Egress
from crossdock_kit.health import Check, Health
from crossdock_kit.journal_client import JournalClient
from crossdock_kit.loops import Loop, Loops
from crossdock_kit.ops_api import OpsServicer
from crossdock_kit.rate_limit import RateLimiter
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.relay import Relay
from crossdock_kit.repair_api import RepairServicer
from crossdock_kit.repairs.model import Redo
from crossdock_kit.repairs.replay import Replayer
from crossdock_kit.repairs.streams import Books, watch_inbox
from crossdock_kit.settings import ServiceSettings, SettingsError
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.timer_loop import TimerHandler
from crossdock_kit.unit_of_work import UnitOfWork
from crossdock_kit.unpublished import EVENT, Unpublished

C = TypeVar("C", bound=ServiceSettings)
S = TypeVar("S")
Registration = tuple[Callable[[Any, Any], None], Any]


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """The connections of a process. `broker` and `valkey` are None where the settings name none."""

    engine: Engine
    broker: Broker | None = None
    valkey: Redis | None = None


@dataclass(eq=False)
class App(Generic[C]):
    """One per process, given to the service's `build`."""

    settings: C
    infrastructure: Infrastructure
    clock: Clock = field(default_factory=SystemClock)
    health: Health = field(default_factory=Health)
    intake: Loops = field(default_factory=Loops)
    servicers: list[Registration] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    timers: dict[str, TimerHandler] = field(default_factory=dict)
    backlog: dict[str, Callable[[], Awaitable[int]]] = field(default_factory=dict)
    retries: dict[str, Redo] = field(default_factory=dict)
    relay: Relay | None = field(init=False)
    reconciler: Reconciler | None = field(init=False)
    unpublished: Unpublished | None = field(init=False)
    uow: UnitOfWork = field(init=False)
    deliveries: DeliveryQueue = field(init=False)
    egress: Egress = field(init=False)
    _peers: dict[str, Peer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings, engine, broker = self.settings, self.infrastructure.engine, self.infrastructure.broker
        self.relay = Relay(engine, broker, settings.service, settings.tenants) if broker else None
        self.reconciler = Reconciler(self.relay, clock=self.clock) if self.relay else None
        self.unpublished = Unpublished(self.relay) if self.relay else None
        if self.unpublished is not None:
            self.on_retry(EVENT, self.unpublished.again)
        hint = self.relay.hint if self.relay else _nobody_publishes
        self.uow = UnitOfWork(engine, hint, self.clock, frozenset(settings.tenants))
        # To services of ours; who serves partners says here what each of those bears.
        self.deliveries = DeliveryQueue(
            engine, settings.tenants, same_limits(SERVICE_LIMITS), RateLimiter(self.infrastructure.valkey)
        )
        self.egress = Egress(settings.egress_allow)

    @property
    def engine(self) -> Engine:
        return self.infrastructure.engine

    @property
    def broker(self) -> Broker:
        """The connection to NATS. Raises SettingsError where none is configured."""
        if self.infrastructure.broker is None:
            raise SettingsError("CROSSDOCK_NATS_URL is not set")
        return self.infrastructure.broker

    @property
    def valkey(self) -> Redis | None:
        """A cache or a shared counter, never a record: it may be away or empty at any moment."""
        return self.infrastructure.valkey

    def add_servicer(self, register: Callable[[Any, Any], None], servicer: Any) -> None:
        """Serves a servicer through the guard; `register` is its generated add_..._to_server."""
        self.servicers.append((register, servicer))

    def subscribe(self, subscription: Subscription) -> Consumer:
        """Listens to another context's events; a consumer that is newer than the data reads that journal first."""
        tenants = self.settings.tenants
        journal = JournalClient(self._ops_of, tenants) if subscription.source in self.settings.peers else None
        consumer = Consumer(subscription, self.engine, self.broker, self.uow, tenants, journal)
        self.consumers.append(consumer)
        self.intake.add(f"consumer {subscription.consumer}", consumer.run)
        if journal is not None:
            self.intake.add(f"inbox {subscription.consumer}", lambda: watch_inbox(consumer))
        return consumer

    def add_loop(self, name: str, loop: Loop) -> None:
        """Runs `loop()` until the process stops; when it is cancelled it finishes what it holds and returns."""
        self.intake.add(name, loop)

    def carry(self, kind: str, carrier: Carrier) -> None:
        """Makes the deliveries of a kind itself, by the dispatcher."""
        self.carriers[kind] = carrier

    def on_timer(self, kind: str, handler: TimerHandler) -> None:
        self.timers[kind] = handler

    def count_backlog(self, name: str, read: Callable[[], Awaitable[int]]) -> None:
        """Adds work of the service's own to what GetBacklog answers."""
        self.backlog[name] = read

    def on_retry(self, kind: str, retry: Redo) -> None:
        """Starts again what exceptions with a subject of this kind ("document/..") stand for, when operators ask."""
        self.retries[kind] = retry

    @property
    def ops(self) -> OpsServicer:
        """What operators ask every service."""
        return OpsServicer(
            service=self.settings.service,
            engine=self.engine,
            uow=self.uow,
            counters=lambda: self.counters,
            unprocessed=self.unprocessed,
            own=self.backlog,
            retries=self.retries,
        )

    @property
    def repairs(self) -> RepairServicer:
        """What operators may do to this service's work."""
        books = Books(self.reconciler, self.consumers)
        return RepairServicer(self.engine, self.uow, Replayer(self.retries), books)

    def require(self, name: str, check: Check) -> None:
        """Makes readiness depend on a check."""
        self.health.require(name, check)

    def client(self, service: str, stub: Callable[[Any], S], *, tenant: str = "") -> S:
        """A typed stub of another service under this service's own identity."""
        if service not in self._peers:
            token = own_token(self.settings.token_file) if self.settings.token_file else None
            self._peers[service] = Peer(
                self.settings.peer(service), token=token, credentials=channel_credentials(self.settings)
            )
        return self._peers[service].stub(stub, tenant=tenant)

    def _ops_of(self, service: str, tenant: str) -> OpsServiceStub:
        return self.client(service, OpsServiceStub, tenant=tenant)

    async def close(self) -> None:
        for peer in self._peers.values():
            await peer.close()

    async def unprocessed(self) -> int:
        """Events that wait for this service's consumers, whichever replica will take them. Raises Unavailable."""
        subscribed = [consumer.subscription for consumer in self.consumers]
        return sum([await self.broker.unprocessed(each.source, each.name) for each in subscribed])

    @property
    def counters(self) -> Mapping[str, int]:
        """What happened since the process started, summed over its consumers, relay and leases."""
        found: dict[str, int] = {}
        for consumer in self.consumers:
            for name, count in (*consumer.counters.items(), ("lease_moved", consumer.leases.moves)):
                found[name] = found.get(name, 0) + count
        if self.relay is not None:
            found["published"], found["republished"] = self.relay.published, self.relay.republished
            found["lease_moved"] = found.get("lease_moved", 0) + self.relay.leases.moves
        if self.reconciler is not None:
            found["reconciled"] = self.reconciler.reconciled
        return found


def _nobody_publishes() -> None:
    """Without a broker events stay in the journal, unpublished and visible in the backlog."""
