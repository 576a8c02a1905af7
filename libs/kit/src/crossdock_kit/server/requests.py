"""What arrives in the place of a request: a message, or bytes that are none or too many.

What is wrong with the bytes is said by the guard, after the caller is known and with details; only beyond
`LARGEST_ON_WIRE` gRPC itself answers, without any. Must not know a method's meaning.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError, Message

from crossdock_kit.errors import Exhausted, Invalid
from crossdock_kit.validation import validate

LARGEST_MESSAGE = 4 * 1024 * 1024
# Room to receive what is refused: twice as much, because the bytes of a refused message are held, too.
LARGEST_ON_WIRE = 2 * LARGEST_MESSAGE


@dataclass
class MessageTooLarge(Exhausted):
    """A message larger than a server takes; to be sent in parts, where its method has a way."""

    size_bytes: int
    limit_bytes: int = LARGEST_MESSAGE

    def __str__(self) -> str:
        return f"the message has {self.size_bytes} bytes, the limit is {self.limit_bytes}: send less at once"


class Malformed:
    """Stands for request bytes that are no message; the guard refuses it in the place of the request."""

    request_id = ""


@dataclass(frozen=True, slots=True)
class Oversized:
    """Stands for a request of so many bytes, which nobody reads."""

    size_bytes: int
    request_id: str = ""


def decoder(message: type[Message]) -> Callable[[bytes], Any]:
    parse = message.FromString

    def decode(raw: bytes) -> Any:
        if len(raw) > LARGEST_MESSAGE:
            return Oversized(len(raw))
        try:
            return parse(raw)
        except DecodeError:
            return Malformed()

    return decode


def checked(request: Any) -> Any:
    """The request under the rules of its contract. Raises Invalid or MessageTooLarge."""
    if isinstance(request, Malformed):
        raise Invalid("the request's bytes are not the message that the method takes")
    if isinstance(request, Oversized):
        raise MessageTooLarge(request.size_bytes)
    validate(request)
    return request


async def each_checked(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield checked(request)
