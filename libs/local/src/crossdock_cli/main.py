"""The table of contents of the command line: one module per command."""

from __future__ import annotations

import typer

from crossdock_cli import (
    deliveries,
    demo,
    down,
    edi,
    exceptions,
    identity,
    load,
    order,
    order_pending,
    order_release,
    ownership,
    partner,
    partner_compare,
    po,
    po_blanket,
    po_inbound,
    reconcile,
    replay,
    returns,
    shipment,
    shipment_deciding,
    shipment_feeds,
    status,
    stock,
    submit,
    supplier,
    supplier_invoice,
    token,
    trace,
    up,
)

app = typer.Typer(
    name="crossdock",
    help="Runs Crossdock on this machine and asks it where a transaction stands.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (up.up, down.down, status.status, token.token, demo.demo):
    app.command()(command)
for work in (load.load, submit.submit, trace.trace, ownership.ownership):
    app.command()(work)
for repair in (replay.replay, reconcile.reconcile):
    app.command()(repair)
app.command(context_settings=edi.AS_THEY_STAND)(edi.edi)
app.add_typer(exceptions.app, name="exceptions")
app.add_typer(deliveries.app, name="deliveries")
for of_order in (order_release.release, order_pending.pending):
    order.app.command()(of_order)
app.add_typer(order.app, name="order")
for more in (po_blanket.blanket, po_blanket.release, po_inbound.inbound):
    po.app.command()(more)
app.add_typer(po.app, name="po")
app.add_typer(stock.app, name="stock")
for word in (supplier_invoice.accept, supplier_invoice.reject):
    supplier.app.command()(word)
app.add_typer(supplier.app, name="supplier")
partner.app.command("compare")(partner_compare.compare_partner)
app.add_typer(partner.app, name="partner")
for of_shipment in (shipment_deciding.cancel, shipment_deciding.correct, shipment_feeds.feeds):
    shipment.app.command()(of_shipment)
shipment.app.command("map")(shipment_deciding.map_code)
app.add_typer(shipment.app, name="shipment")
app.add_typer(returns.app, name="return")
app.add_typer(identity.app, name="identity")


def main() -> None:
    app()
