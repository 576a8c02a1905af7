"""Master data as a sheet: a record in each line, its fields under their names in the contract.

The columns say which records they are: items (sku, base_unit), parties (party_id), locations (location_id), crosswalk
(partner_code), prices (amount). The lines of one item from one day are its packaging: unit and base_quantity. What is
wrong with any line is told line by line, and refuses the file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from crossdock.catalog.v1 import master_data_pb2 as pb
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from crossdock_cli.master_data import NoMasterData

DELIMITERS = (",", ";", "\t", "|")
MOST_LINES, LONGEST_LINE, MOST_TOLD = 200_000, 4_000, 20
RECORDS: Mapping[str, tuple[str, type[Message]]] = {
    "base_unit": ("items", pb.Item),
    "party_id": ("parties", pb.Party),
    "partner_code": ("crosswalk", pb.CrosswalkEntry),
    "amount": ("prices", pb.Price),
    "location_id": ("locations", pb.Location),
}
PACKAGING, PRICE = ("unit", "base_quantity"), ("amount", "currency", "unit", "per")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Row = dict[str, str]
Check = Callable[[Message], Iterable[str]]


class WrongCell(ValueError):
    """A cell says nothing that its column could mean."""


def rows_of(content: bytes, check: Check) -> dict[str, list[Any]]:
    """The records of a sheet, as files in YAML have them. `check` says what is wrong with a record by the contract's
    rules. Raises NoMasterData, which names every wrong line."""
    lines = _lines(content)
    if not lines:
        raise NoMasterData("it has no line that names the columns")
    delimiter = max(DELIMITERS, key=lines[0][1].count)
    try:
        head = [each.strip().casefold() for each in _cells(lines[0], delimiter)]
    except WrongCell as error:
        raise NoMasterData(f"line {lines[0][0]}: {error}") from error
    kind, made = _kind(head)
    records: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
    wrong: list[str] = []
    for line in lines[1:]:
        try:
            _take(line, _row(head, line, delimiter), made, records)
        except WrongCell as error:
            wrong.append(f"line {line[0]}: {error}")
    for number, record in records.values():
        wrong += [f"line {number}: {each}" for each in _wrong(record, made, check)]
    if wrong:
        more = f"; {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
        told = "; ".join(wrong[:MOST_TOLD])
        raise NoMasterData(f"{told}{more} (of {len(lines) - 1} lines; nothing of the file is loaded)")
    if not records:
        raise NoMasterData("it holds no record")
    return {kind: [record for _, record in records.values()]}


def _lines(content: bytes) -> list[tuple[int, str]]:
    """Those that say something, with their numbers."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoMasterData(f"not UTF-8 at byte {error.start}") from error
    lines = [(number, each.rstrip("\r")) for number, each in enumerate(text.split("\n"), 1) if each.strip()]
    if len(lines) > MOST_LINES:
        raise NoMasterData(f"it has more than {MOST_LINES} lines")
    if long := next((number for number, each in lines if len(each) > LONGEST_LINE), 0):
        raise NoMasterData(f"line {long}: is longer than {LONGEST_LINE} characters")
    return lines


def _cells(line: tuple[int, str], delimiter: str) -> list[str]:
    try:
        [found] = csv.reader([line[1]], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError) as error:
        raise WrongCell("a quote that is opened in a cell is closed in it") from error
    return found


def _kind(head: Sequence[str]) -> tuple[str, type[Message]]:
    twice = next((each for at, each in enumerate(head) if each and each in head[:at]), "")
    if twice:
        raise NoMasterData(f"two columns are called {twice[:40]!r}")
    found = next((record for column, record in RECORDS.items() if column in head), None)
    if found is None:
        raise NoMasterData(f"none of its columns is {', '.join(RECORDS)}: no records are known by these")
    fields, beside = found[1].DESCRIPTOR.fields_by_name, {"items": PACKAGING, "prices": PRICE}.get(found[0], ())
    unknown = [each for each in head if each and each not in fields and each not in beside]
    if unknown:
        raise NoMasterData(f"{found[0]} have no {', '.join(each[:40] for each in unknown[:10])}")
    return found


