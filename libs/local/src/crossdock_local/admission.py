"""Lets the workers of a stack on this machine speak as a partner: its token lies where they look for it."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock_local.identity import Caller, Issuer
from crossdock_local.place import Place
from crossdock_local.surroundings import partner_tokens

WORKER_PERMISSIONS = ("connector.worker.act",)


def admit(place: Place, tenants: Sequence[str], partner: str) -> None:
    """Writes the partner's token anew; a worker that runs takes it up by itself."""
    caller = Caller(partner, tuple(tenants), WORKER_PERMISSIONS, partner)
    Issuer(place.folder("identity")).write_token(partner_tokens(place.secrets) / f"{partner}.jwt", caller)
