"""``infusion resolve``: a person's answers to what waits for review, from a terminal or a script, and their audit."""

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

import click
from orjson import dumps

from models.field import Setting
from models.printable import printable
from rules.engine import Profile
from rules.site_folder import SiteFolder
from streams.cli.shared.asked_stays import AskedStays, StaysInFiles, StaysOnKafka
from streams.cli.shared.broker import broker
from streams.cli.shared.instant import InstantType
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.question_text import (
    AUDIT_COLUMNS,
    AUDIT_HEAD,
    QUESTION_HEAD,
    audit_cells,
    audit_fields,
    audit_row,
    question_row,
)
from streams.cli.shared.resolve_session import ResolveSession, Told
from streams.cli.shared.stay_rows import TextTable, csv_text
from streams.operations.resolutions.audit import audit_of
from streams.worker.settings import SettingError, profile_from

_WAIT_S = 15.0


class InputType(click.ParamType):
    """One input of an answer."""

    name = "name=value"

    def convert(
        self, value: str | tuple[str, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the input's name and what is said."""
        if isinstance(value, tuple):
            return value
        name, equals, said = value.partition("=")
        if not equals or not name.strip():
            self.fail("write NAME=VALUE, for example occurred_at=09:31", param, ctx)
        return name.strip(), said


class Asked(NamedTuple):
    """What the command line asks to be done."""

    encounters: tuple[str, ...]
    flag: str | None
    item: str | None
    answer: str | None
    undo: str | None
    dry: bool
    wait: float


@click.command("resolve")
@click.argument("encounters", metavar="[ENCOUNTER]...", nargs=-1)
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="Read stays from a file of events, - for stdin, in place of Kafka. Answers go to stdout.",
)
@click.option("--flag", metavar="F-NAME", help="Only questions of this flag.")
@click.option("--item", metavar="ID", help="The question, by its item's id or the beginning of it.")
@click.option("--answer", metavar="KEY", help="Give this answer to the one question that is picked.")
@click.option(
    "--input",
    "inputs",
    type=InputType(),
    metavar="NAME=VALUE",
    multiple=True,
    help="What the answer needs, for example occurred_at=09:31. Repeatable.",
)
@click.option("--who", default="", metavar="ID", help="Who answers: an opaque id, never a name.")
@click.option("--why", default="", metavar="TEXT", help="Why; a decision needs it.")
@click.option(
    "--undo",
    metavar="EVENT_ID",
    help="Take back what a person entered about the stay, by the id that --audit shows.",
)
@click.option(
    "--audit", is_flag=True, help="List every answer that was given: who, when, why, and what it changed."
)
@click.option(
    "--since", type=InstantType(), metavar="INSTANT", help="With --audit: only what was entered since then."
)
@click.option("--dry-run", "dry", is_flag=True, help="Show what the answer would do, and send nothing.")
@click.option(
    "--ask/--no-ask",
    default=None,
    help="Ask at the keyboard.  [default: on a terminal, when one stay is named]",
)
@click.option(
    "--wait",
    type=click.FloatRange(0, 600),
    default=_WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the stay to be coded again.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "jsonl", "csv"]),
    default="table",
    show_default=True,
    help="For people, for machines, or for a spreadsheet.",
)
@profile_options
def command(  # noqa: PLR0913 -- one parameter an option
    *,
    encounters: tuple[str, ...],
    files: tuple[str, ...],
    flag: str | None,
    item: str | None,
    answer: str | None,
    inputs: tuple[tuple[str, str], ...],
    who: str,
    why: str,
    undo: str | None,
    audit: bool,
    since: datetime | None,
    dry: bool,
    ask: bool | None,
    wait: float,
    form: str,
    policy: str | None,
    overrides: tuple[tuple[str, str], ...],
    setting: Setting | None,
    payer: str | None,
    site: SiteFolder | None,
) -> int:  # fmt: skip
    """
    Answer what waits for review: an answer is an event, and the stay is coded again with it.

    Without an option it lists the open questions, what holds a stay first; name an encounter to see its answers and
    what each would give. --answer gives one, with --input for what it needs, --who and --why; --undo takes one back;
    --audit lists all that were given. On a terminal, with one encounter named, it asks. Effects are by the policies that
    the environment names, as for a worker, or by --policy and --set. KAFKA_BOOTSTRAP_SERVERS says where Kafka is, unless
    --file names files.

    Exit status: 0 done, 1 nothing waits, the stay was not coded again in time, or a line was rejected, 2 wrong usage or
    no Kafka.
    """  # fmt: skip
    asked = Asked(encounters, flag, item, answer, undo, dry, wait)
    _check(asked, audit=audit, since=since)
    check_policy(policy, overrides, setting, payer, site)
    profile = Profile(policy, overrides, setting, payer, site)
    if not files and profile == Profile(site=site):
        profile = _of_the_workers(site)
    with ExitStack() as kept:
        stays: AskedStays = (
            StaysInFiles(tuple(dict.fromkeys(files)), profile)
            if files
            else StaysOnKafka(kept.enter_context(broker()))
        )
        if audit:
            return _audit(stays, frozenset(encounters), since, form, profile) or min(stays.rejected, 1)
        session = ResolveSession(
            stays, profile, Told(dict(inputs), who, why, datetime.now(UTC)), dry=dry, wait=wait
        )
        return _done(
            session, asked, form, ask=ask if ask is not None else _at_a_terminal(asked, files)
        ) or min(stays.rejected, 1)


