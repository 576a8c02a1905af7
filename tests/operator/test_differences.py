"""Desired against found: what others added is theirs, what differs is applied, what is no longer wanted goes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from declared import PLATFORM, connector
from hypothesis import given
from hypothesis import strategies as st
from partner_operator.differences import carry_out, differences, name_of
from partner_operator.manifests import desired

SECRETS = frozenset({"sup-atlas-identity", "sup-atlas-key"})
DESIRED = desired(connector(), PLATFORM, SECRETS)


def as_found() -> list[dict[str, Any]]:
    """As the API server gives it back: with defaults and bookkeeping of its own, and without empty lists."""
    found = copy.deepcopy(DESIRED)
    for each in found:
        each["metadata"] |= {"uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-11-01T08:00:00Z"}
        each["status"] = {"replicas": 1}
        each["metadata"]["labels"]["example.com/theirs"] = "yes"
    deployment = next(each for each in found if each["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"] |= {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst"}
    sidecar = {"name": "mesh", "image": "example.com/mesh:1"}
    deployment["spec"]["template"]["spec"]["containers"].insert(0, sidecar)
    policy = next(each for each in found if each["kind"] == "NetworkPolicy")
    del policy["spec"]["ingress"]
    return found


def test_what_is_as_desired_is_left_alone_whatever_others_added() -> None:
    assert not differences(DESIRED, as_found())


@pytest.mark.parametrize("lost", range(len(DESIRED)))
def test_what_is_missing_is_made_and_not_taken_over(lost: int) -> None:
    found = as_found()
    del found[lost]
    [change] = differences(DESIRED, found).apply
    assert (change.manifest, change.known) == (DESIRED[lost], False)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [each for position, inner in enumerate(value) for each in leaves(inner, (*path, position))]
    return [path]


LEAVES = [
    (position, path)
    for position, each in enumerate(DESIRED)
    for path in leaves(each)
    if path[0] not in {"apiVersion", "kind"} and path not in {("metadata", "name"), ("metadata", "namespace")}
]


@given(st.sampled_from(LEAVES))
def test_any_changed_value_of_ours_is_put_back(place: tuple[int, tuple[Any, ...]]) -> None:
    position, path = place
    found = copy.deepcopy(DESIRED)
    inner: Any = found[position]
    for each in path[:-1]:
        inner = inner[each]
    inner[path[-1]] = "drifted"
    [change] = differences(DESIRED, found).apply
    assert (change.manifest, change.known) == (DESIRED[position], True)


def test_what_is_no_longer_wanted_is_deleted_once() -> None:
    gone = {"kind": "Service", "metadata": {"namespace": "partners", "name": "sup-atlas-connector"}}
    leaving = {"kind": "Service", "metadata": {"namespace": "partners", "name": "x", "deletionTimestamp": "now"}}
    assert differences(DESIRED, [*as_found(), gone, leaving]).delete == (gone,)


class Ledger:
    """A cluster that only writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, bool]] = []

    async def apply(self, manifest: dict[str, Any], *, force: bool) -> dict[str, Any]:
        self.told.append(("apply", manifest["kind"], force))
        return manifest

    async def delete(self, found: dict[str, Any]) -> None:
        self.told.append(("delete", found["kind"], False))


async def test_only_differences_are_carried_out_and_only_ours_by_force() -> None:
    found = as_found()
    found[0]["automountServiceAccountToken"] = True
    del found[1]
    stale = {"kind": "Service", "metadata": {"namespace": "partners", "name": "old"}}
    ledger = Ledger()
    now = await carry_out(differences(DESIRED, [*found, stale]), ledger)
    assert ledger.told == [
        ("apply", "ServiceAccount", True),
        ("apply", "ConfigMap", False),
        ("delete", "Service", False),
    ]
    assert [name_of(each) for each in now] == [name_of(DESIRED[0]), name_of(DESIRED[1])]
