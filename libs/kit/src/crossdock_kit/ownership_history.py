"""Keeps every word about an attribute: the accepted ones decide what is shown, the refused ones are raised.

Rows are only added. It must not know the object: its type is a contract's message, its values are bytes of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from crossdock_kit.driver import Driver
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.ownership import ROLES, Said, Verdict, role_name
from crossdock_kit.unit_of_work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The object whose attributes are written, and where its troubles stand."""

    message: Descriptor
    object_id: str
    transaction_ids: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


_KEEP = """
INSERT INTO field_value (tenant, object_type, object_id, field, role, origin, value, at, accepted, reason)
SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[], $9::bool[],
  $10::text[])
"""


async def keep(work: Work, about: About, verdicts: Mapping[str, Verdict]) -> None:
    """Writes all words of one update, and raises those that were refused as one exception of whoever sent them."""
    words = sorted(verdicts.items())
    await work.driver.execute(
        _KEEP,
        work.tenant,
        about.message.full_name,
        about.object_id,
        [name for name, _ in words],
        [role_name(verdict.word.role) for _, verdict in words],
        [verdict.word.origin for _, verdict in words],
        [_encoded(about.message, name, verdict.word.value) for name, verdict in words],
        [verdict.word.at for _, verdict in words],
        [verdict.accepted for _, verdict in words],
        [verdict.reason for _, verdict in words],
    )
    refused = {name: verdict for name, verdict in words if not verdict.accepted}
    if refused:
        work.raise_exception(_not_owned(about, refused))


def _not_owned(about: About, refused: Mapping[str, Verdict]) -> NewException:
    origins = sorted({verdict.word.origin for verdict in refused.values()})
    kind = about.message.name
    return NewException(
        failure_class=FailureClass.BUSINESS,
        code="FIELD_NOT_OWNED",
        summary=f"{', '.join(origins)} wrote {', '.join(refused)} of a {kind}, which it does not own",
        owner="master-data",
        subject=f"{kind}/{about.object_id}",
        transaction_ids=about.transaction_ids,
        keys=about.keys,
        details={name: verdict.reason for name, verdict in refused.items()},
        dedupe_key=f"FIELD_NOT_OWNED:{kind}/{about.object_id}/{'+'.join(origins)}",
    )


_LATEST = """
SELECT DISTINCT ON (field, role, origin) field, role, origin, value, at FROM field_value
WHERE tenant = $1 AND object_type = $2 AND object_id = $3 AND accepted
ORDER BY field, role, origin, at DESC, position DESC
"""


async def said_about(driver: Driver, tenant: str, about: About) -> dict[str, list[Said]]:
    """The latest accepted word of each source, by field."""
    rows = await driver.fetch(_LATEST, tenant, about.message.full_name, about.object_id)
    found: dict[str, list[Said]] = defaultdict(list)
    for row in rows:
        value = _decoded(about.message, row["field"], row["value"])
        found[row["field"]].append(Said(ROLES[row["role"]], row["origin"], value, row["at"]))
    return dict(found)


def _encoded(message: Descriptor, name: str, value: Any) -> bytes:
    """The bytes of a message that holds this field alone."""
    alone = GetMessageClass(message)()
    described = message.fields_by_name[name]
    if described.is_repeated:
        getattr(alone, name).extend(value)
    elif isinstance(value, Message):
        getattr(alone, name).CopyFrom(value)
    else:
        setattr(alone, name, value)
    return alone.SerializeToString(deterministic=True)


def _decoded(message: Descriptor, name: str, value: bytes) -> Any:
    return getattr(GetMessageClass(message).FromString(value), name)
