"""Commands that name people rest sealed: under the key of the partner and month of the document that they came from.

So nothing of a person stands in a delivery row in clear, and what drops the document's key drops the command's. It must
not know who carries a command.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from crossdock_kit.database import Engine, transaction
from crossdock_kit.deliveries import Leased, NewDelivery

from connector.ports import Kept, OpenVault, Vault

NAMES_PEOPLE = frozenset(
    {
        "fulfillment.PlaceOrder",
        "fulfillment.OpenOrder",
        "delivery.RecordProofOfDelivery",
        "delivery.RecordCarrierUpdates",
        "catalog.PutMasterData",
    }
)
"""Kinds of commands whose request has a person in it."""


async def sealed(delivery: NewDelivery, of: Kept, vault: OpenVault) -> NewDelivery:
    """The command as it is stored; `of` is the document that it came from."""
    if delivery.kind not in NAMES_PEOPLE:
        return delivery
    kept = Kept(of.tenant, of.partner, of.at, hashlib.sha256(delivery.payload).hexdigest())
    head = json.dumps({"partner": kept.partner, "at": kept.at.isoformat(), "sha256": kept.sha256})
    ciphertext = await vault.seal(kept, delivery.payload)
    return replace(delivery, payload=head.encode() + b"\n" + ciphertext)


async def payload_of(leased: Leased, engine: Engine, vault: Vault) -> bytes:
    """The command as it is said. Raises KeyDropped where its document's time of retention is over."""
    if leased.kind not in NAMES_PEOPLE:
        return leased.payload
    head, _, ciphertext = leased.payload.partition(b"\n")
    said = json.loads(head)
    kept = Kept(leased.tenant, said["partner"], datetime.fromisoformat(said["at"]), said["sha256"])
    async with transaction(engine, [leased.tenant]) as tx:
        return await vault.within(tx.driver).open(kept, ciphertext)
