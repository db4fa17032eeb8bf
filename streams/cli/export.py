"""``infusion export``: charge sets and charge lines in, what a billing system reads out; no Kafka."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import click
from orjson import dumps

from models.charge import ChargeSet
from models.line_change import LineChange
from streams.batch.line_reader import lines_of, overlong
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input
from streams.cli.shared.instant import InstantType
from streams.cli.shared.site_file_option import site_file_option
from streams.cli.shared.stay_rows import csv_text
from streams.feeds.charge_codes import ChargeCodes
from streams.feeds.charge_rows import COLUMNS, rows_of
from streams.feeds.fhir.charge_item import bundle_of_set, charge_item_of_change
from streams.feeds.hl7v2.dft import dft_of_change, dft_of_set
from streams.feeds.site_mapping import SiteMapping
from streams.wire.charges_read import read_charges
from streams.wire.rejects import Reject

Form = Literal["dft", "chargeitem", "csv"]
Said = ChargeSet | LineChange
Write = Callable[[Said, ChargeCodes, datetime], bytes | Reject]

_NOT_RELEASED: Final = {
    "held": "held by a blocking flag: nothing of it is charged; infusion review says what it waits for",
    "preview": "a preview: nothing of it is charged until it is final",
    "cancelled": "cancelled: what was charged is taken back by the credits among its charge lines",
}


@click.command("export")
@files_argument
@click.option(
    "--to",
    "form",
    type=click.Choice(["dft", "chargeitem", "csv"]),
    required=True,
    help="HL7 v2 DFT^P03, FHIR ChargeItem as JSON Lines, or rows for a spreadsheet.",
)
@site_file_option
@click.option(
    "--at",
    type=InstantType(),
    metavar="INSTANT",
    help="The messages' own time, for the same bytes on every run; now when left out.",
)
@click.option(
    "--max-line-bytes",
    type=click.IntRange(256, 1 << 30),
    default=16 << 20,
    show_default=True,
    help="Longer lines are rejected and skipped.",
)
def command(
    *, files: tuple[str, ...], form: Form, site: SiteMapping, at: datetime | None, max_line_bytes: int
) -> int:
    """
    Write charges as a billing system reads them: DFT^P03, ChargeItem or CSV.

    Reads charge sets (JSON Lines of infusion code, or of infusion.charges.v1) and charge lines (of
    infusion.charge-lines.v1), also mixed, from the files, or stdin where there are none or one is -. A set becomes one
    message with every line, a later revision restated whole; a charge line becomes one charge or credit. Held sets,
    previews and cancelled sets export nothing, and stderr names each; a preview is a planned ChargeItem.

    Exit status: 0 all exported, 1 something held or rejected, 2 wrong usage or an input that cannot be read.
    """
    export = _Export(form, site.charges, at or datetime.now(UTC).replace(microsecond=0))
    inputs = tuple(dict.fromkeys(files)) or (STDIN,)
    for line in export.run(inputs, max_line_bytes):
        click.echo(line, err=True)
    for line in export.summary():
        click.echo(line, err=True)
    return 0 if export.all_exported else 1


class _Export:
    """One run: what is read, written and left out."""

    def __init__(self, form: Form, codes: ChargeCodes, at: datetime) -> None:
        self._form, self._codes, self._at = form, codes, at
        self._counts: Counter[str] = Counter()

    @property
    def all_exported(self) -> bool:
        """Whether nothing was held or rejected."""
        return not (self._counts["held"] or self._counts["rejected"])

    def run(self, inputs: Sequence[str], limit: int) -> Iterator[str]:
        """Write every input to stdout, and yield a line for each thing left out."""
        names = display_names(inputs)
        out = click.get_binary_stream("stdout")
        if self._form == "csv":
            out.write(csv_text([COLUMNS]).encode())
        for number, name in enumerate(inputs):
            with open_input(name) as stream:
                for lines in lines_of(stream, limit):
                    if isinstance(lines, Reject):
                        yield self._refuse(lines.at(number, 0), names)
                        continue
                    for count, raw in enumerate(lines.lines, lines.first):
                        if raw is not None and not raw.strip():
                            continue
                        made = overlong(limit) if raw is None else self._written(raw)
                        if isinstance(made, bytes):
                            out.write(made)
                        elif isinstance(made, Reject):
                            yield self._refuse(made.at(number, count), names)
                        elif made:
                            yield f"{names[number]}:{count}: {made}"
        out.flush()

    def _written(self, raw: bytes) -> bytes | str | Reject:
        """Return the bytes a line of input comes to, or words for people why it comes to none."""
        said = read_charges(raw)
        if isinstance(said, Reject):
            return said
        status = said.status if isinstance(said, ChargeSet) else "final"
        if status != "final" and not (status == "preview" and self._form == "chargeitem"):
            self._counts[status] += 1
            return f"revision {said.revision} is {_NOT_RELEASED[status]}"
        if isinstance(said, ChargeSet) and not said.lines:
            self._counts["without a line"] += 1
            return ""
        made = _WRITERS[self._form](said, self._codes, self._at)
        if not isinstance(made, Reject):
            self._counts["exported"] += 1
        return made

    def _refuse(self, reject: Reject, names: Sequence[str]) -> str:
        self._counts["rejected"] += 1
        return reject.text(names)

    def summary(self) -> Iterator[str]:
        """Yield how many charge sets and charge lines came to what."""
        for name in ("exported", "held", "preview", "cancelled", "without a line", "rejected"):
            if self._counts[name] or name == "exported":
                yield f"{name:14}  {self._counts[name]:,}"


def _dft(said: Said, codes: ChargeCodes, at: datetime) -> bytes | Reject:
    return dft_of_change(said, codes, at) if isinstance(said, LineChange) else dft_of_set(said, codes, at)


def _charge_item(said: Said, codes: ChargeCodes, at: datetime) -> bytes | Reject:
    made = (
        charge_item_of_change(said, codes, at)
        if isinstance(said, LineChange)
        else bundle_of_set(said, codes, at)
    )
    return made if isinstance(made, Reject) else dumps(made) + b"\n"


def _csv(said: Said, codes: ChargeCodes, at: datetime) -> bytes | Reject:  # noqa: ARG001 -- a writer's signature
    rows = rows_of(said, codes)
    return rows if isinstance(rows, Reject) else csv_text(rows).encode()


_WRITERS: Final[dict[Form, Write]] = {"dft": _dft, "chargeitem": _charge_item, "csv": _csv}
