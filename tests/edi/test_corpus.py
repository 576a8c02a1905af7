"""Other people's files: all are read to their end, and what is structurally sound survives writing and reading.

Collected where CROSSDOCK_CORPUS names the folder; a checkout without it passes without these tests.
"""

from __future__ import annotations

import os
from pathlib import Path

import crossdock_edi
import pytest

FOLDER = Path(os.environ.get("CROSSDOCK_CORPUS") or "unnamed")
FILES = sorted(path for part in ("x12", "edifact") for path in (FOLDER / part).glob("*/*"))


def test_the_corpus_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without files would show nothing."""
    with capsys.disabled():
        print(f"\ncorpus: {len(FILES)} files")
    assert FILES, "CROSSDOCK_CORPUS names no folder of documents"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_corpus_is_read_to_its_end(path: Path) -> None:
    size = path.stat().st_size
    for interchange in crossdock_edi.read(path):
        for message in interchange.messages:
            assert message.segments[0].tag in {"ST", "UNH"}
            for finding in crossdock_edi.check_message(message):
                assert 0 <= finding.offset <= size
        list(crossdock_edi.check(interchange))
        crossdock_edi.acknowledge(interchange)


def packed(data: bytes) -> bytes:
    """Without byte order mark, blanks and line ends, which are many and mean nothing."""
    return data.removeprefix(b"\xef\xbb\xbf").translate(None, b" \t\r\n\x00\x1a")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_of_a_file_of_the_corpus_every_byte_is_written_again_but_blanks_and_rubbish(path: Path) -> None:
    interchanges = list(crossdock_edi.read(path))
    written = packed(b"".join(crossdock_edi.write(one) for one in interchanges))
    rubbish = any(found.code == "junk" for one in interchanges for found in one.findings)

    assert written in packed(path.read_bytes()) if rubbish else written == packed(path.read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sound_file_of_the_corpus_is_written_and_read_back_equal(path: Path) -> None:
    for interchange in crossdock_edi.read(path):
        if not interchange.complete:
            continue
        data = crossdock_edi.write(interchange)
        again = list(crossdock_edi.read(data))
        assert [m.segments for one in again for m in one.messages] == [m.segments for m in interchange.messages]


def test_how_many_files_were_read(capsys: pytest.CaptureFixture[str]) -> None:
    read = messages = findings = 0
    for path in FILES:
        for interchange in crossdock_edi.read(path):
            messages += interchange.message_count
            findings += len(interchange.findings)
        read += 1
    with capsys.disabled():
        print(f"\nread {read} files of the corpus: {messages} messages, {findings} findings in envelopes")
    assert read == len(FILES)
