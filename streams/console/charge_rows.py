"""Charge sets, line changes, questions and closed stays as rows of the read model."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from orjson import dumps, loads

from streams.charging.bill_hold import BillHold
from streams.console.packed import packed
from streams.console.said import CHANGE, CLOSED, ITEM, SET, counted
from streams.wire import topics

SETTING: Final = "facility"
"""Of a set that names none."""

_HELD: Final = "held"
_NAMES: Final = 500
_DAY_S: Final = 86_400


_ASKED: Final = (
    "SELECT DISTINCT encounter_id FROM questions WHERE encounter_id IN (SELECT value FROM json_each(?))"
)
"""Which of many stays have a question: few."""
_TELL_QUESTIONS: Final = """
UPDATE questions SET known = 1, at_stake = max(s.cents, stake), payer = s.payer, facility = s.facility,
    hold_ends_at = s.hold_ends_at, asked_at_ms = i.at_ms
FROM (SELECT * FROM stays WHERE encounter_id = ?) s JOIN items i ON i.encounter_id = s.encounter_id
WHERE questions.encounter_id = ?
"""
"""What the queue is ordered and filtered by, in one place, so that a look reads the questions alone."""


class ChargeRows:
    """What one batch says of stays: the newest of each, and every revision of it."""

    def __init__(self) -> None:
        self.stays: dict[str, tuple[Any, ...] | None] = {}
        """The newest charge set by stay; None where its charges were taken back whole."""
        self.revisions: list[tuple[Any, ...]] = []
        self.sets: list[bytes] = []
        """The set of each revision, as it was published."""
        self.changes: list[tuple[Any, ...]] = []
        self.items: dict[str, tuple[Any, ...] | None] = {}
        self.questions: dict[str, list[tuple[Any, ...]]] = {}
        self.departures: dict[str, int | None] = {}
        self.deliveries: list[tuple[Any, ...]] = []
        self._take: Final = {
            topics.CHARGES: self._charge_set,
            topics.CHARGE_LINES: self._change,
            topics.REVIEW: self._item,
            topics.CLOSED: self._closed,
            topics.DELIVERIES: self._delivery,
        }

    def take(self, record: Any) -> bool:
        """Take a record in; False where it is of none of these topics."""
        take = self._take.get(record.topic)
        if take is None:
            return False
        name = (record.key or b"").decode(errors="replace")
        try:
            take(name, record)
        except (ValueError, OverflowError, RecursionError):  # somebody else's, or a newer release's
            return True
        return True

    def _charge_set(self, name: str, record: Any) -> None:
        if not record.value:
            self.stays[name] = None
            return
        said = SET.decode(record.value)
        lines, revision = said.lines, checked(said.revision)
        cents = sum([line.cents for line in lines])
        held = sorted({flag.flag for flag in said.flags if flag.severity == "block"})
        self.stays[name] = (
            name, revision, said.status, said.setting or SETTING, said.payer, said.facility, record.timestamp, cents,
            ", ".join([line.text for line in lines]), " ".join(held), min([line.service_date for line in lines], default=None),
        )  # fmt: skip
        self.revisions.append((name, revision, said.status, record.timestamp, cents, record.offset))
        self.sets.append(record.value)

    def _change(self, name: str, record: Any) -> None:
        if record.value:
            said = CHANGE.decode(record.value)
            line = said.line
            self.changes.append(
                (
                    record.partition, record.offset, name, checked(said.revision), said.change, line.code, checked(line.units),
                    " ".join(line.modifiers), line.service_date, line.cents, record.timestamp, record.value,
                )
            )  # fmt: skip

    def _item(self, name: str, record: Any) -> None:
        if not record.value:
            self.items[name] = None
            self.questions[name] = []
            return
        said = ITEM.decode(record.value)
        worth: dict[tuple[str, tuple[str, ...]], int] = {}
        for answer in said.answers:
            about = (answer.flag, answer.administration_ids)
            worth[about] = max(worth.get(about, 0), checked(answer.cents))
        self.items[name] = (name, checked(said.revision), said.status, record.timestamp, record.value)
        self.questions[name] = [
            (
                name, number, flag.flag, flag.severity, " ".join(flag.administration_ids), flag.says, flag.suggestion,
                worth.get((flag.flag, flag.administration_ids), 0),
            )
            for number, flag in enumerate(said.flags, 1)
        ]  # fmt: skip

    def _delivery(self, name: str, record: Any) -> None:
        if record.value and isinstance(loads(record.value), dict):
            self.deliveries.append((record.partition, record.offset, name, record.value))

    def _closed(self, name: str, record: Any) -> None:
        departed = CLOSED.decode(record.value).encounter.departed_at if record.value else None
        self.departures[name] = None if departed is None else _epoch(departed)

    def write(self, connection: Any, holds: BillHold) -> None:
        """Write all of it inside the transaction of a connection."""
        many, gone = connection.executemany, [(name,) for name, stay in self.stays.items() if stay is None]
        sets = packed(self.sets)
        many(
            "INSERT INTO stays (encounter_id, revision, status, setting, payer, facility, at_ms, cents, codes, held_by, service_from)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (encounter_id) DO UPDATE SET revision=excluded.revision,"
            " status=excluded.status, setting=excluded.setting, payer=excluded.payer, facility=excluded.facility,"
            " at_ms=excluded.at_ms, cents=excluded.cents, codes=excluded.codes, held_by=excluded.held_by,"
            " service_from=excluded.service_from, hold_ends_at=NULL",
            [stay for stay in self.stays.values() if stay is not None],
        )
        many("UPDATE stays SET status='withdrawn', cents=0, codes='', held_by='', hold_ends_at=NULL WHERE encounter_id=?", gone)  # fmt: skip
        first = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM packs").fetchone()[0]
        many("INSERT INTO packs VALUES (?,?)", list(enumerate(sets.packs, first)))
        many(
            "INSERT OR REPLACE INTO published VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (*row, first + pack, *place)
                for row, (pack, *place) in zip(self.revisions, sets.places, strict=True)
            ],
        )
        many("INSERT OR REPLACE INTO changes VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", self.changes)
        many("INSERT OR REPLACE INTO deliveries VALUES (?,?,?,?)", self.deliveries)
        stale = {*self.stays, *(row[2] for row in self.changes), *(row[2] for row in self.deliveries)}
        many("INSERT OR IGNORE INTO stale VALUES (?)", [(name,) for name in sorted(stale)])
        many(
            "DELETE FROM items WHERE encounter_id=?",
            [(name,) for name, one in self.items.items() if one is None],
        )
        many("INSERT OR REPLACE INTO items VALUES (?,?,?,?,?)", [one for one in self.items.values() if one])
        many("DELETE FROM questions WHERE encounter_id=?", [(name,) for name in self.questions])
        many("INSERT OR REPLACE INTO questions (encounter_id, number, flag, severity, administrations, says, suggestion, stake) VALUES (?,?,?,?,?,?,?,?)", [one for rows in self.questions.values() for one in rows])  # fmt: skip
        many(
            "INSERT INTO stays (encounter_id, departed_at) VALUES (?,?) ON CONFLICT (encounter_id)"
            " DO UPDATE SET departed_at=excluded.departed_at",
            list(self.departures.items()),
        )
        held = {name for name, stay in self.stays.items() if stay is not None and stay[2] == _HELD}
        _end_holds(connection, holds, [*{*held, *self.departures}])
        touched = {*self.stays, *self.departures, *self.items}
        asked = connection.execute(_ASKED, (dumps([*touched]).decode(),)).fetchall()
        many(_TELL_QUESTIONS, [(name, name) for (name,) in asked])


def checked(number: int) -> int:
    """
    Return a count that can be kept.

    Raises:
        ValueError: it is nobody's: a database has no room for it.
    """
    if not counted(number):
        message = "a number of more than fifteen digits"
        raise ValueError(message)
    return number


def _end_holds(connection: Any, holds: BillHold, names: Sequence[str]) -> None:
    """Say of each held stay among these when its bill hold ends; of no other stays one."""
    lengths: dict[tuple[Any, ...], int] = {}
    ends = []
    for first in range(0, len(names), _NAMES):
        part = names[first : first + _NAMES]
        marks = ",".join("?" * len(part))
        for name, setting, payer, facility, departed_at in connection.execute(
            "SELECT encounter_id, setting, payer, facility, departed_at FROM stays"  # noqa: S608 - our own words
            f" WHERE status = 'held' AND departed_at IS NOT NULL AND encounter_id IN ({marks})",
            part,
        ).fetchall():
            # The policy of the day says how long: one look for all stays of a day that have it in common.
            about = (departed_at // _DAY_S, setting, payer, facility)
            if about not in lengths:
                lengths[about] = holds.ends_at(departed_at, setting or SETTING, payer, facility) - departed_at
            ends.append((departed_at + lengths[about], name))
    connection.executemany("UPDATE stays SET hold_ends_at=? WHERE encounter_id=?", ends)


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
