"""What kinds of records there are, and what of the contract each is made of."""

from __future__ import annotations

from crossdock.catalog.v1 import master_data_pb2 as pb
from google.protobuf.descriptor import Descriptor

ITEM, PARTY, LOCATION, CROSSWALK, PRICE = "item", "party", "location", "crosswalk", "price"
# The field of a load that holds records of a kind.
FIELDS = {"items": ITEM, "parties": PARTY, "locations": LOCATION, "crosswalk": CROSSWALK, "prices": PRICE}
# What decides who may write records of a kind. Whoever numbers items also says what partners call them and all else.
OWNED_BY: dict[str, tuple[Descriptor, str]] = {
    ITEM: (pb.Item.DESCRIPTOR, "sku"),
    PARTY: (pb.Party.DESCRIPTOR, "party_id"),
    LOCATION: (pb.Location.DESCRIPTOR, "location_id"),
    PRICE: (pb.Price.DESCRIPTOR, "sku"),
    CROSSWALK: (pb.Item.DESCRIPTOR, "sku"),
}


def place_in(path: str) -> tuple[str, int]:
    """The field of a load and the number of its record that a path names: items and 0 for items[0].gtin."""
    field, _, at = path.partition(".")[0].rstrip("]").partition("[")
    return field, int(at)
