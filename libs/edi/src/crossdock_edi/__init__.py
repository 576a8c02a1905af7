"""X12 and EDIFACT for the supply chain: tolerant reading, checking, typed documents both ways, acknowledgments.

for interchange in crossdock_edi.read("inbound.edi"):
    for message in interchange.messages:
        document = crossdock_edi.parse(message)
"""

from __future__ import annotations

from crossdock_edi.acknowledging import acknowledge, interchange_acknowledgments, reply_envelope
from crossdock_edi.binding import Document
from crossdock_edi.checking import check, check_message
from crossdock_edi.correlating import Correlation, SentMessage, correlate, sent_messages
from crossdock_edi.dialect import EDIFACT_DIALECT, X12_DIALECT, Dialect
from crossdock_edi.errors import EdiError, LimitExceeded, UnknownDocument, UnreadableValues, Unrepresentable
from crossdock_edi.findings import Finding, Severity
from crossdock_edi.interchange import Group, Message
from crossdock_edi.limits import Limits
from crossdock_edi.profile import LENIENT, STRICT, Profile
from crossdock_edi.reader import Interchange, read
from crossdock_edi.segment import Segment
from crossdock_edi.typed import parse, parse_tolerantly
from crossdock_edi.writer import Envelope, compose, write

__all__ = [
    "EDIFACT_DIALECT",
    "LENIENT",
    "STRICT",
    "X12_DIALECT",
    "Correlation",
    "Dialect",
    "Document",
    "EdiError",
    "Envelope",
    "Finding",
    "Group",
    "Interchange",
    "LimitExceeded",
    "Limits",
    "Message",
    "Profile",
    "Segment",
    "SentMessage",
    "Severity",
    "UnknownDocument",
    "UnreadableValues",
    "Unrepresentable",
    "acknowledge",
    "check",
    "check_message",
    "compose",
    "correlate",
    "interchange_acknowledgments",
    "parse",
    "parse_tolerantly",
    "read",
    "reply_envelope",
    "sent_messages",
    "write",
]
