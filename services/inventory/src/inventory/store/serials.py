"""Pieces by their serials, as rows: what is said of them is written with the place that it leaves, by one statement.

A piece may be at two places that two works write at once, and only together they contradict each other: whoever names
pieces of an item holds a lock on the item's serials until the end of the work, taken after those on stock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import asyncpg
from crossdock_kit import policy
from crossdock_kit.database.claims import groups_claimed
from crossdock_kit.driver import Driver
from crossdock_kit.errors import FailureClass
from crossdock_kit.exceptions import NewException
from crossdock_kit.ids import uuid7
from crossdock_kit.policy import PolicyBook, Scope
from crossdock_kit.unit_of_work import Work as KitWork

from inventory.domain.accounts import Account
from inventory.domain.concerns import identity
from inventory.domain.item import Item
from inventory.domain.movement import Document, StockKey
from inventory.domain.serials import (
    NEVER_THERE,
    NOT_THERE,
    SERIAL_CONTRADICTORY,
    Doubts,
    SerialPlace,
    SerialWord,
    doubted,
    doubts_subject,
    together,
)
from inventory.store.master_data import StoredMasterData

AT_GOODS_ISSUE = "inventory.serials_at_goods_issue"
"""Its value: true, where pieces are scanned when they leave and not before; false where no rule is."""
MOST_NAMED = 5
"""Pieces that an exception names; it says how many there are."""
_PLACE = "tenant, sku, serial, location_id, business_unit"
_NOTE = f"""
WITH said AS (
  INSERT INTO serial_word (tenant, sku, location_id, business_unit, word_id, serial, change, source, bucket, lot,
    document, system, transaction_id, occurred_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::int2[], $8::int2[],
    $9::int2[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
)
INSERT INTO serial_stock AS s
  (tenant, sku, location_id, business_unit, serial, on_hand, bucket, lot, said_at, changed_at, document)
SELECT * FROM unnest($15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::int2[], $21::int2[],
  $22::text[], $23::timestamptz[], $24::timestamptz[], $25::text[])
ON CONFLICT ({_PLACE}) DO UPDATE SET
  on_hand = s.on_hand + excluded.on_hand,
  bucket = CASE WHEN excluded.said_at >= s.said_at THEN excluded.bucket ELSE s.bucket END,
  document = CASE WHEN excluded.said_at >= s.said_at THEN excluded.document ELSE s.document END,
  lot = CASE WHEN excluded.lot <> '' AND (excluded.said_at >= s.said_at OR s.lot = '') THEN excluded.lot
    ELSE s.lot END,
  said_at = greatest(s.said_at, excluded.said_at),
  changed_at = greatest(s.changed_at, excluded.changed_at)
"""  # noqa: S608
_OF_PIECES = """
SELECT * FROM serial_stock JOIN unnest($1::text[], $2::text[], $3::text[]) AS k (tenant, sku, serial)
  USING (tenant, sku, serial)
"""
_AT = """
SELECT s.* FROM serial_stock s JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[])
  AS k (tenant, sku, location_id, business_unit) USING (tenant, sku, location_id, business_unit)
WHERE s.on_hand <> 0 OR s.serial = ANY ($5::text[])
"""
_DOUBT = f"""
UPDATE serial_stock s SET doubt = k.doubt
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS k ({_PLACE}, doubt)
WHERE (s.tenant, s.sku, s.serial, s.location_id, s.business_unit)
  = (k.tenant, k.sku, k.serial, k.location_id, k.business_unit)
"""  # noqa: S608
_IN_DOUBT = f"""
SELECT tenant, sku, location_id, business_unit, count(*) AS pieces,
  (array_agg(serial ORDER BY serial))[1:{MOST_NAMED}] AS serials,
  (array_agg(doubt ORDER BY serial))[1:{MOST_NAMED}] AS doubts
FROM serial_stock JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[])
  AS k (tenant, sku, location_id, business_unit) USING (tenant, sku, location_id, business_unit)
