"""Who may write in place of whom the contracts name: what a deployment's configuration and a partner's profile say.

A partner's profile counts before the deployment's configuration, and that before the contract. Only attributes that
decide on a document, or are judged one by one with it, can be given to others: of these the services ask here. What the
configuration says holds for the whole process; it is put beside each call, so that who judges a document reads no
setting. Stewards decide nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import Descriptor

from crossdock_kit.document_attributes import enforced
from crossdock_kit.ownership import ROLES, OwnedField, Writers, owned_fields, role_name

MOST_OVERRIDES = 500
_LONGEST_STEWARD = 100


@dataclass(frozen=True, slots=True)
class Override:
    """`writers` is None where the contract's stay; `steward` is who looks after it, a person or a team."""

    writers: Writers | None = None
    steward: str = ""


Overrides = Mapping[str, Override]
"""By the message's short name and the field, ShipNotice.number; stewards also by the message alone."""

deployments: ContextVar[Overrides] = ContextVar("crossdock_ownership", default={})  # noqa: B039 - never written to


class OfPartner(Protocol):
    """What a profile says of an attribute: crossdock.common.v1.AttributeWriters."""

    @property
    def attribute(self) -> str: ...

    @property
    def writers(self) -> Iterable[int]: ...


@dataclass(frozen=True, slots=True)
class Owners:
    """Who may write an attribute, and who says so: the contract, the deployment's configuration, or the profile."""

    attribute: str
    writers: Writers
    contract: Writers
    source: str = ""
    steward: str = ""

    def __str__(self) -> str:
        """For the sentence of a refusal: the owners, and why it is they where it is not the contract that says so."""
        said = _listed(self.writers)
        if self.source:
            said += f", as {self.source} says over the contract's {_listed(self.contract)}"
        return said + (f"; its steward is {self.steward}" if self.steward else "")


def owners_of(message: Descriptor, name: str, of_partner: Iterable[OfPartner] = ()) -> Owners:
    """Raises KeyError where the contract does not say that the attribute decides on a document."""
    if not message.fields_by_name[name].GetOptions().Extensions[options_pb2.ownership].decides:
        raise KeyError(f"{message.name}.{name} decides on no document")
    return said_of(message, name, of_partner)


def said_of(message: Descriptor, name: str, of_partner: Iterable[OfPartner] = ()) -> Owners:
    """Of any attribute: what the contract says, or what stands in its place."""
    option = message.fields_by_name[name].GetOptions().Extensions[options_pb2.ownership]
    attribute = f"{message.name}.{name}"
    contract, configured = tuple(option.writers), deployments.get()
    deployed = configured.get(attribute, Override())
    steward = deployed.steward or configured.get(message.name, Override()).steward
    for each in of_partner:
        if each.attribute == attribute:
            return Owners(attribute, tuple(each.writers), contract, "the partner's profile", steward)
    if deployed.writers is not None:
        return Owners(attribute, deployed.writers, contract, "the deployment's configuration", steward)
    return Owners(attribute, contract, contract, "", steward)


@lru_cache(maxsize=1)
def deciding() -> Mapping[str, OwnedField]:
    """The attributes that decide on documents, as overrides name them."""
    return {each.short: each for each in owned_fields() if each.decides}


def unknown_attribute(attribute: str) -> str:
    """Why nothing can be said of it in place of the contract; empty where it can."""
    if attribute in deciding() or attribute in enforced():
        return ""
    return (
        f"{attribute} decides on no document and is judged with none: one of"
        f" {', '.join(sorted({*deciding(), *enforced()}))} is"
    )


def read_overrides(text: str) -> dict[str, Override]:
    """From JSON: {"ShipNotice.number": {"writers": ["SUPPLIER", "WMS"], "steward": "inbound"}, "Item": {...}}.

    Raises ValueError that names every fault.
    """
    found = json.loads(text)
    if not isinstance(found, dict) or len(found) > MOST_OVERRIDES:
        raise ValueError(f"is a JSON object of at most {MOST_OVERRIDES} attributes")
    faults: list[str] = []
    known = {each.short for each in owned_fields()} | {each.message.rpartition(".")[2] for each in owned_fields()}
    read = {subject: _override(subject, said, known, faults) for subject, said in found.items()}
    if faults:
        raise ValueError("; ".join(faults))
    return read


def _override(subject: str, said: Any, known: set[str], faults: list[str]) -> Override:
    if subject not in known:
        faults.append(f"{subject}: no contract gives it an owner")
    if not isinstance(said, dict) or not said or set(said) - {"writers", "steward"}:
        faults.append(f"{subject}: says writers, a steward, or both")
        return Override()
    steward = said.get("steward", "")
    if not isinstance(steward, str) or len(steward) > _LONGEST_STEWARD or not steward.isprintable():
        faults.append(f"{subject}: a steward is a name of at most {_LONGEST_STEWARD} characters")
    return Override(_writers(subject, said["writers"], faults) if "writers" in said else None, str(steward))


def _writers(subject: str, said: Any, faults: list[str]) -> Writers:
    roles = ", ".join(name for name in ROLES if name != "UNSPECIFIED")
    if (fault := unknown_attribute(subject)) and "." in subject:
        faults.append(fault)
    elif fault:
        faults.append(f"{subject}: writers are said of an attribute")
    names = [str(each) for each in said] if isinstance(said, list) else [""]
    if any(each not in ROLES or each == "UNSPECIFIED" for each in names) or len(set(names)) != len(names):
        faults.append(f"{subject}: writers are a list of {roles}, each once")
        return ()
    return tuple(ROLES[each] for each in names)


def _listed(writers: Writers) -> str:
    return ", ".join(role_name(each) for each in writers) or "nobody outside"
