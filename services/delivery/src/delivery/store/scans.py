"""Carriers' words, proofs, and how partners' codes are read: kept in sets, by whoever holds the shipment's head."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from crossdock_kit import json_rows
from crossdock_kit.database.claims import claimed
from crossdock_kit.driver import Driver

from delivery.domain.events import Proof
from delivery.domain.milestone_table import Key, Meaning
from delivery.domain.scan import Scan
from delivery.ports import Addressee, KeptProof, KeptScan, SaidProof
from delivery.store import rows, tables

_COLUMNS = ", ".join(f'"{column.name}"' for column in tables.tracking_update.columns)
_KEEP = f"""
INSERT INTO tracking_update ({_COLUMNS}) SELECT {_COLUMNS}
FROM json_populate_recordset(NULL::tracking_update, $1::json) ORDER BY scan_id
ON CONFLICT (tenant, scan_id) DO NOTHING RETURNING scan_id
"""  # noqa: S608  names of our own columns
_OF = """
SELECT * FROM tracking_update WHERE tenant = $1 AND shipment_id = ANY($2::text[]) AND code_class = ANY($3::text[])
"""
_PAGE = """
SELECT * FROM tracking_update WHERE tenant = $1 AND shipment_id = $2 AND (occurred_at, scan_id) > ($3, $4)
ORDER BY occurred_at, scan_id LIMIT $5
"""
_VOID = "UPDATE tracking_update SET voided = true WHERE tenant = $1 AND scan_id = ANY($2::text[])"
_UNMAPPED = """
FROM tracking_update
WHERE tenant = $1 AND reported_by = $2 AND vocabulary = $3 AND code = $4 AND code_class = 'unmapped'
"""
_READ_AGAIN = """
UPDATE tracking_update u SET code_class = r.code_class, milestone = r.milestone, stage = r.stage, trouble = r.trouble,
  if_untroubled = r.if_untroubled, table_version = r.table_version, overridden = r.overridden
FROM json_populate_recordset(NULL::tracking_update, $2::json) AS r WHERE u.tenant = $1 AND u.scan_id = r.scan_id
"""
_OVERRIDES = """
SELECT DISTINCT ON (vocabulary, code) * FROM code_override WHERE tenant = $1 AND partner = $2
ORDER BY vocabulary, code, version DESC
"""
_OVERRIDE = """
INSERT INTO code_override (tenant, partner, vocabulary, code, version, text, code_class, milestone, stage, trouble,
  mapped_at)
SELECT $1, $2, $3, $4, coalesce(max(version), 0) + 1, $5, $6, $7, $8, $9, $10 FROM code_override
WHERE tenant = $1 AND partner = $2 AND vocabulary = $3 AND code = $4 RETURNING version
"""
_PROVE = """
INSERT INTO proof_of_delivery
  (tenant, shipment_id, reference, kind, content_sha256, recipient_id, delivered_at, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, shipment_id, reference) DO NOTHING RETURNING reference
"""
_PROOFS = """
SELECT * FROM proof_of_delivery WHERE tenant = $1 AND shipment_id = $2 AND reference > $3 ORDER BY reference LIMIT $4
"""
_RECIPIENT = """
SELECT recipient_id FROM proof_of_delivery WHERE tenant = $1 AND shipment_id = $2 AND recipient_id <> ''
ORDER BY received_at DESC LIMIT 1
"""
_WAIT = """
INSERT INTO waiting_proof (tenant, subject, reference, kind, content_sha256, recipient_id, reported_by, tracking_number,
  delivered_at, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant, subject, reference) DO NOTHING RETURNING reference
