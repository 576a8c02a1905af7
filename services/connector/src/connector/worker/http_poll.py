"""Asks a partner's API for documents, a page at a time: guarded, bounded, without redirects.

Each document of a page is handed in as the bytes that the partner wrote. Where the next page begins is the partner's
own word, kept as it came, or an instant.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
from crossdock.connector.v1 import partner_pb2
from crossdock_kit.egress import AnswerTooLarge, Egress, EgressRefused
from crossdock_kit.errors import Unavailable

from connector.worker import json_slices
from connector.worker.fetching import LONGEST_CURSOR, Fetched, NotRead, PageRead, Take
from connector.worker.http_out import wait_seconds
from connector.worker.json_slices import NotJson, Slice
from connector.worker.named_secrets import NamedSecrets
from connector.worker.window import Window

_MOST_PAGES, _LONGEST_ANSWER, _LONGEST_SECONDS, _LONGEST_NAME = 10, 1_000_000, 30.0, 200
CONTENT_TYPE = "application/json"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Calls:
    """How partners are called from here."""

    client: httpx.AsyncClient
    egress: Egress
    secrets: NamedSecrets
    now: Callable[[], datetime] = _now


@dataclass(frozen=True, slots=True)
class HttpPoll:
    """One kind of documents of one partner, as its profile has it now."""

    http: partner_pb2.Http
    route: partner_pb2.DocumentRoute
    calls: Calls

    @property
    def kind(self) -> str:
        return self.route.kind

    @property
    def most_pages(self) -> int:
        return self.route.poll.most_pages or _MOST_PAGES

    async def read(self, cursor: str, take: Take) -> PageRead:
        window = Window.of(cursor, self.route.poll.window, self.calls.now()) if self._by_time else None
        response, body = await self._asked(window.parameters if window else self._back(cursor))
        answer = _parsed(body) if response.status_code != httpx.codes.NO_CONTENT else None
        documents = list(self._documents(answer)) if answer else []
        for each in documents:
            await take(each)
        if window:
            return window.after(len(documents), self.route.poll.page_size)
        return self._next(cursor, answer, response, len(documents))

    @property
    def _by_time(self) -> bool:
        return self.route.poll.HasField("window")

    def _back(self, cursor: str) -> dict[str, str]:
        return {self.route.poll.cursor.parameter: cursor} if cursor else {}

    async def _asked(self, position: dict[str, str]) -> tuple[httpx.Response, bytes]:
        """Raises NotRead for all that can go wrong on the way."""
        poll = self.route.poll
        url = f"{self.http.url.rstrip('/')}/{(poll.path or self.route.path).lstrip('/')}"
        size = {poll.size_parameter: str(poll.page_size)} if poll.size_parameter else {}
        said = min(self.http.timeout.ToTimedelta().total_seconds() or _LONGEST_SECONDS, _LONGEST_SECONDS)
        try:
            self.calls.egress.check_url(url)
            async with asyncio.timeout(said):
                return await self._get(url, {**poll.parameters, **size, **position})
        except EgressRefused as refused:
            raise NotRead(str(refused), refused.code) from refused
        except AnswerTooLarge as refused:
            raise NotRead("the answer is too long, or compressed", refused.code) from refused
        except (httpx.HTTPError, Unavailable, TimeoutError) as error:
            raise NotRead(f"no answer: {type(error).__name__}", "NO_ANSWER") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise NotRead("the URL cannot be used", "URL_UNUSABLE") from error

    async def _get(self, url: str, parameters: dict[str, str]) -> tuple[httpx.Response, bytes]:
        headers = {"accept": CONTENT_TYPE, "user-agent": "crossdock-connector"}
        if name := self.http.credentials:
            if not (key := self.calls.secrets.read(name)):
                raise NotRead(f"the secret {name} is missing", "SECRET_MISSING")
            headers["authorization"] = f"Bearer {key}"
        longest = self.route.poll.longest_answer or _LONGEST_ANSWER
        async with self.calls.client.stream("GET", url, params=parameters, headers=headers) as response:
            _judge(response)
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > longest:
                    raise NotRead(f"the answer is longer than {longest} bytes", "ANSWER_TOO_LARGE")
            return response, bytes(body)

    def _documents(self, answer: Slice) -> Iterator[Fetched]:
        pointer = self.route.poll.documents
        found = answer.at(pointer)
        if found is None:
            raise NotRead(f"the answer has nothing at {pointer}", "NO_DOCUMENTS")
        if found.value is None:
            return
        for each in found.elements() if isinstance(found.value, list) else [found]:
            content = each.text.encode()
            yield Fetched(self._name(each, content), CONTENT_TYPE, self.route.path, content)

    def _name(self, document: Slice, content: bytes) -> str:
        """The partner's own id where the document has one, else its content."""
        words = [found.word() if (found := document.at(each)) else "" for each in self.route.poll.id]
        name = "/".join(words)
        if not all(words) or not name or not name.isprintable() or len(name) > _LONGEST_NAME:
            name = hashlib.sha256(content).hexdigest()
        return f"{self.route.kind}:{name}"[:255]

    def _next(self, cursor: str, answer: Slice | None, response: httpx.Response, count: int) -> PageRead:
        said = self.route.poll.cursor
        following = response.headers.get(said.header, "") if said.header else _word(answer, said.pointer)
        if len(following) > LONGEST_CURSOR or not following.isprintable():
            raise NotRead("the next cursor cannot be kept", "CURSOR_UNUSABLE")
        if not said.more:
            return PageRead(count, following or cursor, more=count > 0 and following not in {"", cursor})
        if not (answer and (more := answer.at(said.more)) and more.value is True):
            return PageRead(count, following or cursor)
        if following in {"", cursor}:
            raise NotRead("more is said to follow, and the cursor does not move", "CURSOR_STANDS")
        return PageRead(count, following, more=True)


def _word(answer: Slice | None, pointer: str) -> str:
    found = answer.at(pointer) if answer else None
    return found.word() if found else ""


def _parsed(body: bytes) -> Slice:
    try:
        return json_slices.read(body)
    except NotJson as wrong:
        raise NotRead(f"the answer cannot be read: {wrong}", "NOT_JSON") from wrong


def _judge(response: httpx.Response) -> None:
    status = response.status_code
    if status in {httpx.codes.OK, httpx.codes.NO_CONTENT}:
        return
    wait = min(max(wait_seconds(response.headers.get("retry-after", "")), 0), int(timedelta(days=1).total_seconds()))
    text = "redirects are not followed" if 300 <= status < 400 else "the partner did not answer the question"
    raise NotRead(f"HTTP {status}: {text}", f"HTTP_{status}", wait)
