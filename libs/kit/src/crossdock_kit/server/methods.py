"""What a method's contract says about it, read once from the descriptors: permission, repetition, longest time.

A method without a permission, an idempotency or a deadline cannot be served: the mistake shows when the process starts.
"""

from __future__ import annotations

from dataclasses import dataclass

from crossdock.options.v1 import options_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

READ_ONLY = options_pb2.IDEMPOTENCY_READ_ONLY
REQUEST_ID = options_pb2.IDEMPOTENCY_REQUEST_ID
ITEM_REQUEST_ID = options_pb2.IDEMPOTENCY_ITEM_REQUEST_ID
NATURAL = options_pb2.IDEMPOTENCY_NATURAL


class UnguardedMethod(Exception):
    """A method whose contract does not say who may call it, how it repeats, or how long it may take."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method's rules. `name` is `package.Service/Method`, `step` the method's own name."""

    name: str
    step: str
    permission: str
    idempotency: int
    deadline_seconds: float
    request: type[Message]
    response: type[Message]

    @property
    def mutating(self) -> bool:
        return self.idempotency != READ_ONLY

    def time_limit(self, asked: float | None) -> float:
        """Seconds that a call may take: what the caller left it, never more than the contract allows; that bounds, too,
        the refusal of a call that names none."""
        return self.deadline_seconds if asked is None else min(asked, self.deadline_seconds)


def method_of(descriptor: MethodDescriptor) -> Method:
    options = descriptor.GetOptions()
    permission = options.Extensions[options_pb2.permission]
    idempotency = options.Extensions[options_pb2.idempotency]
    deadline = options.Extensions[options_pb2.deadline_ms]
    if not permission or not idempotency or deadline <= 0:
        raise UnguardedMethod(f"{descriptor.full_name} lacks its permission, idempotency or deadline_ms")
    if idempotency == REQUEST_ID and "request_id" not in descriptor.input_type.fields_by_name:
        raise UnguardedMethod(f"{descriptor.full_name}: {descriptor.input_type.name} has no request_id")
    return Method(
        name=f"{descriptor.containing_service.full_name}/{descriptor.name}",
        step=descriptor.name,
        permission=permission,
        idempotency=idempotency,
        deadline_seconds=deadline / 1000,
        request=GetMessageClass(descriptor.input_type),
        response=GetMessageClass(descriptor.output_type),
    )


def service_descriptor(full_name: str) -> ServiceDescriptor:
    """The descriptor of a service whose generated module has been imported."""
    found: ServiceDescriptor = Default().FindServiceByName(full_name)
    return found


def methods_of(full_name: str) -> dict[str, Method]:
    """The rules of a service's methods by method name."""
    return {each.name: method_of(each) for each in service_descriptor(full_name).methods}
