"""`crossdock load FILE...`: tells the stack which partners there are, and its master data, from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, cast
from uuid import uuid4

import typer
import yaml
from crossdock.catalog.v1 import catalog_service_pb2 as catalog_pb
from crossdock.catalog.v1 import catalog_service_pb2_grpc as catalog_grpc
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.connector.v1 import connector_service_pb2_grpc as connector_grpc
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.ownership import ROLES
from crossdock_local.admission import admit
from crossdock_local.surroundings import partner_secrets
from google.protobuf.message import Message
from rich.table import Table

from crossdock_cli.asking import SECONDS, answered
from crossdock_cli.connection import channel, metadata, stack_or_exit, stack_place
from crossdock_cli.console import FAILED, fail, out, print_json
from crossdock_cli.master_data import NoMasterData, count_of, record_name, requests_of
from crossdock_cli.master_data_csv import rows_of

PARTNER, CONFIG_MAP = "PartnerConnector", "ConfigMap"
LONG_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What loading a record would change; `name` is what it is of."""

    file: str
    path: str
    name: str
    effect: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaidBy:
    """Who says the master data. Of two roles that may, the contract or the deployment says whose word is shown."""

    system: str
    role: int


@dataclass(frozen=True, slots=True)
class Told:
    """What one document of a file was, and what it changed; `kept` of the rest is behind what a higher owner said."""

    file: str
    what: str
    records: int
    changed: int
    kept: int = 0


def documents_of(file: Path) -> list[Any]:
    """The documents of a YAML, JSON or CSV file; ends the command where it is none of them."""
    if file.suffix.casefold() == ".csv":
        return [sheet_of(file)]
    try:
        return [each for each in yaml.safe_load_all(file.read_text(encoding="utf-8")) if each is not None]
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fail(f"{file.name}: not YAML and not JSON: {str(error).splitlines()[0]}", FAILED)


def sheet_of(file: Path) -> dict[str, list[Any]]:
    # The rules of the contract are compiled first, which no other file needs.
    from crossdock_kit.errors import InvalidFields  # noqa: PLC0415
    from crossdock_kit.validation import validate  # noqa: PLC0415

    def check(record: Message) -> list[str]:
        try:
            validate(record)
        except InvalidFields as error:
            return [f"{each.field}: {each.description}" for each in error.violations]
        return []

    try:
        return rows_of(file.read_bytes(), check)
    except NoMasterData as error:
        fail(f"{file.name}: {error}", FAILED)


def profile_of(resource: Any, source: str, config_maps: Mapping[str, Any]) -> partner_pb2.PartnerProfile:
    # The shape of the resource is the connector's to read; no other command needs that service's code.
    from connector.profiles import profile_of as read  # noqa: PLC0415
    from crossdock_kit.errors import Invalid  # noqa: PLC0415

    try:
        return read(resource, source, config_maps)
    except Invalid as error:
        fail(f"{source}: {error}", FAILED)


def master_data_of(document: Any, source: str, said_by: SaidBy) -> list[catalog_pb.PutMasterDataRequest]:
    try:
        return list(requests_of(document, said_by.system, said_by.role))
    except NoMasterData as error:
        fail(f"{source}: {error}", FAILED)


