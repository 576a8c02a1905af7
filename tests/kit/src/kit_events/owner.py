"""A relay and a consumer in a process of their own, to be stopped and killed: `python -m kit_events.owner DB NATS`.

Prints a line for each change of what it owns. Its consumer counts each event in the table `effect`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from crossdock_kit.broker import connect
from crossdock_kit.database import create_engine
from crossdock_kit.events import AnyReceived
from crossdock_kit.jobs import together
from crossdock_kit.relay import Relay
from crossdock_kit.subscriptions import Consumer, Subscription
from crossdock_kit.unit_of_work import UnitOfWork, Work

from kit_events import CONTEXT, CrateFilled

TENANTS = ("acme", "globex")
CREATE = """
CREATE TABLE effect (tenant text NOT NULL, crate text NOT NULL, version bigint NOT NULL, place bigserial PRIMARY KEY);
GRANT SELECT, INSERT ON effect TO procurement_app; GRANT USAGE ON SEQUENCE effect_place_seq TO procurement_app
"""


async def count(events: Sequence[AnyReceived], work: Work) -> None:
    """Not idempotent by itself on purpose: a second effect would be a second row."""
    await work.driver.execute(
        "INSERT INTO effect (tenant, crate, version) SELECT * FROM unnest($1::text[], $2::text[], $3::int8[])",
        [event.tenant for event in events],
        [event.aggregate_id for event in events],
        [event.version for event in events],
    )


def counting() -> Subscription:
    return Subscription(name="counter", source=CONTEXT, handlers={CrateFilled: count}, batch=50)


async def main(database: str, nats: str) -> None:
    engine, broker = create_engine(database, CONTEXT, size=4), await connect(nats, "owner")
    relay = Relay(engine, broker, CONTEXT, TENANTS)
    consumer = Consumer(counting(), engine, broker, UnitOfWork(engine, relay.hint), TENANTS)

    async def report() -> None:
        told: tuple[int, int] | None = None
        while True:
            now = (len(relay.leases.owned), len(consumer.leases.owned))
            if now != told:
                told = now
                print(f"owns {now[0]} {now[1]}", flush=True)
            await asyncio.sleep(0.05)

    await together(report(), consumer.run(), relay.run())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
