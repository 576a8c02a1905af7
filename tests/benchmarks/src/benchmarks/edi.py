"""The EDI library beside other people's readers, on one core, in turn: reading, checking, streaming, typed views."""

from __future__ import annotations

import gc
import io
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import crossdock_edi
import pydifact.segmentcollection
import pyx12.params
import pyx12.x12file
import pyx12.x12n_document
import x12
from crossdock_local.embedded import EmbeddedServers

from benchmarks.figures import Figure

_ROUNDS = 7
_HUNDRED_KB = 100_000
_MB = 1_000_000
_ISA = b"ISA*00*          *00*          *ZZ*NORTHBRIDGE    *ZZ*KELLERTOOLS    *261121*0815*U*00401*000000001*0*P*>~\n"
_GS = b"GS*PO*NORTHBRIDGE*KELLERTOOLS*20261121*0815*1*X*004010~\n"


logging.getLogger("pyx12").setLevel(logging.CRITICAL)


async def run(servers: EmbeddedServers) -> Sequence[Figure]:
    """Floors are the promises of the library; `servers` is not used: nothing here touches a server."""
    del servers
    return list(figures())


def figures() -> Iterator[Figure]:
    x12_file = b"".join(orders(messages=20, lines=70))
    edifact_file = edifact_order(lines=850)
    envelope, ansi, pyx12_speed = speeds(x12_file, read_envelopes, read_ansi_x12, read_pyx12)
    yield Figure("EDI: X12 with envelope checks, 100 KB", envelope, "MB/s", 30.0, "MB/s promised", floor=1.0)
    yield Figure("EDI: the same beside ansi-x12", envelope, "MB/s", ansi, "MB/s", floor=1.0)
    yield Figure("EDI: the same beside pyx12", envelope, "MB/s", pyx12_speed, "MB/s", floor=1.0)
    (checked,) = speeds(x12_file, check_all)
    yield Figure("EDI: 850 checked in full", checked, "MB/s", 3.0, "MB/s promised", floor=1.0)
    # pyx12 describes no order; the 999 is a set that both check element by element.
    checked, checking_peer = speeds(acknowledgment(messages=2_000), check_all, check_pyx12)
    yield Figure("EDI: 999 checked in full", checked, "MB/s", checking_peer, "MB/s by pyx12", floor=5.0)
    edifact, elements, pydifact_speed = speeds(edifact_file, read_envelopes, read_segments, read_pydifact)
    yield Figure("EDI: EDIFACT with envelope checks", edifact, "MB/s", pydifact_speed, "MB/s", floor=10.0)
    # pydifact cannot do less than take every element apart, so this is the same work.
    yield Figure("EDI: EDIFACT, every element taken apart", elements, "MB/s", pydifact_speed, "MB/s", floor=10.0)
    yield typed_view()
    yield streamed()


# --- what is measured


