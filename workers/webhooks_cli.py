"""`inkloom webhooks`: what is not delivered and why, and signals to the workflow that tries it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Webhooks that are not delivered: list them, ask why, pause, resume, send, cancel.",
    no_args_is_help=True,
)

DATA_DIR = Path(".inkloom/up")

DeliveryId = Annotated[str, typer.Argument(help="Id of the delivery: a UUID, or dlv_ and 32 hex.")]
DataDir = Annotated[
    Path, typer.Option(help="Look at the `inkloom up` that runs here, where nothing else is set.")
]


@app.command("list")
def list_waiting(
    endpoint: Annotated[str | None, typer.Option(help="Only those to this endpoint.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    data_dir: DataDir = DATA_DIR,
) -> None:
    """List messages that are not through, the oldest first."""
    from workers import webhooks_desk

    webhooks_desk.show_waiting(data_dir, endpoint, limit)


@app.command()
def why(delivery: DeliveryId, data_dir: DataDir = DATA_DIR) -> None:
    """Say why a message is not delivered, and when it is tried next."""
    _tell("why", delivery, data_dir)


@app.command()
def pause(delivery: DeliveryId, data_dir: DataDir = DATA_DIR) -> None:
    """Make no further attempt until it is resumed."""
    _tell("pause", delivery, data_dir)


@app.command()
def resume(delivery: DeliveryId, data_dir: DataDir = DATA_DIR) -> None:
    """Go on with a paused message."""
    _tell("resume", delivery, data_dir)


@app.command("send-now")
def send_now(delivery: DeliveryId, data_dir: DataDir = DATA_DIR) -> None:
    """Make the next attempt now, whatever holds it."""
    _tell("send-now", delivery, data_dir)


@app.command()
def cancel(delivery: DeliveryId, data_dir: DataDir = DATA_DIR) -> None:
    """Give a message up."""
    _tell("cancel", delivery, data_dir)


def _tell(wish: str, delivery: str, data_dir: Path) -> None:
    from workers import webhooks_desk

    typer.echo(webhooks_desk.tell(data_dir, delivery, wish))
