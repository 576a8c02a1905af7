"""Other people's readers as oracles: on clean files they and ours see the same segments and the same elements."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import NoReturn

import crossdock_edi
import pydifact.exceptions
import pydifact.segmentcollection
import pytest
import pyx12.errors
import pyx12.x12file
import x12

SAMPLES = Path(__file__).parent / "samples"
CORPUS = Path(os.environ.get("CROSSDOCK_CORPUS", "/nowhere"))


def is_clean(path: Path) -> bool:
    """Envelopes without any finding, one interchange, US-ASCII, nothing binary: what the others can take too."""
    if not path.read_bytes().isascii() or b"\nBIN*" in path.read_bytes():
        return False
    interchanges = list(crossdock_edi.read(path))
    return len(interchanges) == 1 and interchanges[0].complete and not interchanges[0].findings


def files(standard: str) -> list[Path]:
    own = sorted((SAMPLES / standard).glob("*.edi"))
    return own + sorted(path for path in (CORPUS / standard).glob("*/*") if is_clean(path))


def refuse(path: Path, refused: Exception) -> NoReturn:
    """The other reader cannot take the file: no comparison, but never for our own samples."""
    if SAMPLES in path.parents:
        raise refused
    pytest.skip(f"the other reader refuses it: {refused}")


def ours(path: Path) -> list[tuple[str, list[str]]]:
    (interchange,) = crossdock_edi.read(path)
    segments = [segment for segment in interchange.all_segments() if segment.tag != "ISA"]
    return [(one.tag, without_end([one[position] for position in range(1, len(one) + 1)])) for one in segments]


def without_end(elements: list[str]) -> list[str]:
    while elements and not elements[-1]:
        elements.pop()
    return elements


@pytest.mark.parametrize("path", files("x12"), ids=lambda path: path.name)
def test_ansi_x12_sees_the_same_segments(path: Path) -> None:
    try:
        document = x12.tokenize_x12(path.read_bytes())
    except x12.X12Error as refused:
        refuse(path, refused)
    theirs = [
        (segment.tag, without_end([element.decode().strip("\r\n") for element in segment.elements]))
        for segment in document.segments
        if segment.tag != "ISA"
    ]

    assert ours(path) == theirs


@pytest.mark.parametrize("path", files("x12"), ids=lambda path: path.name)
def test_pyx12_sees_the_same_segments(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)
    if interchange.header is None or len(interchange.header.raw) < 105:
        pytest.skip("pyx12 reads a header by its columns")
    try:
        reader = pyx12.x12file.X12Reader(io.StringIO(path.read_text()))
    except pyx12.errors.X12Error as refused:
        refuse(path, refused)
    component = interchange.dialect.component.decode()
    theirs = []
    for segment in reader:
        tag = segment.get_seg_id()
        if tag != "ISA":
            elements = [segment.get_value(f"{position:02d}") or "" for position in range(1, len(segment) + 1)]
            theirs.append((tag, without_end([one.strip("\r\n") for one in elements])))
    mine = [(tag, without_end([one.rstrip(component) for one in elements])) for tag, elements in ours(path)]

    assert mine == [(tag, without_end([one.rstrip(component) for one in elements])) for tag, elements in theirs]


@pytest.mark.parametrize("path", files("edifact"), ids=lambda path: path.name)
def test_pydifact_sees_the_same_segments(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)
    if interchange.dialect.repetition or any(group.header for group in interchange.groups):
        pytest.skip("pydifact knows neither repetitions nor groups")
    text = path.read_bytes().decode(interchange.dialect.encoding)
    try:
        collection = pydifact.segmentcollection.RawSegmentCollection.from_str(text)
        theirs = [(one.tag, [_components(element) for element in one.elements]) for one in collection.segments]
    except pydifact.exceptions.EDISyntaxError as refused:
        refuse(path, refused)
    mine = [
        (one.tag, [list(parts) for element in one.elements for parts in element]) for one in interchange.all_segments()
    ]

    assert [(tag, _trimmed(elements)) for tag, elements in mine] == [
        (tag, _trimmed(elements)) for tag, elements in theirs if tag != "UNA"
    ]


def _components(element: object) -> list[str]:
    return [str(part) for part in element] if isinstance(element, list) else [str(element)]


def _trimmed(elements: list[list[str]]) -> list[list[str]]:
    kept = [without_end(list(one)) for one in elements]
    while kept and not kept[-1]:
        kept.pop()
    return kept
