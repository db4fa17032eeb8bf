"""``infusion explain``: each encounter as a picture for a person, or one of them as an SVG page for a letter."""

import sys
from codecs import lookup
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from shutil import get_terminal_size
from typing import Final, get_args

import click
from rich.console import Console

from models.encounter import Encounter
from models.event import Event, Setting
from rules.engine import Profile, code_encounter
from rules.policy import PolicyError, policy_for
from streams.buckets import Buckets, Line
from streams.cli.code import SwitchType
from streams.cli.files import STDIN, named
from streams.cli.gathering import Gatherer
from streams.explain.picture import Picture, lay_out
from streams.explain.svg import render as render_svg
from streams.explain.terminal import NARROWEST
from streams.explain.terminal import render as render_text
from streams.reading import read
from streams.rejects import Reject
from streams.tracker import fold, fold_merged, merges

_PIPED: Final = 100
_LONGEST_LINE: Final = 1 << 20


@click.command("explain")
@click.argument(
    "files",
    metavar="[FILE]...",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    metavar="FILE",
    help="Write one encounter's picture as SVG, fit for a letter; - is stdout.",
)
@click.option("--encounter", metavar="ID", help="Explain this encounter only.")
@click.option("--policy", metavar="NAME", help="Code under this policy, in place of the payer's.")
@click.option(
    "--set",
    "overrides",
    type=SwitchType(),
    metavar="KEY=VALUE",
    multiple=True,
    help="Answer one policy switch, for example partial_overlap=full_time. Repeatable.",
)
@click.option(
    "--setting", type=click.Choice(get_args(Setting)), help="For encounters that do not say theirs."
)
@click.option("--payer", metavar="NAME", help="For encounters that do not say theirs.")
@click.option(
    "--width",
    type=click.IntRange(min=NARROWEST, max=1000),
    help=f"Columns of the picture.  [default: the terminal's, {_PIPED} when piped]",
)
def command(
    *,
    files: tuple[str, ...],
    svg: str | None,
    encounter: str | None,
    policy: str | None,
    overrides: tuple[tuple[str, str], ...],
    setting: Setting | None,
    payer: str | None,
    width: int | None,
) -> int:
    """
    Draw encounters for a person: the timeline, then each line with its minutes, rule and source.

    Reads events as JSON Lines from the files, or from stdin where there are none or one is -. The drawing shows
    when each drug flowed through which access site, which of those minutes were billed, and why the others
    were not. Drug names come from the events: treat what is drawn as you treat the chart.

    Exit status: 0 all coded, 1 something held or rejected, 2 wrong usage or an input that cannot be read.
    """
    _check_policy(policy, overrides, setting, payer)
    reader = _Reader(tuple(dict.fromkeys(files)) or (STDIN,), Profile(policy, overrides, setting, payer))
    if svg is None:
        held = _print(reader.pictures(encounter), width)
    else:
        picture = _only(reader.pictures(encounter))
        _write(svg, render_svg(picture))
        held = picture.charge_set.status == "held"
    if encounter is not None and not reader.found:
        message = "no encounter of this id is in the input; check --encounter"
        raise click.UsageError(message)
    return 1 if held or reader.rejected else 0


def _check_policy(
    policy: str | None, overrides: tuple[tuple[str, str], ...], setting: Setting | None, payer: str | None
) -> None:
    # Said before anything is read; which names and answers there are does not depend on the day.
    try:
        policy_for(setting or "facility", payer, None, None, date.max, policy, overrides)
    except PolicyError as error:
        raise click.UsageError(str(error)) from error


def _print(pictures: Iterable[Picture], width: int | None) -> bool:
    """Print pictures one below the other; return whether any of them is held."""
    console = Console(highlight=False, legacy_windows=False)
    columns = width or (get_terminal_size().columns if console.is_terminal else _PIPED)
    plain = not lookup(sys.stdout.encoding or "ascii").name.startswith("utf")
    held = False
    for number, picture in enumerate(pictures):
        if number:
            console.print("\n", soft_wrap=True)
        console.print(render_text(picture, columns, ascii_only=plain), soft_wrap=True)
        held = held or picture.charge_set.status == "held"
    return held


