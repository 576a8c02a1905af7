"""Connections to a partner's SFTP server: guarded, and only to who proves it by a key that the profile pins.

A connection is shared by what happens at the same time and closed when nothing does. Nothing of this machine's user is
used: no configuration, no agent, no keys, no known hosts.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import asyncssh
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.egress import Egress, EgressRefused
from crossdock_kit.errors import Unavailable

from connector.worker.named_secrets import NamedSecrets

# That a connection was opened and closed is no news: it happens every minute.
logging.getLogger("asyncssh").setLevel(logging.WARNING)

T = TypeVar("T")
_PORT, _CONNECT_SECONDS, _LOGIN_SECONDS, _CLOSE_SECONDS = 22, 10.0, 15.0, 5.0
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


class NotConnected(Exception):
    """The server cannot be spoken with: a sentence and a word, without secrets."""

    def __init__(self, fault: str, code: str) -> None:
        super().__init__(fault)
        self.code = code


class _Judge(asyncssh.SSHClient):
    """Hears of a host key that is not among those that count, and remembers what it was."""

    shown = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key.get_fingerprint()
        return False


@dataclass(eq=False)
class _Opened:
    connection: asyncssh.SSHClientConnection
    client: asyncssh.SFTPClient
    users: int = 0

    async def close(self) -> None:
        self.connection.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.connection.wait_closed()
                return
        # Whoever does not say good-bye keeps no socket of ours.
        self.connection.abort()


@dataclass(eq=False)
class SftpLink:
    """One partner's server as its profile names it now."""

    sftp: partner_pb2.Sftp
    egress: Egress
    secrets: NamedSecrets
    _current: _Opened | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def use(self, seconds: float, work: Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, T]]) -> T:
        """Raises NotConnected, and TimeoutError after `seconds`; otherwise what `work` and asyncssh raise.

        Work that is given up would wait for an answer once more, to close what it opened: a server that is silent keeps
        it there for ever, through every cancellation. So its connection goes first, and whoever shares it tries again.
        """
        async with asyncio.timeout(seconds), self._shared() as opened:
            task = asyncio.create_task(work(opened.client))
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                opened.connection.abort()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                raise
            return task.result()

    @asynccontextmanager
    async def _shared(self) -> AsyncIterator[_Opened]:
        async with self._opening:
            if self._current is None or self._current.connection.is_closed():
                self._current = await self._open()
            opened = self._current
            opened.users += 1
        try:
            yield opened
        finally:
            opened.users -= 1
            if not opened.users:
                if self._current is opened:
                    self._current = None
                await opened.close()

    async def _open(self) -> _Opened:
        """To the first of the checked addresses that answers."""
        keys, login, port = self._host_keys(), self._login(), self.sftp.port or _PORT
        try:
            addresses = await self.egress.check(self.sftp.host, port)
        except EgressRefused as refused:
            raise NotConnected(str(refused), refused.code) from refused
        except Unavailable as error:
            raise NotConnected(str(error), "NO_ANSWER") from error
        failure: OSError | TimeoutError = OSError("the name has no address")
        for address in addresses:
            try:
                return await self._connect(address, port, keys, login)
            except (OSError, TimeoutError) as error:
                failure = error
        raise NotConnected(f"no answer: {type(failure).__name__}", "NO_ANSWER") from failure

    async def _connect(self, address: str, port: int, keys: list[asyncssh.SSHKey], login: dict[str, Any]) -> _Opened:
        judge = _Judge()
        try:
            connection = await asyncssh.connect(
                address,
                port,
                client_factory=lambda: judge,
                known_hosts=(keys, [], []),
                username=self.sftp.username,
                config=None,
                agent_path=None,
                gss_host=None,
                x509_trusted_certs=None,
                x509_trusted_cert_paths=[],
                compression_algs=None,
                connect_timeout=_CONNECT_SECONDS,
                login_timeout=_LOGIN_SECONDS,
                keepalive_interval=_LOGIN_SECONDS,
                **login,
            )
        except asyncssh.Error as error:
            raise _refusal(error, judge.shown) from error
        try:
            return _Opened(connection, await connection.start_sftp_client())
        except asyncssh.Error as error:
            connection.abort()
            raise NotConnected("the server logs us in and offers no SFTP", "NO_SFTP") from error
        except asyncio.CancelledError:
            # It logs us in and is silent: who waited has given up, and nobody else knows of the connection.
            connection.abort()
            raise

    def _host_keys(self) -> list[asyncssh.SSHKey]:
        now = datetime.now(UTC)
        counts = [each for each in self.sftp.host_keys if not _is_past(each, now)]
        if not counts:
            raise NotConnected("every host key of the profile has expired", "HOST_KEY_EXPIRED")
        try:
            return [asyncssh.import_public_key(each.key) for each in counts]
        except asyncssh.KeyImportError as wrong:
            raise NotConnected("a host key of the profile cannot be read", "HOST_KEY_UNREADABLE") from wrong

    def _login(self) -> dict[str, Any]:
        name = self.sftp.credentials
        secret = self.secrets.read(name)
        if not secret:
            raise NotConnected(f"the secret {name} is missing", "SECRET_MISSING")
        if not secret.startswith("-----BEGIN"):
            return {"password": secret, "client_keys": None, "preferred_auth": "password,keyboard-interactive"}
        try:
            keys = [asyncssh.import_private_key(each) for each in _PRIVATE_KEY.findall(secret)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as wrong:
            raise NotConnected(f"the secret {name} holds no private key that can be used", "SECRET_UNUSABLE") from wrong
        return {"client_keys": keys, "preferred_auth": "publickey"}


def _is_past(key: partner_pb2.HostKey, now: datetime) -> bool:
    return key.HasField("expires_at") and key.expires_at.ToDatetime(tzinfo=UTC) <= now


def _refusal(error: asyncssh.Error, shown: str) -> NotConnected:
    if shown:
        text = f"the server shows the key {shown}, which the profile does not pin"
        return NotConnected(text, "HOST_KEY_UNKNOWN")
    if isinstance(error, asyncssh.KeyExchangeFailed) and "host key" in error.reason:
        return NotConnected("the server has no key of a kind that the profile pins", "HOST_KEY_UNKNOWN")
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return NotConnected("the server shows a key that the profile does not pin", "HOST_KEY_UNKNOWN")
    if isinstance(error, asyncssh.PermissionDenied):
        return NotConnected("the server does not take the user or its credentials", "LOGIN_REFUSED")
    return NotConnected(f"no answer: {type(error).__name__}", "NO_ANSWER")
