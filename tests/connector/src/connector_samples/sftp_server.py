"""A partner's SFTP server on this machine: asyncssh's own, with a folder of its own and keys that can be changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import asyncssh
from connector import profiles
from connector.worker.named_secrets import NamedSecrets
from connector.worker.sftp_link import SftpLink
from crossdock_kit.egress import Egress

from connector_samples.partners import edi_supplier

HERE = Egress((ip_network("127.0.0.0/8"),))
USER, PASSWORD = "acme", "the-password"


def new_key(kind: str = "ssh-ed25519") -> asyncssh.SSHKey:
    return asyncssh.generate_private_key(kind)


def public(key: asyncssh.SSHKey) -> str:
    """As a profile pins it."""
    return " ".join(key.export_public_key().decode().split()[:2])


def private(*keys: asyncssh.SSHKey) -> str:
    """As a secret holds them: one below the other."""
    return "".join(key.export_private_key().decode() for key in keys)


@dataclass
class SftpPeer:
    """`folder` is what the partner sees as its root."""

    folder: Path
    host_key: asyncssh.SSHKey
    user_key: asyncssh.SSHKey = field(default_factory=new_key)
    port: int = 0
    logins: int = 0

    @property
    def inbox(self) -> Path:
        return self.folder / "in"

    @property
    def outbox(self) -> Path:
        return self.folder / "out"

    def transport(self, *host_keys: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The part of a profile; pins the server's present key unless the test says others."""
        said = {
            "host": "127.0.0.1",
            "port": self.port,
            "username": USER,
            "credentials": "sftp-login",
            "hostKeys": list(host_keys) or [{"key": public(self.host_key)}],
            "inbox": "in",
            "outbox": "out",
            "every": "1s",
        }
        return {"sftp": said | more}

    def link(self, *host_keys: dict[str, Any], egress: Egress = HERE, **more: Any) -> SftpLink:
        """As a worker has it whose profile says this; its secret lies beside the server's folder."""
        spec = edi_supplier(transport=self.transport(*host_keys, **more), businessUnit="EU01")
        resource = {"apiVersion": profiles.API_VERSION, "kind": profiles.KIND, "metadata": {"name": "p"}, "spec": spec}
        return SftpLink(profiles.profile_of(resource).transport.sftp, egress, NamedSecrets(self.folder.parent))

    def session(self) -> asyncssh.SSHServer:
        peer = self

        class Session(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                return (username, password) == (USER, PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == USER and public(key) == public(peer.user_key)

            def auth_completed(self) -> None:
                peer.logins += 1

        return Session()


Serves = Callable[[Path, "asyncssh.SSHServerChannel[bytes]"], asyncssh.SFTPServer]


def honest(folder: Path, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
    return asyncssh.SFTPServer(channel, chroot=str(folder).encode())


@asynccontextmanager
async def sftp_server(
    folder: Path, host_key: asyncssh.SSHKey | None = None, serves: Serves = honest
) -> AsyncIterator[SftpPeer]:
    peer = SftpPeer(folder, host_key or new_key())
    for each in (peer.inbox, peer.outbox):
        each.mkdir(parents=True, exist_ok=True)
    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=peer.session,
        server_host_keys=[peer.host_key],
        sftp_factory=lambda channel: serves(folder, channel),
        config=None,
        gss_host=None,
    )
    peer.port = listener.get_port()
    try:
        yield peer
    finally:
        listener.close()
        await listener.wait_closed()
