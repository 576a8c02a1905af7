"""Calls at a rate, from a process of its own, as a caller on another machine would send them whoever still waits.

`python -m faults.flood` reads a `Flood` as JSON from its standard input and writes what became of the calls to its
standard output. A call reserves for as many baskets as one of the `sizes` says, one unit of an item each.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc
from crossdock.common.v1 import values_pb2
from crossdock.inventory.v1 import inventory_service_pb2 as inventory
from google.protobuf.duration_pb2 import Duration

METHOD = f"/{inventory.DESCRIPTOR.services_by_name['InventoryService'].full_name}/ReserveStock"
Request: TypeAlias = inventory.ReserveStockRequest
TICK_SECONDS, HOLD_SECONDS = 0.02, 3600
LONGER_SECONDS = 30.0
NICE = 10
"""On a machine that it shares with the services, it is not to take what another machine would have given it."""


@dataclass(frozen=True)
class Flood:
    """`per_second` calls for `seconds`, each of which is waited for as long as `deadline_seconds`."""

    address: str
    metadata: Sequence[Sequence[str]]
    business_unit: str
    skus: Sequence[str]
    sizes: Sequence[int]
    reference: str
    seed: str
    per_second: float
    seconds: float
    deadline_seconds: float


@dataclass
class Flooded:
    """What became of the calls. `references` are those of baskets that were done; `began_at` is by the clock."""

    sent: int = 0
    began_at: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    processor_seconds: float = 0.0


def call_for(skus: Sequence[str], business_unit: str, reference: str, chance: random.Random) -> Request:
    """A basket for each item."""
    baskets = []
    for place, sku in enumerate(skus):
        line = inventory.ReservationLine(sku=sku, quantity=values_pb2.Quantity(value="1", unit="EA"))
        basket = inventory.ReservationRequest(
            request_id=str(UUID(int=chance.getrandbits(128), version=4)),
            business_unit=business_unit,
            channel="shop",
            lines=[line],
            reference=f"{reference}/{place}",
            hold=Duration(seconds=HOLD_SECONDS),
        )
        baskets.append(basket)
    return inventory.ReserveStockRequest(reservations=baskets)


async def flooded(flood: Flood) -> Flooded:
    """Sends the calls. What this process cannot send is missing in `sent`."""
    found, outcomes = Flooded(), Counter[str]()
    chance = random.Random(flood.seed)
    metadata = tuple((key, value) for key, value in flood.metadata)
    async with grpc.aio.insecure_channel(flood.address) as channel:
        reserve: Any = channel.unary_unary(METHOD)
        began, found.began_at = time.monotonic(), time.time()

        async def call(reference: str) -> None:
            skus = chance.choices(flood.skus, k=chance.choice(flood.sizes))
            body = call_for(skus, flood.business_unit, reference, chance)
            asked = reserve(body.SerializeToString(), metadata=metadata, timeout=flood.deadline_seconds)
            code = await asked.code()
            outcomes[code.name] += 1
            if code is grpc.StatusCode.OK:
                found.references.extend(each.reference for each in body.reservations)

        async with asyncio.TaskGroup() as group:
            while (passed := time.monotonic() - began) < flood.seconds:
                for _ in range(int(passed * flood.per_second) - found.sent):
                    group.create_task(call(f"{flood.reference}-{found.sent}"))
                    found.sent += 1
                await asyncio.sleep(TICK_SECONDS)
    found.outcomes, found.processor_seconds = dict(outcomes), time.process_time()
    return found


async def flooded_by_another_process(flood: Flood) -> Flooded:
    """Raises RuntimeError with what the other process said if it failed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        limit = flood.seconds + flood.deadline_seconds + LONGER_SECONDS
        told, _ = await asyncio.wait_for(process.communicate(json.dumps(asdict(flood)).encode()), limit)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the flood ended with {process.returncode}")
    answer: Mapping[str, Any] = json.loads(told)
    return Flooded(**answer)


if __name__ == "__main__":
    os.nice(NICE)
    print(json.dumps(asdict(asyncio.run(flooded(Flood(**json.load(sys.stdin)))))))
