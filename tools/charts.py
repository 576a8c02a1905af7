"""Writes into charts/ what is said elsewhere: the operator's roles and resource, schemas, tables of values.

`write` does it, `check` fails where something committed differs. A packaged chart cannot read outside its folder, so it
holds copies; nobody edits them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = "service-kit"
UMBRELLA = "crossdock"
COPIES = {
    "operator/rbac/operator.yaml": "partner-operator/files/roles.yaml",
    "operator/crd/webhook.yaml": "partner-operator/files/webhook.yaml",
    "operator/alerts/partner-connectors.yaml": "partner-operator/files/alerts.yaml",
    "operator/crd/policy.yaml": "partner-crds/files/policy.yaml",
}
DEFINITION = ("operator/crd/partnerconnectors.yaml", "partner-crds/files/partnerconnectors.yaml")
BEGIN, END = "<!-- values: written by `make docs` -->", "<!-- end of values -->"
OWN_SCHEMAS = (UMBRELLA, "partner-operator", "partner-crds")
Files = Iterator[tuple[Path, str]]


def copies(charts: Path) -> Files:
    for source, target in COPIES.items():
        yield charts / target, (ROOT / source).read_text()
    source, target = DEFINITION
    # Deleting the definition deletes every partner.
    definition = yaml.safe_load((ROOT / source).read_text())
    definition["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    head = "# Written by `make docs`. Not edited.\n"
    yield charts / target, head + yaml.safe_dump(definition, sort_keys=False, allow_unicode=True, width=120)


def dependencies(charts: Path, chart: str) -> list[str]:
    read = yaml.safe_load((charts / chart / "Chart.yaml").read_text())
    return [each["name"] for each in read.get("dependencies", ())]


def service_charts(charts: Path) -> list[str]:
    names = sorted(each.parent.name for each in charts.glob("*/Chart.yaml"))
    return [name for name in names if LIBRARY in dependencies(charts, name)]


def schemas(charts: Path) -> Files:
    """A service's is the library's; the others share its definitions, and the umbrella knows whom it depends on."""
    shared = json.loads((charts / LIBRARY / "service.schema.json").read_text())
    for name in service_charts(charts):
        yield charts / name / "values.schema.json", shown(shared)
    for name in OWN_SCHEMAS:
        path = charts / name / "values.schema.json"
        schema = json.loads(path.read_text())
        properties: dict[str, Any] = schema["properties"]
        if name == UMBRELLA:
            kept = {key: value for key, value in properties.items() if value != {"type": "object"}}
            properties = kept | {each: {"type": "object"} for each in dependencies(charts, name)}
        yield path, shown(schema | {"properties": properties, "$defs": shared["$defs"]})


def shown(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2) + "\n"


def described(values: str) -> Iterator[tuple[str, str, str]]:
    """Each value that a comment `# -- text` stands above: its path, its default as JSON, the text."""
    read: Any = yaml.safe_load(values)
    path: list[tuple[int, str]] = []
    text = ""
    for line in values.splitlines():
        if comment := re.fullmatch(r"\s*# -- (.+)", line):
            text = comment[1]
        elif key := re.match(r"( *)([A-Za-z][\w-]*):", line):
            depth = len(key[1])
            path = [each for each in path if each[0] < depth] + [(depth, key[2])]
            if text:
                names = [name for _, name in path]
                default = read
                for name in names:
                    default = default[name]
                yield ".".join(names), json.dumps(default), text
            text = ""


def table(values: Path) -> str:
    rows = ["| value | default | |", "|---|---|---|"]
    for path, default, text in described(values.read_text()):
        rows.append(f"| `{path.removeprefix('exports.defaults.')}` | `{default}` | {text.replace('|', '/')} |")
    return "\n".join(rows)


def tables(charts: Path) -> Files:
    for readme in sorted(charts.glob("*/README.md")):
        before, begin, rest = readme.read_text().partition(BEGIN)
        if begin:
            after = rest.partition(END)[2]
            yield readme, f"{before}{BEGIN}\n{table(readme.parent / 'values.yaml')}\n{END}{after}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("write", "check"))
    parser.add_argument("--charts", type=Path, default=ROOT / "charts")
    asked = parser.parse_args()
    wanted = [*copies(asked.charts), *schemas(asked.charts), *tables(asked.charts)]
    stale = [path for path, text in wanted if not path.exists() or path.read_text() != text]
    if asked.verb == "write":
        texts = dict(wanted)
        for path in stale:
            path.write_text(texts[path])
        print(f"charts: {len(stale)} of {len(wanted)} files written")
        return 0
    for path in stale:
        print(f"charts: {path.relative_to(asked.charts)} is stale, run `make docs`", file=sys.stderr)
    if not stale:
        print(f"charts: {len(wanted)} files are fresh")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
