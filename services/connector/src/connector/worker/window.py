"""Where a reading by time stands: since when we ask, when the window began, and which page of it is next. Pure.

As a cursor it is a line of text: an instant, and while a window is open also when it began and the number of its page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crossdock.connector.v1 import partner_pb2

from connector.worker.fetching import NotRead, PageRead

_OVERLAP, _REACH = timedelta(minutes=5), timedelta(days=1)
_BETWEEN = ";"


@dataclass(frozen=True, slots=True)
class Window:
    said: partner_pb2.Window
    since: datetime
    began: datetime
    page: int = 1

    @classmethod
    def of(cls, cursor: str, said: partner_pb2.Window, now: datetime) -> Window:
        """Raises NotRead for a cursor that nobody wrote here."""
        if not cursor:
            return cls(said, now - (said.reach.ToTimedelta() or _REACH), now)
        try:
            since, *rest = cursor.split(_BETWEEN)
            if not rest:
                return cls(said, _instant(since), now)
            began, page = rest
            return cls(said, _instant(since), _instant(began), int(page))
        except ValueError as wrong:
            raise NotRead("the cursor is no instant: reset it", "CURSOR_UNUSABLE") from wrong

    @property
    def parameters(self) -> dict[str, str]:
        number = {self.said.page_parameter: str(self.page)} if self.said.page_parameter else {}
        return {self.said.parameter: _text(self.since), **number}

    def after(self, documents: int, page_size: int) -> PageRead:
        """A page that is full may have another one behind it; after the last one the next window begins."""
        if self.said.page_parameter and documents and documents >= page_size:
            following = _BETWEEN.join((_text(self.since), _text(self.began), str(self.page + 1)))
            return PageRead(documents, following, more=True)
        overlap = self.said.overlap.ToTimedelta() if self.said.HasField("overlap") else _OVERLAP
        return PageRead(documents, _text(max(self.since, self.began - overlap)))


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant has an offset")
    return found


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
