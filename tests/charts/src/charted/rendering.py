"""What a chart becomes: the objects of one rendering, and ways to ask them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charted.helm import helm

NAMESPACE = "crossdock"
Object = dict[str, Any]
# The whole suite is thousands of lines of YAML, which the wheel's own parser in C reads ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "Job", "CronJob", "Pod"})


@dataclass(frozen=True)
class Rendered:
    objects: Sequence[Object]

    def of(self, kind: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] == kind]

    def one(self, kind: str, name: str) -> Object:
        [found] = [each for each in self.of(kind) if each["metadata"]["name"] == name]
        return found

    @property
    def workloads(self) -> list[Object]:
        return [each for each in self.objects if each["kind"] in _WORKLOADS]

    @property
    def pods(self) -> list[Object]:
        """Templates of pods, or pods themselves: what has metadata and spec."""
        return [_pod(each) for each in self.workloads]

    @property
    def pod_labels(self) -> list[dict[str, str]]:
        return [each["metadata"]["labels"] for each in self.pods]

    @property
    def containers(self) -> list[Object]:
        return [each for pod in self.pods for each in containers_of(pod)]

    def environment(self, name: str) -> dict[str, str]:
        """What a Deployment's process is told; from secrets it gets their `<secret>/<key>`."""
        [container] = self.one("Deployment", name)["spec"]["template"]["spec"]["containers"]
        told: dict[str, str] = {}
        for source in container["envFrom"]:
            told |= self.one("ConfigMap", source["configMapRef"]["name"])["data"]
        return told | dict(_variables(container))


def _pod(workload: Object) -> Object:
    match workload["kind"]:
        case "Pod":
            return workload
        case "CronJob":
            found: Object = workload["spec"]["jobTemplate"]["spec"]["template"]
        case _:
            found = workload["spec"]["template"]
    return found


def containers_of(pod: Object) -> list[Object]:
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def _variables(container: Object) -> Iterator[tuple[str, str]]:
    for each in container.get("env", ()):
        if "value" in each:
            yield each["name"], str(each["value"])
        elif "secretKeyRef" in each["valueFrom"]:
            reference = each["valueFrom"]["secretKeyRef"]
            yield each["name"], f"{reference['name']}/{reference['key']}"
        else:
            yield each["name"], str(each["valueFrom"]["fieldRef"]["fieldPath"])


def rendered(chart: Path, *arguments: str, namespace: str = NAMESPACE) -> Rendered:
    """Raises HelmRefused."""
    text = helm("template", "crossdock", str(chart), "--namespace", namespace, *arguments)
    return Rendered([each for each in yaml.load_all(text, _LOADER) if each])


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """A label selector of matchLabels alone, as ours are."""
    wanted = selector.get("matchLabels", {})
    return all(labels.get(name) == value for name, value in wanted.items())
