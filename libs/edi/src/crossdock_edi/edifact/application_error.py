"""APERAK: what an application made of a message that could be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crossdock_edi.binding import Document, children, element
from crossdock_edi.dialect import Standard
from crossdock_edi.edifact.parts import DateTime, Party, Reference, Text, reference_of
from crossdock_edi.spec.model import SetSpec, parse_layout

_LAYOUT = """
BGM !
DTM *
FTX *
CNT *
DOC: *
  DTM *
RFF: *
  DTM *
NAD: *
  CTA *
  COM *
ERC: *
  FTX *
  RFF: *
    LOC *
    TAX
    FTX *
"""
SPEC = SetSpec("EDIFACT", "APERAK", "application error and acknowledgment", parse_layout("APERAK", _LAYOUT))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReference:
    """RFF under an error: what it is about."""

    qualifier: str = element("RFF", 1, 1, required=True)
    value: str = element("RFF", 1, 2)
    line: str = element("RFF", 1, 3)
    texts: tuple[Text, ...] = children(Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationError:
    """ERC: a code of the agreed list, with text."""

    code: str = element("ERC", 1, 1, required=True)
    code_list: str = element("ERC", 1, 2)
    agency: str = element("ERC", 1, 3)
    texts: tuple[Text, ...] = children(Text)
    references: tuple[ErrorReference, ...] = children(ErrorReference)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAdvice(Document):
    """`function` 29 accepted, 27 not accepted, 34 accepted with amendment (as agreed)."""

    STANDARD: ClassVar[Standard] = "EDIFACT"
    TYPE: ClassVar[str] = "APERAK"
    SPEC: ClassVar[SetSpec] = SPEC

    document: str = element("BGM", 1, 1)
    document_list: str = element("BGM", 1, 2)
    document_agency: str = element("BGM", 1, 3)
    document_name: str = element("BGM", 1, 4)
    number: str = element("BGM", 2, 1)
    function: str = element("BGM", 3)
    dates: tuple[DateTime, ...] = children(DateTime)
    texts: tuple[Text, ...] = children(Text)
    references: tuple[Reference, ...] = children(Reference)
    parties: tuple[Party, ...] = children(Party)
    errors: tuple[ApplicationError, ...] = children(ApplicationError)

    def reference(self, *qualifiers: str) -> str:
        return reference_of(self.references, *qualifiers)
