"""json.check_result, in: a check that was asked for passes, is refused for a reason, or no longer passes for one."""

from __future__ import annotations

from crossdock.fulfillment.v1 import check_service_pb2

from connector.codecs.json_document import JsonObject
from connector.mappings.model import Command, Inbound, Reading

_VERDICTS = {
    "passed": check_service_pb2.CHECK_VERDICT_PASSED,
    "refused": check_service_pb2.CHECK_VERDICT_REFUSED,
    "withdrawn": check_service_pb2.CHECK_VERDICT_WITHDRAWN,
}


def read(document: JsonObject, reading: Reading) -> Command:
    document.one_of("documentType", ("checkResult",))
    check_id = document.text("checkId", longest=128)
    verdict = _VERDICTS[document.one_of("verdict", tuple(_VERDICTS))]
    answered_at = document.instant("answeredAt")
    request = check_service_pb2.RecordCheckRequest(
        origin=reading.origin(occurred_at=answered_at),
        check_id=check_id,
        verdict=verdict,
        reference=document.optional_text("reference", longest=64),
        reason=document.optional_text("reason", longest=200),
    )
    request.answered_at.FromDatetime(answered_at)
    return Command(request, (), (f"check:{check_id}",), 1)


MAPPING = Inbound("json.check_result", read)
