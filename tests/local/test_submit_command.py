"""What `crossdock submit` says of the ends of documents."""

from __future__ import annotations

import pytest
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock_cli.submit import documents_table, end_of, why
from rich.console import Console

KNOWN = pb.Document(document_id="doc-2", state=pb.DOCUMENT_STATE_DUPLICATE, related_document_id="doc-1")
REFUSED = pb.Document(document_id="doc-3", state=pb.DOCUMENT_STATE_REFUSED, reason="BIG: the number is missing")
PARTLY = pb.Document(
    document_id="doc-4",
    state=pb.DOCUMENT_STATE_EXCEPTION,
    messages=[pb.DocumentMessage(reason="unknown order"), pb.DocumentMessage(reason="unknown order")],
)


@pytest.mark.parametrize(
    ("document", "end", "because"),
    [
        (KNOWN, "repetition", "of doc-1"),
        (REFUSED, "refused", "BIG: the number is missing"),
        (PARTLY, "exception", "unknown order"),
        (pb.Document(document_id="doc-5", state=pb.DOCUMENT_STATE_UNDERSTOOD), "understood", ""),
    ],
)
def test_an_end_is_one_word_and_its_reason(document: pb.Document, end: str, because: str) -> None:
    assert (end_of(document), why(document)) == (end, because)


def test_a_repetition_names_the_document_that_was_known() -> None:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(documents_table([("answer.edi", KNOWN)]))
    assert captured.get().splitlines()[1].split() == ["answer.edi", "doc-2", "0", "0", "repetition", "of", "doc-1"]
