"""A carrier whose trackers are asked for, and an API that has them page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

KIND = "easypost.tracker"


def tracker(code: str, status: str = "in_transit", day: int = 1) -> dict[str, Any]:
    at = f"2026-11-{day:02d}T20:00:00Z"
    return {
        "object": "Tracker",
        "id": f"trk_{code}",
        "tracking_code": code,
        "carrier": "UPS",
        "updated_at": at,
        "tracking_details": [{"status": status, "datetime": at, "message": "Scanned", "tracking_location": {}}],
    }


def route(**poll: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "path": "/trackers",
        "documents": "/trackers",
        "id": ["/id", "/updated_at"],
        "cursor": {"parameter": "after", "pointer": "/next"},
    }
    said = {name: each for name, each in (said | poll).items() if each is not None}
    return {"kind": KIND, "direction": "IN", "path": "trackers", "poll": said}


def carrier(url: str, *, retry: dict[str, Any] | None = None, **poll: Any) -> dict[str, Any]:
    """Its profile's spec."""
    return {
        "role": "CARRIER",
        "transport": {"http": {"url": url, "credentials": "key"}},
        "documents": [route(**poll)],
        "retry": {"first": "0.05s", "longest": "0.1s", "breakerFailures": 3} | (retry or {}),
    }


@dataclass
class TrackerApi:
    """Pages by their cursor, the first by none. `instead` is answered before any of them."""

    pages: dict[str, Any] = field(default_factory=dict)
    instead: list[Response] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        self.headers.append(dict(request.headers))
        if self.instead:
            return self.instead.pop(0)
        page = self.pages.get(request.query_params.get("after", ""), {"trackers": [], "next": None})
        return page if isinstance(page, Response) else Response(_text(page), media_type="application/json")


def pages(*lists: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One after the other, by the cursors c1, c2 and so on; the last one is asked for again and again."""
    found: dict[str, Any] = {}
    for number, each in enumerate(lists):
        last = number == len(lists) - 1
        found[f"c{number}" if number else ""] = {"trackers": list(each), "next": None if last else f"c{number + 1}"}
    return found


def _text(page: Any) -> bytes:
    return page if isinstance(page, bytes) else json.dumps(page, indent=1).encode()


def refused(status: int, **headers: str) -> Response:
    return JSONResponse(
        {"error": "Mr Smith says no"}, status, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
