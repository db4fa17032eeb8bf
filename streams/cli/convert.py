"""``infusion convert``: wire messages in, events of the contract out; no Kafka."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, Final, Literal

import click
from orjson import dumps

from streams.batch.garbage_collection import paused
from streams.cli.shared.csv_tables import rows_of
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input
from streams.cli.shared.site_file_option import patient_secret, site_file_option
from streams.feeds.association import WAITING, Associations, is_unlinked
from streams.feeds.conversion import Conversion
from streams.feeds.facts import told
from streams.feeds.fhir.documents import LONGEST as LONGEST_RESOURCE
from streams.feeds.fhir.documents import DocumentSplitter
from streams.feeds.fhir.explain import explain as explain_resource
from streams.feeds.fhir.known_medications import KnownMedications
from streams.feeds.hl7v2.batches import LONGEST as LONGEST_MESSAGE
from streams.feeds.hl7v2.batches import Splitter
from streams.feeds.hl7v2.explain import explain as explain_message
from streams.feeds.mimic.replay import replay
from streams.feeds.mimic.tables import Table, table_of
from streams.feeds.read_wire import Wire, convert
from streams.feeds.site_mapping import SiteMapping
from streams.wire.rejects import Reject

_CHUNK: Final = 1 << 16
_WIDTH: Final = 24
_LONGEST: Final[Mapping[Wire, int]] = {"hl7v2": LONGEST_MESSAGE, "fhir": LONGEST_RESOURCE}


@click.command("convert")
@files_argument
@click.option(
    "--from",
    "wire",
    type=click.Choice(["hl7v2", "fhir", "mimic"]),
    required=True,
    help="The standard the messages are written in.",
)
@site_file_option
@click.option("--explain", "explained", is_flag=True, help="Say which field became what, instead of events.")
@click.option(
    "--message",
    "only",
    type=click.IntRange(min=1),
    metavar="NUMBER",
    help="Only this message of each input, counted from 1.",
)
@click.option(
    "--max-message-bytes",
    type=click.IntRange(256, 1 << 30),
    default=None,
    help="Longer messages are rejected and skipped.  [default: 4 MiB, FHIR 16 MiB]",
)
@click.option("-q", "--quiet", is_flag=True, help="Count rejects without a line for each.")
def command(
    *,
    files: tuple[str, ...],
    wire: Wire | Literal["mimic"],
    site: SiteMapping,
    explained: bool,
    only: int | None,
    max_message_bytes: int | None,
    quiet: bool,
) -> int:
    """
    Convert wire messages to events: HL7 v2 or FHIR in, JSON Lines of the contract out.

    Pumps are linked over all inputs, in their order, as a worker does: by order (RGV), association, bed (ADT). What stays
    unlinked gives no events and is told of at the end.

    Reads the files, or stdin where there are none or one is -. HL7 v2: one message, many, batches, or framed for MLLP.
    FHIR: one resource or bundle, or one a line; Medications are looked up in all files. MIMIC: the CSV files of
    INPUTEVENTS_MV, D_ITEMS and ADMISSIONS, replayed as outpatient stays in the order they were charted. Events
    go to stdout, to be piped into infusion code or infusion publish. Rejects go to stderr, each with file, message,
    segment and field; where a refused message names its stay, an event_refused among the events holds it.

    Exit status: 0 all read, 1 something was rejected, 2 wrong usage or an input that cannot be read.
    """
    inputs = tuple(dict.fromkeys(files)) or (STDIN,)
    if inputs == (STDIN,) and sys.stdin.isatty():
        click.echo("Reading messages from the terminal; end with Ctrl-D, or see --help.", err=True)
    if wire == "mimic":
        return _replay(inputs, quiet=quiet)
    longest = max_message_bytes or _LONGEST[wire]
    run = _Run(wire, site, patient_secret(), quiet=quiet)
    for name in inputs if wire == "fhir" else ():
        if name != STDIN:
            with open_input(name) as stream:
                run.look_up_in(_messages(stream, wire, longest))
    out = click.get_binary_stream("stdout")
    for name, shown in zip(inputs, display_names(inputs), strict=True):
        number = 0
        with paused(), open_input(name) as stream:
            for number, message in enumerate(_messages(stream, wire, longest), 1):
                if only in {None, number}:
                    out.write(run.told(message, number, shown, explained=explained))
        if not number:
            run.empty(shown)
    out.flush()
    for line in (*run.unlinked(), *run.summary()):
        click.echo(line, err=True)
    return 1 if run.rejected else 0


def _replay(inputs: tuple[str, ...], *, quiet: bool) -> int:
    tables: dict[Table, list[Mapping[str, str]]] = {"inputs": [], "items": [], "admissions": []}
    for name in inputs:
        rows = list(rows_of(name))
        table = table_of(rows[0]) if rows else None
        if table is None:
            click.echo(
                f"{display_names([name])[0]}: none of the tables that are replayed; left out", err=True
            )
        else:
            tables[table] += rows
    if not tables["inputs"]:
        message = "none of the files is INPUTEVENTS_MV of MIMIC-III: a CSV with a header line"
        raise click.UsageError(message)
    replayed = replay(tables["inputs"], tables["items"], tables["admissions"])
    out = click.get_binary_stream("stdout")
    for event in replayed.events:
        out.write(dumps(event) + b"\n")
    out.flush()
    for refused in replayed.rejects[:0] if quiet else replayed.rejects:
        click.echo(f"row {refused.row}: {refused.reject.reason}", err=True)
    click.echo(f"rows        read {len(tables['inputs'])}, rejected {len(replayed.rejects)}", err=True)
    click.echo(
        f"events      written {len(replayed.events)}; read as outpatients, an exercise and no charge",
        err=True,
    )
    return 1 if replayed.rejects else 0


def _messages(stream: BinaryIO, wire: Wire, longest: int) -> Iterator[bytes | Reject]:
    splitter = Splitter(longest) if wire == "hl7v2" else DocumentSplitter(longest)
    take = getattr(stream, "read1", stream.read)  # what is there, rather than wait for a full chunk
    while chunk := take(_CHUNK):
        yield from splitter.feed(chunk)
    yield from splitter.end()


class _Run:
    """One run of the verb, and what it has come to."""

    def __init__(self, wire: Wire, site: SiteMapping, secret: bytes | None, *, quiet: bool) -> None:
        self._wire: Wire = wire
        self._site = site
        self._secret = secret
        self._quiet = quiet
        self._medications = KnownMedications()
        self._messages = 0
        self._events = 0
        self.rejected = 0
        self._ignored: Counter[str] = Counter()
        self._associations = Associations()
        self._facility = self._associations.restored(())

    def look_up_in(self, messages: Iterable[bytes | Reject]) -> None:
        """Keep the Medications among messages for those that refer to them."""
        for message in messages:
            if isinstance(message, bytes):
                self._medications.add(message)

    def told(self, message: bytes | Reject, number: int, name: str, *, explained: bool) -> bytes:
        """Return what a message came to: its events, or how it was read."""
        return self.explained(message, number) if explained else self.events(message, number, name)

    def events(self, message: bytes | Reject, number: int, name: str) -> bytes:
        """Return the events of a message as lines, having said what of it was rejected."""
        if self._wire == "fhir" and isinstance(message, bytes):
            self._medications.add(message)
        conversion = self._counted(
            Conversion(rejects=(message,))
            if isinstance(message, Reject)
            else self._linked(convert(message, self._wire, self._site, self._secret, self._medications))
        )
        if not self._quiet:
            for reject in conversion.rejects:
                click.echo(f"{name}: message {number}: {reject.reason}", err=True)
        return b"".join([dumps(event) + b"\n" for event in conversion.events])

    def _linked(self, conversion: Conversion) -> Conversion:
        """Join a message to those before it; a pump that is not linked yet is told of at the end, if then it is not."""
        linked = self._associations.link(self._facility, conversion, 0).conversion
        rejects = tuple(reject for reject in linked.rejects if not is_unlinked(reject))
        waiting = len(linked.rejects) > len(rejects) and not rejects and not linked.events
        return linked._replace(rejects=rejects, ignored=WAITING if waiting else linked.ignored)

    def unlinked(self) -> Iterator[str]:
        """Yield what of each pump was tried in vain."""
        for device, reject in self._associations.waiting(self._facility):
            self.rejected += 1
            if not self._quiet:
                yield f"pump {device}: {reject.reason}"

    def explained(self, message: bytes | Reject, number: int) -> bytes:
        """Return how a message was read, in words."""
        if isinstance(message, Reject):
            self._counted(Conversion(rejects=(message,)))
            return f"message {number}\n  rejected  {message.reason}\n\n".encode()
        if self._wire == "fhir":
            read = explain_resource(message, self._site, self._secret, self._medications)
        else:
            read = explain_message(message, self._site, self._secret)
        linked = self._associations.link(self._facility, read.conversion, 0).conversion
        conversion = self._counted(linked)
        lines = [f"message {number}  {read.kind}"]
        lines += [f"  {place:{_WIDTH}} {meaning}" for place, meaning in read.used]
        lines += [f"  {place:{_WIDTH}} - {why}" for place, why in read.left]
        lines += [f"  note      {note.place}: {note.says}" for note in conversion.notes]
        lines += [f"  remember  {told(fact)}" for fact in read.conversion.facts]
        lines += [f"  rejected  {reject.reason}" for reject in conversion.rejects]
        lines += [f"  ignored   {conversion.ignored}"] if conversion.ignored else []
        lines += [f"  event     {dumps(event).decode()}" for event in conversion.events]
        return "\n".join([*lines, "", ""]).encode("utf-8", "backslashreplace")

    def empty(self, name: str) -> None:
        """Say that an input holds no message at all: a feed that broke off would go unnoticed."""
        self.rejected += 1
        if not self._quiet:
            click.echo(f"{name}: message: the input holds none; send ER7 text that begins with MSH", err=True)

    def summary(self) -> Iterator[str]:
        """Yield what the run came to, for a person."""
        yield f"messages    read {self._messages}, ignored {self._ignored.total()}, with rejects {self.rejected}"
        yield f"events      written {self._events}"
        for kind, count in sorted(self._ignored.items()):
            yield f"ignored     {kind} {count}"

    def _counted(self, conversion: Conversion) -> Conversion:
        self._messages += 1
        self._events += len(conversion.events)
        self.rejected += bool(conversion.rejects)
        if conversion.ignored is not None:
            self._ignored[conversion.ignored] += 1
        return conversion
