"""``infusion publish``: events from files or a pipe onto the events topic."""

import sys
from collections.abc import Iterator, Sequence

import click

from streams.batch.line_reader import Lines, lines_of, overlong
from streams.cli.shared.broker import broker
from streams.cli.shared.inputs import STDIN, display_names, files_argument, open_input, size_of
from streams.cli.shared.progress import ProgressDisplay, progress_display
from streams.kafka.connection import Connection
from streams.kafka.loop_thread import LoopThread
from streams.kafka.pace import AsItHappened, AtOnce, Pace, Steady
from streams.kafka.publisher import Publisher, largest_value
from streams.wire.event_message import event_message
from streams.wire.message import OutboundMessage
from streams.wire.rejects import Reject
from streams.wire.topics import EVENTS

_LARGEST = largest_value(EVENTS)


@click.command("publish")
@files_argument
@click.option(
    "--rate",
    type=click.FloatRange(min=0.001),
    metavar="EVENTS_PER_SECOND",
    help="Send so many a second; as fast as Kafka takes them when left out.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.001),
    metavar="N",
    help="Play events as they came, N times as fast: by recorded_at, or else occurred_at, in the order of the file.",
)
@click.option(
    "--max-line-bytes",
    type=click.IntRange(256, _LARGEST),
    default=_LARGEST,
    show_default=True,
    help="Longer lines are not sent, and said.",
)
@click.option("-q", "--quiet", is_flag=True, help="Count what was not sent without a line for each.")
def command(
    *, files: tuple[str, ...], rate: float | None, speed: float | None, max_line_bytes: int, quiet: bool
) -> int:
    """
    Publish events to infusion.events.v1: JSON Lines, each as it stands, under its encounter's key.

    Reads the files, or stdin where there are none or one is -. Nothing is checked but the length of a line: what
    is wrong with an event is for the worker to say, on infusion.rejects.v1. Publishing again changes nothing.
    KAFKA_BOOTSTRAP_SERVERS says where Kafka is.

    Exit status: 0 all published, 1 some had no encounter_id or were not sent, 2 wrong usage or no Kafka.
    """
    if rate is not None and speed is not None:
        message = "--rate and --speed say two things; leave one out"
        raise click.UsageError(message)
    pace = Steady(rate) if rate is not None else AsItHappened(speed) if speed is not None else AtOnce()
    inputs = tuple(dict.fromkeys(files)) or (STDIN,)
    if inputs == (STDIN,) and sys.stdin.isatty():
        click.echo("Reading events from the terminal; end with Ctrl-D, or see --help.", err=True)
    with broker() as connection, LoopThread() as loop_thread, progress_display(with_data=False) as shown:
        run = _Run(inputs, max_line_bytes, shown, quiet=quiet)
        run.publish(connection, loop_thread, pace)
    return 0 if not (run.keyless or run.kept_back) else 1


class _Run:
    """One run of the verb: read, send, count, and say at the end what arrived, however it ends."""

    def __init__(self, inputs: Sequence[str], limit: int, shown: ProgressDisplay, *, quiet: bool) -> None:
        self.keyless = 0
        """Sent without a key, for they have no encounter_id."""
        self.kept_back = 0
        """Not sent: too long, or no text."""
        self._inputs = inputs
        self._names = display_names(inputs)
        self._limit = limit
        self._shown = shown
        self._quiet = quiet

    def publish(self, connection: Connection, loop_thread: LoopThread, pace: Pace) -> None:
        """Send every line of every input, and return when all have arrived."""
        publisher = loop_thread.run(Publisher.connected(connection, (EVENTS,), pace))
        whole = False
        try:
            self._shown.stage("publishing", size_of(self._inputs))
            for number, name in enumerate(self._inputs):
                with open_input(name) as stream:
                    for batch in lines_of(stream, self._limit):
                        self._send(publisher, loop_thread, number, batch)
            loop_thread.run(publisher.arrive())
            whole = True
        finally:
            loop_thread.run(publisher.close())
            self._say(publisher.arrived, whole=whole)

    def _send(self, publisher: Publisher, loop_thread: LoopThread, file: int, batch: Lines | Reject) -> None:
        if isinstance(batch, Reject):
            self._keep_back(batch.at(file, 1))
            return
        loop_thread.run(publisher.send(self._messages(file, batch)))
        self._shown.passed(batch.size)

    def _messages(self, file: int, batch: Lines) -> Iterator[OutboundMessage]:
        for number, line in enumerate(batch.lines, batch.first):
            if line is None:
                self._keep_back(overlong(self._limit).at(file, number))
            elif line and not line.isspace():
                key, headers, at = event_message(line)
                self.keyless += key is None
                yield OutboundMessage(EVENTS, key, line, headers, at)

    def _keep_back(self, reject: Reject) -> None:
        self.kept_back += 1
        if not self._quiet:
            self._shown.say(reject.text(self._names))

    def _say(self, arrived: int, *, whole: bool) -> None:
        counts = f"events      published {arrived:,}"
        if self.keyless:
            counts += f", of them {self.keyless:,} without an encounter_id, which the worker rejects"
        if self.kept_back:
            counts += f"; not sent {self.kept_back:,}"
        self._shown.say(counts)
        if not whole:
            self._shown.say(
                "broken off before the end; publish the same again: what came twice changes nothing"
            )
