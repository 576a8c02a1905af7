"""Page tokens (AIP-158): opaque, bound to the filters that they were made for, and without a secret in them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from google.protobuf.message import Message

from crossdock_kit.errors import InvalidFields, Violation

DEFAULT_SIZE = 100
LARGEST_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """What a list request asks for: how many, and after which place (empty for the first page)."""

    size: int
    after: tuple[str, ...]
    _filters: str

    def token(self, place: tuple[object, ...]) -> str:
        """The token of the page that begins after this place."""
        content = json.dumps([self._filters, *(str(part) for part in place)])
        return base64.urlsafe_b64encode(content.encode()).decode()


def page_of(request: Message) -> Page:
    """Reads page_size and page_token; every other field counts as a filter.

    Raises InvalidFields for a token that is not ours or that was made with other filters.
    """
    filters = type(request)()
    filters.CopyFrom(request)
    filters.ClearField("page_size")
    filters.ClearField("page_token")
    digest = hashlib.sha256(filters.SerializeToString(deterministic=True)).hexdigest()[:16]
    size = min(getattr(request, "page_size") or DEFAULT_SIZE, LARGEST_SIZE)  # noqa: B009  the fields are AIP-158's
    token = str(getattr(request, "page_token"))  # noqa: B009
    return Page(size, _place(token, digest) if token else (), digest)


def _place(token: str, digest: str) -> tuple[str, ...]:
    try:
        made_for, *place = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (binascii.Error, ValueError) as error:
        raise _refused("is not a page token of this service") from error
    if made_for != digest:
        raise _refused("was made with other filters")
    if not all(isinstance(part, str) for part in place):
        raise _refused("is not a page token of this service")
    return tuple(place)


def _refused(why: str) -> InvalidFields:
    return InvalidFields((Violation("page_token", why),))
