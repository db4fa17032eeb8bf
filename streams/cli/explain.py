"""``infusion explain``: each encounter as a picture for a person, or as pages for a letter: SVG of one, HTML of any."""

import sys
from codecs import lookup
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import chain
from pathlib import Path
from shutil import get_terminal_size
from typing import Final

import click

from models.field import Setting
from rules.engine import Profile
from streams.batch.coder import CodedEncounter, Outcome, code_linked, code_stay
from streams.batch.gather import Gatherer
from streams.batch.spill_buckets import Buckets, LinesByEncounter
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input
from streams.cli.shared.instant import InstantType
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.encounter.charted_times import charted_times
from streams.encounter.merge_groups import MergeGroups
from streams.explain.layout import lay_out
from streams.explain.picture import Picture
from streams.explain.svg.page import render as render_svg
from streams.explain.terminal.glyphs import NARROWEST
from streams.wire.rejects import Reject

_PIPED: Final = 100
_LONGEST_LINE: Final = 1 << 20


@click.command("explain")
@files_argument
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    metavar="FILE",
    help="Write one encounter's picture as SVG, fit for a letter; - is stdout.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    metavar="FILE",
    help="Write a page to read and to print, a stay after the other; - is stdout.",
)
@click.option("--encounter", metavar="ID", help="Explain this encounter only.")
@profile_options
@click.option(
    "--as-of",
    type=InstantType(),
    metavar="INSTANT",
    help="Code as seen at this instant: before its confirm window has passed, a discharged encounter is a preview.",
)
@click.option(
    "--width",
    type=click.IntRange(min=NARROWEST, max=1000),
    help=f"Columns of the picture.  [default: the terminal's, {_PIPED} when piped]",
)
def command(  # noqa: PLR0913 -- one parameter an option
    *,
    files: tuple[str, ...],
    svg: str | None,
    html: str | None,
    encounter: str | None,
    policy: str | None,
    overrides: tuple[tuple[str, str], ...],
    setting: Setting | None,
    payer: str | None,
    as_of: datetime | None,
    width: int | None,
) -> int:
    """
    Draw encounters for a person: the timeline, then each line with its minutes, rule and source.

    Reads events as JSON Lines from the files, or from stdin where there are none or one is -. The drawing shows
    when each drug flowed through which access site, which of those minutes were billed, and why the others
    were not. Drug names come from the events: treat what is drawn as you treat the chart.

    Exit status: 0 all coded, 1 something held or rejected, 2 wrong usage or an input that cannot be read.
    """
    if svg is not None and html is not None:
        message = "--svg and --html write two different pages; ask for them one after the other"
        raise click.UsageError(message)
    check_policy(policy, overrides, setting, payer)
    profile = Profile(policy, overrides, setting, payer)
    reader = _Reader(
        tuple(dict.fromkeys(files)) or (STDIN,),
        profile,
        as_of,
        with_times=svg is not None or html is not None,
    )
    if html is not None:
        any_held = _write_letters(html, reader.pictures(encounter))
    elif svg is None:
        any_held = _print(reader.pictures(encounter), width)
    else:
        picture = _only(reader.pictures(encounter))
        _write(svg, [render_svg(picture)])
        any_held = picture.charge_set.status == "held"
    if encounter is not None and not reader.any_drawn:
        message = "no encounter of this id is in the input; check --encounter"
        raise click.UsageError(message)
    return 1 if any_held or reader.rejected else 0


def _print(pictures: Iterable[Picture], width: int | None) -> bool:
    """Print pictures one below the other; return whether any of them is held."""
    from rich.console import Console  # noqa: PLC0415 -- only a drawing on a terminal pays for loading rich

    from streams.explain.terminal.drawing import render  # noqa: PLC0415 -- as above

    console = Console(highlight=False, legacy_windows=False)
    columns = width or (get_terminal_size().columns if console.is_terminal else _PIPED)
    plain = not lookup(sys.stdout.encoding or "ascii").name.startswith("utf")
    any_held = False
    for number, picture in enumerate(pictures):
        if number:
            console.print("\n", soft_wrap=True)
        console.print(render(picture, columns, ascii_only=plain), soft_wrap=True)
        any_held = any_held or picture.charge_set.status == "held"
    return any_held


