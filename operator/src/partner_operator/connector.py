"""One PartnerConnector resource: what was declared, and what the operator last reported. Frozen; talks to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

GROUP, VERSION, PLURAL, KIND = "crossdock.dev", "v1alpha1", "partnerconnectors", "PartnerConnector"
API_VERSION = f"{GROUP}/{VERSION}"
FINALIZER = "crossdock.dev/drain"
# Annotations by which people steer a connector without changing its spec.
PAUSE, RESTART, FORCE_DELETION = "crossdock.dev/pause", "crossdock.dev/restart", "crossdock.dev/force-deletion"
# Anything new in it puts the cursors of what is polled back to their beginning, once, if the connector is stopped.
RESET_CURSOR = "crossdock.dev/reset-cursor"
STEERING = (PAUSE, RESTART, FORCE_DELETION, RESET_CURSOR)
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Connector:
    """`partner` is the resource's name. `spec` and `status` are as the API server's schema left them."""

    namespace: str
    partner: str
    uid: str
    generation: int
    resource_version: str
    spec: Mapping[str, Any]
    status: Mapping[str, Any]
    annotations: Mapping[str, str]
    finalizers: tuple[str, ...]
    created_at: datetime
    deleted_at: datetime | None

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        metadata = body["metadata"]
        deleted = metadata.get("deletionTimestamp")
        return cls(
            namespace=metadata["namespace"],
            partner=metadata["name"],
            uid=metadata["uid"],
            generation=metadata["generation"],
            resource_version=metadata["resourceVersion"],
            spec=body["spec"],
            status=body.get("status") or {},
            annotations=metadata.get("annotations") or {},
            finalizers=tuple(metadata.get("finalizers") or ()),
            created_at=datetime.fromisoformat(metadata["creationTimestamp"]),
            deleted_at=datetime.fromisoformat(deleted) if deleted else None,
        )

    @classmethod
    def proposed(cls, body: Mapping[str, Any]) -> Self:
        """What somebody wants to create, before the API server has given it a generation."""
        now = datetime.now(UTC).isoformat()
        given = {"uid": "", "generation": 0, "resourceVersion": "", "creationTimestamp": now}
        return cls.of({**body, "metadata": given | dict(body["metadata"])})

    @property
    def key(self) -> Key:
        return self.namespace, self.partner

    @property
    def name(self) -> str:
        """Of everything that is made for it. The suffix keeps a partner from taking the name of a service."""
        return f"{self.partner}-connector"

    @property
    def state(self) -> str:
        """running, paused or stopped; the annotation pauses what runs."""
        said = str(self.spec.get("state", "running"))
        return "paused" if said == "running" and self.annotations.get(PAUSE) == "true" else said

    @property
    def http(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.spec["transport"].get("http")
        return found

    @property
    def receives_posts(self) -> bool:
        routes = self.spec.get("documents", ())
        return self.http is not None and any(each["direction"] == "IN" and "poll" not in each for each in routes)

    @property
    def sftp(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.spec["transport"].get("sftp")
        return found

    @property
    def replicas(self) -> int:
        """How many workers should run; the lower bound where they are scaled by load."""
        declared = int(self.spec.get("workers", {}).get("replicas", 1))
        return 0 if self.state == "stopped" else declared

    @property
    def most_replicas(self) -> int:
        """The upper bound of autoscaling; 0 where nobody scales it."""
        most = int(self.spec.get("workers", {}).get("maxReplicas", 0))
        return most if most > self.replicas > 0 else 0

    @property
    def identity_secret(self) -> str:
        """Holds the token with which its workers speak for the partner."""
        return f"{self.partner}-identity"

    @property
    def named_secrets(self) -> tuple[str, ...]:
        """Those of the spec, each once."""
        called = self.http or self.sftp or {}
        named = (called.get("credentials", ""), called.get("webhookSecret", ""))
        return tuple(dict.fromkeys(each for each in named if each))

    @property
    def force_deletion(self) -> bool:
        return self.annotations.get(FORCE_DELETION) == "true"

    @property
    def asked_for(self) -> tuple[Any, ...]:
        """What somebody said: another spec, or an annotation that steers."""
        return self.uid, self.generation, *(self.annotations.get(each) for each in STEERING)

    @property
    def what_counts(self) -> tuple[Any, ...]:
        """What an event must change to be worth a look: neither our own status nor others' annotations."""
        return self.asked_for, self.finalizers, self.deleted_at

    @property
    def is_new(self) -> bool:
        """Nothing was ever made for it, nor said of it: the finalizer comes before both."""
        return FINALIZER not in self.finalizers and not self.status
