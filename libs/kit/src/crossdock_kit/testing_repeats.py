"""Calls by somebody who says some of them twice, for tests of any service: a refusal has to change nothing and to stay.

A call that is repeated under its own id has to get the same answer; the same document under another id may be known or
refused, and changes nothing either. Never imported by code that runs in production.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import grpc

from crossdock_kit.peers import reason_in, status_in

ONCE, SAME_CALL, SAME_DOCUMENT = "once", "same call", "same document"
HOW_OFTEN = (ONCE, SAME_CALL, SAME_DOCUMENT)
REFUSALS = frozenset(
    {
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.ALREADY_EXISTS,
    }
)
SECONDS = 60.0
Method = Callable[..., Awaitable[Any]]


class Speaker:
    """`look` gives all that a call could change, to be compared."""

    def __init__(self, look: Callable[[], Awaitable[object]]) -> None:
        self._look = look
        self.refused = ""
        """Why the last call was, if it was."""

    async def say(self, method: Method, request: Any, how: str = ONCE) -> Any:
        """The answer, None where the call is refused. Raises what is neither: an error of the service."""
        before = await self._look()
        self.refused, answer = await _said(method, request)
        if self.refused:
            _must(await self._look() == before, f"a refused call ({self.refused}) changed something")
            again, _ = await _said(method, request)
            _must(again == self.refused, f"refused by {self.refused}, and said again by {again or 'nothing'}")
            return None
        if how != ONCE:
            await self._say_again(method, request, how, answer)
        return answer

    async def _say_again(self, method: Method, request: Any, how: str, answer: Any) -> None:
        before, twin = await self._look(), type(request).FromString(request.SerializeToString())
        if how == SAME_DOCUMENT:
            twin.request_id = str(uuid4())
        _, again = await _said(method, twin)
        _must(how == SAME_DOCUMENT or again == answer, "the same call was answered otherwise")
        _must(await self._look() == before, f"{type(request).__name__} said again changed something")


def _must(holds: bool, words: str) -> None:
    if not holds:
        raise AssertionError(words)


async def _said(method: Method, request: Any) -> tuple[str, Any]:
    """Why it is refused, or the answer."""
    try:
        return "", await method(request, timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        if error.code() not in REFUSALS:
            raise
        return reason_in(status_in(error)) or error.code().name, None