def _only(pictures: Iterator[Picture]) -> Picture:
    picture = next(pictures, None)
    if picture is None:
        message = "--svg draws one encounter and the input holds none; check --encounter and the lines above"
        raise click.UsageError(message)
    if next(pictures, None) is not None:
        message = "--svg draws one encounter and the input holds several; choose one with --encounter ID"
        raise click.UsageError(message)
    return picture


def _write(file: str, page: str) -> None:
    if file == STDIN:
        click.get_binary_stream("stdout").write(page.encode())
    else:
        Path(file).write_bytes(page.encode())
        click.echo(f"wrote {named([file])[0]}", err=True)


class _Reader:
    """Reads events and yields encounters, coded and laid out, in the order of their ids."""

    def __init__(self, inputs: Sequence[str], profile: Profile) -> None:
        self.rejected = 0
        self.found = False
        self._inputs = inputs
        self._names = named(inputs)
        self._profile = profile

    def pictures(self, wanted: str | None) -> Iterator[Picture]:
        """Yield every encounter, or the wanted one; rejects are told on stderr."""
        for encounter in self._encounters(wanted):
            if wanted in {None, encounter.encounter_id}:
                self.found = True
                coding = code_encounter(encounter, self._profile)
                yield lay_out(encounter, coding.charge_set, coding.spans)

    def _encounters(self, wanted: str | None) -> Iterator[Encounter]:
        with Buckets() as buckets:
            gatherer = Gatherer(buckets, _LONGEST_LINE, self._refuse)
            for number, name in enumerate(self._inputs):
                gatherer.gather(number, name, lambda _: None)
            group = gatherer.links.group
            linked: dict[bytes, list[Line]] = {key: [] for key in gatherer.links.ids()}
            only = None if wanted is None else group(wanted.encode())
            for stays in buckets.drain():
                for key in sorted(stays):
                    lines = stays.pop(key)
                    if key in linked:
                        linked[group(key)] += lines
                    elif only in {None, key}:
                        yield from _stays(self._events(lines, {key.decode(errors="replace")}))
            for key, lines in sorted(linked.items()):
                if lines and only in {None, key}:
                    ids = {one.decode(errors="replace") for one in linked if group(one) == key}
                    yield from _stays(self._events(lines, ids))

    def _events(self, lines: Iterable[Line], ids: set[str]) -> list[Event]:
        events = []
        for file, number, raw in sorted(lines):
            event = read(raw)
            if isinstance(event, Reject):
                self._refuse(event.at(file, number))
            elif event.encounter_id not in ids:
                says = "stands twice in the line with different ids"
                self._refuse(
                    Reject("encounter_id", says, "send the event again with one of them", file, number)
                )
            else:
                events.append(event)
        return events

    def _refuse(self, reject: Reject) -> None:
        self.rejected += 1
        click.echo(reject.text(self._names), err=True)


def _stays(events: Iterable[Event]) -> Iterator[Encounter]:
    """Yield the stays these events tell, a stay's events with those of the stays merged into it."""
    known: dict[str, list[Event]] = {}
    for event in events:
        known.setdefault(event.encounter_id, []).append(event)
    into = dict(merges(event for told in known.values() for event in told))
    absorbed: dict[str, list[str]] = {one: [] for one in known}
    for one in into:
        absorbed.setdefault(_end(one, into), []).append(one)
    for one, others in sorted(absorbed.items()):
        mine = known.get(one, [])
        yield fold_merged(mine, {other: known[other] for other in others}) if others else fold(mine)


def _end(one: str, into: Mapping[str, str]) -> str:
    """Return where a stay's events end up, however long the chain of merges."""
    while one in into:
        one = into[one]
    return one
