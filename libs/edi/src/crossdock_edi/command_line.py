"""The command line: `python -m crossdock_edi show|check|ack|convert|findings`; `crossdock edi` is the same function.

Exit code 0: done, no error found; 1: a finding is an error; 2: the command could not be carried out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from crossdock_edi.acknowledging import acknowledge, reply_envelope
from crossdock_edi.catalogue import as_table
from crossdock_edi.checking import check
from crossdock_edi.conversion import as_json, from_json
from crossdock_edi.errors import EdiError
from crossdock_edi.findings import Finding
from crossdock_edi.interchange import Message
from crossdock_edi.profile import LENIENT, STRICT, Profile
from crossdock_edi.reader import Interchange, read
from crossdock_edi.spec.levels import levels
from crossdock_edi.typed import DOCUMENTS
from crossdock_edi.writer import compose


def main(arguments: Sequence[str] | None = None, out: BinaryIO | None = None, *, program: str = "crossdock_edi") -> int:
    """Run one command; returns the exit code. `program` is what the help calls it."""
    options = _parser(program).parse_args(arguments)
    stream = out or sys.stdout.buffer
    command: Callable[[argparse.Namespace, BinaryIO], int] = options.command
    try:
        return command(options, stream)
    except (EdiError, OSError, json.JSONDecodeError, UnicodeDecodeError, RecursionError) as wrong:
        _complain(str(wrong))
        return 2


def _complain(sentence: str) -> None:
    sys.stderr.write(f"crossdock_edi: {sentence}\n")


def run() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Reads, checks and answers X12 and EDIFACT.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="print a readable tree")
    show.add_argument("file", type=Path)
    show.set_defaults(command=_show)
    checking = commands.add_parser("check", help="print findings; exit 1 if one is an error")
    checking.add_argument("files", type=Path, nargs="+", metavar="file")
    checking.add_argument("--json", action="store_true", help="one JSON object a line")
    checking.add_argument("--lenient", action="store_true", help="forgive wrong counts and control numbers")
    checking.set_defaults(command=_check)
    acking = commands.add_parser("ack", help="print the acknowledgment: 997, 999, TA1 or CONTRL")
    acking.add_argument("file", type=Path)
    acking.add_argument("--kind", choices=("997", "999", "TA1", "CONTRL"), default=None)
    acking.add_argument("--control", type=int, default=1, help="interchange and group control number of the answer")
    acking.add_argument("--lenient", action="store_true", help="forgive wrong counts and control numbers")
    acking.set_defaults(command=_acknowledge)
    convert = commands.add_parser("convert", help="convert to JSON, or JSON of this command back to EDI")
    convert.add_argument("file", type=Path)
    convert.add_argument("--to", choices=("json", "edi"), required=True)
    convert.set_defaults(command=_convert)
    table = commands.add_parser("findings", help="print the catalogue of findings as a Markdown table")
    table.set_defaults(command=lambda _, stream: _write(stream, as_table()))
    return parser


def _write(stream: BinaryIO, text: str) -> int:
    stream.write(text.encode())
    return 0


# --- show


def _show(options: argparse.Namespace, stream: BinaryIO) -> int:
    for interchange in read(options.file):
        stream.writelines(f"{line}\n".encode() for line in _tree(interchange))
    return 0


def _tree(interchange: Interchange) -> Iterator[str]:
    yield (
        f"{interchange.standard} interchange {interchange.control_number or '-'}"
        f" from {_party(interchange.sender)} to {_party(interchange.receiver)} at byte {interchange.offset}"
    )
    group = None
    for message in interchange.messages:
        if message.group is not group:
            group = message.group
            if group.header is not None:
                yield f"  group {group.functional_id} {group.control_number} version {group.version or '-'}"
        yield from _message_tree(message)
    for found in interchange.findings:
        yield f"  ! {_sentence(found)}"


def _message_tree(message: Message) -> Iterator[str]:
    known = DOCUMENTS.get((message.standard, message.type))
    name = f" {known.SPEC.name}" if known else ""
    yield f"    {message.type}{name} {message.control_number} version {message.version or '-'}"
    if not message.complete:
        yield "      (not shown: it passes a limit)"
        return
    for depth, segment in levels(message, known.SPEC if known else None):
        elements = " | ".join(segment[position] for position in range(1, len(segment) + 1))
        yield f"      {'  ' * depth}{segment.number:>4} {segment.tag:<3} {elements}".rstrip()


def _party(party: tuple[str, str]) -> str:
    return ":".join(part for part in party if part) or "-"


# --- check

_LONGEST_NUMBER = 35  # of a control number: what EDIFACT allows


def _check(options: argparse.Namespace, stream: BinaryIO) -> int:
    profile = LENIENT if options.lenient else STRICT
    codes = [_check_file(path, profile, stream, as_json=options.json) for path in options.files]
    return max(codes)


def _check_file(path: Path, profile: Profile, stream: BinaryIO, *, as_json: bool) -> int:
    failed = False
    try:
        for interchange in read(path):
            for found in check(interchange, profile):
                failed = failed or found.is_error
                if as_json:
                    line = json.dumps({"file": str(path), **asdict(found)}, ensure_ascii=False)
                else:
                    line = f"{path}: {_sentence(found)}"
                stream.write(f"{line}\n".encode(errors="surrogateescape"))  # a name of a file may be any bytes
    except OSError as wrong:  # the other files are checked all the same
        _complain(str(wrong))
        return 2
    return 1 if failed else 0


def _sentence(found: Finding) -> str:
    where = [f"byte {found.offset}"]
    if found.message:
        where.append(f"message {found.message[:_LONGEST_NUMBER]}")
    if found.segment:
        where.append(f"segment {found.segment}")
    if found.element:
        where.append(f"element {found.element}" + (f".{found.component}" if found.component else ""))
    return f"{found.severity}: {', '.join(where)}: {found.text} [{found.code}]"


# --- ack, convert


def _acknowledge(options: argparse.Namespace, stream: BinaryIO) -> int:
    profile = LENIENT if options.lenient else STRICT
    answered = refused = False
    for number, interchange in enumerate(read(options.file), options.control):
        try:
            answers = acknowledge(interchange, profile, kind=options.kind)
            if answers:
                envelope = reply_envelope(
                    interchange, interchange_control=number, group_control=number, prepared_at=datetime.now(UTC)
                )
                stream.write(compose(answers, envelope))
                answered = True
        except EdiError as wrong:  # the other interchanges of the file are answered all the same
            _complain(f"the interchange at byte {interchange.offset} cannot be answered: {wrong}")
            refused = True
    if not answered and not refused:
        _complain("nothing to acknowledge")
    return 2 if refused else 0


def _convert(options: argparse.Namespace, stream: BinaryIO) -> int:
    if options.to == "json":
        interchanges = []
        for interchange in read(options.file):
            if interchange.standard == "unknown":  # what stands between or behind interchanges
                _complain("; ".join(_sentence(found) for found in interchange.findings))
            else:
                interchanges.append(as_json(interchange))
        if not interchanges:
            return 2
        return _write(stream, json.dumps({"interchanges": interchanges}, ensure_ascii=False, indent=2) + "\n")
    data = json.loads(options.file.read_text(encoding="utf-8"))
    several = isinstance(data, dict) and "interchanges" in data
    stream.writelines(from_json(one) for one in (data["interchanges"] if several else [data]))
    return 0
