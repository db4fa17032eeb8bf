"""What console, delivery and front door hold beside the topics they read or wrote: what is lost, and what is there twice."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Self

from billing_receiver import Taken, standing
from chaos_raw import id_of
from orjson import loads

from models.line_change import LineChange
from streams.console.packed import unpack_in
from streams.demo.reader import Reader
from streams.feeds.control_id import control_id
from streams.wire import topics


class Difference(NamedTuple):
    """What is missing or otherwise than the topics say, and what is there and should not be."""

    lost: tuple[str, ...] = ()
    double: tuple[str, ...] = ()

    def __add__(self, other: Self) -> Self:  # type: ignore[override] # of differences, not of tuples
        """Return both."""
        return type(self)((*self.lost, *other.lost), (*self.double, *other.double))


def delivery_differences(
    changes: Iterable[LineChange],
    written: Iterable[Mapping[str, Any]],
    taken: Iterable[Taken],
    lines: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Difference:
    """
    Return how a billing system that counts each control id once stands beside the lines that stand charged.

    ``written`` is what deliver wrote down of its answers.
    """
    due = {control_id(change) for change in changes}
    once: dict[str, Taken] = {}
    for one in taken:
        once.setdefault(one.control_id, one)
    accepted = {said["control_id"] for said in written if said["outcome"] == "accepted"}
    stand = standing([*once.values()])
    wanted = {line: (stay, said["code"], str(said["units"])) for (stay, line), said in lines.items()}
    lost = [f"deliver: {name} did not arrive" for name in due - once.keys()]
    lost += [f"deliver: {name} is not written down" for name in once.keys() - accepted]
    lost += [f"deliver: line {line} of {said[0]}" for line, said in wanted.items() if stand.get(line) != said]
    double = [f"deliver: {name} is no change" for name in once.keys() - due]
    double += [f"deliver: line {line} of {said[0]}" for line, said in stand.items() if line not in wanted]
    return Difference(tuple(lost), tuple(double))


def console_differences(file: Path, reader: Reader, *, changes: int, deliveries: int) -> Difference:
    """Return how the console's file stands beside the newest set and question of each stay, and the count of the others."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
            unpack_in(connection)
            return _beside(connection, reader, changes=changes, deliveries=deliveries)
    except sqlite3.Error as error:  # it is being made
        return Difference((f"console: its file: {error}",))


def _beside(connection: sqlite3.Connection, reader: Reader, *, changes: int, deliveries: int) -> Difference:
    sets = dict(
        connection.execute(
            "SELECT s.encounter_id, r.charge_set FROM stays s"
            " JOIN revisions r ON r.encounter_id = s.encounter_id AND r.revision = s.revision WHERE s.status != 'withdrawn'"
        ).fetchall()
    )
    items = dict(connection.execute("SELECT encounter_id, item FROM items").fetchall())
    asked = dict(
        connection.execute("SELECT encounter_id, count(*) FROM questions GROUP BY encounter_id").fetchall()
    )
    lost, double = [], []
    for what, shown, said in (
        ("set", sets, reader.charge_sets),
        ("question", items, reader.reviews),
        (
            "count of questions",
            asked,
            {name: value and len(loads(value)["flags"]) for name, value in reader.reviews.items()},
        ),
    ):
        wanted = {name: value for name, value in said.items() if value is not None}
        lost += [f"console: {what} of {name}" for name in wanted if shown.get(name) != wanted[name]]
        double += [f"console: {what} of {name}" for name in shown if name not in wanted]
    for table, count in (
        ("rejects", reader.messages.get(topics.REJECTS, 0)),
        ("changes", changes),
        ("deliveries", deliveries),
    ):
        rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own words
        if rows != count:
            (lost if rows < count else double).append(f"console: {rows} {table} of {count}")
    return Difference(tuple(lost), tuple(double))


def raw_differences(acknowledged: Sequence[str], stored: Iterable[bytes]) -> Difference:
    """Return which messages were acknowledged and do not lie on the raw topic."""
    there = {id_of(value) for value in stored}
    return Difference(
        tuple(f"listen: message {name} was acknowledged" for name in acknowledged if name not in there)
    )
