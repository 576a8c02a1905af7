"""Plays the scenes about stock: each step once what it waits for is shown, one after the other within a scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from crossdock.ops.v1 import ops_service_pb2 as ops

from partners.cast import Cast
from partners.stock.day import StockScene, StockStep
from partners.stock.desk import StockDesk
from partners.wms_a import WarehouseA
from partners.wms_x12 import WarehouseX12

ZERO = Decimal(0)


@dataclass(eq=False)
class StockPlay:
    """`step` does what has become possible, `open` names the scenes of which something is left to do."""

    scenes: Sequence[StockScene]
    cast: Cast
    desk: StockDesk
    say: Callable[[str], None]
    _done: dict[str, int] = field(default_factory=dict)

    async def prepare(self) -> None:
        for scene in self.scenes:
            if scene.opening:
                await self.desk.open(scene)

    @property
    def open(self) -> list[str]:
        return [f"{each.name}: {step.do}" for each in self.scenes if (step := self._next(each))]

    async def step(self) -> None:
        for scene in self.scenes:
            step = self._next(scene)
            if step and await self._may_begin(scene, step):
                self._done[scene.sku] = self._done.get(scene.sku, 0) + 1
                await self._do(scene, step)

    def _next(self, scene: StockScene) -> StockStep | None:
        done = self._done.get(scene.sku, 0)
        return scene.steps[done] if done < len(scene.steps) else None

    async def _may_begin(self, scene: StockScene, step: StockStep) -> bool:
        lies = await self.desk.lies(scene, step.location)
        if any(lies.get(bucket, ZERO) != amount for bucket, amount in step.shown.items()):
            return False
        return not step.raised or step.raised in {row.code for row in await exceptions_of(self.desk, scene)}

    async def _do(self, scene: StockScene, step: StockStep) -> None:
        facts = step.facts
        match step.do:
            case "promise":
                await self.desk.promise(scene, str(facts["quantity"]), facts["number"])
            case "book differences":
                await self.desk.book_differences(scene, facts["number"], facts["reason"])
            case "certify":
                await self.cast.suppliers[facts["supplier"]].certify(facts["number"], facts["kind"], scene.sku)
            case other:
                await self._warehouse_does(scene, step, other)
        self.say(f"{scene.sku} at {step.location}: {step.do} {facts['number']}")

    async def _warehouse_does(self, scene: StockScene, step: StockStep, what: str) -> None:
        facts = step.facts
        lines = [{"sku": scene.sku, **{name: value for name, value in facts.items() if name != "number"}}]
        number, site = str(facts["number"]), self.cast.warehouses[step.location]
        match site, what:
            case WarehouseX12(), "adjust":
                await site.adjust(number, lines)
            case WarehouseX12(), "state":
                await site.state(number, lines)
            case WarehouseA(), "put away":
                await site.shelves.put_away(number, lines)
            case WarehouseA(), "decide":
                await site.shelves.decide(number, lines)
            case WarehouseA(), "count":
                await site.shelves.count(number, lines)
            case WarehouseA(), "transfer":
                await site.transfers.send(number, str(facts["to"]), lines)
            case _:
                raise ValueError(f"nobody at {step.location} can {what}")


async def exceptions_of(desk: StockDesk, scene: StockScene) -> list[ops.Exception]:
    """Open ones that name the item."""
    return [row for row in await desk.suite.open_exceptions() if f"sku:{scene.sku}" in row.keys]
