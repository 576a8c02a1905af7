"""Stacks that start at the same time choose different ports, though nobody listens yet."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from crossdock_local import ports
from crossdock_local.ports import HOST, NoFreePort, PortBook, free_port, hold

CHOOSES = "import sys; from crossdock_local.ports import hold; print(hold(int(sys.argv[1])))"


def another_process_may_have(port: int) -> bool:
    asked = subprocess.run([sys.executable, "-c", CHOOSES, str(port)], capture_output=True, text=True, check=True)
    return asked.stdout.strip() == "True"


@pytest.mark.skipif(sys.platform != "linux", reason="names of sockets that go with their process are Linux's")
def test_a_port_that_one_process_has_chosen_is_no_other_ones() -> None:
    port = free_port()
    assert not another_process_may_have(port)
    assert hold(port), "it is ours already"


def test_a_book_gives_the_same_port_again_unless_it_is_taken(tmp_path: Path) -> None:
    book = PortBook(tmp_path / "ports.json")
    port = book.take("inventory")
    assert PortBook(tmp_path / "ports.json").take("inventory") == port
    with socket.create_server((HOST, port)):
        assert PortBook(tmp_path / "ports.json").take("inventory") != port


@pytest.mark.skipif(sys.platform != "linux", reason="names of sockets that go with their process are Linux's")
def test_a_process_is_not_given_a_port_twice_though_it_does_not_listen_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    monkeypatch.setattr(ports, "LOWEST", first)
    monkeypatch.setattr(ports, "HIGHEST", first + 1)
    with pytest.raises(NoFreePort):
        free_port()
