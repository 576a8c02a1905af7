"""What tells a repetition from another report: a hash of what a system says, without who carried it."""

from __future__ import annotations

import hashlib

from google.protobuf.message import Message


def content_of(request: Message) -> str:
    said = type(request)()
    said.CopyFrom(request)
    for carried in ("request_id", "origin"):
        said.ClearField(carried)
    return hashlib.sha256(said.SerializeToString(deterministic=True)).hexdigest()
