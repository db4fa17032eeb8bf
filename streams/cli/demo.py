"""``infusion demo``: the whole stream on one machine, and its charges compared with those of ``infusion code``."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Final

import click

from models.charge import CHARGE_SET
from models.printable import printable
from rules.site_folder import SiteFolder
from streams.batch.tally import Tally
from streams.cli.shared.live_demo import play_on
from streams.cli.shared.site_option import VARIABLE, site_option
from streams.demo.comparison import Comparison, compare
from streams.demo.reader import Reader
from streams.demo.stage import Stage, stage
from streams.kafka.embedded import LIMITS
from streams.wire.topics import REJECTS

_OURS: Final = [sys.executable, "-c", "from streams.cli import main; main()"]
_STAYS: Final = 100
_COLUMNS: Final = 100


@click.command("demo")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=False), required=False)
@click.option(
    "--rate",
    type=click.FloatRange(1, 1e6),
    metavar="N",
    help="Publish so many events a second; all at once by default.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["summary", "table", "jsonl", "none"]),
    default="summary",
    show_default=True,
    help="What to print of the charge sets: one table by code, each as a table, JSON Lines, or nothing.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(10, 3600),
    default=120,
    show_default=True,
    help="How long to wait for the charges.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Keep serving: a console, and a day played in at a visible pace, until Ctrl-C.",
)
@site_option
def command(
    *, file: str | None, rate: float | None, form: str, seconds: float, live: bool, site: SiteFolder | None
) -> int:
    """
    Play events through the whole stream: an embedded broker, a worker, a publisher. Nothing else is needed.

    Events come from a file of JSON Lines; without one a synthetic day is made. At the end the charges on the topic
    are compared, byte for byte, with those of infusion code on the same events. Kill the worker while it runs, as
    often as you like: it is started again, and the result is the same.

    With --live nothing is compared: console and front door run beside, the day is yesterday's and comes in at four events
    a second; patients of this hour come and go beside it, and something is asked at their beds. All goes on until
    Ctrl-C. The address stands on the screen.

    Exit status: 0 identical, or stopped when asked; 1 not; 2 wrong usage.
    """
    # Asked to end by whoever started us, we end what we started, as for Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    reader = Reader()
    settings = {} if site is None else {VARIABLE: site.path}
    with tempfile.TemporaryDirectory(prefix="infusion-demo-") as folder:
        events = _events(file, Path(folder) / "day.jsonl")
        if live:
            return play_on(events, Path(folder), settings, rate, _say)
        charge_sets = _batch_charge_sets(events, settings)
        with stage(_say, settings) as running:
            _say_what_runs(running)
            finished = asyncio.run(_play(running, events, rate, reader, charge_sets, seconds))
            if not finished:
                _say(f"not everything came within {seconds:.0f} seconds; the worker's log ends:")
                for line in running.log.read_text(errors="replace").splitlines()[-10:]:
                    _say(f"  {line}")
    _show(reader, form)
    comparison = compare(charge_sets, reader)
    for line in _verdict(comparison, reader):
        click.echo(printable(line), err=True)
    return 0 if comparison.same else 1


def _say(words: str) -> None:
    click.echo(printable(f"== {words}"), err=True)


def _events(file: str | None, copy: Path) -> Path:
    """Return the events in a file of their own: they are read twice, and must be the same both times."""
    if file is not None:
        copyfile(file, copy)
        return copy
    generated = subprocess.run(  # noqa: S603 - our own command
        [*_OURS, "generate", "--encounters", str(_STAYS), "--start", "2026-10-05", "--shape", "day"],
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    copy.write_bytes(generated.stdout)
    return copy


def _batch_charge_sets(events: Path, settings: Mapping[str, str]) -> list[bytes]:
    # As of now: a stay whose confirm window has not passed is a preview in the stream, too.
    now = datetime.now(UTC).isoformat(timespec="seconds")
    coded = subprocess.run(  # noqa: S603 - our own command
        [*_OURS, "code", "--quiet", "--as-of", now, str(events)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **settings},
        check=False,
    )
    return coded.stdout.splitlines(keepends=True)


def _say_what_runs(running: Stage) -> None:
    _say(f"an embedded broker on {running.servers}. It is for looking, not for keeping:")
    for sentence in LIMITS:
        click.echo(f"     {sentence}", err=True)
    _say(f"a worker, process {running.start_worker()}: a stay closes three seconds after its last word")


async def _play(
    running: Stage, events: Path, rate: float | None, reader: Reader, charge_sets: list[bytes], seconds: float
) -> bool:
    minding = asyncio.create_task(running.mind_worker())
    try:
        publishing = await asyncio.create_subprocess_exec(
            *_OURS, "publish", *(["--rate", str(rate)] if rate else []), str(events),
            env={**os.environ, **running.environment}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        _say(f"a publisher of {sum(1 for _ in events.open('rb')):,} events")

        def done() -> bool:
            return publishing.returncode is not None and compare(charge_sets, reader).same

        finished = await running.read(reader, done, seconds)
        await publishing.wait()
    finally:
        minding.cancel()
    return finished


def _show(reader: Reader, form: str) -> None:
    out = click.get_binary_stream("stdout")
    values = [value for _, value in sorted(reader.charge_sets.items()) if value is not None]
    if form == "jsonl":
        for value in values:
            out.write(value + b"\n")
    elif form in {"summary", "table"}:
        from streams.cli.shared.charge_table import summary_table, table  # noqa: PLC0415 -- only a table pays for loading rich

        tally = Tally()
        for value in values:
            charge_set = CHARGE_SET.validate_json(value)
            tally.count(charge_set)
            if form == "table":
                out.write(table(charge_set, _COLUMNS, colour=False))
        out.write(summary_table(tally, _COLUMNS, colour=False))
    out.flush()


def _verdict(comparison: Comparison, reader: Reader) -> list[str]:
    verdict = [
        "",
        f"stays        {comparison.identical:,} charge sets identical to those of infusion code, byte for byte"
        + (f" ({comparison.later_revision:,} at a later revision)" if comparison.later_revision else ""),
        f"             {comparison.withdrawn:,} cancelled or merged away, and without one",
        f"lines        {comparison.lines:,} stand charged after upsert by line_id",
        f"rejects      {reader.messages.get(REJECTS, 0):,} messages that could not be used"
        + ("; nothing was coded" if not comparison.identical + comparison.withdrawn else ""),
        "messages     " + ", ".join(f"{name} {count:,}" for name, count in sorted(reader.messages.items())),
    ]
    for words, names in (
        ("different", comparison.different), ("missing", comparison.missing), ("surplus", comparison.surplus),
    ):  # fmt: skip
        if names:
            verdict.append(f"{words:<12} {', '.join(names[:20])}" + (" …" if len(names) > 20 else ""))  # noqa: PLR2004 - a line of them
    if comparison.lines_differ:
        verdict.append("lines        the lines that stand charged are not those of the final sets")
    verdict.append(
        "The stream and the file say the same." if comparison.same else "The stream and the file differ."
    )
    return verdict
