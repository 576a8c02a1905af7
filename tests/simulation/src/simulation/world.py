"""Two services with two processes each, their databases and the broker between them; and what happens to all of it.

A process is put together as the kit's service.py does it, from the kit's own classes. It may be killed at any instant,
stopped and continued, told to end, cut off from its servers; a new one then takes its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from crossdock_kit.broker import Broker
from crossdock_kit.loops import Loops
from crossdock_kit.process_timers import timer_kind
from crossdock_kit.reconcile import Reconciler
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.timer_loop import TimerLoop
from crossdock_kit.unit_of_work import UnitOfWork

from simulation import stores
from simulation.chance import Chance
from simulation.facts import ORDERS, STOCK
from simulation.sessions import Host, MemoryEngine
from simulation.streams import BrokerModel
from simulation.tables import Database
from simulation.trade import ORDER, TENANT, Bugs, deadlines, orders_subscription, stock_subscription
from simulation.virtual import VirtualClock
from simulation.wire import ModelBroker, ModelConnection

TENANTS = (TENANT,)
REPLICAS = 2


@dataclass(frozen=True, slots=True)
class Kit:
    """The classes and stores that processes are made of: a broken variant of the kit gives other ones."""

    relay: type[Relay] = Relay
    consumer: type[Consumer] = Consumer
    reconciler: type[Reconciler] = Reconciler
    database: type[Database] = Database
    relay_store: type[Any] = stores.MemoryRelayStore
    consumer_store: type[Any] = stores.MemoryConsumerStore
    timer_store: type[Any] = stores.MemoryTimerStore
    reconciles: bool = True
    broker_forgets: bool = True


@dataclass(eq=False)
class Process:
    """One running replica."""

    service: str
    host: Host
    broker: Broker
    uow: UnitOfWork
    relay: Relay
    consumer: Consumer
    reconciler: Reconciler
    loops: Loops

    @property
    def connection(self) -> ModelConnection:
        return cast(ModelConnection, self.broker.connection)

    def kill(self) -> None:
        """Nothing that it still runs reaches anybody."""
        self.host.kill()
        self.connection.cut()
        for task in self.loops._tasks:
            task.cancel()


@dataclass(eq=False)
class World:
    chance: Chance
    kit: Kit = field(default_factory=Kit)
    processes: list[Process] = field(default_factory=list)
    bugs: Bugs = field(default_factory=Bugs)
    counters: dict[str, int] = field(default_factory=dict)
    broker: BrokerModel = field(init=False)
    databases: dict[str, Database] = field(init=False)
    database_away: set[str] = field(default_factory=set)
    _started: int = 0
    _connections: list[ModelConnection] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.broker = BrokerModel(self.chance)
        self.databases = {name: self.kit.database() for name in (ORDERS, STOCK)}
        for name, database in self.databases.items():
            database.watchers.append(partial(self._committed, name))

    def _committed(self, service: str, rows: Any) -> None:
        self.chance.tell("committed", service, *sorted(_told(table, key) for table, key in rows))

    def of(self, service: str) -> list[Process]:
        return [process for process in self.processes if process.service == service and process.host.alive]

    def start(self, service: str) -> Process:
        """A new replica, all of its loops running."""
        self._started += 1
        host = Host(f"{service}-{self._started}", self.chance)
        connection = ModelConnection(host, self.broker, self._connections)
        broker = ModelBroker(connection)
        connection.belongs_to(broker)
        engine = MemoryEngine(
            "", service, database=self.databases[service], host=host, away=lambda: service in self.database_away
        )
        process = self._built(service, host, broker, engine)
        process.loops.start()
        self.processes.append(process)
        return process

    def _built(self, service: str, host: Host, broker: Broker, engine: MemoryEngine) -> Process:
        clock = VirtualClock()
        leases = stores.MemoryLeaseStore()
        relay = self.kit.relay(engine, broker, service, TENANTS, self.kit.relay_store(), leases)
        work_store = stores.MemoryWorkStore()
        uow = UnitOfWork(engine, relay.hint, clock, frozenset(TENANTS), work_store)
        listens = self._subscription(service)
        consumer = self.kit.consumer(listens, engine, broker, uow, TENANTS, None, self.kit.consumer_store(), leases)
        reconciler = self.kit.reconciler(relay, clock=clock, books=stores.MemoryBooks())
        loops = Loops()
        loops.add("relay", relay.run)
        loops.add("consumer", consumer.run)
        if self.kit.reconciles:
            loops.add("reconcile", reconciler.run)
        if service == ORDERS:
            handlers = {timer_kind(ORDER): deadlines(self.bugs)}
            timers = TimerLoop(engine, uow, TENANTS, handlers, store=self.kit.timer_store())
            loops.add("timers", timers.run)
        return Process(service, host, broker, uow, relay, consumer, reconciler, loops)

    def _subscription(self, service: str) -> Subscription:
        return orders_subscription(self.bugs) if service == ORDERS else stock_subscription(self.bugs)

    async def end(self, process: Process) -> None:
        """Told to end, as SIGTERM does: it finishes what it holds."""
        await process.loops.stop(20.0)
        self.retire(process)

    def kill(self, process: Process) -> None:
        process.kill()
        self.retire(process)

    def retire(self, process: Process) -> None:
        """Takes it from the list and keeps what it counted."""
        if process in self.processes:
            self.processes.remove(process)
            process.kill()
            self._add(process)

    def _add(self, process: Process) -> None:
        counted = dict(process.consumer.counters)
        counted["published"], counted["republished"] = process.relay.published, process.relay.republished
        counted["reconciled"] = process.reconciler.reconciled
        counted["lease_moved"] = process.relay.leases.moves + process.consumer.leases.moves
        for name, count in counted.items():
            self.counters[name] = self.counters.get(name, 0) + count

    def restart_database(self, service: str) -> None:
        """Every session ends; what was not committed is undone."""
        for process in self.of(service):
            for session in list(process.host.sessions):
                session.break_off()

    async def forget_tail(self, context: str, number: int) -> None:
        """The broker comes back without its latest messages; all links break with it."""
        if self.kit.broker_forgets:
            self.chance.faults["message forgotten"] += self.broker.stream(context.upper()).forget_tail(number)
        for process in self.processes:
            process.connection.cut()
        await asyncio.sleep(self.chance.dice.random() * 3)
        for process in list(self.processes):
            await process.connection.mend()


def _told(table: str, key: Sequence[object]) -> str:
    return f"{table}:{'/'.join(map(str, key))}"
