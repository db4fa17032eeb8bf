"""``infusion diff``: our charge sets beside those of the charge system in use, and which switch explains what differs."""

import click

from models.field import Setting
from models.printable import printable
from rules.engine import Profile
from rules.site_folder import SiteFolder, under_site
from streams.batch.spill_buckets import Buckets
from streams.batch.told_stays import ToldStay, ToldStays
from streams.cli.shared.comparison_options import all_codes_option, encounters_option, format_option
from streams.cli.shared.difference_rows import HEAD, json_row, summary, table_row
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input
from streams.cli.shared.posted_files import PostedLines, once_from_stdin, read_posted
from streams.cli.shared.profile_options import check_policy, profile_options
from streams.cli.shared.reject_order import RejectOrder
from streams.cli.shared.site_file_option import site_file_beside_folder
from streams.cli.shared.stay_rows import TextTable, csv_text
from streams.feeds.site_mapping import SiteMapping
from streams.reconciliation.comparison import Comparison
from streams.reconciliation.difference import Difference
from streams.reconciliation.difference_cells import COLUMNS, csv_row
from streams.reconciliation.shadow import Group, groups
from streams.wire.rejects import Reject

DIFFERENT = 3
"""The exit status of a run that found a difference."""
_LONGEST = 16 << 20


@click.command("diff")
@files_argument
@click.option(
    "--incumbent", "incumbent", type=click.Path(exists=True, dir_okay=False, allow_dash=True), multiple=True, required=True,
    metavar="FILE", help="What the charge system in use posted: DFT^P03 messages, or CSV with columns; - is stdin. Repeatable.",
)  # fmt: skip
@encounters_option
@click.option("--common", is_flag=True, help="Only stays that both systems have.")
@click.option("--rest", is_flag=True, help="Show only what no switch explains.")
@format_option
@all_codes_option
@site_file_beside_folder
@profile_options
def command(  # noqa: PLR0913 -- one parameter an option
    *, files: tuple[str, ...], incumbent: tuple[str, ...], encounters: tuple[str, ...], common: bool, rest: bool,
    form: str, all_codes: bool, site_file: SiteMapping, policy: str | None, overrides: tuple[tuple[str, str], ...],
    setting: Setting | None, payer: str | None, site: SiteFolder | None,
) -> int:  # fmt: skip
    """
    Compare our charges with those of the charge system in use, by encounter, line and money.

    Reads events (or charge sets, which no switch can be tried on) from the files, or stdin. Each difference is tried
    against every other answer to one switch: those that an answer explains come first, then the rest by rule of ours.
    Money is the expected payment of both sides, by the same amounts. A line of ours that is held or in a preview, and
    that they have not got, is shown and counted apart: it is no difference.

    Exit status: 0 no difference, 1 none but some input was rejected, 3 differences, 2 wrong usage or an input that
    cannot be read.
    """
    check_policy(policy, overrides, setting, payer, site)
    run = Comparison(Profile(policy, overrides, setting, payer, site), encounters, common=common)
    inputs = tuple(dict.fromkeys(files)) or (STDIN,)
    once_from_stdin(inputs, incumbent, "--incumbent")
    rejects = RejectOrder(
        display_names([*inputs, *incumbent]), lambda line: click.echo(line, err=True), piped=False
    )

    def refuse(reject: Reject) -> None:
        run.counts["rejected"] += 1
        rejects.add(reject)

    with Buckets() as buckets, under_site(site):
        told = ToldStays(buckets, _LONGEST, refuse)
        for number, file in enumerate(inputs):
            with open_input(file) as stream:
                told.gatherer.gather(number, stream, lambda _: None)
        post = PostedLines(told, every=all_codes)
        read_posted(incumbent, len(inputs), site_file.charges, post.take, refuse)
        found = list(
            groups(one for stays in told.stays(run.profile) for stay in stays for one in _compared(run, stay))
        )
    if strange := [name for name in encounters if name not in run.named]:
        rejects.show()
        message = f"no such stay: {', '.join(map(printable, strange))}; ids are compared letter for letter"
        raise click.UsageError(message)
    _write([group for group in found if not (rest and group.switch)], form)
    rejects.show()
    click.echo(_sides(run), err=True)
    if post.others:
        click.echo(
            f"{'other codes':44}  {post.others:,} lines of theirs that are none of ours, left out", err=True
        )
    for line in summary(found):
        click.echo(line, err=True)
    different = any(not group.waiting for group in found)
    return DIFFERENT if different else 1 if run.counts["rejected"] else 0


def _sides(run: Comparison) -> str:
    """Return how many stays were compared."""
    sides = ", ".join(f"{name} {run.counts[name]:,}" for name in ("both", "ours alone", "theirs alone"))
    return f"{'stays':44}  {sides}; the same {run.counts['same']:,}"


def _compared(run: Comparison, stay: ToldStay) -> list[Difference]:
    coded = None if stay.coded is None else (stay.coded.encounter, stay.coded.coding)
    return run.compared(stay.encounter_id, stay.charge_set, coded, stay.posted)


def _write(found: list[Group], form: str) -> None:
    out = click.get_binary_stream("stdout")
    if form == "table":
        shown = [table_row(group, one) for group in found for one in group.differences]
        table = TextTable(HEAD, shown)
        for cells in (HEAD, *shown) if shown else ():
            out.write(f"{table.line(cells)}\n".encode())
    elif form == "csv":
        out.write(csv_text([COLUMNS]).encode())
        out.write(csv_text(csv_row(group, one) for group in found for one in group.differences).encode())
    else:
        for group in found:
            out.writelines(json_row(group, one) for one in group.differences)
    out.flush()
