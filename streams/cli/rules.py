"""``infusion rules``: what the rule book says on a date, and all there is to say of one code or rule."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, Final, NamedTuple, get_args

import click
from orjson import OPT_INDENT_2, dumps

from models.field import Setting
from models.printable import printable_lines
from rules.catalogue.coverage import block, block_in
from rules.claim.charge_lines import RANK_ORDER
from rules.parameter import NotInForceError
from rules.policy.resolve import Policy, PolicyError, policy_for
from rules.site_folder import SiteFolder, under_site
from streams.cli.shared.profile_options import policy_option
from streams.cli.shared.site_option import site_option
from streams.rulebook.entry import entry_of, nearest
from streams.rulebook.facts import Facts, overview
from streams.rulebook.golden_cases import cases
from streams.rulebook.page import page
from streams.rulebook.text import entry_text, overview_text

TODAY: Final = "today; --on DATE shows another date of service"
CHOSEN: Final = "as chosen"
EVERY_CODE: Final = "codes"
"""What stands for every code that can be charged."""


class DateType(click.ParamType):
    """A date of service."""

    name = "date"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date; anything but ``2026-03-02`` is refused."""
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.fail("not a date; write for example 2026-03-02", param, ctx)


class Request(NamedTuple):
    """What the options ask for: a date, an output format and the policy that answers the switches."""

    on: date | None
    form: str
    policy: str | None
    setting: Setting | None
    payer: str | None

    @property
    def date(self) -> date:
        """The date of service: the one asked for, else today where this machine stands."""
        return self.on or datetime.now(UTC).astimezone().date()

    def answers(self) -> Policy | None:
        """
        Return the policy in force, or None on a date before the first one.

        Raises:
            UsageError: there is no such policy.

        """
        setting = self.setting or "facility"
        try:
            return policy_for(setting, self.payer, None, None, self.date, self.policy)
        except NotInForceError:
            return None
        except PolicyError as error:
            raise click.UsageError(str(error)) from error


@click.group("rules", invoke_without_command=True)
@click.option("--on", type=DateType(), metavar="DATE", help="Date of service, 2026-03-02. Default: today.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Text for people, or JSON for machines.",
)
@policy_option("Show the switches as this policy answers them.")
@click.option("--setting", type=click.Choice(get_args(Setting)), help="Whose claim it is. Default: facility.")
@click.option("--payer", metavar="NAME", help="The payer whose answers to show.")
@site_option
@click.pass_context
def command(
    context: click.Context,
    *,
    on: date | None,
    form: str,
    policy: str | None,
    setting: Setting | None,
    payer: str | None,
    site: SiteFolder | None,
) -> None:
    """
    List the rules, numbers, switches and tables in force on a date, with their sources.

    For every switch it says which layer decided it: the global one, a payer's, or a file named by --policy.
    """
    request = Request(on, form, policy, setting, payer)
    context.obj = request
    context.with_resource(under_site(site))
    if context.invoked_subcommand is None:
        facts = overview(request.date, payer, request.answers())
        _put(facts, form, overview_text(facts, _width(), CHOSEN if on else TODAY))


def _named(_context: click.Context, _param: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names; of the word ``codes``, every code that can be charged in its place."""
    return tuple(one for name in names for one in (RANK_ORDER if name == EVERY_CODE else (name,)))


@command.command("show")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, callback=_named)
@click.option("--on", type=DateType(), metavar="DATE", help="Date of service, 2026-03-02. Default: today.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html"]),
    help="As of the verb itself; html is a page that stands alone, an index of all names first.",
)
@click.option("--policy", metavar="NAME", help="As of the verb itself.")
@click.option("--setting", type=click.Choice(get_args(Setting)), help="As of the verb itself.")
@click.option("--payer", metavar="NAME", help="As of the verb itself.")
@click.pass_obj
def show(request: Request, /, *, names: tuple[str, ...], **options: Any) -> None:
    """
    Tell all of a code (96367), a rule (R-TIME-3), a flag (F-MUE), a switch (P-05) and more.

    Also of an answer to a switch (each_dose, P-17=30), a number, a drug (rituximab, J9312), a modifier (59), a policy
    (medicare-office, or the path of a policy file), a diagnosis (E86.0), a taxonomy (207R00000X), a place of service
    ("POS 22") and a source.

    The word codes stands for every code that can be charged: show codes --format html is one page with an index.

    Of a code: what it reports, which minutes earn it, what it may stand beside, unit limits and payment by
    setting, the pairs it clashes with, Medicare's indicators, its history, the diagnoses that go with it, the rules
    that earn it and the golden cases that prove it. Options may stand
    before or after the word show.
    """
    request = request._replace(**{name: value for name, value in options.items() if value is not None})
    policy = request.answers()
    entries = [_entry(name, request.date, policy) for name in names]
    if request.form == "html":
        click.echo(page(entries), nl=False)
        return
    for number, facts in enumerate(entries):
        text = entry_text(facts, _width())
        _put(facts, request.form, f"\n{text}" if number else text)


def _entry(name: str, on: date, policy: Policy | None) -> Facts:
    try:
        facts = entry_of(name, on, policy, cases())
    except PolicyError as error:
        raise click.UsageError(str(error)) from error
    if facts is None:
        near = nearest(name)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        message = f"there is no code, rule, flag, switch, answer, number, drug, modifier, diagnosis, taxonomy, place, policy or source {name!r}.{hint}"
        raise click.UsageError(message)
    return facts


@command.command("coverage")
@click.option(
    "--into",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Put it into this document, in place of the one there.",
)
def coverage(*, into: Path | None) -> None:
    """Print how much of the rule book is in the code, as the Markdown block of rules/README.md."""
    if into is None:
        click.echo(block(), nl=False)
        return
    text = into.read_text(encoding="utf-8")
    there = block_in(text)
    if not there:
        message = f"{into.name} has no coverage table; put its first and last line there, as without --into"
        raise click.UsageError(message)
    into.write_text(text.replace(there, block()), encoding="utf-8")


def _width() -> int | None:
    return get_terminal_size().columns if sys.stdout.isatty() else None


def _put(facts: Facts, form: str, text: str) -> None:
    click.echo(
        f"{dumps(facts, option=OPT_INDENT_2).decode()}\n" if form == "json" else printable_lines(text),
        nl=False,
    )