def read_envelopes(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        if interchange.findings:
            raise AssertionError(interchange.findings[0].text)


def read_segments(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        for message in interchange.messages:
            for segment in message.segments:
                _ = segment.elements


def check_all(data: bytes) -> None:
    for interchange in crossdock_edi.read(data):
        for found in crossdock_edi.check(interchange):
            raise AssertionError(found.text)


def read_ansi_x12(data: bytes) -> None:
    x12.parse_x12_interchange(x12.tokenize_x12(data))


def read_pyx12(data: bytes) -> None:
    for _ in pyx12.x12file.X12Reader(io.StringIO(data.decode())):
        pass


def check_pyx12(data: bytes) -> None:
    if not pyx12.x12n_document.x12n_document(pyx12.params.ParamsBase(), io.StringIO(data.decode()), None, None):
        raise AssertionError("pyx12 refuses the file")


def read_pydifact(data: bytes) -> None:
    for segment in pydifact.segmentcollection.RawSegmentCollection.from_str(data.decode("iso-8859-1")).segments:
        _ = segment.elements


def typed_view() -> Figure:
    """One 850 of 10,000 lines, read and mapped; promised in 2 s."""
    data = b"".join(orders(messages=1, lines=10_000))
    began = time.process_time()
    (interchange,) = crossdock_edi.read(data)
    (message,) = interchange.messages
    document = crossdock_edi.parse(message)
    taken = time.process_time() - began
    if len(getattr(document, "lines", ())) != 10_000:
        raise AssertionError("lines were lost")
    return Figure("EDI: 850 of 10,000 lines, typed", taken, "s", 2.0, "s promised", floor=1.0, less_is_better=True)


def streamed() -> Figure:
    """50 MB from a file in a process of its own; promised in 32 MiB beyond what Python and the library take."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.edi"
        with path.open("wb") as out:
            out.writelines(orders(messages=11_000, lines=70))
        taken = subprocess.run(
            [sys.executable, "-m", "benchmarks.edi", str(path)], check=True, capture_output=True, text=True
        ).stdout
    return Figure(
        "EDI: 50 MB streamed, extra memory", float(taken), "MiB", 32.0, "MiB promised", floor=1.0, less_is_better=True
    )


def _extra_memory(path: Path) -> float:
    before = _memory("VmRSS")
    for interchange in crossdock_edi.read(path):
        read = sum(1 for _ in interchange.messages)
        if read != 11_000 or interchange.findings:
            raise AssertionError(f"{read} messages, {interchange.findings[:1]}")
    return (_memory("VmHWM") - before) / 1024


def _memory(name: str) -> int:
    """A line of the process's status in KiB; unlike getrusage it does not count what the parent once held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def speeds(data: bytes, *readers: Callable[[bytes], None]) -> list[float]:
    """Megabytes a second of each, in turn; processor time, and of some rounds the least disturbed: what else the
    machine does can only take away from a reader's speed."""
    taken: list[list[float]] = [[] for _ in readers]
    gc.collect()
    gc.freeze()  # what the benchmark has imported is nobody's work
    for _ in range(_ROUNDS):
        for reader, times in zip(readers, taken, strict=True):
            gc.collect()  # what another left behind is not this one's to clear away
            began = time.process_time()
            reader(data)
            times.append(time.process_time() - began)
    gc.unfreeze()
    return [len(data) / _MB / min(times) for times in taken]


# --- what it is measured on


def orders(messages: int, lines: int) -> Iterator[bytes]:
    """An interchange of 850s, message by message."""
    yield _ISA + _GS
    body = b"".join(
        b"PO1*%d*12*EA*9.25*PE*VP*KT-%d*UP*012345678905~\nPID*F****TORQUE WRENCH HALF INCH~\n" % (line, line)
        for line in range(1, lines + 1)
    )
    head = b"N1*ST*WAREHOUSE EAST*92*EAST~\n"
    for number in range(1, messages + 1):
        start = b"ST*850*%04d~\nBEG*00*SA*45%08d**20261121~\n" % (number, number)
        yield start + head + body + b"CTT*%d~\nSE*%d*%04d~\n" % (lines, 2 * lines + 5, number)
    yield b"GE*%d*1~\nIEA*1*000000001~\n" % messages


def acknowledgment(messages: int) -> bytes:
    """A 999 that accepts many messages (of a type that pyx12 knows)."""
    body = b"".join(b"AK2*837*%04d*005010X222A1~\nIK5*A~\n" % number for number in range(1, messages + 1))
    counts = b"AK9*A*%d*%d*%d~\nSE*%d*0001~\n" % (messages, messages, messages, 2 * messages + 4)
    isa = _ISA.replace(b"*U*00401*", b"*^*00501*")
    group = _GS.replace(b"GS*PO", b"GS*FA").replace(b"004010", b"005010X231")
    head = isa + group + b"ST*999*0001*005010X231~\nAK1*HC*1*005010X222A1~\n"
    return head + body + counts + b"GE*1*1~\nIEA*1*000000001~\n"


def edifact_order(lines: int) -> bytes:
    """One ORDERS whose lines differ in all that lines differ in; the same at each run."""
    draw = random.Random(7).randrange
    head = b"UNB+UNOC:3+5412345000013:14+5498765000010:14+261121:0815+1'\nUNH+1+ORDERS:D:96A:UN'\nBGM+220+45001+9'\n"
    body = b"".join(
        b"LIN+%d++%d:EN'\nPIA+1+KT-%d:SA'\nIMD+F++:::WRENCH %d MM'\n"
        b"QTY+21:%d:EA'\nDTM+2:202612%02d:102'\nPRI+AAA:%d.%02d'\n"
        % (
            *(line, 5412345000000 + draw(10**6), 7 * line, draw(6, 40)),
            *(draw(1, 400), draw(1, 29), draw(200), draw(100)),
        )
        for line in range(1, lines + 1)
    )
    return head + body + b"UNS+S'\nCNT+2:%d'\nUNT+%d+1'\nUNZ+1+1'\n" % (lines, 6 * lines + 5)


if __name__ == "__main__":
    print(_extra_memory(Path(sys.argv[1])))
