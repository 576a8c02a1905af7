"""Posts documents to a partner's API: guarded, bounded, without redirects, and with what makes a repetition known."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.egress import AnswerTooLarge, Egress, EgressRefused
from crossdock_kit.errors import Unavailable

from connector.worker.named_secrets import NamedSecrets
from connector.worker.sending import DEAD, DELIVERED, RETRY, Sent

# Status codes after which the same request may do later; every other refusal is final.
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# Fields in which a partner gives its own number of what it booked.
NUMBERS = ("documentNumber", "confirmationNumber", "expectedReceipt", "adviceNo", "id")
# Fields in which a partner says that it refused, whatever its status.
ERRORS = ("error", "errors")
_LARGEST_ANSWER = 64 * 1024
_DEFAULT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class HttpOut:
    """One partner's endpoint as its profile names it now."""

    client: httpx.AsyncClient
    egress: Egress
    http: partner_pb2.Http
    secrets: NamedSecrets

    async def send(self, delivery: pb.LeasedDelivery) -> Sent:
        url = self.http.url.rstrip("/") + delivery.path
        key = self.secrets.read(self.http.credentials) if self.http.credentials else ""
        if self.http.credentials and not key:
            return Sent(RETRY, f"secret missing: {self.http.credentials}")
        try:
            self.egress.check_url(url)
            return await self._post(url, delivery, key)
        except (EgressRefused, AnswerTooLarge) as refused:
            return Sent(DEAD, f"{refused.code}: {refused}")
        except (httpx.HTTPError, Unavailable) as error:
            return Sent(RETRY, f"no answer: {type(error).__name__}")
        except (httpx.InvalidURL, UnicodeError):
            return Sent(DEAD, "the URL cannot be used")

    async def _post(self, url: str, delivery: pb.LeasedDelivery, key: str) -> Sent:
        headers = {
            "content-type": delivery.content_type,
            "idempotency-key": delivery.idempotency_key,
            "crossdock-document-kind": delivery.kind,
            "user-agent": "crossdock-connector",
        }
        if key:
            headers["authorization"] = f"Bearer {key}"
        if delivery.traceparent:
            headers["traceparent"] = delivery.traceparent
        seconds = self.http.timeout.ToTimedelta().total_seconds() or _DEFAULT_SECONDS
        async with self.client.stream(
            "POST", url, content=delivery.content, headers=headers, timeout=seconds
        ) as response:
            return judged(response.status_code, response.headers.get("retry-after", ""), await _body(response))


async def _body(response: httpx.Response) -> bytes:
    """The beginning of the answer; more of it than any of ours needs is not read."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            break
    return body[:_LARGEST_ANSWER]


def judged(status: int, retry_after: str, body: bytes) -> Sent:
    """What a status means for the delivery."""
    if 200 <= status < 300 and not says_error(body):
        return Sent(DELIVERED, foreign_number=foreign_number(body))
    said = f"HTTP {status}: {body[:300].decode('utf-8', 'replace')}"
    said = "".join(letter if letter.isprintable() else " " for letter in said).strip()
    if status in AGAIN:
        return Sent(RETRY, said, retry_after_seconds=wait_seconds(retry_after))
    if 300 <= status < 400:
        return Sent(DEAD, f"HTTP {status}: redirects are not followed")
    return Sent(DEAD, said)


def wait_seconds(retry_after: str, now: datetime | None = None) -> int:
    """Retry-After as seconds; both of its forms (RFC 9110)."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return int(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, round((at - (now or datetime.now(UTC))).total_seconds()))


def says_error(body: bytes) -> bool:
    """Whether an answer with a good status says that nothing was booked, as some partners' systems do."""
    answer = _object(body)
    return any(answer.get(name) for name in ERRORS) and not foreign_number(body)


def foreign_number(body: bytes) -> str:
    """The number that the partner gave what it booked, where its answer holds one."""
    answer = _object(body)
    found = next((answer[name] for name in NUMBERS if isinstance(answer.get(name), str | int)), "")
    text = str(found)[:128]
    return text if text.isprintable() else ""


def _object(body: bytes) -> dict[str, object]:
    """The fields of a JSON object; none of anything else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}