def _write_letters(file: str, pictures: Iterator[Picture]) -> bool:
    """Write stays as one page; return whether any of them is held. Without a stay nothing is written."""
    from streams.explain.html.page import render  # noqa: PLC0415 -- only this page pays for loading its templates

    any_held = False

    def seen(first: Picture) -> Iterator[Picture]:
        nonlocal any_held
        for picture in chain([first], pictures):
            any_held = any_held or picture.charge_set.status == "held"
            yield picture

    first = next(pictures, None)
    if first is not None:
        _write(file, render(seen(first)))
    return any_held


def _only(pictures: Iterator[Picture]) -> Picture:
    picture = next(pictures, None)
    if picture is None:
        message = "--svg draws one encounter and the input holds none; check --encounter and the lines above"
        raise click.UsageError(message)
    if next(pictures, None) is not None:
        message = "--svg draws one encounter and the input holds several; choose one with --encounter ID"
        raise click.UsageError(message)
    return picture


def _write(file: str, parts: Iterable[str]) -> None:
    if file == STDIN:
        stdout = click.get_binary_stream("stdout")
        for part in parts:
            stdout.write(part.encode())
        return
    with Path(file).open("wb") as page:
        for part in parts:
            page.write(part.encode())
    click.echo(f"wrote {display_names([file])[0]}", err=True)


class _Reader:
    """Reads events and yields encounters, coded as ``infusion code`` does, in the order of their ids."""

    def __init__(
        self, inputs: Sequence[str], profile: Profile, as_of: datetime | None, *, with_times: bool
    ) -> None:
        self.rejected = 0
        self.any_drawn = False
        self._inputs = inputs
        self._names = display_names(inputs)
        self._profile = profile
        self._as_of = as_of
        self._with_times = with_times

    def pictures(self, wanted: str | None) -> Iterator[Picture]:
        """Yield every encounter, or the wanted one; rejects and faults go to stderr."""
        for encounter, coding, events, merged in self._stays(wanted):
            if wanted in {None, encounter.encounter_id}:
                self.any_drawn = True
                times = charted_times(events, merged) if self._with_times else {}
                yield lay_out(encounter, coding.charge_set, coding.spans, times)

    def _stays(self, wanted: str | None) -> Iterator[CodedEncounter]:
        # What does not fit into memory is drawn bucket by bucket: in order only within each.
        runs: list[Iterable[CodedEncounter]] = []
        linked: LinesByEncounter = {}
        with Buckets() as buckets:
            gatherer = Gatherer(buckets, _LONGEST_LINE, self._refuse)
            for number, name in enumerate(self._inputs):
                with open_input(name) as stream:
                    gatherer.gather(number, stream, lambda _: None)
            only = None if wanted is None else gatherer.links.group(wanted.encode(errors="replace"))
            for stays in buckets.drain():
                _set_aside(stays, gatherer.links, linked)
                run = self._alone(_only_group(stays, only))
                if buckets.spilled:
                    yield from run
                else:
                    runs.append(run)
            runs.append(sorted(self._together(_only_group(linked, only)), key=_id_of))
            yield from merge(*runs, key=_id_of)

    def _alone(self, stays: LinesByEncounter) -> Iterator[CodedEncounter]:
        for key in sorted(stays):
            encounter_id = key.decode(errors="replace")
            yield from self._report(code_stay(encounter_id, stays.pop(key), self._profile, self._as_of))

    def _together(self, groups: LinesByEncounter) -> Iterator[CodedEncounter]:
        for lines in groups.values():
            yield from self._report(code_linked(sorted(lines), self._profile, self._as_of))

    def _report(self, outcome: Outcome) -> tuple[CodedEncounter, ...]:
        """Print rejects and faults to stderr, count the rejects alone, and return the stays."""
        self.rejected += len(outcome.rejects)
        for reject in sorted((*outcome.rejects, *outcome.faults), key=Reject.place):
            click.echo(reject.text(self._names), err=True)
        return outcome.stays

    def _refuse(self, reject: Reject) -> None:
        self.rejected += 1
        click.echo(reject.text(self._names), err=True)


def _id_of(coded: CodedEncounter) -> bytes:
    return coded.encounter.encounter_id.encode()


def _set_aside(stays: LinesByEncounter, links: MergeGroups, linked: LinesByEncounter) -> None:
    """Move the stays that merges link out of a bucket, to where all that are linked come together."""
    for key in links.ids():
        if key in stays:
            linked.setdefault(links.group(key), []).extend(stays.pop(key))


def _only_group(stays: LinesByEncounter, only: bytes | None) -> LinesByEncounter:
    return stays if only is None else {key: lines for key, lines in stays.items() if key == only}
