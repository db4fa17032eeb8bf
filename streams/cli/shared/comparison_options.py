"""The options that the verbs which compare us with another charge system have in common."""

from typing import Final

import click

encounters_option: Final = click.option(
    "--encounter", "encounters", metavar="ENCOUNTER", multiple=True, help="Only these stays. Repeatable."
)
format_option: Final = click.option(
    "--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table", show_default=True,
    help="A table for people, JSON Lines for programs, or CSV.",
)  # fmt: skip
all_codes_option: Final = click.option(
    "--all-codes", is_flag=True, help="Count every code the other system has, not only those we could charge."
)