WHERE doubt <> '' GROUP BY tenant, sku, location_id, business_unit
"""  # noqa: S608
_SAID_BY = "SELECT * FROM serial_word WHERE tenant = $1 AND transaction_id = $2 ORDER BY word_id"


class StoredSerials:
    """The pieces of one open work."""

    def __init__(self, work: KitWork) -> None:
        self._work = work

    @property
    def _driver(self) -> Driver:
        return self._work.driver

    async def note(self, words: Sequence[SerialWord]) -> None:
        if not words:
            return
        for tenant in sorted({each.key.tenant for each in words}):
            skus = {each.key.sku for each in words if each.key.tenant == tenant}
            await groups_claimed(self._driver, tenant, "serials", skus)
        await self._driver.execute(_NOTE, *_word_columns(words), *_place_columns(together(words)))
        pieces = sorted({(each.key.tenant, each.key.sku, each.serial) for each in words})
        places = list(map(_place, await self._driver.fetch(_OF_PIECES, *_columns(pieces))))
        await self._judge(places, words)

    async def _judge(self, places: Sequence[SerialPlace], words: Sequence[SerialWord]) -> None:
        """Keeps what is in doubt now, and tells the place's warehouse of it or that it is settled."""
        judged = doubted(places)
        if suspected := {place.key for place, doubt in judged.items() if doubt in {NEVER_THERE, NOT_THERE}}:
            judged = doubted(places, await self._unseen(suspected))
        changed = {place: doubt for place, doubt in judged.items() if doubt != place.doubt}
        if not changed:
            return
        rows = [
            (*_identity(place), doubt) for place, doubt in sorted(changed.items(), key=lambda its: _identity(its[0]))
        ]
        await self._driver.execute(_DOUBT, *_columns(rows))
        keys = sorted({place.key for place in changed})
        found = {each.key: each for each in map(_doubts, await self._driver.fetch(_IN_DOUBT, *_columns(keys)))}
        for key in keys:
            if key not in found:
                named = identity(SERIAL_CONTRADICTORY, doubts_subject(key))
                self._work.resolve_exception(named, "no piece is in doubt any more", tenant=key.tenant)
            elif any(judged[place] for place in changed if place.key == key):
                self._raise(found[key], words)

    async def _unseen(self, keys: Collection[StockKey]) -> set[StockKey]:
        """Those whose pieces are scanned when they leave and not before, as the policy says of item and place."""
        found: set[StockKey] = set()
        for tenant in sorted({key.tenant for key in keys}):
            book = await policy.read(self._driver, tenant, [AT_GOODS_ISSUE])
            if not book.of(AT_GOODS_ISSUE):
                continue
            its = sorted(key for key in keys if key.tenant == tenant)
            items = await StoredMasterData(self._driver).known(tenant, {key.sku for key in its})
            found |= {key for key in its if self._at_issue(key, items.get(key.sku), book)}
        return found

    def _at_issue(self, key: StockKey, item: Item | None, book: PolicyBook) -> bool:
        category = item.category if item else ""
        place = Scope(business_unit=key.business_unit, item_category=category, location=key.location_id)
        return book.decide(AT_GOODS_ISSUE, place, self._work.now, False).value is True

    def _raise(self, doubts: Doubts, words: Sequence[SerialWord]) -> None:
        told = (each.document.transaction_id for each in words if each.key.sku == doubts.key.sku)
        concern = doubts.concern(tuple(dict.fromkeys(each for each in told if each)))
        self._work.raise_exception(
            NewException(
                failure_class=FailureClass.BUSINESS,
                code=concern.code,
                summary=concern.summary,
                owner=concern.owner,
                subject=concern.subject,
                transaction_ids=concern.transaction_ids,
                keys=concern.keys,
                tenant=concern.tenant,
            )
        )

    async def at(self, keys: Iterable[StockKey], serials: Iterable[str]) -> list[SerialPlace]:
        wanted = sorted(set(keys))
        if not wanted:
            return []
        return list(map(_place, await self._driver.fetch(_AT, *_columns(wanted), sorted(set(serials)))))

    async def said_by(self, tenant: str, transaction_id: str) -> list[SerialWord]:
        return list(map(_word, await self._driver.fetch(_SAID_BY, tenant, transaction_id)))


def _columns(rows: Iterable[Iterable[object]]) -> list[list[object]]:
    return [list(each) for each in zip(*rows, strict=True)]


def _identity(place: SerialPlace) -> tuple[str, ...]:
    key = place.key
    return key.tenant, key.sku, place.serial, key.location_id, key.business_unit


def _key(row: asyncpg.Record) -> StockKey:
    return StockKey(*(row[name] for name in StockKey._fields))


def _place(row: asyncpg.Record) -> SerialPlace:
    facts = ("serial", "on_hand", "lot", "said_at", "changed_at", "document", "doubt")
    return SerialPlace(key=_key(row), bucket=Account(row["bucket"]), **{name: row[name] for name in facts})


def _doubts(row: asyncpg.Record) -> Doubts:
    return Doubts(_key(row), tuple(zip(row["serials"], row["doubts"], strict=True)), row["pieces"])


def _word(row: asyncpg.Record) -> SerialWord:
    document = Document(row["document"], row["occurred_at"], row["system"], row["transaction_id"])
    accounts = Account(row["source"]), Account(row["bucket"])
    return SerialWord(_key(row), row["serial"], row["change"], *accounts, row["lot"], document)


def _word_columns(words: Sequence[SerialWord]) -> list[list[object]]:
    return _columns(
        (
            *each.key,
            uuid7(),
            each.serial,
            each.change,
            each.source,
            each.bucket,
            each.lot,
            each.document.name,
            each.document.system,
            each.document.transaction_id,
            each.document.occurred_at,
        )
        for each in words
    )


def _place_columns(places: Sequence[SerialPlace]) -> list[list[object]]:
    return _columns(
        (
            *each.key,
            each.serial,
            each.on_hand,
            each.bucket,
            each.lot,
            each.said_at,
            each.changed_at,
            each.document,
        )
        for each in places
    )
