"""Mappings that stand in ConfigMaps: put in place, under what the spec says itself, or missed in a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from declared import connector
from partner_operator import mappings
from partner_operator.refusals import ApiMissing

ROUTE = {"kind": "x12.855", "direction": "IN", "mappingFrom": {"configMap": "codes", "key": "mapping.yaml"}}


class ConfigMaps:
    """As the API server would give them."""

    def __init__(self, **data: str) -> None:
        self.data, self.asked = data, 0

    async def config_map(self, namespace: str, name: str) -> dict[str, Any]:
        self.asked += 1
        if (namespace, name) != ("partners", "codes"):
            raise ApiMissing(name)
        return {"data": {key.replace("_", "."): each for key, each in self.data.items()}}


async def test_a_mapping_is_put_in_place_and_what_the_spec_says_goes_over_it() -> None:
    declared = connector("sup-nordic", "edi", documents=[{**ROUTE, "mapping": {"currency": "EUR"}}])
    found = await mappings.in_place(declared, ConfigMaps(mapping_yaml="units: {STK: EA}\ncurrency: USD"))
    [route] = found.spec["documents"]
    assert route["mapping"] == {"units": {"STK": "EA"}, "currency": "EUR"}
    assert "mappingFrom" not in route


async def test_who_names_no_config_map_asks_for_none() -> None:
    there, declared = ConfigMaps(), connector("sup-nordic", "edi")
    assert await mappings.in_place(declared, there) is declared
    assert there.asked == 0


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("others", {}, "the ConfigMap others is missing: create it with the key mapping.yaml"),
        ("codes", {}, "the ConfigMap codes has no key mapping.yaml"),
        ("codes", {"mapping_yaml": "- a list"}, "is no mapping"),
        ("codes", {"mapping_yaml": "a: ["}, "is no mapping"),
        ("codes", {"mapping_yaml": "a: b\n" + "#" * 300_000}, "is no mapping"),
    ],
)
async def test_a_mapping_that_is_not_there_is_missed_in_a_sentence(name: str, data: dict[str, str], says: str) -> None:
    declared = connector("sup-nordic", "edi", documents=[{**ROUTE, "mappingFrom": {"configMap": name}}])
    with pytest.raises(mappings.MappingMissing) as missing:
        await mappings.in_place(declared, ConfigMaps(**data))
    assert says in missing.value.message
