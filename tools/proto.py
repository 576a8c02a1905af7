"""Generates libs/contracts from proto/, and proves that what is committed is what proto/ says.

No third-party .proto is copied: google/* comes as files in a wheel, buf/validate as the descriptor that the
protovalidate wheel carries. The baseline of breaking-change checks is a committed image that only `release` moves.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

from google.protobuf import any_pb2, descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
GENERATED = ROOT / "libs" / "contracts" / "src"
BASELINE = PROTO / "baseline.binpb"
BUF_CONFIG = ROOT / "buf.yaml"
BIN = Path(sysconfig.get_path("scripts"))
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
WELL_KNOWN = (any_pb2, descriptor_pb2, duration_pb2, field_mask_pb2, struct_pb2, timestamp_pb2)


class Broken(Exception):
    """A tool refused the contracts; its own words have been printed."""


def sources() -> list[str]:
    return sorted(path.relative_to(PROTO).as_posix() for path in PROTO.rglob("*.proto"))


def write_validate_descriptor(path: Path) -> None:
    """The descriptors of buf/validate and of the google/protobuf files that it imports, as one FileDescriptorSet."""
    files = descriptor_pb2.FileDescriptorSet()
    for module in WELL_KNOWN:
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    path.write_bytes(files.SerializeToString(deterministic=True))


def run_protoc(work: Path, arguments: list[str], files: list[str]) -> None:
    descriptors = work / "validate.binpb"
    write_validate_descriptor(descriptors)
    command = ["protoc", f"-I{PROTO}", f"-I{SITE_PACKAGES}", f"--descriptor_set_in={descriptors}", *arguments, *files]
    if protoc.main(command) != 0:  # type: ignore[no-untyped-call]
        raise Broken("protoc refused the contracts")


def write_code(out: Path) -> None:
    """Modules, gRPC stubs and their types for every contract, and for the rules of buf/validate that they import."""
    out.mkdir(parents=True, exist_ok=True)
    files = sources()
    services = [name for name in files if name.endswith("_service.proto")]
    # protoc finds its plugins on the PATH.
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as work:
        messages = [f"--python_out={out}", f"--mypy_out=quiet:{out}"]
        run_protoc(Path(work), messages, [*files, "buf/validate/validate.proto"])
        if services:
            run_protoc(Path(work), [f"--grpc_python_out={out}", f"--mypy_grpc_out=quiet:{out}"], services)


def write_image(path: Path) -> None:
    with tempfile.TemporaryDirectory() as work:
        options = ["--include_imports", "--include_source_info", f"--descriptor_set_out={path}"]
        run_protoc(Path(work), options, sources())


def code_in(folder: Path) -> dict[str, bytes]:
    found = (path for pattern in ("*.py", "*.pyi") for path in folder.rglob(pattern))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def generate() -> None:
    """Writes libs/contracts anew; a file whose contract is gone goes too, one that did not change is not touched."""
    with tempfile.TemporaryDirectory() as work:
        write_code(Path(work))
        fresh = code_in(Path(work))
    committed = code_in(GENERATED)
    for name in committed.keys() - fresh.keys():
        (GENERATED / name).unlink()
    for name, content in fresh.items():
        if committed.get(name) != content:
            (GENERATED / name).parent.mkdir(parents=True, exist_ok=True)
            (GENERATED / name).write_bytes(content)
    print(f"proto: {len(sources())} contracts, {len(fresh)} generated files in {GENERATED.relative_to(ROOT)}")


def check_fresh() -> None:
    with tempfile.TemporaryDirectory() as work:
        write_code(Path(work))
        fresh, committed = code_in(Path(work)), code_in(GENERATED)
    stale = sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))
    if stale:
        raise Broken("generated code is stale, run `make proto`:\n" + "\n".join(f"  {name}" for name in stale))
    print(f"proto: {len(fresh)} generated files are fresh")


def buf(*arguments: str) -> None:
    command = [str(BIN / "buf"), *arguments, "--config", str(BUF_CONFIG), "--path", "crossdock"]
    if subprocess.run(command, check=False).returncode != 0:
        raise Broken(f"buf {arguments[0]} refused the contracts")


def check() -> None:
    check_fresh()
    with tempfile.TemporaryDirectory() as work:
        image = Path(work) / "image.binpb"
        write_image(image)
        buf("lint", str(image))
        print("proto: buf lint found nothing")
        if not BASELINE.exists():
            print("proto: no baseline yet (the first `make release` writes it), breaking changes not looked for")
            return
        buf("breaking", str(image), "--against", str(BASELINE))
        print("proto: no breaking change against the baseline")


def release() -> None:
    write_image(BASELINE)
    print(f"proto: {BASELINE.relative_to(ROOT)} is now the baseline")


def main() -> int:
    verbs: dict[str, Callable[[], None]] = {"generate": generate, "check": check, "release": release}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=sorted(verbs))
    try:
        verbs[parser.parse_args().verb]()
    except Broken as broken:
        print(f"proto: {broken}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
