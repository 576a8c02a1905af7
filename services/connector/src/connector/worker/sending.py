"""What a transport says of one delivery, whatever the transport is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from crossdock.connector.v1 import connector_service_pb2 as pb

DELIVERED, RETRY, DEAD = (
    pb.DeliveryReport.OUTCOME_DELIVERED,
    pb.DeliveryReport.OUTCOME_RETRY,
    pb.DeliveryReport.OUTCOME_DEAD,
)
_LONGEST_ANSWER = 1000
_LONGEST_WAIT_SECONDS = 86_400
_LONGEST_TOOK_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Sent:
    outcome: pb.DeliveryReport.Outcome.ValueType
    answer: str = ""
    foreign_number: str = ""
    retry_after_seconds: int = 0

    def report(self, delivery: pb.LeasedDelivery, took_seconds: float) -> pb.DeliveryReport:
        return pb.DeliveryReport(
            delivery_id=delivery.delivery_id,
            lease_epoch=delivery.lease_epoch,
            outcome=self.outcome,
            answer=self.answer[:_LONGEST_ANSWER],
            foreign_number=self.foreign_number[:128],
            retry_after_seconds=max(0, min(self.retry_after_seconds, _LONGEST_WAIT_SECONDS)),
            took_ms=max(0, min(round(took_seconds * 1000), _LONGEST_TOOK_MS)),
        )


class Sends(Protocol):
    async def send(self, delivery: pb.LeasedDelivery) -> Sent:
        """Never raises for what the partner does."""
        ...
