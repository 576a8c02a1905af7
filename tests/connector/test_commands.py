"""Every kind of command that a document may become is a call that its service has."""

from __future__ import annotations

from typing import Any

import pytest
from connector.__main__ import stub_of
from connector.use_cases.commanding import KINDS


class NoChannel:
    """What a stub is made of: a call for each method."""

    def unary_unary(self, path: str, **_: Any) -> str:
        return path


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_stub_of_a_command_has_its_method(kind: str) -> None:
    method = kind.rpartition(".")[2]
    assert str(getattr(stub_of(kind)(NoChannel()), method)).endswith(f"/{method}")
