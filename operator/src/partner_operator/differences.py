"""Desired against found: what differs is applied, what is no longer wanted is deleted. Knows no framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from partner_operator.manifests import Manifest

Name = tuple[str, str, str]
"""Kind, namespace, name."""


def name_of(each: Mapping[str, Any]) -> Name:
    return each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]


@dataclass(frozen=True, slots=True)
class Change:
    """`known` says that the object is ours already, so that its fields are ours to set."""

    manifest: Manifest
    known: bool


@dataclass(frozen=True, slots=True)
class Changes:
    apply: tuple[Change, ...]
    delete: tuple[Mapping[str, Any], ...]

    def __bool__(self) -> bool:
        return bool(self.apply or self.delete)


def differences(desired: Sequence[Manifest], found: Iterable[Mapping[str, Any]]) -> Changes:
    """`found` is all that we made for the connector. An object under deletion is left to end."""
    there = {name_of(each): each for each in found}
    wanted = {name_of(each) for each in desired}
    apply = tuple(
        Change(each, name_of(each) in there) for each in desired if not _holds(each, there.get(name_of(each)))
    )
    leaving = (each for name, each in there.items() if name not in wanted)
    return Changes(apply, tuple(each for each in leaving if "deletionTimestamp" not in each["metadata"]))


def _holds(wanted: object, found: object) -> bool:
    """Whether everything that is wanted is so; what others added, or the API server by default, is theirs."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_holds(each, found.get(key)) for key, each in wanted.items())
    if isinstance(wanted, list):
        # The API server keeps no empty list.
        return _list_holds(wanted, found or []) if isinstance(found, list | None) else False
    return wanted == found


def _list_holds(wanted: list[Any], found: list[Any]) -> bool:
    if wanted and all(isinstance(each, Mapping) and "name" in each for each in wanted):
        named = {each.get("name"): each for each in found if isinstance(each, Mapping)}
        return all(_holds(each, named.get(each["name"])) for each in wanted)
    return len(wanted) == len(found) and all(_holds(ours, theirs) for ours, theirs in zip(wanted, found, strict=True))


class Applies(Protocol):
    """What reconciling needs of the cluster."""

    async def apply(self, manifest: Manifest, *, force: bool) -> dict[str, Any]: ...

    async def delete(self, found: dict[str, Any]) -> None: ...


async def carry_out(changes: Changes, cluster: Applies) -> list[dict[str, Any]]:
    """The objects as they are now. Raises what the cluster raises; then the next look begins where this one ended."""
    now = [await cluster.apply(each.manifest, force=each.known) for each in changes.apply]
    for each in changes.delete:
        await cluster.delete(dict(each))
    return now
