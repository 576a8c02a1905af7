"""The messages, the service, its stub and its registration, as the generator would have written them."""

from __future__ import annotations

from typing import Any

import grpc
from buf.validate import validate_pb2
from crossdock.common.v1 import values_pb2
from crossdock.options.v1 import options_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.message_factory import GetMessageClass

PACKAGE = "crossdock.probe.v1"
SERVICE = f"{PACKAGE}.ProbeService"
FieldType = descriptor_pb2.FieldDescriptorProto
# name: (request, response, streamed request, streamed response, idempotency, deadline in ms)
METHODS = {
    "Echo": ("EchoRequest", "Answer", False, False, options_pb2.IDEMPOTENCY_READ_ONLY, 2000),
    "Hang": ("EchoRequest", "Answer", False, False, options_pb2.IDEMPOTENCY_READ_ONLY, 300),
    "Book": ("BookRequest", "Answer", False, False, options_pb2.IDEMPOTENCY_REQUEST_ID, 10000),
    "BookMany": ("BookManyRequest", "Answer", False, False, options_pb2.IDEMPOTENCY_ITEM_REQUEST_ID, 10000),
    "Touch": ("EchoRequest", "Answer", False, False, options_pb2.IDEMPOTENCY_NATURAL, 10000),
    "Upload": ("EchoRequest", "Answer", True, False, options_pb2.IDEMPOTENCY_READ_ONLY, 10000),
    "Tail": ("EchoRequest", "Answer", False, True, options_pb2.IDEMPOTENCY_READ_ONLY, 10000),
    "Chat": ("EchoRequest", "Answer", True, True, options_pb2.IDEMPOTENCY_READ_ONLY, 10000),
}


def _field(message: Any, name: str, number: int, kind: Any, **more: Any) -> Any:
    return message.field.add(name=name, number=number, type=kind, label=FieldType.LABEL_OPTIONAL, **more)


def _messages(file: Any) -> None:
    quantity = f".{values_pb2.Quantity.DESCRIPTOR.full_name}"
    echo = file.message_type.add(name="EchoRequest")
    text = _field(echo, "text", 1, FieldType.TYPE_STRING)
    text.options.Extensions[validate_pb2.field].string.max_len = 10_000_000
    _field(echo, "quantity", 2, FieldType.TYPE_MESSAGE, type_name=quantity)
    item = file.message_type.add(name="Item")
    sku = _field(item, "sku", 1, FieldType.TYPE_STRING)
    sku.options.Extensions[validate_pb2.field].string.min_len = 1
    _field(item, "quantity", 2, FieldType.TYPE_MESSAGE, type_name=quantity)
    book = file.message_type.add(name="BookRequest")
    request_id = _field(book, "request_id", 1, FieldType.TYPE_STRING)
    request_id.options.Extensions[validate_pb2.field].string.uuid = True
    items = _field(book, "items", 2, FieldType.TYPE_MESSAGE, type_name=f".{PACKAGE}.Item")
    items.label = FieldType.LABEL_REPEATED
    items.options.Extensions[validate_pb2.field].repeated.min_items = 1
    many = file.message_type.add(name="BookManyRequest")
    items = _field(many, "items", 1, FieldType.TYPE_MESSAGE, type_name=f".{PACKAGE}.Item")
    items.label = FieldType.LABEL_REPEATED
    answer = file.message_type.add(name="Answer")
    _field(answer, "text", 1, FieldType.TYPE_STRING)


def _build() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="crossdock/probe/v1/probe_service.proto",
        package=PACKAGE,
        syntax="proto3",
        dependency=[
            options_pb2.DESCRIPTOR.name,
            values_pb2.DESCRIPTOR.name,
            validate_pb2.DESCRIPTOR.name,
        ],
    )
    _messages(file)
    service = file.service.add(name="ProbeService")
    for name, (request, response, asks, tells, idempotency, deadline) in METHODS.items():
        method = service.method.add(
            name=name,
            input_type=f".{PACKAGE}.{request}",
            output_type=f".{PACKAGE}.{response}",
            client_streaming=asks,
            server_streaming=tells,
        )
        method.options.Extensions[options_pb2.permission] = f"probe.{name.lower()}"
        method.options.Extensions[options_pb2.idempotency] = idempotency
        method.options.Extensions[options_pb2.deadline_ms] = deadline
    return descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


_build()
_pool = descriptor_pool.Default()


def _message(name: str) -> Any:
    return GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))


Echo = _message("EchoRequest")
Item = _message("Item")
Book = _message("BookRequest")
Many = _message("BookManyRequest")
Answer = _message("Answer")
_SHAPES = {(False, False): "unary_unary", (True, False): "stream_unary", (False, True): "unary_stream"}


class ProbeStub:
    """The stub, for any channel."""

    def __init__(self, channel: Any) -> None:
        for name, (request, response, asks, tells, _, _) in METHODS.items():
            shape = _SHAPES.get((asks, tells), "stream_stream")
            serialize, parse = _message(request).SerializeToString, _message(response).FromString
            call = getattr(channel, shape)(
                f"/{SERVICE}/{name}", request_serializer=serialize, response_deserializer=parse
            )
            setattr(self, name, call)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def add_probe_to_server(servicer: Any, server: Any) -> None:
    handlers = {}
    for name, (request, response, asks, tells, _, _) in METHODS.items():
        make = getattr(grpc, f"{_SHAPES.get((asks, tells), 'stream_stream')}_rpc_method_handler")
        handlers[name] = make(
            getattr(servicer, name),
            request_deserializer=_message(request).FromString,
            response_serializer=_message(response).SerializeToString,
        )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    server.add_registered_method_handlers(SERVICE, handlers)
