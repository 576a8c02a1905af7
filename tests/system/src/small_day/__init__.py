"""A running stack on which a few orders of the built-in day have been played, and how a test speaks with it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import jwt
import pytest
from charted.assembly import UMBRELLA, assembled
from charted.rendering import rendered
from crossdock.connector.v1 import connector_service_pb2 as connector
from crossdock.procurement.v1 import inbound_pb2 as inbound
from crossdock.procurement.v1 import procurement_service_pb2 as procurement
from crossdock_kit.peers import STATUS_DETAILS
from crossdock_kit.testing import TokenIssuer
from crossdock_local.identity import AUDIENCE, ISSUER, Caller, Issuer
from crossdock_local.place import Place
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from partners.day import Day, Step, load
from partners.demo import Beside, Stage, fresh_stage, nothing, play_day
from partners.sales.day import SalesDay
from partners.suite import Suite, reached
from partners.verdict import Verdict

# One notice over two orders, the same notice twice, and an answer to a revision that is no longer in force.
TOGETHER = ("4500000155", "4500000156")
NOTICE = "BOTH-1"
REPEATED = "4500000153"
OBSOLETE = "4500000151"
# Of an item that the keeper of master data says only when its order waits for it.
UNKNOWN_AT_FIRST = "4500000165"
_COMPLAINS = re.compile(r'"level": "(warning|error|critical)"').search
ON_THE_WAY = {connector.DOCUMENT_STATE_RECEIVED, connector.DOCUMENT_STATE_TRANSLATED}


def few_orders() -> Day:
    day = load()
    wanted = (*TOGETHER, REPEATED, OBSOLETE, UNKNOWN_AT_FIRST)
    orders = tuple(each for each in day.orders if each.number in wanted)
    learning = tuple(each for each in day.events if each.do == "learn")
    moved = tuple(each for each in day.stock if each.transferred)
    return replace(day, orders=orders, events=learning, strays=(), sales=SalesDay(), stock=moved)


def only_sales() -> Day:
    """All that is sold on the built-in day from stock, and nothing bought; the ERP is away until its customer's goods
    are back."""
    away = Step(("issued:8",), "outage", {"partner": "erp-eu", "until": ["back:R-93"]})
    day = load()
    sales = replace(day.sales, orders=tuple(each for each in day.sales.orders if not each.waits_for))
    return replace(day, orders=(), events=(away,), strays=(), sales=sales, stock=())


@dataclass(frozen=True, slots=True)
class Said:
    """What the command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def _lines(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()


@cache
def _test_container() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        [pod] = rendered(assembled(Path(folder)) / UMBRELLA).of("Pod")
    [container] = pod["spec"]["containers"]
    return container


@dataclass(frozen=True, slots=True)
class SmallDay:
    stage: Stage
    suite: Suite
    verdict: Verdict = field(default_factory=Verdict)

    async def crossdock(self, *words: str, home: Path | None = None) -> Said:
        """Runs the command line as a user does."""
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("crossdock"),
            *words,
            env=os.environ | {"CROSSDOCK_HOME": str(home or self.stage.place.root)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    async def until(self, look: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
        """What `look` finds, once it holds. Where it never does: what it found, what is open, and who complained."""
        found: Any = "nothing yet"
        try:
            async with asyncio.timeout(300):
                while not holds(found := await look()):
                    await asyncio.sleep(0.2)
        except TimeoutError as never:
            raise AssertionError(f"still {found}\n{await self._complaints()}") from never
        return found

    async def _complaints(self) -> str:
        open_now = await self.crossdock("exceptions")
        said = [line for each in self.stage.place.logs.glob("*.log") for line in _lines(each) if _COMPLAINS(line)]
        return "\n".join([open_now.out, open_now.err, *sorted(said)[-100:]])

    async def helm_test(self, folder: Path, permissions: Sequence[str], **environment: str) -> Said:
        """Runs what the chart's test pod runs, told where this stack is and with an identity of its own."""
        container = await asyncio.to_thread(_test_container)
        said = {each["name"]: each["value"] for each in container["env"]}
        peers = {name: self.stage.addresses[name] for name in json.loads(said["CROSSDOCK_PEERS"])}
        token, tenants = folder / "token", tuple(self.stage.state.tenants)
        caller = Caller("crossdock-test", tenants, tuple(permissions))
        Issuer(self.stage.place.folder("identity")).write_token(token, caller)
        here = {"CROSSDOCK_PEERS": json.dumps(peers), "CROSSDOCK_TOKEN_FILE": str(token), "PATH": os.environ["PATH"]}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable if each == "python" else each for each in container["command"]),
            env=said | here | {"CROSSDOCK_TENANTS": ",".join(tenants)} | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    async def submit(self, partner: str, content: bytes, *, path: str = "") -> connector.Document:
        """A document of a partner and its end."""
        request = connector.SubmitDocumentRequest(
            request_id=str(uuid4()), partner=partner, name=f"{uuid4()}.txt", path=path, content=content
        )
        document: connector.Document = (await self.suite.call(self.suite.connector.SubmitDocument, request)).document
        deadline = time.monotonic() + 60
        while document.state in ON_THE_WAY and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            asked = connector.GetDocumentRequest(document_id=document.document_id)
            document = (await self.suite.call(self.suite.connector.GetDocument, asked)).document
        return document

    async def content(self, document: connector.Document) -> bytes:
        asked = connector.GetDocumentContentRequest(document_id=document.document_id)
        return bytes((await self.suite.call(self.suite.connector.GetDocumentContent, asked)).content)

    async def exceptions_of(self, document: connector.Document) -> set[tuple[str, str]]:
        """Code and owner of each."""
        key = f"document:{document.document_id}"
        return {(each.code, each.owner) for each in await self.suite.open_exceptions() if key in each.keys}

    async def is_unknown(self, number: str) -> bool:
        """No order of that number was kept."""
        ref = inbound.PurchaseOrderRef(number=number, business_unit="EU01")
        asked = procurement.GetPurchaseOrderRequest(ref=ref)
        found = await refused(self.suite.call(self.suite.procurement.GetPurchaseOrder, asked))
        return found.code is grpc.StatusCode.NOT_FOUND

    async def acknowledgment_of(self, group: str) -> bytes:
        """The 997 that lies in the supplier's folder for a group of its answers."""
        deadline, wanted = time.monotonic() + 60, f"AK1*PR*{group}~".encode()
        while time.monotonic() < deadline:
            for path in (self.stage.transport / "sup-nordic" / "out").glob("997*"):
                if wanted in (content := path.read_bytes()):
                    return content
            await asyncio.sleep(0.1)
        raise AssertionError(f"no 997 for group {group}")


@asynccontextmanager
async def played(day: Day, beside: Beside = nothing) -> AsyncIterator[SmallDay]:
    """A stack of its own on which the day was played; it ends with the context."""
    # Not pytest's own folder: the unprivileged user of PostgreSQL must be able to pass through.
    with tempfile.TemporaryDirectory(prefix="crossdock-small-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder).chmod(0o711)
        patch.setenv("CROSSDOCK_HOME", f"{folder}/home")
        with fresh_stage(Place(Path(folder) / "home"), lambda line: None, keep=False) as stage:
            verdict = await play_day(stage, lambda line: None, day, beside)
            async with reached(stage.addresses, stage.credentials) as suite:
                yield SmallDay(stage, suite, verdict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused call: its status, the stable reason, and the fields that were wrong."""

    code: grpc.StatusCode
    reason: str
    fields: tuple[str, ...]


async def refused(call: Any) -> Refusal:
    """What a call that must be refused was told. Raises AssertionError if it was carried out."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return _refusal(error)
    raise AssertionError("it was carried out")


def _refusal(error: grpc.aio.AioRpcError) -> Refusal:
    info, fields = ErrorInfo(), BadRequest()
    for name, value in error.trailing_metadata() or ():
        if name == STATUS_DETAILS and isinstance(value, bytes):
            for detail in Status.FromString(value).details:
                detail.Unpack(info)
                detail.Unpack(fields)
    return Refusal(error.code(), info.reason, tuple(each.field for each in fields.field_violations))


def forged(credentials: Sequence[tuple[str, str]], kind: str) -> tuple[tuple[str, str], ...]:
    """Credentials that look like the operator's and are not."""
    [(name, bearer), tenant] = credentials
    true = bearer.removeprefix("Bearer ")
    claims = jwt.decode(true, options={"verify_signature": False})
    token = {
        "nothing": "",
        "not a token": "abc",
        "another key": TokenIssuer(jwt.get_unverified_header(true)["kid"]).sign(claims),
        "no signature": jwt.encode(claims, None, "none"),  # type: ignore[arg-type]
        "more permissions": ".".join([true.split(".")[0], jwt.encode(claims | {"sub": "root"}, "k" * 32).split(".")[1]])
        + "."
        + true.split(".")[2],
    }[kind]
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    return ((name, f"Bearer {token}"), tenant) if token else (tenant,)
