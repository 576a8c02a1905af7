"""A supplier's score: the span of days in, what was counted out."""

from __future__ import annotations

from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock.procurement.v1 import supplier_score_pb2 as pb
from crossdock_kit import dates_wire
from crossdock_kit.errors import InvalidFields, Violation

from procurement.domain.refusals import FieldMissing
from procurement.domain.score import Score, ScoreScope, Share


def scope(request: service_pb2.GetSupplierScoreRequest) -> ScoreScope:
    first, last = dates_wire.day(request, "from_date"), dates_wire.day(request, "to_date")
    if first is None or last is None:
        raise FieldMissing("from_date" if first is None else "to_date")
    if last < first:
        said = f"{last} lies before the first day, {first}"
        raise InvalidFields((Violation("to_date", said, "supplier_score.period"),))
    return ScoreScope(request.supplier_id, request.business_unit, first, last)


def supplier_score(found: Score) -> pb.SupplierScore:
    hours = found.median_answer_hours
    return pb.SupplierScore(
        supplier_id=found.scope.supplier_id,
        business_unit=found.scope.business_unit,
        from_date=dates_wire.date_message(found.scope.first),
        to_date=dates_wire.date_message(found.scope.last),
        median_answer_hours="" if hours is None else str(hours),
        **{measure.value: _share(share) for measure, share in found.shares.items()},
    )


def _share(share: Share) -> pb.Share:
    percent = share.percent
    return pb.Share(good=share.good, total=share.total, percent="" if percent is None else str(percent))
