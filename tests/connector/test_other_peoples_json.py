"""What shops and carriers really post: each document is understood or refused, and orders and trackers are read.

Runs over the folder that CROSSDOCK_CORPUS names, if it names one, and always over what these tests wrote themselves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from connector.codecs import json_document
from connector.codecs.json_document import DocumentFault
from connector.mappings.registry import INBOUND
from connector_samples import orders
from crossdock.delivery.v1 import delivery_service_pb2 as delivery
from crossdock.fulfillment.v1 import fulfillment_service_pb2 as sales
from crossdock.options.v1 import options_pb2
from crossdock_kit.ids import derived
from crossdock_kit.validation import validate

KINDS = {"shopify": "shop.order", "easypost": "easypost.tracker", "ups": "ups.track_alert"}
OWN: dict[str, tuple[str, dict[str, Any]]] = {
    "own order": (
        "shopify",
        {
            "name": "#1001",
            "created_at": "2026-11-20T10:00:00-05:00",
            "currency": "EUR",
            "line_items": [{"id": 7, "sku": "A1001", "quantity": 2, "price": "2.50"}],
        },
    ),
    "own refund": ("shopify", {"id": 7, "refund_line_items": []}),
    "own tracker": (
        "easypost",
        {
            "object": "Tracker",
            "tracking_code": "EZ42",
            "tracking_details": [{"status": "in_transit", "datetime": "2026-11-01T08:00:00Z"}],
        },
    ),
    "own alert": (
        "ups",
        {
            "trackingNumber": "1Z999",
            "activityStatus": {"type": "I", "code": "OT"},
            "gmtActivityDate": "20261102",
            "gmtActivityTime": "135004",
        },
    ),
}


def _documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, (of, body) in OWN.items():
        yield name, of, body
    corpus = os.environ.get("CROSSDOCK_CORPUS", "")
    for of in KINDS if corpus else ():
        for path in sorted(Path(corpus, "json", of).glob("*.json")):
            for place, body in enumerate(_bodies(json.loads(path.read_text(encoding="utf-8")))):
                yield f"{of}/{path.stem}/{place}", of, body


def _bodies(content: Any) -> Iterator[dict[str, Any]]:
    """A file's document, without what an API wraps around one or several."""
    if not isinstance(content, dict):
        return
    wrapped = [each for name in ("order", "orders", "trackers") for each in _listed(content.get(name))]
    yield from wrapped or [content]


def _listed(found: Any) -> list[dict[str, Any]]:
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _says(of: str, body: dict[str, Any]) -> bool:
    """Whether it is what a webhook of its kind tells us: an order with lines, a tracker with a history, an activity."""
    if of == "shopify":
        return bool(body.get("line_items")) and "name" in body
    if of == "easypost":
        tracker = body.get("result") or body
        return bool(tracker.get("object") == "Tracker" and tracker.get("tracking_details"))
    return "activityStatus" in body


DOCUMENTS = {name: (of, body) for name, of, body in _documents()}


class AnyItem:
    """A crosswalk that knows every item of a shop under its own number."""

    def __init__(self, codes: Any) -> None:
        self._codes = codes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codes, name)

    def item(self, code: str, qualifier: str = "") -> str:
        return code[:40]

    def packing(self, sku: str) -> Any:
        return self._codes.packing("A1001")


@pytest.mark.feature("F112", "F137")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_others_is_understood_or_says_why_not(name: str) -> None:
    of, body = DOCUMENTS[name]
    partner = orders.partner(options_pb2.ROLE_CHANNEL, name="shop-eu", party_id="CUS-SHOP")
    known = orders.reading(partner)
    reading = replace(known, codes=AnyItem(known.codes))
    try:
        request: Any = INBOUND[KINDS[of]].read(json_document.decode(json.dumps(body).encode()), reading).request
    except DocumentFault as fault:
        assert not _says(of, body), fault  # noqa: PT017
        assert fault.problem  # noqa: PT017
        return
    request.request_id = str(derived("of others", name))
    validate(request)
    if isinstance(request, sales.PlaceOrderRequest):
        assert 0 < len(request.lines) <= len(body["line_items"])
    else:
        assert isinstance(request, delivery.RecordCarrierUpdatesRequest)
        assert all(each.tracking_number and each.HasField("occurred_at") for each in request.updates)
