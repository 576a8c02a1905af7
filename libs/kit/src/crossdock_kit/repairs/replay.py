"""A replay in two steps over one implementation: the plan says what would become of each item, the run does it.

Only what has no finished effect is started again; an item that got its effect between plan and run is skipped with the
word that says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from crossdock_kit.context import cause
from crossdock_kit.errors import NotFound
from crossdock_kit.exceptions import resolve_subject
from crossdock_kit.repairs import record
from crossdock_kit.repairs.finding import FINDS
from crossdock_kit.repairs.model import LIMIT, Decision, Item, Redo, Selection
from crossdock_kit.repairs.redoing import redo
from crossdock_kit.unit_of_work import Work


@dataclass(frozen=True, slots=True)
class Plan:
    """`more` says that the selection means more than one call takes."""

    items: Sequence[Item]
    more: bool


@dataclass(frozen=True, slots=True)
class Replayer:
    """`redoes` are the service's own kinds beside the kit's."""

    redoes: Mapping[str, Redo] = field(default_factory=dict)

    async def plan(self, selection: Selection, work: Work) -> Plan:
        """What is to be done first, then what is refused, then what is skipped."""
        found = [item for find in FINDS.values() for item in await find(selection, work)]
        order = {Decision.DO: 0, Decision.REFUSE: 1, Decision.SKIP: 2}
        found.sort(key=lambda item: order[item.decision])
        return Plan(found[:LIMIT], len(found) > LIMIT)

    async def run(self, selection: Selection, reason: str, work: Work) -> Plan:
        """Does what the plan says, in the open work, and records it."""
        plan = await self.plan(selection, work)
        items = [await self._do(item, reason, work) if item.decision is Decision.DO else item for item in plan.items]
        effects = [f"{item.subject}: {item.why}" for item in items if item.decision is Decision.DO]
        await record.keep(work, reason, str(selection), effects)
        return Plan(items, plan.more)

    async def _do(self, item: Item, reason: str, work: Work) -> Item:
        try:
            effect = await redo(item.subject, work, self.redoes)
        except NotFound as gone:
            return replace(item, decision=Decision.SKIP, why=f"nothing is left to do: {gone}")
        told = f"replayed: {reason}"
        await resolve_subject(work.driver, item.subject, resolution=told, by=cause().actor, at=work.now)
        work.note(keys=item.keys, transaction_ids=item.transaction_ids)
        return replace(item, why=effect)
