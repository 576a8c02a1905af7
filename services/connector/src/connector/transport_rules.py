"""What a profile must obey where it says how documents travel. Pure; every fault is a field and a sentence.

The rules of a cluster (public names, ports) are the resource's own: a laptop's partner may be a neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from crossdock.connector.v1 import partner_pb2

_LIKE_A_CREDENTIAL = re.compile(r"password|passwd|secret|token|api[_-]?key|authorization", re.IGNORECASE)
Faults = Iterator[tuple[str, str]]


def transport_faults(profile: partner_pb2.PartnerProfile) -> Faults:
    if not profile.transport.WhichOneof("kind"):
        yield "transport", "names neither fileDrop nor http nor sftp"
    if profile.transport.HasField("file_drop"):
        drop = profile.transport.file_drop
        for name, folder in (("inbox", drop.inbox), ("outbox", drop.outbox)):
            if ".." in folder.split("/"):
                yield f"transport.fileDrop.{name}", "leads out of the transport's folder"
        if drop.inbox.rstrip("/") == drop.outbox.rstrip("/"):
            yield "transport.fileDrop", "inbox and outbox are the same folder"
    yield from _sftp_faults(profile)
    url = profile.transport.http.url
    if url:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            yield "transport.http.url", "is no http or https URL with a host"
        if parts.username or parts.password or parts.fragment:
            yield "transport.http.url", "holds credentials or a fragment; credentials are named as a secret"


def _sftp_faults(profile: partner_pb2.PartnerProfile) -> Faults:
    if not profile.transport.HasField("sftp"):
        return
    sftp = profile.transport.sftp
    for name, folder in (("inbox", sftp.inbox), ("outbox", sftp.outbox)):
        if ".." in folder.split("/"):
            yield f"transport.sftp.{name}", "leads out of where it begins"
    if sftp.inbox.rstrip("/") == sftp.outbox.rstrip("/"):
        yield "transport.sftp", "inbox and outbox are the same folder"
    if any(not each.kind.startswith(("x12.", "edifact.", "csv.")) for each in profile.documents):
        yield "documents", "files over SFTP are X12 interchanges, EDIFACT or CSV"


def poll_faults(route: partner_pb2.DocumentRoute, profile: partner_pb2.PartnerProfile, where: str) -> Faults:
    poll = route.poll
    if route.direction != partner_pb2.DIRECTION_IN or route.kind.startswith(("x12.", "edifact.", "csv.")):
        yield f"{where}.poll", "what is polled comes in, and is of a kind in JSON"
    if not profile.transport.http.url:
        yield f"{where}.poll", "documents are polled over HTTP, and transport.http.url does not say where"
    if ".." in poll.path or "//" in poll.path:
        yield f"{where}.poll.path", "is no plain path"
    if not poll.WhichOneof("position"):
        yield f"{where}.poll", "names neither a cursor nor a window"
    if poll.HasField("cursor") and bool(poll.cursor.pointer) == bool(poll.cursor.header):
        yield f"{where}.poll.cursor", "the next cursor stands in the answer (pointer) or in a header of it (header)"
    if bool(poll.size_parameter) != bool(poll.page_size):
        yield f"{where}.poll", "sizeParameter and pageSize belong together"
    if any(_LIKE_A_CREDENTIAL.search(name) for name in poll.parameters):
        yield f"{where}.poll.parameters", "is named like a credential: credentials are named as a secret"
