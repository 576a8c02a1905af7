"""What a profile says of ownership: roles in the resource's words and the contract's, and what can be said at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossdock.connector.v1 import partner_pb2
from crossdock_kit.ownership_overrides import unknown_attribute

_PREFIX = "ROLE_"


def as_contract(said: Any) -> Any:
    """Each entry's writers as the contract spells them; what is no entry is left for the parser to refuse."""
    if not isinstance(said, list):
        return said
    return [
        {**each, "writers": [_spelled(role) for role in each["writers"]]}
        if isinstance(each, dict) and isinstance(each.get("writers"), list)
        else each
        for each in said
    ]


def as_resource(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "writers": [str(role).removeprefix(_PREFIX) for role in each.get("writers", ())]} for each in said]


def ownership_faults(profile: partner_pb2.PartnerProfile) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for position, each in enumerate(profile.ownership):
        where = f"ownership[{position}].attribute"
        if each.attribute in seen:
            yield where, f"{each.attribute} stands twice"
        seen.add(each.attribute)
        if fault := unknown_attribute(each.attribute):
            yield where, fault


def _spelled(role: Any) -> Any:
    return role if not isinstance(role, str) or role.startswith(_PREFIX) else f"{_PREFIX}{role}"
