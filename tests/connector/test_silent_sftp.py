"""A server that lists for ever, or takes a request and never answers it, holds nobody up for longer than agreed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest
from connector.worker.fetching import Fetched, NotRead
from connector.worker.sending import RETRY
from connector.worker.sftp import SftpInbox, SftpOut
from connector_samples.sftp_server import PASSWORD, SftpPeer, sftp_server
from crossdock.connector.v1 import connector_service_pb2 as pb

BRIEF, PATIENCE = 0.5, 30


class Endless(asyncssh.SFTPServer):
    """Its folder has one more entry, whenever the next one is asked for; none of them is a document."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        while True:
            yield asyncssh.SFTPName(b".hidden", attrs=asyncssh.SFTPAttrs(permissions=0o100644, size=3, mtime=1))


class Silent(asyncssh.SFTPServer):
    """Takes what is asked of its folder and files, and answers nothing of it."""

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        return await asyncio.Event().wait()

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        await asyncio.Event().wait()
        yield asyncssh.SFTPName(path)


class Dumb(asyncssh.SFTPServer):
    """Lists what is there and takes a file as written, and does not answer when it is closed."""

    async def close(self, file_obj: object) -> None:
        await asyncio.Event().wait()


async def take(document: Fetched) -> None:
    """Stored."""


@asynccontextmanager
async def served_by(kind: type[asyncssh.SFTPServer], folder: Path) -> AsyncIterator[SftpPeer]:
    (folder / "sftp-login").write_text(PASSWORD)
    root = str(folder / "root").encode()
    async with sftp_server(folder / "root", serves=lambda _, channel: kind(channel, chroot=root)) as peer:
        (peer.inbox / "answer.edi").write_bytes(b"ISA")
        yield peer


async def fault_of(inbox: SftpInbox) -> tuple[str, str]:
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(NotRead) as fault:
            await inbox.read("", take)
    return fault.value.code, str(fault.value)


async def test_a_folder_without_end_is_read_no_further_than_agreed(tmp_path: Path) -> None:
    async with served_by(Endless, tmp_path) as peer:
        inbox = SftpInbox(peer.link())
        assert await fault_of(inbox) == ("INBOX_TOO_FULL", "the inbox holds more than 20000 entries")


@pytest.mark.parametrize("kind", [Silent, Dumb])
async def test_who_is_silent_is_let_go_of_and_asked_again_on_a_new_connection(
    tmp_path: Path, kind: type[asyncssh.SFTPServer]
) -> None:
    async with served_by(kind, tmp_path) as peer:
        inbox, out = SftpInbox(peer.link(), patience_seconds=BRIEF), SftpOut(peer.link(), patience_seconds=BRIEF)
        for turn in (1, 2):
            # The first look of two finds nothing that stands still, so a server that lists has not been tried by it.
            if kind is Dumb and turn == 1:
                await inbox.read("", take)
            assert await fault_of(inbox) == ("INBOX_UNREADABLE", "the inbox cannot be read: TimeoutError")
            async with asyncio.timeout(PATIENCE):
                sent = await out.send(pb.LeasedDelivery(name="850.edi", content=b"ISA", lease_epoch=turn))
            assert (sent.outcome, sent.answer) == (RETRY, "cannot be written: TimeoutError")
        assert peer.logins >= 4


async def test_a_worker_that_ends_does_not_wait_for_a_silent_server(tmp_path: Path) -> None:
    async with served_by(Silent, tmp_path) as peer:
        reading = asyncio.create_task(SftpInbox(peer.link()).read("", take))
        async with asyncio.timeout(PATIENCE):
            while not peer.logins:
                await asyncio.sleep(0.01)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        assert reading.cancelled()


async def test_a_link_is_shared_and_who_gives_up_takes_the_connection_along(tmp_path: Path) -> None:
    async with served_by(Silent, tmp_path) as peer:
        link = peer.link()
        hasty, patient = SftpInbox(link, patience_seconds=BRIEF), SftpInbox(link)
        found = await asyncio.gather(fault_of(hasty), fault_of(patient))
        assert [code for code, _ in found] == ["INBOX_UNREADABLE"] * 2
        assert peer.logins == 1


async def test_a_slow_folder_is_read_in_several_looks(tmp_path: Path) -> None:
    async with served_by(asyncssh.SFTPServer, tmp_path) as peer:
        for number in range(3):
            (peer.inbox / f"more-{number}.edi").write_bytes(b"ISA")
        inbox = SftpInbox(peer.link(), enough_seconds=0)
        assert [(await inbox.read("", take)).documents for _ in range(6)] == [0, 1, 1, 1, 1, 0]
