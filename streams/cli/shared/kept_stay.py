"""One stay's events straight from Kafka, as a file that a verb reads like any other."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from streams.cli.shared.broker import broker
from streams.kafka.connection import SERVERS

NAME: Final = "kafka"
"""How messages name the input."""


def asked_of_kafka(files: tuple[str, ...], encounter: str | None) -> bool:
    """Tell whether an encounter is named, no file is, and the environment says where Kafka is."""
    return encounter is not None and not files and bool(os.environ.get(SERVERS, "").strip())


@contextmanager
def kept_stay(encounter: str) -> Iterator[str]:
    """
    Give a file with the events of a stay, and of stays that merges connect with it; it is gone afterwards.

    Raises:
        click.ClickException: Kafka cannot be reached, or knows no such stay.
    """
    from streams.operations.kept_events import events_of_stay  # noqa: PLC0415 -- a file needs no Kafka

    with broker() as connection:
        lines = asyncio.run(events_of_stay(connection, encounter))
    if not lines:
        message = f"Kafka at {connection.named()} has no event of this encounter; check --encounter"
        raise click.ClickException(message)
    with TemporaryDirectory(prefix="infusion-") as folder:
        file = Path(folder) / "stay.jsonl"
        file.write_bytes(b"".join(line + b"\n" for line in lines))
        yield str(file)
