"""What stands in place of the contracts' owners: a partner's profile before the configuration, and why it is they."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from crossdock.common.v1.values_pb2 import AttributeWriters
from crossdock.options.v1 import options_pb2
from crossdock.procurement.v1 import inbound_pb2
from crossdock_kit.ownership import owned_fields
from crossdock_kit.ownership_overrides import Override, deciding, deployments, owners_of, read_overrides
from crossdock_kit.settings import ServiceSettings, SettingsError
from google.protobuf.descriptor import Descriptor

NOTICE: Descriptor = inbound_pb2.ShipNotice.DESCRIPTOR
SUPPLIER, WMS, ERP = options_pb2.ROLE_SUPPLIER, options_pb2.ROLE_WMS, options_pb2.ROLE_ERP


@pytest.fixture(autouse=True)
def nothing_configured() -> None:
    deployments.set({})


@pytest.mark.feature("F039")
def test_a_profile_counts_before_the_configuration_and_that_before_the_contract() -> None:
    said = [AttributeWriters(attribute="Receipt.number", writers=[ERP])]
    assert str(owners_of(NOTICE, "number", said)) == "SUPPLIER"
    deployments.set({"ShipNotice.number": Override((WMS, SUPPLIER), "inbound")})
    configured = owners_of(NOTICE, "number", said)
    assert configured.writers == (WMS, SUPPLIER)
    assert str(configured) == (
        "WMS, SUPPLIER, as the deployment's configuration says over the contract's SUPPLIER; its steward is inbound"
    )
    said.append(AttributeWriters(attribute="ShipNotice.number"))
    nobody = owners_of(NOTICE, "number", said)
    assert nobody.writers == ()
    assert str(nobody).startswith("nobody outside, as the partner's profile says over the contract's SUPPLIER")


@pytest.mark.feature("F052")
def test_a_steward_is_named_for_an_attribute_or_for_all_of_a_message() -> None:
    deployments.set({"ShipNotice": Override(steward="inbound"), "Receipt.number": Override(steward="Ms Berg")})
    assert str(owners_of(NOTICE, "number")) == "SUPPLIER; its steward is inbound"
    assert owners_of(inbound_pb2.Receipt.DESCRIPTOR, "number").steward == "Ms Berg"
    deployments.set({"ShipNotice": Override(steward="inbound"), "ShipNotice.number": Override(steward="Ms Berg")})
    assert owners_of(NOTICE, "number").steward == "Ms Berg"


def test_only_what_decides_on_a_document_is_asked_for() -> None:
    with pytest.raises(KeyError, match="decides on no document"):
        owners_of(NOTICE, "carrier")


def test_a_short_name_means_one_attribute() -> None:
    names = Counter(each.short for each in owned_fields() if each.decides)
    assert set(names) == set(deciding())
    assert max(names.values()) == 1


def environment(**said: object) -> dict[str, str]:
    return {
        "CROSSDOCK_SERVICE": "x",
        "CROSSDOCK_DATABASE_URL": "postgresql://x",
        "CROSSDOCK_OWNERSHIP": json.dumps(said),
    }


def test_the_environment_says_who_writes_instead_and_who_looks_after_it() -> None:
    said = {"ShipNotice.number": {"writers": ["WMS"], "steward": "inbound"}, "Item.category": {"steward": "Ms Berg"}}
    settings = ServiceSettings.from_environment(environment(**said, Shipment={"steward": "road"}))
    assert settings.ownership == {
        "ShipNotice.number": Override((WMS,), "inbound"),
        "Item.category": Override(None, "Ms Berg"),
        "Shipment": Override(None, "road"),
    }


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "no contract": ({"Colour.red": {"steward": "x"}}, "Colour.red: no contract gives it an owner"),
    "no document hangs on it": ({"Shipment.eta": {"writers": ["WMS"]}}, "is judged with none: one of"),
    "a whole message": ({"ShipNotice": {"writers": ["WMS"]}}, "writers are said of an attribute"),
    "no role": ({"ShipNotice.number": {"writers": ["POPE"]}}, "writers are a list of ERP"),
    "unspecified": ({"ShipNotice.number": {"writers": ["UNSPECIFIED"]}}, "writers are a list of ERP"),
    "twice": ({"ShipNotice.number": {"writers": ["WMS", "WMS"]}}, "each once"),
    "no list": ({"ShipNotice.number": {"writers": "WMS"}}, "writers are a list"),
    "no text": ({"ShipNotice.number": {"writers": [["WMS"]]}}, "writers are a list"),
    "nothing": ({"ShipNotice.number": {}}, "says writers, a steward, or both"),
    "something else": ({"ShipNotice.number": {"owner": "x"}}, "says writers, a steward, or both"),
    "a steward of many lines": ({"Shipment": {"steward": "a\nb"}}, "a steward is a name"),
    "a number": ({"Shipment": {"steward": 7}}, "a steward is a name"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_stops_the_service_with_a_sentence(name: str) -> None:
    said, why = WRONG[name]
    with pytest.raises(SettingsError, match=why):
        ServiceSettings.from_environment(environment(**said))


@pytest.mark.parametrize("text", ["[]", "7", "{", '{"a": 1, "b": 2}'])
def test_what_is_no_object_of_attributes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_overrides(text)
