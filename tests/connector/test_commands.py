"""Every kind of command that a document may become is a call that its service has."""

from __future__ import annotations

from typing import Any

import pytest
from connector.__main__ import stub_of
from connector.use_cases.commanding import KINDS
from crossdock.options.v1 import options_pb2
from crossdock_local.declared import declared_services
from crossdock_local.place import find_checkout
from google.protobuf.descriptor_pool import Default


class NoChannel:
    """What a stub is made of: a call for each method."""

    def unary_unary(self, path: str, **_: Any) -> str:
        return path


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_stub_of_a_command_has_its_method(kind: str) -> None:
    method = kind.rpartition(".")[2]
    assert str(getattr(stub_of(kind)(NoChannel()), method)).endswith(f"/{method}")


def permission_of(kind: str) -> str:
    path = str(getattr(stub_of(kind)(NoChannel()), kind.rpartition(".")[2]))
    service, _, name = path.strip("/").rpartition("/")
    method = Default().FindServiceByName(service).methods_by_name[name]
    return str(method.GetOptions().Extensions[options_pb2.permission])


@pytest.mark.feature("F249")
def test_the_connector_may_do_whatever_a_document_commands() -> None:
    """On a laptop everybody may do everything it declares: only a cluster would show what is missing here."""
    [connector] = [each for each in declared_services(find_checkout()) if each.name == "connector"]
    assert {permission_of(each) for each in KINDS} - set(connector.permissions) == set()
