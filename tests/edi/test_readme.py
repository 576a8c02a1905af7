"""The README of the library is a page to work from: its code runs as it stands there, and its tables are true."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import crossdock_edi
import pytest
from crossdock_edi import Finding, Limits
from crossdock_edi.command_line import main
from crossdock_edi.typed import DOCUMENTS

SAMPLES = Path(__file__).parent / "samples"
TEXT = (Path(crossdock_edi.__file__).parents[2] / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^python -m crossdock_edi (.+?)(?:  .*)?$", TEXT, re.MULTILINE)


def test_every_block_of_code_runs_one_behind_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inbound.edi").write_bytes((SAMPLES / "x12" / "850.edi").read_bytes())
    monkeypatch.chdir(tmp_path)
    (sent,) = crossdock_edi.read(SAMPLES / "x12" / "850.edi")
    (answer,) = crossdock_edi.acknowledge(sent)
    names: dict[str, Any] = {
        "profile": crossdock_edi.STRICT,
        "outgoing_interchange": sent,
        "acknowledgment": answer,
    }
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)

    assert len(BLOCKS) == 5
    assert names["data"].startswith(b"ISA*")
    assert names["answered"].accepted


def test_every_command_line_runs(tmp_path: Path) -> None:
    as_json, out = tmp_path / "it.json", io.BytesIO()
    assert main(["convert", str(SAMPLES / "x12" / "850.edi"), "--to", "json"], out) == 0
    as_json.write_bytes(out.getvalue())
    for command in COMMANDS:
        words = command.replace("[", "").replace("]", "").replace("FILE...", "FILE").split()
        arguments = [str(SAMPLES / "x12" / "850.edi") if word == "FILE" else word for word in words]
        assert main(arguments, io.BytesIO()) == 0, command
    assert main(["convert", str(as_json), "--to", "edi"], io.BytesIO()) == 0
    assert len(COMMANDS) == 5


def test_every_set_with_a_typed_view_is_in_the_table_under_its_class() -> None:
    for (_, kind), record in DOCUMENTS.items():
        assert re.search(rf"\| [^|]*\b{kind}\b[^|]*\|", TEXT), kind
        module = record.__module__.removeprefix("crossdock_edi.").split(".")[-1]
        assert module in TEXT, f"{kind} is in {module}"


def test_every_attribute_in_the_table_of_objects_exists() -> None:
    (interchange,) = crossdock_edi.read(SAMPLES / "x12" / "850.edi")
    message = next(interchange.messages)
    objects = {
        "Interchange": interchange,
        "Group": message.group,
        "Message": message,
        "Finding": Finding(code="empty", severity=crossdock_edi.Severity.ERROR, text=""),
    }
    for name, one in objects.items():
        (cell,) = re.findall(rf"^\| `{name}` \| (.*) \|$", TEXT, re.MULTILINE)
        for attribute in re.findall(r"`([a-z_]+)`", cell):
            assert hasattr(one, attribute), f"{name}.{attribute}"


def test_every_limit_is_in_the_table_with_its_default() -> None:
    documented = dict(re.findall(r"^\| `([a-z_]+)` \| ([0-9,.]+) \|", TEXT, re.MULTILINE))

    assert {name: float(value.replace(",", "")) for name, value in documented.items()} == {
        name: float(getattr(Limits(), name)) for name in Limits.__slots__
    }
