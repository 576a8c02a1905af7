"""Partner profiles: PartnerConnector resources as YAML here, PartnerProfile there, and what both must obey.

The YAML has the shape of the Kubernetes resource, so that a laptop's file and a cluster's object are the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from crossdock.connector.v1 import partner_pb2
from crossdock.options.v1 import options_pb2
from crossdock_kit.calendars import Calendar, read_calendar
from crossdock_kit.errors import Invalid, InvalidFields, Violation
from google.protobuf import json_format

from connector import ownership_rules
from connector.codecs import csv_document
from connector.codecs.json_document import DocumentFault
from connector.domain.schedule import end_of_batch, read_crontab
from connector.mappings import registry
from connector.transport_rules import poll_faults, transport_faults

API_VERSION = "crossdock.dev/v1alpha1"
KIND = "PartnerConnector"
SFTP_INBOX = "sftp"
_POLL_EVERY = timedelta(minutes=1)
ConfigMaps = Mapping[str, Mapping[str, str]]
"""The data of each, by its name."""


def read_profile(path: Path) -> partner_pb2.PartnerProfile:
    """The profile of a file. Raises Invalid with every fault in a sentence."""
    try:
        resource = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"{path.name}: not YAML: {str(error).splitlines()[0]}") from error
    return profile_of(resource, path.name)


def profile_of(
    resource: Any, source: str = "resource", config_maps: ConfigMaps | None = None
) -> partner_pb2.PartnerProfile:
    """A PartnerConnector resource as profile; mappings may stand in ConfigMaps that are given. Raises Invalid."""
    if not isinstance(resource, dict) or not isinstance(resource.get("spec"), dict):
        raise Invalid(f"{source}: a resource has apiVersion, kind, metadata and spec")
    if resource.get("apiVersion") != API_VERSION or resource.get("kind") != KIND:
        raise Invalid(f"{source}: apiVersion is {API_VERSION} and kind is {KIND}")
    metadata = resource.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name:
        raise Invalid(f"{source}: metadata.name is the partner's id and is missing")
    profile = partner_pb2.PartnerProfile()
    try:
        json_format.ParseDict(_fields(resource["spec"], config_maps or {}), profile, max_recursion_depth=40)
    except (json_format.ParseError, yaml.YAMLError, ValueError, TypeError, Invalid) as error:
        raise Invalid(f"{source}: {error}") from error
    profile.partner = name
    check(profile)
    return profile


def resource_of(profile: partner_pb2.PartnerProfile) -> dict[str, Any]:
    """The profile as PartnerConnector resource."""
    spec = json_format.MessageToDict(profile)
    spec.pop("partner", None)
    if role := spec.get("role"):
        spec["role"] = str(role).removeprefix("ROLE_")
    if "ownership" in spec:
        spec["ownership"] = ownership_rules.as_resource(spec["ownership"])
    for route in spec.get("documents", ()):
        route["direction"] = str(route["direction"]).removeprefix("DIRECTION_")
        if role := route.get("speaksAs"):
            route["speaksAs"] = str(role).removeprefix("ROLE_")
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": profile.partner}, "spec": spec}


def _fields(spec: Mapping[str, Any], config_maps: ConfigMaps) -> dict[str, Any]:
    """The words of the resource as the contract spells them."""
    fields = dict(spec)
    if isinstance(role := fields.get("role"), str) and not role.startswith("ROLE_"):
        fields["role"] = f"ROLE_{role}"
    if "ownership" in fields:
        fields["ownership"] = ownership_rules.as_contract(fields["ownership"])
    routes = fields.get("documents")
    if isinstance(routes, list):
        fields["documents"] = [_route(_with_mapping(each, config_maps)) for each in routes]
    return _as_text(fields)


def _with_mapping(route: Any, config_maps: ConfigMaps) -> Any:
    """What the ConfigMap says, and over it what the route says itself."""
    if not isinstance(route, dict) or not isinstance(source := route.get("mappingFrom"), dict):
        return route
    if unknown := source.keys() - {"configMap", "key"}:
        raise Invalid(f"mappingFrom has a configMap and a key, and no {', '.join(sorted(unknown))}")
    name, key = source.get("configMap"), source.get("key") or "mapping.yaml"
    text = config_maps.get(str(name), {}).get(str(key))
    found = yaml.safe_load(text) if isinstance(text, str) else None
    if not isinstance(found, dict):
        raise Invalid(f"no ConfigMap {name} with a mapping under the key {key} is given beside it")
    own = {each: value for each, value in route.items() if each != "mappingFrom"}
    return {**own, "mapping": {**found, **route.get("mapping", {})}}


def _route(route: Any) -> Any:
    if not isinstance(route, dict):
        return route
    said = dict(route)
    if isinstance(way := route.get("direction"), str) and way in {"IN", "OUT"}:
        said["direction"] = f"DIRECTION_{way}"
    if isinstance(role := route.get("speaksAs"), str) and not role.startswith("ROLE_"):
        said["speaksAs"] = f"ROLE_{role}"
    return said


def _as_text(fields: dict[str, Any]) -> dict[str, Any]:
    """YAML reads 004010 as a number; an id is text whatever it looks like."""
    edi = fields.get("edi")
    if isinstance(edi, dict):
        fields["edi"] = {
            key: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
            for key, value in edi.items()
        }
    return fields


def calendar_of(profile: partner_pb2.PartnerProfile) -> Calendar:
    """When time counts for the partner. Raises ValueError for a calendar that is none."""
    said = profile.calendar
    fields = {"zone": said.zone, "weekdays": said.weekdays, "hours": said.hours, "closures": said.closures}
    return read_calendar({name: each for name, each in (fields | {"cut_off": said.cut_off}).items() if each})


def goes_at(profile: partner_pb2.PartnerProfile, at: datetime) -> datetime | None:
    """When a document that is ready at an instant goes to the partner; None for at once."""
    schedule = profile.schedule
    match schedule.mode:
        case "micro-batch":
            return end_of_batch(at, schedule.every.ToTimedelta())
        case "cron":
            return read_crontab(schedule.cron).next_after(at, ZoneInfo(profile.calendar.zone or "UTC"))
    return None


def polled(profile: partner_pb2.PartnerProfile) -> dict[str, timedelta]:
    """What is fetched from the partner, each kind with the time between two turns; the inbox of SFTP is one of them."""
    found = {
        route.kind: route.poll.every.ToTimedelta() or _POLL_EVERY
        for route in profile.documents
        if route.HasField("poll")
    }
    if profile.transport.HasField("sftp"):
        found[SFTP_INBOX] = profile.transport.sftp.every.ToTimedelta() or _POLL_EVERY
    return found


def check(profile: partner_pb2.PartnerProfile) -> None:
    """Refuses what the field rules of the contract cannot say. Raises InvalidFields with every fault."""
    faults = tuple(_faults(profile))
    if faults:
        raise InvalidFields(tuple(Violation(f"profile.{field}", text) for field, text in faults))


def _faults(profile: partner_pb2.PartnerProfile) -> Iterator[tuple[str, str]]:
    yield from transport_faults(profile)
    yield from _role_faults(profile)
    yield from _bound_faults(profile)
    yield from ownership_rules.ownership_faults(profile)
    seen: set[tuple[str, int]] = set()
    for position, route in enumerate(profile.documents):
        if route.HasField("mapping_from"):
            yield (
                f"documents[{position}].mappingFrom",
                "is not looked up yet: whoever hands a profile over puts it into mapping",
            )
        where = f"documents[{position}]"
        if (route.kind, route.direction) in seen:
            yield where, f"{route.kind} stands twice in this direction"
        seen.add((route.kind, route.direction))
        yield from _route_faults(route, profile, where)
    if any(route.kind.startswith(("x12.", "edifact.")) for route in profile.documents):
        yield from _edi_faults(profile.edi)
    try:
        calendar_of(profile)
    except ValueError as wrong:
        yield "calendar", str(wrong)
    else:
        yield from _schedule_faults(profile)
    for code, severity in profile.severities.items():
        if severity not in {"ignore", "notice", "warning", "error"}:
            yield f"severities.{code}", f"{severity!r} is none of ignore, notice, warning, error"


def _schedule_faults(profile: partner_pb2.PartnerProfile) -> Iterator[tuple[str, str]]:
    schedule = profile.schedule
    if (schedule.mode == "micro-batch") != schedule.HasField("every"):
        yield "schedule.every", "belongs to the mode micro-batch, which needs it"
    if (schedule.mode == "cron") != bool(schedule.cron):
        yield "schedule.cron", "belongs to the mode cron, which needs it"
    elif schedule.cron:
        try:
            goes_at(profile, datetime.now(UTC))
        except ValueError as wrong:
            yield "schedule.cron", str(wrong)


def _bound_faults(profile: partner_pb2.PartnerProfile) -> Iterator[tuple[str, str]]:
    first, longest = profile.retry.first.ToTimedelta(), profile.retry.longest.ToTimedelta()
    if longest and first > longest:
        yield "retry", "the first wait is longer than the longest one"
    workers = profile.workers
    if workers.max_replicas and workers.max_replicas < workers.replicas:
        yield "workers", "maxReplicas is the upper bound of autoscaling and below replicas"
    goes_out = any(route.direction == partner_pb2.DIRECTION_OUT for route in profile.documents)
    if goes_out and profile.transport.HasField("http") and not profile.transport.http.url:
        yield "transport.http.url", "documents go out over HTTP, and it is not said where to"


def _role_faults(profile: partner_pb2.PartnerProfile) -> Iterator[tuple[str, str]]:
    if profile.role in {options_pb2.ROLE_ERP, options_pb2.ROLE_WMS} and not profile.system:
        yield "system", "an ERP or a WMS is a system instance and needs its name"
    if profile.role == options_pb2.ROLE_WMS and not profile.locations:
        yield "locations", "a WMS serves at least one location"
    if profile.role == options_pb2.ROLE_SUPPLIER and not profile.party_id:
        yield "partyId", "a supplier is a party of the catalog"
    takes = {each.kind for each in profile.documents if each.direction == partner_pb2.DIRECTION_IN}
    if profile.role == options_pb2.ROLE_CHANNEL and not profile.party_id and takes & registry.FROM_CUSTOMERS:
        yield "partyId", "a channel that hands in orders stands for a party of the catalog"
    if not profile.business_unit:
        yield "businessUnit", "is missing"


def _is_for_customers(route: partner_pb2.DocumentRoute) -> bool:
    return route.direction == partner_pb2.DIRECTION_OUT and route.kind in registry.TO_CUSTOMERS


def _route_faults(
    route: partner_pb2.DocumentRoute, profile: partner_pb2.PartnerProfile, where: str
) -> Iterator[tuple[str, str]]:
    if route.kind not in registry.KINDS:
        yield f"{where}.kind", f"{route.kind!r} is no kind of document that is known"
        return
    known = registry.INBOUND if route.direction == partner_pb2.DIRECTION_IN else registry.OUTBOUND
    if route.kind != registry.FUNCTIONAL_ACKNOWLEDGMENT and route.kind not in known:
        yield f"{where}.direction", f"{route.kind} does not travel this way"
    elif _is_for_customers(route) and profile.role != options_pb2.ROLE_CHANNEL:
        yield f"{where}.direction", f"{route.kind} goes out to a customer, which is a CHANNEL"
    over_http = profile.transport.HasField("http")
    if over_http and not route.kind.startswith(("x12.", "edifact.")) and not route.path:
        yield f"{where}.path", "an HTTP document needs a path"
    if ".." in route.path or "//" in route.path:
        yield f"{where}.path", "is no plain path"
    if route.kind.startswith("csv."):
        yield from _layout_faults(route, where)
    if route.speaks_as and route.direction != partner_pb2.DIRECTION_IN:
        yield f"{where}.speaksAs", "says whose word a document is that comes in: what goes out is ours"
    if route.HasField("poll"):
        yield from poll_faults(route, profile, where)


def _layout_faults(route: partner_pb2.DocumentRoute, where: str) -> Iterator[tuple[str, str]]:
    try:
        csv_document.layout_of(json_format.MessageToDict(route.mapping))
    except DocumentFault as fault:
        yield f"{where}.{fault.path}", fault.problem


def _edi_faults(edi: partner_pb2.EdiIdentity) -> Iterator[tuple[str, str]]:
    for name, identity in (("partnerId", edi.partner_id), ("ownId", edi.own_id)):
        qualifier, _, value = identity.partition(":")
        if len(qualifier) != 2 or not 1 <= len(value) <= 15:
            yield f"edi.{name}", "is a qualifier of two characters, a colon and an id of up to 15"
    marks = [edi.element_separator or "*", edi.segment_terminator or "~", edi.component_separator or ">"]
    if len(set(marks)) != 3:
        yield "edi", "the separators are not all different"
    if any(mark.isalnum() or mark == " " for mark in marks):
        yield "edi", "a separator may not be a letter, a digit or a blank"
    if edi.line_end not in {"", "\n", "\r\n", "\r"}:
        yield "edi.lineEnd", "is neither empty nor a line end"
