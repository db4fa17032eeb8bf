"""``infusion schema``: the published contract, made from the models."""

from collections.abc import Callable, Mapping
from typing import Final

import click

from models.schema import (
    Schema,
    charge_set,
    closed_encounter,
    delivery,
    events,
    line_change,
    nudges,
    review_item,
    text,
)
from streams.wire.asyncapi import asyncapi

DOCUMENTS: Final[Mapping[str, tuple[Callable[[], Schema], str]]] = {
    "events": (events, "JSON Schema of one event"),
    "charge-set": (charge_set, "JSON Schema of one charge set"),
    "closed-encounter": (closed_encounter, "JSON Schema of one closed stay, as it is kept to be coded again"),
    "charge-line": (line_change, "JSON Schema of one line charged or credited"),
    "review": (review_item, "JSON Schema of what waits for a person"),
    "delivery": (delivery, "JSON Schema of what a billing system made of a line"),
    "nudges": (nudges, "JSON Schema of what is asked while the patient is there"),
    "asyncapi": (asyncapi, "AsyncAPI document of the topics"),
}
"""What is published, by name: its maker, and what it is."""


@click.command("schema")
@click.argument("name", type=click.Choice([*DOCUMENTS]), required=False)
def command(*, name: str | None) -> None:
    """
    Print a published document, by its name. Without one, list them.

    JSON Schema 2020-12 and AsyncAPI 3, the same bytes as in models/contract.
    """
    if name is None:
        for document, (_, title) in DOCUMENTS.items():
            click.echo(f"{document:16}  {title}: infusion schema {document}")
        return
    make, _ = DOCUMENTS[name]
    click.echo(text(make()), nl=False)