def _done(session: ResolveSession, asked: Asked, form: str, *, ask: bool) -> int:
    if asked.undo is not None:
        return session.undo(asked.encounters[0], asked.undo)
    picked = asked.encounters, asked.flag, asked.item
    if asked.answer is not None:
        return session.answer(session.pick(*picked), asked.answer)
    if ask:
        return session.ask(*picked)
    return _list(session, asked, form)


def _of_the_workers(site: SiteFolder | None) -> Profile:
    """Return what workers with this environment code under, so that an effect is what will be."""
    try:
        profile = profile_from(os.environ)._replace(site=site)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    check_policy(profile.policy, profile.overrides, None, profile.payer, site)
    return profile


def _check(asked: Asked, *, audit: bool, since: datetime | None) -> None:
    doing = [
        name
        for name, given in (("--answer", asked.answer), ("--undo", asked.undo), ("--audit", audit))
        if given
    ]
    if len(doing) > 1:
        message = f"{' and '.join(doing)} are two things; give one of them"
        raise click.UsageError(message)
    if asked.undo is not None and len(asked.encounters) != 1:
        message = "--undo needs the one encounter whose answer is taken back"
        raise click.UsageError(message)
    if asked.dry and not (asked.answer or asked.undo):
        message = "--dry-run shows what an --answer or an --undo would do; give that too"
        raise click.UsageError(message)
    if since is not None and not audit:
        message = "--since picks what --audit lists; give that too"
        raise click.UsageError(message)


def _at_a_terminal(asked: Asked, files: Sequence[str]) -> bool:
    return len(asked.encounters) == 1 and "-" not in files and sys.stdin.isatty() and sys.stdout.isatty()


def _list(session: ResolveSession, asked: Asked, form: str) -> int:
    found = session.questions(asked.encounters, asked.flag, asked.item)
    if form == "csv":
        rows = [question_row(question, charge_set) for question, charge_set in found]
        click.echo(csv_text([tuple(name.lower() for name in QUESTION_HEAD), *rows]), nl=False)
    elif form == "jsonl":
        for question, _ in found:
            click.echo(dumps(session.fields(question)))
    elif asked.encounters or asked.item:
        for question, _ in found:
            for line in session.in_full(question):
                click.echo(printable(line))
    elif found:
        table = TextTable(
            QUESTION_HEAD, [question_row(question, charge_set) for question, charge_set in found]
        )
        for cells in (QUESTION_HEAD, *(question_row(question, charge_set) for question, charge_set in found)):
            click.echo(table.line(cells))
    held = {question.encounter_id for question, _ in found if question.severity == "block"}
    stays = {question.encounter_id for question, _ in found}
    _tell_unasked(asked, stays)
    click.echo(f"questions   {len(found):,} of {len(stays):,} stays, of which held {len(held):,}", err=True)
    return 0 if found else 1


def _tell_unasked(asked: Asked, stays: set[str]) -> None:
    """Name the stays that were asked for and have no question: an id that was mistyped is one of them."""
    picked = asked.flag is not None or asked.item is not None
    for name in () if picked else asked.encounters:
        if name not in stays:
            told = f"{printable(name)}: nothing is asked about it; check the id, or look at its charges"
            click.echo(told, err=True)


def _audit(
    stays: AskedStays, encounters: frozenset[str], since: datetime | None, form: str, profile: Profile
) -> int:
    first = 0 if since is None else int(since.timestamp())
    rows = [
        row
        for name, events in stays.answered(encounters, first * 1000).items()
        for row in audit_of(name, events, profile)
        if row.at >= first
    ]
    rows.sort(key=lambda row: row.at)
    if form == "csv":
        click.echo(csv_text([AUDIT_COLUMNS, *map(audit_cells, rows)]), nl=False)
    elif form == "jsonl":
        for row in rows:
            click.echo(dumps(audit_fields(row)))
    elif rows:
        table = TextTable(AUDIT_HEAD, [audit_row(row) for row in rows])
        for cells in (AUDIT_HEAD, *(audit_row(row) for row in rows)):
            click.echo(table.line(cells))
    back = sum(row.taken_back_by is not None for row in rows)
    click.echo(f"answers     {len(rows):,}, of which taken back {back:,}", err=True)
    return 0 if rows else 1
