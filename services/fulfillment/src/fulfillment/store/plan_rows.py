"""What somebody else allocates of a part, as it is kept: one document beside the part."""

from __future__ import annotations

from decimal import Decimal

from crossdock_kit.json_rows import Row

from fulfillment.domain.questions import Plan, Portion


def plan_row(plan: Plan | None) -> Row | None:
    if plan is None:
        return None
    portions = [
        {
            "position": each.position,
            "location_id": each.location_id,
            "quantity": f"{each.quantity:f}",
            "lot": each.lot,
        }
        for each in plan.portions
    ]
    return {"attempt": plan.attempt, "content": plan.content, "portions": portions}


def read_plan(row: Row | None) -> Plan | None:
    if row is None:
        return None
    portions = tuple(Portion(**each | {"quantity": Decimal(each["quantity"])}) for each in row["portions"])
    return Plan(row["attempt"], row["content"], portions)
