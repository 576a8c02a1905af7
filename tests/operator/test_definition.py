"""The resource's definition and the profile of the embedded stack are one schema: fresh, and of one opinion."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from connector import profiles
from connector.profile_limits import limits_of
from control_plane.partners import from_list, listed, partner
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.errors import Invalid
from crossdock_kit.validation import validate
from crossdock_local.place import find_checkout

ROOT = find_checkout()
DEFINITION = ROOT / "operator" / "crd" / "partnerconnectors.yaml"
GOOD, BAD = listed("good.yaml"), listed("bad.yaml")
# What a laptop may do and a cluster may not, or what only an object of Kubernetes has.
ONLY_IN_A_CLUSTER = (
    "the url",
    "annotation",
    "ownerReference",
    "belongs to no other",
    "52 characters",
    "version",
    "only inbound HTTP",
    "the host ",
    "the port of an SFTP",
)


def definition() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(DEFINITION.read_text())
    return read


def spec_schema() -> dict[str, Any]:
    schema = definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found: dict[str, Any] = schema["properties"]["spec"]
    return found


def judged(resource: dict[str, Any]) -> None:
    """As PutPartner judges it. Raises Invalid."""
    validate(profiles.profile_of(resource, config_maps={"codes": {"mapping.yaml": "units: {STK: EA}"}}))


def compared(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "crd.py"), "check", "--definition", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.feature("F183")
def test_the_definition_is_what_the_contract_says() -> None:
    done = compared(DEFINITION)
    assert done.returncode == 0, done.stderr


def test_a_definition_that_somebody_edited_is_called_stale(tmp_path: Path) -> None:
    edited = tmp_path / "edited.yaml"
    edited.write_text(DEFINITION.read_text().replace("maxLength: 2048", "maxLength: 4096"))
    done = compared(edited)
    assert done.returncode == 1
    assert "edited.yaml is stale" in done.stderr


def fields(message: Any) -> set[str]:
    return {each.json_name for each in message.DESCRIPTOR.fields}


def test_the_spec_has_every_field_of_a_profile_and_no_other() -> None:
    assert set(spec_schema()["properties"]) == fields(partner_pb2.PartnerProfile) - {"partner"}
    documents = spec_schema()["properties"]["documents"]["items"]
    assert set(documents["properties"]) == fields(partner_pb2.DocumentRoute)


@pytest.mark.parametrize("entry", GOOD, ids=lambda entry: entry["why"])
def test_what_is_good_in_a_cluster_is_good_for_the_connector(entry: dict[str, Any]) -> None:
    judged(from_list(entry, "default", "partner"))


def bad_everywhere(entry: dict[str, Any]) -> bool:
    """Whether it breaks a rule of the profile, not one that holds only in a cluster."""
    return not any(word in entry["says"] for word in ONLY_IN_A_CLUSTER) and "https" not in str(entry.get("spec", ""))


@pytest.mark.parametrize(
    "entry", [each for each in BAD if bad_everywhere(each)], ids=lambda entry: f"{entry['group']}: {entry['says']}"
)
def test_what_is_bad_in_a_cluster_is_bad_for_the_connector(entry: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        judged(from_list(entry, "default", "partner"))


def test_the_defaults_of_the_schema_change_nothing_that_the_connector_would_do_by_itself() -> None:
    plain = partner("default")
    filled = copy.deepcopy(plain)
    for name, each in spec_schema()["properties"].items():
        if "default" in each:
            filled["spec"].setdefault(name, each["default"])
    assert filled["spec"].keys() - plain["spec"].keys() == {"state", "stage", "workers"}
    assert limits_of(profiles.profile_of(filled)) == limits_of(profiles.profile_of(plain))
