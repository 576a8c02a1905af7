"""skaffold.yaml names every image, every chart and every port; its profiles are charts that render."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from charted.assembly import CHARTS, UMBRELLA, service_charts
from charted.rendering import Rendered, rendered
from crossdock_local.place import find_checkout

ROOT = find_checkout()
SERVICES = service_charts()
SKAFFOLD: dict[str, Any] = yaml.safe_load((ROOT / "skaffold.yaml").read_text())
IMAGES = {each["image"] for each in SKAFFOLD["build"]["artifacts"]}
PROFILES = {each["name"]: each for each in SKAFFOLD["profiles"]}
PACKAGED = f"build/charts/{UMBRELLA}-0.1.0.tgz"


def releases(profile: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = PROFILES[profile]["deploy"]["helm"]["releases"]
    return found


def set_by_images(release: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each value that Skaffold fills in, as it would for images that it has built."""
    variables = {re.sub(r"\W", "_", image): image for image in IMAGES}
    for name, template in release.get("setValueTemplates", {}).items():
        filled = re.sub(r"{{\.IMAGE_REPO_(\w+)}}", lambda found: f"r.example/{variables[found[1]]}", template)
        yield name, re.sub(r"{{\.IMAGE_TAG_(\w+)}}", lambda found: f"built-{variables[found[1]][-4:]}", filled)


def shown_by(charts: Path, folder: Path, release: dict[str, Any]) -> Rendered:
    chart = UMBRELLA if release["chartPath"] == PACKAGED else Path(release["chartPath"]).name
    values = folder / f"{release['name']}.yaml"
    values.write_text(yaml.safe_dump(release.get("overrides", {})))
    settings = [word for name, value in set_by_images(release) for word in ("--set", f"{name}={value}")]
    return rendered(charts / chart, "--values", str(values), *settings)


def test_profiles_are_those_that_people_ask_for() -> None:
    assert set(PROFILES) == {"dev", "trial", "full", "release"}


def test_each_service_has_an_artifact_a_release_and_a_port_of_its_own() -> None:
    assert {f"crossdock/{each.replace('-', '_')}" for each in SERVICES} | {"crossdock/partner-operator"} == IMAGES
    assert {each["chartPath"] for each in releases("dev")} == {PACKAGED, *(f"charts/{each}" for each in SERVICES)}
    ports = {each["resourceName"]: each["localPort"] for each in SKAFFOLD["portForward"]}
    assert set(ports) == set(SERVICES)
    assert len(set(ports.values())) == len(ports)
    assert {each["namespace"] for each in SKAFFOLD["portForward"]} == {"crossdock"}


def test_what_a_release_takes_is_there_or_made_first() -> None:
    for profile in ("dev", "trial", "full"):
        before = PROFILES[profile]["deploy"]["helm"]["hooks"]["before"]
        assert before == [{"host": {"command": ["make", "charts"]}}]
        paths = {each["chartPath"] for each in releases(profile)} - {PACKAGED}
        assert all((ROOT / each / "Chart.yaml").exists() for each in paths)
    assert yaml.safe_load((CHARTS / UMBRELLA / "Chart.yaml").read_text())["version"] in PACKAGED


@pytest.mark.parametrize("profile", ["dev", "trial", "full"])
def test_a_profile_renders_with_the_images_that_were_built(charts: Path, tmp_path: Path, profile: str) -> None:
    shown = [shown_by(charts, tmp_path, each) for each in releases(profile)]
    built = {each["image"] for one in shown for each in one.containers if each["name"] in {"service", "operator"}}
    wanted = {f"crossdock/{each.replace('-', '_')}" for each in SERVICES}
    wanted |= {"crossdock/partner-operator"} if profile == "full" else set()
    assert built == {f"r.example/{each}:built-{each[-4:]}" for each in wanted}
    named = [each["metadata"]["name"] for one in shown for each in one.of("Secret")]
    assert {f"{each}-servers" for each in SERVICES} <= set(named)
    assert len(named) == len(set(named))


def test_the_operator_starts_the_connector_that_was_built(charts: Path, tmp_path: Path) -> None:
    [release] = releases("full")
    told = shown_by(charts, tmp_path, release).environment("partner-operator")
    assert told["CROSSDOCK_WORKER_IMAGE"] == "r.example/crossdock/connector:built-ctor"


def test_in_dev_an_edited_file_lands_where_the_running_service_reads_it() -> None:
    artifacts = {each["image"]: each for each in PROFILES["dev"]["build"]["artifacts"]}
    assert set(artifacts) == IMAGES - {"crossdock/partner-operator"}
    reload = (ROOT / "tools" / "reload.py").read_text()
    assert '"RELOAD_COPY", "/tmp/app"' in reload
    for image, artifact in artifacts.items():
        service = image.removeprefix("crossdock/")
        assert artifact["docker"] == {"dockerfile": f"services/{service}/Dockerfile", "target": "dev"}
        dockerfile = (ROOT / artifact["docker"]["dockerfile"]).read_text()
        assert f'ENTRYPOINT ["python", "/app/reload.py", "{service}"]' in dockerfile
        sources = {each["src"]: (each["strip"], each["dest"]) for each in artifact["sync"]["manual"]}
        assert sources == {
            f"services/{service}/src/**/*.py": (f"services/{service}/src/", "/tmp/app/src"),
            "libs/kit/src/**/*.py": ("libs/kit/src/", "/tmp/app/libs"),
        }
        assert all(list(ROOT.glob(each)) for each in sources)
    assert {"!tools/reload.py", "!libs", "!services"} <= set((ROOT / ".dockerignore").read_text().splitlines())


def test_only_dev_builds_for_development() -> None:
    assert all("target" not in each["docker"] for each in SKAFFOLD["build"]["artifacts"])
    assert [name for name, each in PROFILES.items() if "artifacts" in each.get("build", {})] == ["dev"]


def test_in_dev_the_copy_fits_into_the_pods_scratch_folder(charts: Path) -> None:
    for service in SERVICES:
        shown = rendered(charts / service)
        for pod in shown.pods:
            assert {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}} in pod["spec"]["volumes"]
        folders = [ROOT / "services" / service.replace("-", "_"), ROOT / "libs"]
        sources = sum(each.stat().st_size for folder in folders for each in folder.rglob("src/**/*.py*"))
        assert sources < 2**25
