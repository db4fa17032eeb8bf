"""The options by which a person picks stays out of what the worker has published."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, get_args

import click

from models.charge import Status
from rules.flags import FLAGS
from streams.cli.shared.instant import InstantType
from streams.operations.stay_filter import StayFilter

_MOST_DOLLARS: Final = 10_000_000


class DollarsType(click.ParamType):
    """An amount of US dollars; gives whole cents."""

    name = "usd"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the cents of an amount written 250 or 250.50."""
        if isinstance(value, int):
            return value
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal(-1)
        if not 0 <= amount <= _MOST_DOLLARS:
            self.fail("write dollars, for example 250 or 250.50", param, ctx)
        return int(amount * 100)


def stay_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb the options that pick stays; ``stay_filter`` reads them."""
    options = (
        click.option("--held", is_flag=True, help="Only stays that are held; short for --status held."),
        click.option(
            "--status", "statuses", type=click.Choice(get_args(Status)), multiple=True, help="Only sets of this status."
        ),
        click.option("--flag", "flags", metavar="FLAG", multiple=True, help="Only stays with this flag, F-MUE or MUE."),
        click.option("--payer", "payers", metavar="PAYER", multiple=True, help="Only stays of this payer."),
        click.option("--facility", "facilities", metavar="NAME", multiple=True, help="Only stays of this facility."),
        click.option("--since", type=InstantType(), metavar="INSTANT", help="Only what was published since then."),
        click.option(
            "--money",
            type=DollarsType(),
            default=0,
            metavar="USD",
            help="Only stays whose lines are expected to be paid at least so much.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def stay_filter(
    *,
    held: bool,
    statuses: tuple[Status, ...],
    flags: tuple[str, ...],
    payers: tuple[str, ...],
    facilities: tuple[str, ...],
    since: datetime | None,
    money: int,
) -> StayFilter:
    """
    Return what the options ask for.

    Raises:
        click.UsageError: a flag is none of ours.
    """
    wanted: frozenset[Status] = frozenset(statuses)
    if held:
        wanted |= {"held"}
    return StayFilter(
        wanted,
        frozenset(_flag(name) for name in flags),
        frozenset(payers),
        frozenset(facilities),
        int(since.timestamp() * 1000) if since else 0,
        money,
    )


def _flag(name: str) -> str:
    full = name.upper() if name.upper().startswith("F-") else f"F-{name.upper()}"
    if full not in FLAGS:
        from difflib import get_close_matches  # noqa: PLC0415 -- only a slip pays for it

        near = get_close_matches(full, FLAGS, 1)
        hint = f"did you mean {near[0]}?" if near else "infusion rules lists them"
        message = f"there is no flag {full!a}; {hint}"
        raise click.UsageError(message)
    return full
