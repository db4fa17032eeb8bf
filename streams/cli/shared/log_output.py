"""
The log of a long-running process on stderr: one line an event of note, as text or as JSON, with its zone.

What other people's code logs is let in from a warning on, without their decoration; of an exception only its kind and
its place are told, since its text may quote a record.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal, TextIO

import click
from orjson import dumps

from models.printable import printable
from streams.worker.log_throttle import ThrottleFilter

Form = Literal["text", "json"]

FORMS: Final = ("text", "json")

_OPTIONS: Final = (
    click.option(
        "--log-level",
        type=click.Choice(["info", "warning", "error"]),
        default="info",
        show_default=True,
        help="How much to tell on stderr; nothing of a stay is in it.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(FORMS),
        default="text",
        show_default=True,
        help="Lines for people, or one JSON object a line.",
    ),
)


def log_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb ``log_level`` and ``log_format``."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


_DECORATION: Final = re.compile(r"^\[\^-*[^\]]*\]: ")
"""Faust's: which of its services speaks, indented by its depth."""

_OURS: Final = ("streams.", "models.", "rules.")


def _words(record: logging.LogRecord) -> str:
    """Return what a record says, on one line."""
    said = " ".join(_DECORATION.sub("", record.getMessage()).split())
    if record.exc_info and (error := record.exc_info[1]) is not None:
        ours = type(error).__module__.startswith(_OURS)
        frames = traceback.extract_tb(error.__traceback__)
        place = f" at {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
        said = (
            f"{_DECORATION.sub('', str(record.msg).partition('%')[0]).strip(': ')}: {type(error).__name__}"
            + (f": {error}" if ours else "")
            + place
        )
    return printable(said)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


class TextFormatter(logging.Formatter):
    """Instant with zone, level, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        return f"{_at(record)} {record.levelname} {_words(record)}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line; ``process`` names who logs."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        return dumps(
            {
                "at": _at(record),
                "level": record.levelname.lower(),
                "process": self._process,
                "logger": record.name,
                "message": _words(record),
            }
        ).decode()


_BENIGN: Final = re.compile(
    r"Heartbeat failed for group \S+ because it is rebalancing"
    r"|Group Coordinator Request failed: .*GroupCoordinatorNotAvailableError"
    r"|Timer .* is overlapping"
)
"""
What looks like trouble and is none: a deal of partitions, a cluster's first group, a commit that takes more than its
second. What lasts is told by /readyz, and logged when it changes.
"""


class _NoChatter(logging.Filter):
    """Leaves out what Faust's services say of their own starting and stopping, and warnings that mean nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return not str(record.msg).startswith("[^")
        return not _BENIGN.match(_DECORATION.sub("", record.getMessage()))


class _Counting(logging.StreamHandler[TextIO]):
    """Tells how many lines of which level there were."""

    def __init__(self, count: Callable[[str], None] | None) -> None:
        super().__init__(sys.stderr)
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if self._count is not None:
            self._count(record.levelname.lower())


def log_to_stderr(process: str, level: str, form: Form, count: Callable[[str], None] | None = None) -> None:
    """Send the log of this process to stderr from now on; ``count`` is called with the level of each line."""
    handler = _Counting(count)
    handler.setFormatter(JsonFormatter(process) if form == "json" else TextFormatter())
    handler.addFilter(_NoChatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    least = getattr(logging, level.upper())
    root.setLevel(max(logging.WARNING, least))
    logging.getLogger("streams").setLevel(least)


def throttle_client_log() -> None:
    """Let the Kafka client's own log through, each message of it once in ten seconds."""
    logging.getLogger("aiokafka").propagate = True
    once = ThrottleFilter()
    for name in (
        "",
        ".conn",
        ".cluster",
        ".consumer.fetcher",
        ".consumer.group_coordinator",
        ".producer.sender",
    ):
        logging.getLogger(f"aiokafka{name}").addFilter(once)
