"""What was received and has not been invoiced, as those who accrue read it."""

from __future__ import annotations

from crossdock.common.v1 import values_pb2
from crossdock.procurement.v1 import procurement_service_pb2 as service_pb2
from crossdock.procurement.v1 import supplier_invoice_pb2 as pb

from procurement.domain.accrual import Accrual
from procurement.ports import AccrualPage
from procurement.wire import values

DEFAULT_PAGE = 200


def page(request: service_pb2.ListAccrualsRequest) -> AccrualPage:
    return AccrualPage(
        business_unit=request.business_unit,
        supplier_id=request.supplier_id,
        size=request.page_size or DEFAULT_PAGE,
        after=request.page_token,
    )


def accrual(found: Accrual) -> pb.Accrual:
    return pb.Accrual(
        business_unit=found.business_unit,
        supplier_id=found.supplier_id,
        purchase_order_id=found.purchase_order_id,
        number=found.number,
        purchase_order_line_id=found.line_id,
        line_number=found.line_number,
        sku=found.sku,
        received_quantity=values.text(found.received),
        invoiced_quantity=values.text(found.invoiced),
        base_unit=found.base_unit,
        price=values.price_message(found.price),
        amount=_amount(found),
    )


def _amount(found: Accrual) -> values_pb2.Money | None:
    amount = found.amount
    if amount is None or found.price is None:
        return None
    return values_pb2.Money(amount=values.text(amount), currency=found.price.currency)
