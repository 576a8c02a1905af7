"""The events of two made-up contexts, built at run time: the kit knows no context, and neither does its simulation.

`orders` announces what becomes of an order, `stock` what it promised and gave out for it.
"""

from __future__ import annotations

from typing import Any

from crossdock.options.v1 import options_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ORDERS, STOCK = "orders", "stock"
_NAMES = {
    ORDERS: ("order", ("OrderPlaced", "OrderAmended", "OrderConfirmed", "OrderRefused", "OrderExpired", "OrderClosed")),
    STOCK: ("promise", ("StockReserved", "StockRefused", "StockReleased", "GoodsIssued")),
}
_TYPE = descriptor_pb2.FieldDescriptorProto


def _file(context: str) -> descriptor_pb2.FileDescriptorProto:
    aggregate, names = _NAMES[context]
    file = descriptor_pb2.FileDescriptorProto(
        name=f"simulated_{context}.proto",
        package=f"crossdock.{context}.events.v1",
        syntax="proto3",
        dependency=["crossdock/options/v1/options.proto"],
    )
    for name in names:
        made = file.message_type.add(name=name)
        made.field.add(name="order", number=1, type=_TYPE.TYPE_STRING, label=_TYPE.LABEL_OPTIONAL)
        made.field.add(name="sku", number=2, type=_TYPE.TYPE_STRING, label=_TYPE.LABEL_OPTIONAL)
        made.field.add(name="quantity", number=3, type=_TYPE.TYPE_INT64, label=_TYPE.LABEL_OPTIONAL)
        option = options_pb2.Event(aggregate=aggregate, keys=["order"])
        made.options.Extensions[options_pb2.event].CopyFrom(option)
    return file


def _build() -> dict[str, Any]:
    pool = descriptor_pool.DescriptorPool()
    for known in (descriptor_pb2.DESCRIPTOR, options_pb2.DESCRIPTOR):
        copied = descriptor_pb2.FileDescriptorProto()
        known.CopyToProto(copied)
        pool.Add(copied)
    found: dict[str, Any] = {}
    for context, (_, names) in _NAMES.items():
        file = _file(context)
        pool.Add(file)
        for name in names:
            found[name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}"))
    return found


FACTS = _build()


def facts_of(context: str) -> list[Any]:
    return [FACTS[name] for name in _NAMES[context][1]]
