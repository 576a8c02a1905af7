"""Files over SFTP: read when they stand still, put aside when they are stored; an unknown server is told nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from connector.domain.documents import State
from connector.worker.fetching import Fetched, NotRead
from connector.worker.sending import DEAD, DELIVERED, RETRY
from connector.worker.sftp import SftpInbox, SftpOut
from connector.worker.sftp_link import SftpLink
from connector_samples import files, orders
from connector_samples.partners import edi_supplier
from connector_samples.sftp_server import PASSWORD, SftpPeer, new_key, private, public, sftp_server
from connector_samples.stage import Stage
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock_kit.egress import Egress


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[SftpPeer]:
    (tmp_path / "sftp-login").write_text(PASSWORD)
    async with sftp_server(tmp_path / "root") as running:
        yield running


class Stored(list[Fetched]):
    async def take(self, document: Fetched) -> None:
        self.append(document)


def here(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if not each.is_dir())


@pytest.mark.feature("F197")
async def test_a_file_is_read_when_two_looks_found_it_alike_and_put_aside_when_it_is_stored(peer: SftpPeer) -> None:
    inbox, stored = SftpInbox(peer.link()), Stored()
    (peer.inbox / "answer.edi").write_bytes(b"ISA")
    (peer.inbox / "grows.edi").write_bytes(b"I")
    (peer.inbox / "other.edi.tmp").write_bytes(b"IS")
    (peer.inbox / ".hidden").write_bytes(b"ISA")
    (peer.inbox / "empty.edi").write_bytes(b"")
    (peer.inbox / "odd name.edi").write_bytes(b"ISA")
    (peer.inbox / "link.edi").symlink_to("/etc/passwd")
    with (peer.inbox / "huge.edi").open("wb") as huge:
        huge.truncate(4_000_001)
    assert (await inbox.read("", stored.take)).documents == 0
    (peer.inbox / "grows.edi").write_bytes(b"ISA*")
    assert (await inbox.read("", stored.take)).documents == 1
    assert stored == [Fetched("answer.edi", "application/edi-x12", "", b"ISA")]
    left = [".hidden", "grows.edi", "link.edi", "other.edi.tmp"]
    rejected = ["rejected/empty.edi", "rejected/huge.edi", "rejected/odd name.edi"]
    assert here(peer.inbox) == sorted([*left, "archive/answer.edi", *rejected])
    # The same name again does not replace what was put aside before.
    (peer.inbox / "answer.edi").write_bytes(b"ISA*2")
    await inbox.read("", stored.take)
    await inbox.read("", stored.take)
    assert [each.content for each in stored] == [b"ISA", b"ISA*", b"ISA*2"]
    assert (peer.inbox / "archive" / "answer.edi").read_bytes() == b"ISA"
    assert (peer.inbox / "archive" / "answer.edi.2").read_bytes() == b"ISA*2"


async def test_files_that_are_stored_are_removed_where_the_profile_says_so(peer: SftpPeer) -> None:
    inbox, stored = SftpInbox(peer.link(afterwards="remove")), Stored()
    (peer.inbox / "answer.edi").write_bytes(b"ISA")
    for _ in range(2):
        await inbox.read("", stored.take)
    assert len(stored) == 1
    assert here(peer.inbox) == []


async def test_a_file_that_could_not_be_stored_stays_and_is_read_again(peer: SftpPeer) -> None:
    inbox, stored = SftpInbox(peer.link()), Stored()
    (peer.inbox / "answer.edi").write_bytes(b"ISA")

    async def dies(document: Fetched) -> None:
        raise ConnectionError("the worker ends between reading and storing")

    await inbox.read("", dies)
    with pytest.raises(NotRead):
        await inbox.read("", dies)
    assert here(peer.inbox) == ["answer.edi"]
    await inbox.read("", stored.take)
    assert [each.name for each in stored] == ["answer.edi"]


def delivery(content: bytes, name: str = "850_1.edi", epoch: int = 1) -> pb.LeasedDelivery:
    return pb.LeasedDelivery(name=name, content=content, lease_epoch=epoch)


async def test_what_we_write_appears_whole_and_again_replaces_itself(peer: SftpPeer) -> None:
    out = SftpOut(peer.link())
    for epoch in (1, 2):
        assert (await out.send(delivery(b"ISA*850", epoch=epoch))).outcome == DELIVERED
        assert here(peer.outbox) == ["850_1.edi"]
    assert (peer.outbox / "850_1.edi").read_bytes() == b"ISA*850"
    assert (await out.send(delivery(b"x", name="../in/evil.edi"))).outcome == DEAD
    (peer.outbox / "850_1.edi").unlink()
    peer.outbox.rmdir()
    again = await out.send(delivery(b"ISA*850"))
    assert (again.outcome, again.answer) == (RETRY, "cannot be written: SFTPNoSuchFile")


async def refusal(to: SftpLink) -> tuple[str, str]:
    """The word and the sentence with which the inbox is not read; nothing is written either."""
    with pytest.raises(NotRead) as refused:
        await SftpInbox(to).read("", Stored().take)
    sent = await SftpOut(to).send(delivery(b"ISA"))
    assert sent.outcome == (DEAD if refused.value.code == "EGRESS_REFUSED" else RETRY)
    assert sent.answer == f"{refused.value.code}: {refused.value}"
    return refused.value.code, str(refused.value)


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_a_server_with_another_key_is_told_nothing(peer: SftpPeer, kind: str) -> None:
    code, said = await refusal(peer.link({"key": public(new_key(kind))}))
    assert code == "HOST_KEY_UNKNOWN"
    if kind == "ssh-ed25519":
        assert peer.host_key.get_fingerprint() in said
    assert peer.logins == 0
    assert here(peer.outbox) == []


async def test_two_keys_count_while_a_server_changes_them_and_an_expired_one_does_not(peer: SftpPeer) -> None:
    past, future = (f"{datetime.now(UTC) + timedelta(days=each):%Y-%m-%dT%H:%M:%SZ}" for each in (-1, 1))
    present, other = public(peer.host_key), public(new_key())
    for pinned in ([other, present], [present, other]):
        assert (await SftpInbox(peer.link(*({"key": each} for each in pinned))).read("", Stored().take)).documents == 0
    await SftpInbox(peer.link({"key": present, "expiresAt": future})).read("", Stored().take)
    assert (await refusal(peer.link({"key": present, "expiresAt": past})))[0] == "HOST_KEY_EXPIRED"
    rolled = peer.link({"key": present, "expiresAt": past}, {"key": other})
    assert (await refusal(rolled))[0] == "HOST_KEY_UNKNOWN"


async def test_one_logs_in_by_password_or_by_the_one_of_two_keys_that_the_server_takes(peer: SftpPeer) -> None:
    secret, inbox = peer.folder.parent / "sftp-login", SftpInbox(peer.link())
    await inbox.read("", Stored().take)
    for keys in ((peer.user_key,), (new_key(), peer.user_key), (peer.user_key, new_key())):
        secret.write_text(private(*keys))
        await inbox.read("", Stored().take)
    for wrong, code in (
        ("another password", "LOGIN_REFUSED"),
        (private(new_key()), "LOGIN_REFUSED"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----", "SECRET_UNUSABLE"),
        ("", "SECRET_MISSING"),
    ):
        secret.write_text(wrong)
        found, said = await refusal(inbox.link)
        assert found == code
        assert "another password" not in said
    assert peer.logins == 4


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "files.default.svc", "169.254.169.254"])
async def test_an_inner_host_is_never_spoken_with(peer: SftpPeer, host: str) -> None:
    assert (await refusal(peer.link(egress=Egress(), host=host)))[0] == "EGRESS_REFUSED"
    assert peer.logins == 0


async def test_a_name_that_leads_inside_is_never_spoken_with(peer: SftpPeer) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    assert (await refusal(peer.link(egress=Egress((), resolve), host="files.example.com")))[0] == "EGRESS_REFUSED"


async def test_nobody_at_the_address_is_no_answer(peer: SftpPeer) -> None:
    assert (await refusal(peer.link(port=9)))[0] == "NO_ANSWER"


@pytest.mark.feature("F197", "F054")
async def test_a_supplier_over_sftp_and_a_host_key_that_changed(stage: Stage, tmp_path: Path) -> None:
    (stage.folder / "secrets" / "sftp-login").write_text(PASSWORD)
    rig, subject = stage.rig, "poll/sup-files/sftp"
    async with sftp_server(tmp_path / "root") as peer:

        async def declare(*host_keys: dict[str, Any]) -> None:
            await rig.partner(
                "sup-files",
                **edi_supplier(partyId="SUP-FILES", transport=peer.transport(*host_keys)),
                retry={"first": "0.1s", "longest": "0.2s"},
            )

        unknown = {"key": public(new_key())}
        await declare(unknown)
        (peer.inbox / "answer.edi").write_bytes(files.acknowledgment(control=777_101))
        (stage.folder / "tokens" / "sup-files.jwt").write_text(stage.token("sup-files"))

        async def refused() -> bool:
            return await rig.exceptions_like(subject) == [("partner", "HOST_KEY_UNKNOWN", "integration")]

        await stage.until(refused)
        assert peer.logins == 0
        # The partner says that it changed its key: the new one stands beside the old one, and what waited is read.
        await declare(unknown, {"key": public(peer.host_key)})
        order = orders.order(number="PO-SFTP", purchase_order_id="id-sftp", supplier_id="SUP-FILES")
        await rig.tell(orders.released(order), aggregate="purchase_order/id-sftp")

        async def both_ways() -> bool:
            sent = "SELECT state FROM document WHERE partner = 'sup-files' AND outbound AND kind = 'x12.850'"
            return (peer.inbox / "archive" / "answer.edi").exists() and await rig.value(sent) == State.SENT

        await stage.until(both_ways)
        assert await rig.value("SELECT count(*) FROM document WHERE partner = 'sup-files' AND NOT outbound") == 1
        [written] = peer.outbox.iterdir()
        assert b"PO-SFTP" in written.read_bytes()

        async def resolved() -> bool:
            return await rig.exceptions_like(subject) == []

        await stage.until(resolved)
        await rig.partner("sup-files", **edi_supplier(partyId="SUP-FILES", transport=peer.transport()), state="stopped")
