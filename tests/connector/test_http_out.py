"""Posts to a partner's API: repeated until it has them, given up when it says no."""

from __future__ import annotations

import pytest
from connector.use_cases.deliver import reason_of
from connector.worker.http_out import foreign_number, judged, wait_seconds
from connector.worker.sending import DEAD, DELIVERED, RETRY
from connector_samples.stage import Stage
from crossdock.procurement.events.v1 import events_pb2
from starlette.responses import JSONResponse, Response


def receipt(number: int) -> events_pb2.GoodsReceived:
    event = events_pb2.GoodsReceived(
        receipt_id=f"0190c0de-0000-7000-8000-{number:012d}", number=f"RC-{number}", location_id="WH-EAST"
    )
    event.receipt.business_unit = "HTTP"
    return event


@pytest.mark.feature("F186")
@pytest.mark.feature("F219")
async def test_a_post_is_repeated_with_the_same_key_and_bytes_until_the_partner_has_it(stage: Stage) -> None:
    stage.partner.requests.clear()
    stage.partner.answers[:] = [Response(status_code=503), Response(status_code=500)]
    event = receipt(1)
    await stage.rig.tell(event, aggregate=f"receipt/{event.receipt_id}")

    async def posted() -> bool:
        return bool(
            await stage.rig.value(
                "SELECT foreign_number FROM document WHERE source_aggregate = $1", f"receipt/{event.receipt_id}"
            )
        )

    await stage.until(posted)
    assert len(stage.partner.requests) == 3
    assert {headers["idempotency-key"] for _, headers, _ in stage.partner.requests} == {event.receipt_id}
    assert len({body for _, _, body in stage.partner.requests}) == 1
    path, headers, _ = stage.partner.requests[0]
    assert (path, headers["authorization"]) == ("/goods-receipts", "Bearer the-key")
    assert headers["crossdock-document-kind"] == "json.goods_receipt"


async def test_a_final_refusal_is_an_exception_with_an_owner_and_is_not_repeated(stage: Stage) -> None:
    stage.partner.requests.clear()
    stage.partner.answers[:] = [JSONResponse({"error": "no such plant"}, 422)]
    event = receipt(2)
    await stage.rig.tell(event, aggregate=f"receipt/{event.receipt_id}")

    async def dead() -> bool:
        return bool(await stage.rig.value("SELECT count(*) FROM delivery WHERE state = 'dead'"))

    await stage.until(dead)
    assert len(stage.partner.requests) == 1
    assert any(code == "DELIVERY_REFUSED" for _, code, _ in await stage.rig.exceptions_like("delivery/%"))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, DELIVERED),
        (201, DELIVERED),
        (301, DEAD),
        (400, DEAD),
        (404, DEAD),
        (409, DEAD),
        (408, RETRY),
        (429, RETRY),
        (503, RETRY),
    ],
)
def test_what_a_status_means(status: int, outcome: int) -> None:
    assert judged(status, "", b"").outcome == outcome


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"error": {"code": "E42", "message": "not booked"}}', DEAD),
        (b'{"errors": ["no such item"]}', DEAD),
        (b'{"errors": [], "id": "5"}', DELIVERED),
        (b'{"id": "5", "error": "printed without a logo"}', DELIVERED),
        (b"<html>error</html>", DELIVERED),
    ],
)
def test_a_partner_that_says_200_and_an_error_has_not_booked(body: bytes, outcome: int) -> None:
    assert judged(200, "", body).outcome == outcome


@pytest.mark.feature("F231")
def test_retry_after_is_honoured_in_both_its_forms() -> None:
    assert judged(429, "7", b"").retry_after_seconds == 7
    from datetime import UTC, datetime

    now = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    assert wait_seconds("Mon, 02 Nov 2026 08:00:30 GMT", now) == 30
    assert wait_seconds("Mon, 02 Nov 2026 07:00:00 GMT", now) == 0
    assert wait_seconds("soon", now) == 0


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b'{"documentNumber": "5"}', "5"),
        (b'{"id": 7}', "7"),
        (b"[1]", ""),
        (b"<html>", ""),
        (b'{"id": {"a": 1}}', ""),
        (b"[" * 9999, ""),
    ],
)
def test_the_partners_number_is_read_from_its_answer(body: bytes, number: str) -> None:
    assert foreign_number(body) == number


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('HTTP 503: {"error": "Mr Smith is away"}', "HTTP_503"),
        ("no answer: ConnectTimeout", "NO_ANSWER"),
        ("the URL cannot be used", "THE_URL_CANNOT_BE_USED"),
        ("", ""),
    ],
)
def test_a_timeline_has_the_code_of_a_failure_and_not_the_partners_words(said: str, code: str) -> None:
    assert reason_of(said) == code
