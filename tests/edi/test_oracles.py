"""Other people's readers as oracles: on clean files they and ours see the same segments and the same elements.

Collected is what the other reader takes: all of our own samples without question, and of the corpus the files whose
header, version and syntax it knows.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import crossdock_edi
import pydifact.exceptions
import pydifact.segmentcollection
import pytest
import pyx12.errors
import pyx12.x12file
import x12

SAMPLES = Path(__file__).parent / "samples"
CORPUS = Path(os.environ.get("CROSSDOCK_CORPUS") or "/nowhere")
Flat = list[tuple[str, list[str]]]
Nested = list[tuple[str, list[list[str]]]]


def is_clean(path: Path) -> bool:
    """Envelopes without any finding, one interchange, US-ASCII, nothing binary: what the others can take too."""
    if not path.read_bytes().isascii() or b"\nBIN*" in path.read_bytes():
        return False
    interchanges = list(crossdock_edi.read(path))
    return len(interchanges) == 1 and interchanges[0].complete and not interchanges[0].findings


def files(standard: str, reader: Callable[[Path], object], *refusals: type[Exception]) -> list[Path]:
    """Our samples, and the clean files of the corpus that the other reader does not refuse."""

    def is_taken(path: Path) -> bool:
        try:
            reader(path)
        except refusals:
            return False
        return True

    foreign = sorted(path for path in (CORPUS / standard).glob("*/*") if is_clean(path) and is_taken(path))
    return sorted((SAMPLES / standard).glob("*.edi")) + foreign


def without_end(elements: list[str]) -> list[str]:
    while elements and not elements[-1]:
        elements.pop()
    return elements


# --- what they see


def by_ansi_x12(path: Path) -> Flat:
    return [
        (segment.tag, without_end([element.decode().strip("\r\n") for element in segment.elements]))
        for segment in x12.tokenize_x12(path.read_bytes()).segments
        if segment.tag != "ISA"
    ]


def by_pyx12(path: Path) -> Flat:
    """It reads a header by its columns and knows some versions only; trailing component separators it drops."""
    header = path.read_bytes()[:106]
    if len(header.splitlines()[0]) < 105:
        raise pyx12.errors.X12Error("a header of another length")
    found = []
    for segment in pyx12.x12file.X12Reader(io.StringIO(path.read_text())):
        elements = [segment.get_value(f"{position:02d}") or "" for position in range(1, len(segment) + 1)]
        found.append((segment.get_seg_id(), without_end([one.strip("\r\n") for one in elements])))
    return [one for one in found if one[0] != "ISA"]


def by_pydifact(path: Path) -> Nested:
    """It knows neither repetitions nor groups."""
    (interchange,) = crossdock_edi.read(path)
    if interchange.dialect.repetition or any(group.header for group in interchange.groups):
        raise pydifact.exceptions.EDISyntaxError("repetitions or groups")
    text = path.read_bytes().decode(interchange.dialect.encoding)
    segments = pydifact.segmentcollection.RawSegmentCollection.from_str(text).segments
    return [(one.tag, _trimmed([_components(each) for each in one.elements])) for one in segments if one.tag != "UNA"]


def _components(element: object) -> list[str]:
    return [str(part) for part in element] if isinstance(element, list) else [str(element)]


def _trimmed(elements: list[list[str]]) -> list[list[str]]:
    kept = [without_end(list(one)) for one in elements]
    while kept and not kept[-1]:
        kept.pop()
    return kept


# --- what we see


def by_us(path: Path) -> Flat:
    (interchange,) = crossdock_edi.read(path)
    segments = [segment for segment in interchange.all_segments() if segment.tag != "ISA"]
    return [(one.tag, without_end([one[position] for position in range(1, len(one) + 1)])) for one in segments]


def nested_by_us(path: Path) -> Nested:
    (interchange,) = crossdock_edi.read(path)
    return [
        (one.tag, _trimmed([list(parts) for element in one.elements for parts in element]))
        for one in interchange.all_segments()
    ]


@pytest.mark.parametrize("path", files("x12", by_ansi_x12, x12.X12Error), ids=lambda path: path.name)
def test_ansi_x12_sees_the_same_segments(path: Path) -> None:
    assert by_us(path) == by_ansi_x12(path)


@pytest.mark.parametrize("path", files("x12", by_pyx12, pyx12.errors.X12Error), ids=lambda path: path.name)
def test_pyx12_sees_the_same_segments(path: Path) -> None:
    (interchange,) = crossdock_edi.read(path)
    component = interchange.dialect.component.decode()

    def bare(segments: Flat) -> Flat:
        return [(tag, without_end([one.rstrip(component) for one in elements])) for tag, elements in segments]

    assert bare(by_us(path)) == bare(by_pyx12(path))


@pytest.mark.filterwarnings("ignore:segments.xml not found")
@pytest.mark.parametrize(
    "path", files("edifact", by_pydifact, pydifact.exceptions.EDISyntaxError), ids=lambda path: path.name
)
def test_pydifact_sees_the_same_segments(path: Path) -> None:
    assert nested_by_us(path) == by_pydifact(path)
