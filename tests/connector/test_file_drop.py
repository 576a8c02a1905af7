"""Folders as transport: what comes in and what appears, and what may not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from connector.domain.documents import State
from connector.worker.file_drop import FileOut, Inbox, folder_of
from connector.worker.sending import DEAD
from connector.worker.service import PartnerService
from connector_samples import files, orders
from connector_samples.stage import Stage
from crossdock.connector.v1 import connector_service_pb2 as pb


@pytest.mark.feature("F197")
async def test_a_file_that_stands_still_is_handed_in_and_archived(stage: Stage) -> None:
    inbox = folder_of(stage.folder / "transport", "sup-nordic/in")
    content = files.acknowledgment(control=777_001)
    (inbox / "growing.edi.tmp").write_bytes(content[:50])
    (inbox / ".hidden").write_bytes(content)
    (inbox / "link.edi").symlink_to("/etc/passwd")
    (inbox / "empty.edi").write_bytes(b"")
    (inbox / "answer.edi").write_bytes(content)

    async def archived() -> bool:
        return (inbox / "archive" / "answer.edi").exists() and (inbox / "rejected" / "empty.edi").exists()

    await stage.until(archived)
    assert await stage.rig.value("SELECT count(*) FROM document WHERE name = 'answer.edi'") == 1
    assert sorted(each.name for each in inbox.iterdir()) == [
        ".hidden",
        "archive",
        "growing.edi.tmp",
        "link.edi",
        "rejected",
    ]
    assert await stage.rig.value("SELECT count(*) FROM document WHERE name IN ('link.edi', '.hidden')") == 0


@pytest.mark.feature("F054")
async def test_an_850_appears_whole_in_the_suppliers_folder(stage: Stage) -> None:
    outbox = folder_of(stage.folder / "transport", "sup-nordic/out")
    order = orders.order(number="PO-FILE", purchase_order_id="id-file")
    await stage.rig.tell(orders.released(order), aggregate="purchase_order/id-file")

    async def there() -> bool:
        return any(b"PO-FILE" in each.read_bytes() for each in outbox.glob("850_*.edi"))

    await stage.until(there)

    async def reported() -> bool:
        state = await stage.rig.value(
            "SELECT state FROM document WHERE 'po:4500000001' = ANY(keys) AND kind = 'x12.850'"
            " ORDER BY position DESC LIMIT 1"
        )
        return bool(state == State.SENT)

    await stage.until(reported)
    assert not list(outbox.glob("*.tmp"))


def test_a_folder_that_leads_out_of_the_transport_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        folder_of(tmp_path / "root", "../../etc")


async def test_a_name_that_is_no_file_name_is_never_written(tmp_path: Path) -> None:
    sent = await FileOut(tmp_path).send(pb.LeasedDelivery(name="../evil", content=b"x"))
    assert sent.outcome == DEAD
    assert list(tmp_path.iterdir()) == []


async def test_files_keep_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    seen: list[str] = []

    class Service(PartnerService):
        def __init__(self) -> None:
            self.partner = "p"

        async def hand_in(self, *, name: str, content_type: str, path: str, content: bytes) -> Any:
            seen.append(name)

    for number, name in enumerate(("b.edi", "c.edi", "a.edi")):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, ns=(number, number))
    inbox = Inbox(tmp_path, Service())
    await inbox.round()
    await inbox.round()
    assert seen == ["b.edi", "c.edi", "a.edi"]
