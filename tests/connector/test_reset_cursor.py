"""A cursor is put elsewhere by whoever may, while nobody reads; the command line does it and says why not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

import grpc
import pytest
from connector_samples.polled import KIND, pages, tracker
from connector_samples.poller import Opens
from connector_samples.rig import TENANT
from crossdock.connector.v1 import connector_service_pb2 as pb
from crossdock.connector.v1 import connector_service_pb2_grpc as pb_grpc
from crossdock_cli import partner as partner_command
from crossdock_cli.main import app
from crossdock_kit.peers import PeerRefused
from typer.testing import CliRunner, Result


async def test_a_cursor_is_reset_only_while_its_partner_is_stopped(opens: Opens) -> None:
    poller = await opens("car-reset")
    poller.api.pages = pages([tracker("A")], [tracker("B")])
    await poller.turn()
    issuer = poller.stage.server.issuer
    admin: Any = poller.stage.server.stub(pb_grpc.ConnectorServiceStub, issuer.token((TENANT,), ("*",)))

    def reset(**more: str) -> Awaitable[Any]:
        return admin.ResetCursor(  # type: ignore[no-any-return]
            pb.ResetCursorRequest(request_id=str(uuid4()), partner="car-reset", **more)
        )

    for state in ("running", "paused"):
        await poller.declare(state=state)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await reset()
        assert refused.value.code() == grpc.StatusCode.FAILED_PRECONDITION
        assert refused.value.details() == (
            f"car-reset is {state}: a cursor is reset only while its partner is stopped, so stop it first"
        )
    await poller.declare(state="stopped")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await reset(cursor="c7")
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert [(each.kind, each.before) for each in (await reset()).reset] == [(KIND, "c1")]
    assert [each.before for each in (await reset(kind=KIND, cursor="c1")).reset] == [""]
    # What a worker still has in hand of the time before is no word on where the reading stands now.
    await poller.declare(state="running")
    await poller.hold()
    with pytest.raises(PeerRefused) as late:
        await poller.polling.service.record_poll(poller.epoch, pb.RecordPollRequest(kind=KIND, after="c4", cursor="c5"))
    assert late.value.reason == "CURSOR_ELSEWHERE"
    poller.api.asked.clear()
    await poller.turn()
    assert [each["after"] for each in poller.api.asked] == ["c1"]


async def test_the_command_line_resets_a_cursor_and_says_why_not(opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    poller = await opens("car-command")
    poller.api.pages = pages([tracker("A")], [tracker("B")])
    await poller.turn()
    server = poller.stage.server
    bearer = (("authorization", f"Bearer {server.issuer.token((TENANT,), ('*',))}"),)
    monkeypatch.setattr(partner_command, "stack_or_exit", lambda: None)
    monkeypatch.setattr(partner_command, "channel", lambda *_: grpc.aio.insecure_channel(server.address))
    monkeypatch.setattr(partner_command, "metadata", lambda *_: bearer)

    async def command() -> Result:
        """In a thread: there its own event loop does not take the test's away."""
        return await asyncio.to_thread(CliRunner().invoke, app, ["partner", "reset-cursor", "car-command"])

    refused = await command()
    assert refused.exit_code != 0
    assert "car-command is running: a cursor is reset only while its partner is stopped" in refused.output
    await poller.declare(state="stopped")
    done = await command()
    assert (done.exit_code, done.output) == (0, f"{KIND} is read from the beginning; it stood at c1\n")
    assert (await poller.row())["cursor"] == ""
