"""What the worker process is told from outside. It has no database and no broker to be told of."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from crossdock_kit.settings import ProcessSettings, setting, words


@dataclass(frozen=True, kw_only=True)
class WorkerSettings(ProcessSettings):
    tokens_dir: Path = setting("CROSSDOCK_WORKER_TOKENS_DIR", Path)
    secrets_dir: Path = setting("CROSSDOCK_SECRETS_DIR", Path)
    transport_dir: Path = setting("CROSSDOCK_TRANSPORT_DIR", Path)
    http_listen: str = setting("CROSSDOCK_HTTP_LISTEN", default="127.0.0.1:0")
    # Only these partners; all that have a token where it is empty.
    partners: tuple[str, ...] = setting("CROSSDOCK_WORKER_PARTNERS", words, default=())
    # A successor of the same name takes over at once; another name waits for the lease to run out.
    worker: str = setting("CROSSDOCK_WORKER_NAME", default=socket.gethostname())
    poll_seconds: float = setting("CROSSDOCK_FILE_POLL_SECONDS", float, default=0.1)
    body_seconds: float = setting("CROSSDOCK_BODY_SECONDS", float, default=5.0)
