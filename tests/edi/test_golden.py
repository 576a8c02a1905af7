"""Messages and findings of every file of ours, sound and broken, as one table that a change must show itself in.

`python tests/edi/test_golden.py` writes the table anew.
"""

from __future__ import annotations

from pathlib import Path

import crossdock_edi

HERE = Path(__file__).parent
TABLE = HERE / "golden.tsv"
FILES = sorted(HERE.glob("samples/*/*.edi")) + sorted(HERE.glob("broken/*.edi"))


def row(path: Path) -> str:
    interchanges = list(crossdock_edi.read(path))
    messages = ",".join(message.type for one in interchanges for message in one.messages)
    found = (finding for one in interchanges for finding in crossdock_edi.check(one))
    told = " ".join(f"{one.code}@{one.offset}" for one in found)
    return "\t".join((path.relative_to(HERE).as_posix(), str(len(interchanges)), messages, told))


def table() -> str:
    return "\n".join(["file\tinterchanges\tmessages\tfindings", *map(row, FILES)]) + "\n"


def test_every_file_of_ours_says_what_the_table_says() -> None:
    assert table().splitlines() == TABLE.read_text().splitlines()


if __name__ == "__main__":
    TABLE.write_text(table())
