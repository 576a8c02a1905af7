"""Breaks samples: small wounds anywhere, and one piece repeated until the file is large.

Everything comes from the random source that is handed in, so that a seed repeats it.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

_SAMPLES = Path(__file__).parents[2]
SEEDS = [path.read_bytes() for path in sorted([*_SAMPLES.glob("samples/*/*.edi"), *_SAMPLES.glob("broken/*.edi")])]
_FOREIGN = (
    *(b"*", b"~", b"'", b"+", b":", b"?", b">", b"^", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf"),
    *(b"ISA*", b"GS*", b"ST*", b"SE*", b"TA1*", b"BIN*99999*", b"HL*1*1*I~"),
    *(b"UNA:+.? '", b"UNB+", b"UNG+", b"UNT+", b"CPS+1+1'"),
)
LARGE = 2**20


def mutated(source: random.Random) -> bytes:
    """One sample with one to six wounds."""
    data = bytearray(source.choice(SEEDS))
    for _ in range(source.randint(1, 6)):
        start = source.randrange(len(data) or 1)
        end = min(len(data), start + source.randint(0, 60))
        match source.randint(0, 4):
            case 0:
                del data[start:end]
            case 1:
                data[start:start] = data[start:end] * source.randint(1, 4)
            case 2:
                data[start:end] = source.randbytes(end - start)
            case 3:
                data[start:start] = source.choice(_FOREIGN)
            case _:
                other = source.choice([seed for seed in SEEDS if seed])
                data[start:end] = other[source.randrange(len(other)) :][: source.randint(1, 200)]
    return bytes(data)


def grown(source: random.Random, size: int = LARGE) -> bytes:
    """A sample, wounded or not, with one piece of it repeated to a given size, its numbers counted up or not."""
    data = mutated(source) if source.random() < 0.5 else source.choice(SEEDS)
    data = data or b"~"
    start = source.randrange(len(data))
    piece = data[start : start + source.choice((1, 1, 2, 4, 12, 40, 150, 600))]
    times = max(1, (size - len(data)) // len(piece))
    if source.random() < 0.5:
        return data[:start] + piece * times + data[start:]
    return data[:start] + b"".join(_counted(piece, times)) + data[start:]


def _counted(piece: bytes, times: int) -> list[bytes]:
    """The piece again and again, every number in it one more than the last time."""
    parts = re.split(rb"(\d{1,9})", piece)
    if len(parts) == 1:
        return [piece] * times
    template = b"".join(b"%d" if index % 2 else part.replace(b"%", b"%%") for index, part in enumerate(parts))
    first = [int(part) for part in parts[1::2]]
    return [template % tuple(number + turn for number in first) for turn in range(times)]