def _row(head: Sequence[str], line: tuple[int, str], delimiter: str) -> Row:
    cells = [each.strip() for each in _cells(line, delimiter)]
    if any(cells[len(head) :]):
        raise WrongCell(f"has {len(cells)} cells, which are more than there are columns")
    return {name: cell for name, cell in zip(head, cells, strict=False) if name and cell}


def _take(
    line: tuple[int, str],
    row: Row,
    made: type[Message],
    records: dict[tuple[str, ...], tuple[int, dict[str, Any]]],
) -> None:
    """Adds the line's record, or to the item that it is the packaging of."""
    beside = PACKAGING if made is pb.Item else PRICE if made is pb.Price else ()
    level = {name: row.pop(name) for name in beside if name in row}
    fields = cast(Mapping[str, FieldDescriptor], made.DESCRIPTOR.fields_by_name)
    record = {name: _value(fields[name], cell) for name, cell in row.items()}
    if made is pb.Price:
        record["price"] = _price(level)
    if made is not pb.Item:
        records[(str(line[0]),)] = (line[0], record)
        return
    key = (row.get("sku", ""), row.get("valid_from", ""))
    first, item = records.setdefault(key, (line[0], record | {"packaging": []}))
    if any(item.get(name) != said for name, said in record.items()):
        raise WrongCell(f"says otherwise of {key[0] or 'an item'} than line {first}")
    if level:
        if any(each["unit"] == level.get("unit") for each in item["packaging"]):
            raise WrongCell(f"names {level.get('unit')} of {key[0]} a second time")
        item["packaging"].append({"unit": level.get("unit", ""), "base_quantity": level.get("base_quantity", "")})
    elif first != line[0]:
        raise WrongCell(f"repeats {key[0]} of line {first}")


def _price(said: Row) -> dict[str, Any]:
    money = {"amount": said.get("amount", ""), "currency": said.get("currency", "")}
    return {"money": money, "unit": said.get("unit", ""), "per": said.get("per", "")}


def _value(field: FieldDescriptor, cell: str) -> Any:
    if field.is_repeated:
        return [_one(field, each) for each in cell.replace("|", " ").split()]
    return _one(field, cell)


def _one(field: FieldDescriptor, cell: str) -> Any:
    if field.enum_type is not None:
        return _word(field, cell)
    if field.message_type is not None and field.message_type.full_name == "google.type.Date":
        return _day(field.name, cell)
    if field.message_type is not None:
        raise WrongCell(f"{field.name} has no place in a sheet")
    if field.type == FieldDescriptor.TYPE_BOOL:
        if cell.casefold() not in _BOOLEANS:
            raise WrongCell(f"{field.name}: {cell[:40]!r} is neither true nor false")
        return _BOOLEANS[cell.casefold()]
    return cell


def _word(field: FieldDescriptor, cell: str) -> str:
    """By its name in the contract, or by what is left of that without the prefix that all of them have: ITEM, unit."""
    assert field.enum_type is not None  # noqa: S101  asked by the caller
    names = [each.name for each in field.enum_type.values]
    prefix = names[0].removesuffix("UNSPECIFIED")
    found = next((each for each in names if cell.upper() in (each, each.removeprefix(prefix))), None)
    if found is None:
        raise WrongCell(
            f"{field.name}: {cell[:40]!r} is none of {', '.join(n.removeprefix(prefix) for n in names[1:])}"
        )
    return found


def _day(name: str, cell: str) -> dict[str, int]:
    parts = cell.split("-")
    if [len(each) for each in parts] != [4, 2, 2] or not all(each.isdecimal() for each in parts):
        raise WrongCell(f"{name}: {cell[:40]!r} is no day YYYY-MM-DD")
    year, month, day = map(int, parts)
    return {"year": year, "month": month, "day": day}


def _wrong(record: dict[str, Any], made: type[Message], check: Check) -> Iterable[str]:
    try:
        message = ParseDict(record, made())
    except ParseError as error:
        return [str(error)]
    return check(message)
