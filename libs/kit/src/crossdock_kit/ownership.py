"""Who may write which attribute, as the contract's options say, and what is shown when several have spoken.

Pure. Each source's word is kept with its instant; the highest role that has spoken is shown, of one role the latest
word, whatever the order of arrival. What another owns is refused with the reason and never merged. The same options
make the table in docs/. It must not know a contract: descriptors are given, and roles are numbers of options.v1.Role.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import crossdock
from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.message import Message

Writers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says about one attribute. `origin` is the system instance ("WMS-EAST"), `at` when it said so."""

    role: int
    origin: str
    value: Any
    at: datetime

    @property
    def source(self) -> tuple[int, str]:
        return self.role, self.origin


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a word.

    `shown`: it is what everybody sees now. `kept`: a higher owner has spoken. `late`: the same source has said
    something newer. `refused`: the attribute belongs to `writers`. `said` is the latest word of each source.
    """

    effect: Literal["shown", "kept", "late", "refused"]
    word: Said
    writers: Writers
    said: tuple[Said, ...]
    shown: Said | None
    before: Said | None

    @property
    def accepted(self) -> bool:
        return self.effect != "refused"

    @property
    def changed(self) -> bool:
        """Whether the value that everybody sees is another one now."""
        return self.effect == "shown" and (self.before is None or self.before.value != self.word.value)

    @property
    def reason(self) -> str:
        """A sentence for a refusal; empty otherwise."""
        return refusal(self.word.role, self.writers)


ROLES = {name.removeprefix("ROLE_"): number for name, number in options_pb2.Role.items()}


def role_name(role: int) -> str:
    """ERP for ROLE_ERP."""
    return options_pb2.Role.Name(options_pb2.Role.ValueType(role)).removeprefix("ROLE_")


@dataclass(frozen=True, slots=True)
class Ownership:
    """The contract's rules with a deployment's overrides, by (message's full name, field): writers in precedence."""

    overrides: Mapping[tuple[str, str], Writers] = field(default_factory=dict)

    def writers(self, message: Descriptor, name: str) -> Writers:
        """In order of precedence. A field without the option belongs to nobody outside. Raises KeyError."""
        declared = message.fields_by_name[name].GetOptions().Extensions[options_pb2.ownership].writers
        return self.overrides.get((message.full_name, name), tuple(declared))

    def apply(self, message: Descriptor, name: str, said: Sequence[Said], word: Said) -> Verdict:
        """One word about one attribute, given the latest word of each source so far."""
        writers = self.writers(message, name)
        before = shown(writers, said)
        if word.role not in writers:
            return Verdict("refused", word, writers, tuple(said), before, before)
        earlier = next((each for each in said if each.source == word.source), None)
        if earlier is not None and _age(earlier) > _age(word):
            return Verdict("late", word, writers, tuple(said), before, before)
        now_said = (*(each for each in said if each.source != word.source), word)
        now_shown = shown(writers, now_said)
        effect: Literal["shown", "kept"] = "shown" if now_shown is word else "kept"
        return Verdict(effect, word, writers, now_said, now_shown, before)

    def apply_message(
        self, update: Message, names: Iterable[str], said: Mapping[str, Sequence[Said]], by: Said
    ) -> dict[str, Verdict]:
        """The fields of a masked update, each by itself: `by` says who and when, the values come from `update`."""
        message = cast(Descriptor, update.DESCRIPTOR)
        return {
            name: self.apply(
                message,
                name,
                said.get(name, ()),
                Said(by.role, by.origin, getattr(update, name), by.at),
            )
            for name in names
        }


def shown(writers: Writers, said: Sequence[Said]) -> Said | None:
    """The word of the highest writer that has spoken; of its instances the latest. None while no owner has spoken."""
    for role in writers:
        spoken = [each for each in said if each.role == role]
        if spoken:
            return max(spoken, key=_age)
    return None


def _age(said: Said) -> tuple[datetime, str, str]:
    """Words of the same instant are ordered too, so that the winner does not depend on the order of arrival."""
    return said.at, said.origin, str(said.value)


@dataclass(frozen=True, slots=True)
class OwnedField:
    """A row of the ownership table."""

    message: str
    name: str
    writers: Writers
    decides: bool = False

    @property
    def short(self) -> str:
        """Message and field, without the package."""
        return f"{self.message.rpartition('.')[2]}.{self.name}"


def owned_fields() -> Iterator[OwnedField]:
    """Every field of every contract that names its writers, by message."""
    for message in contract_messages():
        for each in message.fields:
            writers = _declared(each)
            if writers:
                decides = each.GetOptions().Extensions[options_pb2.ownership].decides
                yield OwnedField(message.full_name, each.name, writers, decides)


def contract_messages() -> Iterator[Descriptor]:
    """Every message of every contract."""
    for file in _contracts():
        yield from _messages(file.message_types_by_name.values())


def refusal(role: int, writers: Writers) -> str:
    """Why a role may not write what belongs to `writers`; empty where it may."""
    if role in writers:
        return ""
    owners = ", ".join(role_name(each) for each in writers) or "nobody outside"
    return f"{role_name(role)} may not write it; it belongs to {owners}"


def ownership_table() -> str:
    """The rules of all contracts as Markdown, a table for each message."""
    lines: list[str] = []
    message = ""
    for each in owned_fields():
        if each.message != message:
            lines += ["", f"## {each.message}", "", "| attribute | written by, the first that has spoken is shown |"]
            lines.append("|---|---|")
            message = each.message
        lines.append(f"| `{each.name}` | {', '.join(role_name(role) for role in each.writers)} |")
    return "\n".join(lines[1:]) + "\n"


def _declared(described: FieldDescriptor) -> Writers:
    return tuple(described.GetOptions().Extensions[options_pb2.ownership].writers)


def _contracts() -> Iterator[FileDescriptor]:
    """Found on the path, not imported by name: the kit knows no context."""
    roots = [Path(each) for each in crossdock.__path__]
    found = {file.relative_to(root).with_suffix("") for root in roots for file in root.rglob("*_pb2.py")}
    for path in sorted(found):
        yield importlib.import_module(".".join(("crossdock", *path.parts))).DESCRIPTOR


def _messages(some: Iterable[Descriptor]) -> Iterator[Descriptor]:
    for message in some:
        yield message
        yield from _messages(message.nested_types)


if __name__ == "__main__":
    print(ownership_table(), end="")
