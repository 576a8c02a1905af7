"""The command line: a readable tree, findings with exit codes, answers, and conversion without loss."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import crossdock_edi
import pytest
from crossdock_cli.main import app
from crossdock_edi import EdiError
from crossdock_edi.catalogue import KINDS, as_table
from crossdock_edi.command_line import main
from typer.testing import CliRunner

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
EVERY = sorted(SAMPLES.glob("*/*.edi"))


def run(*arguments: object) -> tuple[int, str]:
    out = io.BytesIO()
    code = main([str(one) for one in arguments], out)
    return code, out.getvalue().decode()


def test_show_prints_the_tree_by_parents() -> None:
    code, text = run("show", SAMPLES / "x12" / "856.edi")

    assert code == 0
    assert "856 ship notice 0001 version 004010" in text
    depth = {line.split()[0]: len(line) - len(line.lstrip()) for line in text.splitlines() if line.split()[0].isdigit()}
    assert depth["4"] < depth["13"] < depth["15"] < depth["17"] < depth["19"]
    assert depth["19"] == depth["25"]


def test_check_of_clean_files_says_nothing_and_exits_0() -> None:
    assert run("check", *[path for path in EVERY if path.stem != "TA1"]) == (0, "")


def test_check_names_file_place_code_and_sentence_and_exits_1(tmp_path: Path) -> None:
    path = tmp_path / "wrong.edi"
    path.write_bytes((SAMPLES / "x12" / "850.edi").read_bytes().replace(b"PO1*1*120", b"PO1*1*1,2"))
    code, text = run("check", path)
    (line,) = [line for line in text.splitlines() if "PO1" in line]

    assert code == 1
    assert line.startswith(f"{path}: error: byte ")
    assert "segment 19, element 2: PO102 (quantity ordered) is not a number: '1,2' [element-characters]" in line


def test_check_as_json_gives_one_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.edi"
    path.write_bytes((SAMPLES / "x12" / "850.edi").read_bytes().replace(b"SE*29", b"SE*30"))
    code, text = run("check", "--json", path)
    (found,) = [json.loads(line) for line in text.splitlines()]

    assert code == 1
    assert (found["file"], found["code"], found["severity"]) == (str(path), "segment-count", "error")
    assert (found["segment"], found["element"], found["tag"]) == (29, 1, "SE")
    assert run("check", "--lenient", path)[0] == 0


@pytest.mark.parametrize(("kind", "tag"), [("997", "AK9"), ("999", "IK5"), ("TA1", "TA1")])
def test_ack_prints_an_interchange(kind: str, tag: str) -> None:
    code, text = run("ack", SAMPLES / "x12" / "850.edi", "--kind", kind, "--control", "42")
    (interchange,) = crossdock_edi.read(text.encode())

    assert code == 0
    assert interchange.findings == ()
    assert interchange.control_number == "000000042"
    assert f"\n{tag}*" in text


def test_ack_of_edifact_is_a_contrl() -> None:
    code, text = run("ack", SAMPLES / "edifact" / "ORDERS.edi")

    assert code == 0
    assert "UNH+1+CONTRL:2:2:UN'" in text
    assert run("ack", SAMPLES / "edifact" / "ORDERS.edi", "--kind", "997")[0] == 2


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_convert_to_json_and_back_loses_nothing(path: Path, tmp_path: Path) -> None:
    code, text = run("convert", path, "--to", "json")
    there = tmp_path / "it.json"
    there.write_text(text)

    assert code == 0
    assert run("convert", there, "--to", "edi") == (0, path.read_text())


def test_convert_gives_the_typed_document_beside_the_segments() -> None:
    _, text = run("convert", SAMPLES / "x12" / "850.edi", "--to", "json")
    (interchange,) = json.loads(text)["interchanges"]

    assert interchange["documents"][0]["document"]["lines"][0]["unit_price"] == "9.25"
    assert interchange["segments"][2] == ["ST", "850", "0001"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"interchanges": [1]}',
        '{"standard": "X12", "dialect": {}, "segments": []}',
        "\ud800",
        "[" * 100_000,
    ],
)
def test_json_that_is_not_ours_exits_2(text: str, tmp_path: Path) -> None:
    path = tmp_path / "it.json"
    path.write_text(text, errors="surrogatepass")

    assert run("convert", path, "--to", "edi")[0] == 2


def test_the_suite_s_command_gives_the_same_words_and_exit_codes() -> None:
    wrong, right = HERE / "broken" / "group.edi", SAMPLES / "x12" / "850.edi"
    for arguments in (
        ["show", right],
        ["check", wrong, right],
        ["check", "--json", wrong],
        ["check", "--lenient", wrong],
        ["convert", right, "--to", "json"],
        ["check", HERE / "none.edi"],
        ["ack", "--kind", "999", HERE / "samples" / "edifact" / "ORDERS.edi"],
    ):
        asked = CliRunner().invoke(app, ["edi", *map(str, arguments)])
        assert (asked.exit_code, asked.stdout) == run(*arguments)
    acked = CliRunner().invoke(app, ["edi", "ack", str(right)])
    assert (acked.exit_code, "AK9*A*1*1*1~" in acked.stdout) == (0, True)


def test_a_missing_file_exits_2_and_the_others_are_checked(tmp_path: Path) -> None:
    code, text = run("check", tmp_path / "none.edi", HERE / "broken" / "group.edi")

    assert code == 2
    assert "group.edi: " in text


def test_the_documented_table_of_findings_is_the_catalogue_s() -> None:
    documented = (Path(crossdock_edi.__file__).parents[2] / "FINDINGS.md").read_text()

    assert documented.endswith(as_table())
    assert run("findings") == (0, as_table())
    assert len(as_table().splitlines()) == 2 + len(EdiError.__subclasses__()) + len(KINDS)


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"order-\xff.edi")
    path.write_bytes((HERE / "broken" / "group.edi").read_bytes())
    out = io.BytesIO()

    assert main(["check", str(path)], out) == 1
    assert b"order-\xff.edi: " in out.getvalue()
