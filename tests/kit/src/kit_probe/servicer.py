"""A servicer whose behaviour a test may replace, method by method."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from kit_probe.contract import Answer

Behaviour = Callable[[Any], Awaitable[str]]


async def _say(request: Any) -> str:
    return str(getattr(request, "text", ""))


class ProbeServicer:
    """`on` exchanges what a unary method does; streams echo."""

    def __init__(self) -> None:
        self._behaviours: dict[str, Behaviour] = {}
        self.calls: dict[str, int] = {}

    def on(self, method: str, behaviour: Behaviour) -> None:
        self._behaviours[method] = behaviour

    async def _unary(self, method: str, request: Any) -> Any:
        self.calls[method] = self.calls.get(method, 0) + 1
        return Answer(text=await self._behaviours.get(method, _say)(request))

    async def Echo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._unary("Echo", request)

    async def Hang(self, request: Any, context: Any) -> Any:  # noqa: N802
        await asyncio.sleep(3600)

    async def Book(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._unary("Book", request)

    async def BookMany(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._unary("BookMany", request)

    async def Touch(self, request: Any, context: Any) -> Any:  # noqa: N802
        return await self._unary("Touch", request)

    async def Upload(self, requests: AsyncIterator[Any], context: Any) -> Any:  # noqa: N802
        return Answer(text=",".join([request.text async for request in requests]))

    async def Tail(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        number = 0
        while True:
            yield Answer(text=f"{request.text}{number}")
            number += 1
            if request.text and number == 3:
                return
            await asyncio.sleep(0.005)

    async def Chat(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:  # noqa: N802
        async for request in requests:
            yield Answer(text=request.text)
