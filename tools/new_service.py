"""Makes a service that starts and passes its law tests: `make new-service NAME=returns`.

Copies the tree of templates beside this file, and adds the name wherever the workspace lists its services. What it
makes is a small whole: a contract, an event, an aggregate, its table, and tests on real servers.
"""

from __future__ import annotations

import keyword
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "new_service"
RUFF = Path(sysconfig.get_path("scripts")) / "ruff"
NEIGHBOUR = "procurement"
JOURNAL_TEST = "tests/contracts/test_journal_stays_readable.py"
CHARTS_TEST = "tests/charts/test_umbrella.py"
LISTS = (".importlinter", "pyproject.toml", "skaffold.yaml", "charts/crossdock/Chart.yaml")
ABOUT_NEIGHBOUR = re.compile(rf"(^ +(- )?|services/|charts/|\.\./|Name: ){NEIGHBOUR}([^a-z]|$)")
# Charts, releases and Kubernetes' services have dashes where Python has underscores.
DASHED = re.compile(
    rf"(?<=ame: ){NEIGHBOUR}|(?<=charts/){NEIGHBOUR}|(?<=\.\./){NEIGHBOUR}|(?<=condition: ){NEIGHBOUR}"
    rf"|(?<= - ){NEIGHBOUR}|(?<=  ){NEIGHBOUR}(?=\.image|: )"
)
TAKEN = frozenset({"crossdock", "operator", "tests", "buf", "common", "options", "ops", "partners"})


class Unsuitable(Exception):
    """The name cannot be a service's."""


def check_name(name: str, root: Path) -> None:
    if not re.fullmatch(r"[a-z]([a-z_]{0,30}[a-z])?", name):
        raise Unsuitable(f"NAME={name!r}: lower-case letters and underscores, like `returns` or `stock_count`")
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or name in TAKEN:
        raise Unsuitable(f"NAME={name}: the name is taken by Python or by the workspace")
    if (root / "services" / name).exists() or (root / "proto" / "crossdock" / name).exists():
        raise Unsuitable(f"NAME={name}: there is such a service already")


def filled(text: str, name: str) -> str:
    title = "".join(word.capitalize() for word in name.split("_"))
    words = {"{{name}}": name, "{{Name}}": title, "{{dashed}}": name.replace("_", "-")}
    for placeholder, word in words.items():
        text = text.replace(placeholder, word)
    return text


def copy_templates(name: str, root: Path) -> list[Path]:
    made = []
    for template in sorted(TEMPLATES.rglob("*.tmpl")):
        place = root / filled(template.relative_to(TEMPLATES).with_suffix("").as_posix(), name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(filled(template.read_text(), name))
        made.append(place)
    return made


def add_beside_neighbour(path: Path, name: str) -> None:
    """Repeats, with the new name, every line of a list that is about the neighbour."""
    text = path.read_text()
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        lines.append(line)
        if ABOUT_NEIGHBOUR.search(line.rstrip("\n")):
            lines.append(_with_a_port_of_its_own(_renamed(line, name), text))
    path.write_text("".join(lines))


def _renamed(line: str, name: str) -> str:
    return DASHED.sub(name.replace("_", "-"), line).replace(NEIGHBOUR, name)


def _with_a_port_of_its_own(line: str, text: str) -> str:
    taken = [int(each) for each in re.findall(r"localPort: (\d+)", text)]
    return re.sub(r"localPort: \d+", f"localPort: {max(taken, default=0) + 1}", line)


def make(name: str, root: Path) -> None:
    """Writes the service into the workspace at `root`. Raises Unsuitable before anything is written."""
    check_name(name, root)
    made = copy_templates(name, root)
    for each in LISTS:
        add_beside_neighbour(root / each, name)
    python = [str(path) for path in made if path.suffix == ".py"]
    # The order of imports and the breaks of lines depend on the name.
    for verb in (["check", "--fix", "--select", "I"], ["format"]):
        subprocess.run([RUFF, *verb, "--quiet", "--config", root / "pyproject.toml", *python], check=True)


def write_goldens(root: Path, environment: dict[str, str], test: str = JOURNAL_TEST) -> None:
    """Keeps what the new service is today: bytes of its events, which every later version must read, or its objects."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    subprocess.run(command, cwd=root, env=environment | {"UPDATE_GOLDENS": "1"}, check=True)


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        make(name, ROOT)
    except Unsuitable as reason:
        print(f"new-service: {reason}", file=sys.stderr)
        return 2
    subprocess.run(["sh", "tools/setup.sh"], cwd=ROOT, check=True)
    for tool, verb in (("proto.py", "generate"), ("docs.py", "write"), ("charts.py", "write")):
        subprocess.run([sys.executable, f"tools/{tool}", verb], cwd=ROOT, check=True)
    for test in (JOURNAL_TEST, f"{CHARTS_TEST}::test_a_profile_becomes_what_it_became"):
        write_goldens(ROOT, dict(os.environ), test)
    print(f"services/{name} stands. Next: make test, make up; its README says what to replace.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
