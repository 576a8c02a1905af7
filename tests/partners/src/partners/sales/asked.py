"""A carrier that tells nobody anything: it is asked for its trackers page by page, and tells the hasty to wait."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from partners.journal import Journal
from partners.picking import Parcel
from partners.sales.carrier import Carrier, tracker_of
from partners.sales.day import SalesOrder

PARTNER = "car-roam"
PAGE = 2
EVERY = 3
"""So many requests are answered, the next one is told to wait."""
RETRY_AFTER_SECONDS = 1
_HASTE_SECONDS = 0.05
"""The answer is on its way for a while before the waiting begins; that only makes who waits come later."""


class AskedCarrier(Carrier):
    """Its cursor is how many trackers were read. `hasty` counts who came before the time that he was told."""

    def __init__(self, code: str, order: Callable[[str], SalesOrder | None], journal: Journal, token: str) -> None:
        super().__init__(PARTNER, code, order)
        self._journal, self._token = journal, token
        self._trackers: list[dict[str, Any]] = []
        self._served = self._refused = 0
        self._wait_until = 0.0
        self.hasty = 0
        self.routes = [Route("/trackers", self._asked, methods=["GET"])]

    @property
    def refused(self) -> int:
        return self._refused

    async def tell(self, parcel: Parcel, word: str, at: datetime) -> None:
        """It is there to be read."""
        tracker = tracker_of(parcel, word, at, self.code)
        self._trackers.append({"id": f"trk_{parcel.tracking}", **tracker})

    def check(self) -> None:
        super().check()
        if self.hasty:
            raise ValueError(f"{self.partner} was asked {self.hasty} times before the time that it had named")

    async def _asked(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return JSONResponse({"error": "unauthorised"}, 401)
        now = time.monotonic()
        self.hasty += now < self._wait_until - _HASTE_SECONDS
        self._served += 1
        if self._served % (EVERY + 1) == 0:
            self._wait_until = now + RETRY_AFTER_SECONDS
            self._refused += 1
            return JSONResponse({"error": "slow down"}, 429, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        return self._page(int(request.query_params.get("after") or 0))

    def _page(self, first: int) -> Response:
        page = self._trackers[first : first + PAGE]
        for each in page:
            key = f"{each['tracking_code']}/{each['status']}"
            self._journal.add(self.partner, "sent", "easypost.tracker", key, json.dumps(each).encode())
        following = str(first + len(page)) if page else None
        body = json.dumps({"trackers": page, "next": following})
        return Response(body, media_type="application/json")
