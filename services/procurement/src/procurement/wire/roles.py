"""In whose role a document moves what it is about."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock_kit.ownership import role_name
from crossdock_kit.ownership_overrides import owners_of
from google.protobuf.descriptor import Descriptor


def acts_as(origin: values_pb2.Origin, attribute: tuple[Descriptor, str]) -> str:
    """Its own, if the contract names it; whoever an override lets write instead takes the first owner's place."""
    contract = owners_of(*attribute).contract
    return role_name(origin.role if origin.role in contract else contract[0])
