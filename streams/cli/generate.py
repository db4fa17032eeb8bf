"""``infusion generate``: events of outpatients that never were, for trials, load and teaching."""

from datetime import date, datetime
from itertools import islice
from random import Random
from typing import get_args

import click

from streams.synthetic.arrival_order import Order
from streams.synthetic.charting import Habits
from streams.synthetic.generator import Shape, generate

_BATCH = 2_000


@click.command("generate")
@click.option(
    "--encounters",
    type=click.IntRange(min=1, max=10_000_000),
    default=100,
    show_default=True,
    help="How many outpatient stays; about ten events each.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed, start, shape and order give the same bytes.",
)
@click.option(
    "--start",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    required=True,
    help="The first day, in the facility's own zone.",
)
@click.option(
    "--shape",
    type=click.Choice(get_args(Shape)),
    default="month",
    show_default=True,
    help="Over how long the stays are spread: thirty days, or one.",
)
@click.option(
    "--order",
    type=click.Choice(get_args(Order)),
    default="arrival",
    show_default=True,
    help="As stored across all stays, stay by stay, or mixed beyond reason.",
)
@click.option(
    "--rewritten",
    type=click.FloatRange(min=0, max=1),
    default=Habits().rewritten,
    show_default=True,
    help="Share of the administrations that are corrected or taken back later on.",
)
def command(
    *, encounters: int, seed: int, start: datetime, shape: Shape, order: Order, rewritten: float
) -> None:
    """
    Write events of synthetic outpatient stays to stdout, one JSON line each.

    Emergency department, observation over midnight, infusion centre and office, charted the way real charts
    are: late, out of order, corrected afterwards, by nurse and pump at once. No names, no birth dates.
    """
    rng = Random(seed)  # noqa: S311 - repeatable, not secret
    lines = generate(
        rng, encounters, date(start.year, start.month, start.day), shape, order, Habits(rewritten)
    )
    out = click.get_binary_stream("stdout")
    while batch := tuple(islice(lines, _BATCH)):
        out.write(b"\n".join(batch) + b"\n")
    out.flush()