"""
_WAITING = """
SELECT * FROM waiting_proof WHERE tenant = $1 AND subject = $2 ORDER BY received_at, reference
"""
_COUNT_WAITING = "SELECT count(*) FROM waiting_proof WHERE tenant = $1 AND reported_by = $2"
_TAKE_WAITING = """
DELETE FROM waiting_proof WHERE tenant = $1 AND subject = ANY($2::text[]) AND received_at > $3 RETURNING *
"""
_DROP_WAITING = "DELETE FROM waiting_proof WHERE tenant = $1 AND subject = $2 AND received_at <= $3 RETURNING *"
WEIGHTY = ["fact", "administrative", "estimate"]
"""Classes that can move a shipment; the others are only ever shown."""


class Scans:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def keep(self, scans: Sequence[tuple[Addressee, Scan]]) -> frozenset[str]:
        unique = {
            scan.scan_id: rows.scan_row(to.shipment_id, scan)
            | {"tenant": self._tenant, "mismatched": bool(to.mismatched), "received_at": self._now}
            for to, scan in reversed(scans)
        }
        found = await self._driver.fetch(_KEEP, json_rows.encode(unique.values()))
        return frozenset(row["scan_id"] for row in found)

    async def of(self, shipment_ids: Sequence[str]) -> Mapping[str, list[Scan]]:
        found: dict[str, list[Scan]] = defaultdict(list)
        for row in await self._driver.fetch(_OF, self._tenant, list(shipment_ids), WEIGHTY):
            found[row["shipment_id"]].append(rows.read_scan(row))
        return found

    async def page(self, shipment_id: str, after: tuple[str, ...], size: int) -> list[KeptScan]:
        since, scan_id = (datetime.fromisoformat(after[0]), after[1]) if after else (_FIRST, "")
        found = await self._driver.fetch(_PAGE, self._tenant, shipment_id, since, scan_id, size)
        return [rows.read_kept(each) for each in found]

    async def void(self, scan_ids: Sequence[str]) -> None:
        await self._driver.execute(_VOID, self._tenant, list(scan_ids))

    async def unmapped(self, partner: str, key: Key, limit: int) -> list[tuple[str, Scan]]:
        sql = f"SELECT * {_UNMAPPED} ORDER BY scan_id LIMIT {int(limit)}"
        found = await self._driver.fetch(sql, self._tenant, partner, *key)
        return [(row["shipment_id"], rows.read_scan(row)) for row in found]

    async def count_unmapped(self, partner: str, key: Key) -> int:
        found: int = await self._driver.fetchval(f"SELECT count(*) {_UNMAPPED}", self._tenant, partner, *key)
        return found

    async def read_again(self, scans: Sequence[tuple[str, Scan]]) -> None:
        if scans:
            found = [rows.meaning_row(scan.meaning) | {"scan_id": scan.scan_id} for _, scan in scans]
            await self._driver.execute(_READ_AGAIN, self._tenant, json_rows.encode(found))


_FIRST = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


class Codes:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def overrides(self, partner: str) -> Mapping[Key, Meaning]:
        found = await self._driver.fetch(_OVERRIDES, self._tenant, partner)
        return {(row["vocabulary"], row["code"]): rows.read_override(row) for row in found}

    async def override(self, partner: str, key: Key, meaning: Meaning) -> int:
        await claimed(self._driver, self._tenant, "code", partner, *key)
        row = rows.meaning_row(meaning)
        said = (meaning.text, row["code_class"], row["milestone"], row["stage"], row["trouble"])
        version: int = await self._driver.fetchval(_OVERRIDE, self._tenant, partner, *key, *said, self._now)
        return version


class Proofs:
    def __init__(self, driver: Driver, tenant: str, now: datetime) -> None:
        self._driver, self._tenant, self._now = driver, tenant, now

    async def keep(self, shipment_id: str, evidence: Proof, at: datetime) -> bool:
        said = (evidence.reference, evidence.kind, evidence.content_sha256, evidence.recipient_id)
        return await self._driver.fetchval(_PROVE, self._tenant, shipment_id, *said, at, self._now) is not None

    async def page(self, shipment_id: str, after: str, size: int) -> list[KeptProof]:
        found = await self._driver.fetch(_PROOFS, self._tenant, shipment_id, after, size)
        return [
            KeptProof(
                Proof(row["kind"], row["reference"], row["content_sha256"], row["recipient_id"]),
                row["delivered_at"],
                row["received_at"],
            )
            for row in found
        ]

    async def recipient(self, shipment_id: str) -> str:
        return await self._driver.fetchval(_RECIPIENT, self._tenant, shipment_id) or ""

    async def wait(self, subject: str, said: SaidProof) -> bool:
        evidence = said.evidence
        kept = (evidence.reference, evidence.kind, evidence.content_sha256, evidence.recipient_id)
        came = (said.reported_by, said.tracking_number, said.delivered_at, said.received_at)
        return await self._driver.fetchval(_WAIT, self._tenant, subject, *kept, *came) is not None

    async def waiting(self, subject: str) -> list[SaidProof]:
        return [rows.read_said(each) for each in await self._driver.fetch(_WAITING, self._tenant, subject)]

    async def count_waiting(self, reported_by: str) -> int:
        found: int = await self._driver.fetchval(_COUNT_WAITING, self._tenant, reported_by)
        return found

    async def take(self, subjects: Sequence[str], since: datetime) -> list[tuple[str, SaidProof]]:
        found = await self._driver.fetch(_TAKE_WAITING, self._tenant, list(subjects), since)
        said = [(row["subject"], rows.read_said(row)) for row in found]
        return sorted(said, key=lambda each: (each[1].received_at, each[1].evidence.reference))

    async def drop(self, subject: str, until: datetime) -> list[SaidProof]:
        return [rows.read_said(each) for each in await self._driver.fetch(_DROP_WAITING, self._tenant, subject, until)]