def is_a(kind: str, document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") == kind


def config_maps_of(documents: Iterable[Any]) -> dict[str, Any]:
    """Where partners' mappings may stand: the data of each ConfigMap, by its name."""
    found = (each for each in documents if is_a(CONFIG_MAP, each))
    return {str(each.get("metadata", {}).get("name")): each.get("data") or {} for each in found}


async def _load(files: Sequence[tuple[str, Any]], said_by: SaidBy, tenant: str | None) -> list[Told]:
    """Master data first: a partner's documents may come in as soon as it is known. Nothing goes out before all of it
    has been read, and nothing is kept before all of it could be: what takes several requests is asked for first.
    """
    state = stack_or_exit()
    place, credentials = stack_place(), metadata(state, tenant)
    mappings = config_maps_of(document for _, document in files)
    partners = [(name, profile_of(document, name, mappings)) for name, document in files if is_a(PARTNER, document)]
    rows = [(name, each) for name, each in files if not is_a(PARTNER, each) and not is_a(CONFIG_MAP, each)]
    requests = [(name, each) for name, document in rows for each in master_data_of(document, name, said_by)]
    told: list[Told] = []
    async with channel(state, "catalog") as to_catalog, channel(state, "connector") as to_connector:
        catalog = cast(Any, catalog_grpc.CatalogServiceStub)(to_catalog)
        if len(requests) > 1:
            for request in _apart(request for _, request in requests):
                await catalog.PutMasterData(request, metadata=credentials, timeout=LONG_SECONDS)
        for name, request in requests:
            answer = await catalog.PutMasterData(request, metadata=credentials, timeout=LONG_SECONDS)
            told.append(Told(name, "master data", count_of(request), answer.changed, answer.kept))
        put = cast(Any, connector_grpc.ConnectorServiceStub)(to_connector).PutPartner
        for name, profile in partners:
            wanted = connector.PutPartnerRequest(request_id=str(uuid4()), profile=profile)
            answer = await put(wanted, metadata=credentials, timeout=SECONDS)
            admit(place, state.tenants, profile.partner)
            told.append(Told(name, f"partner {profile.partner}", 1, int(answer.changed)))
    return told


def _apart(requests: Iterable[catalog_pb.PutMasterDataRequest]) -> Iterator[catalog_pb.PutMasterDataRequest]:
    """Each as a question whether it could be kept. Places of a second request may lie within those of the first, which
    nobody knows yet."""
    places = 0
    for each in requests:
        places += bool(each.locations)
        asked = catalog_pb.PutMasterDataRequest()
        asked.CopyFrom(each)
        asked.request_id, asked.validate_only = str(uuid4()), True
        if places > 1:
            asked.ClearField("locations")
        if count_of(asked):
            yield asked


async def _foresee(files: Sequence[tuple[str, Any]], said_by: SaidBy, tenant: str | None) -> list[Foreseen]:
    """What the master data of the files would change; partners are only read."""
    state = stack_or_exit()
    mappings = config_maps_of(document for _, document in files)
    found: list[Foreseen] = []
    async with channel(state, "catalog") as open_channel:
        catalog = cast(Any, catalog_grpc.CatalogServiceStub)(open_channel)
        for file, document in files:
            if is_a(PARTNER, document):
                profile_of(document, file, mappings)
            elif not is_a(CONFIG_MAP, document):
                for request in master_data_of(document, file, said_by):
                    request.validate_only = True
                    answer = await catalog.PutMasterData(
                        request, metadata=metadata(state, tenant), timeout=LONG_SECONDS
                    )
                    found += [_foreseen(file, request, each) for each in answer.changes]
    return found


def _foreseen(file: str, request: catalog_pb.PutMasterDataRequest, change: catalog_pb.RecordChange) -> Foreseen:
    effect = catalog_pb.RecordEffect.Name(change.effect).removeprefix("RECORD_EFFECT_").lower()
    return Foreseen(file, change.path, record_name(request, change.path), effect, tuple(change.fields))


def _show_foreseen(found: Sequence[Foreseen], *, json: bool) -> None:
    if json:
        print_json([asdict(each) for each in found])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("FILE", "RECORD", "", "EFFECT", "WHAT DIFFERS"):
        table.add_column(heading, overflow="fold")
    for each in found:
        table.add_row(each.file, each.path, each.name, each.effect, ", ".join(each.fields))
    out.print(table if found else "nothing would change")


def _role(name: str) -> int:
    found = ROLES.get(name.upper(), 0)
    if not found:
        fail(f"{name!r} is none of {', '.join(each for each in ROLES if each != 'UNSPECIFIED')}", FAILED)
    return found


def load(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    system: Annotated[str, typer.Option(help="system that the master data come from")] = "MDM",
    role: Annotated[str, typer.Option(help="role of that system: MDM, ERP .. (its word, of several owners)")] = "MDM",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what master data would change")] = False,
    json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    tenant: Annotated[str | None, typer.Option(help="company, where the stack serves several")] = None,
) -> None:
    """Load partners (PartnerConnector resources, with ConfigMaps that their mappings stand in) and master data (items,
    parties, locations, crosswalk, prices) from YAML, JSON or, a kind in each file, CSV. What is known already changes
    nothing, so a file may be loaded again. Stock and orders are documents of a partner: `crossdock submit`.
    """
    said_by = SaidBy(system, _role(role))
    documents = [(file.name, each) for file in files for each in documents_of(file)]
    if dry_run:
        _show_foreseen(answered(_foresee(documents, said_by, tenant)), json=json)
        return
    told = answered(_load(documents, said_by, tenant))
    if json:
        print_json([asdict(each) for each in told])
        return
    table = Table(box=None, pad_edge=False)
    headings = ("FILE", "WHAT", "RECORDS", "CHANGED", *(("KEPT",) if any(each.kept for each in told) else ()))
    for heading in headings:
        table.add_column(heading, justify="left" if heading in {"FILE", "WHAT"} else "right")
    for each in told:
        row = (each.file, each.what, str(each.records), str(each.changed), str(each.kept))
        table.add_row(*row[: len(headings)])
    out.print(table)
    if any(each.what.startswith("partner") for each in told):
        folder = partner_secrets(stack_place().secrets)
        out.print(f"secrets that partners name are files of that name in {folder}", soft_wrap=True)
