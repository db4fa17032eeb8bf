"""Questions asked while patients are there, out of the read model: which wait, and how fast each kind is answered."""

from math import ceil
from typing import Any, Final, NamedTuple

from models.nudge import NUDGE_KINDS
from streams.console.page_of import PER_PAGE, Asked, Part
from streams.console.read_model import ReadModel

STATES: Final = ("open", "answered", "coded", "closed")
SPANS: Final = {"hour": 3600, "day": 86_400, "week": 604_800}
WITHIN_S: Final = (900, 3600)
"""Seconds within which an answer is counted: a quarter of an hour, and an hour."""
_EXACT: Final = ("kind", "facility", "department", "encounter")


class KindFigures(NamedTuple):
    """One kind of question."""

    kind: str
    open: int
    oldest_at: int | None
    """When the oldest that waits was asked, in epoch seconds."""
    closed: int
    """By a release that did not say why."""
    coded: int
    """Coded before an answer came: the review asks instead."""
    seconds: tuple[int, ...]
    """From each question to its answer, in order."""

    @property
    def answered(self) -> int:
        """How many were answered."""
        return len(self.seconds)

    @property
    def ended(self) -> int:
        """How many are open no more."""
        return self.answered + self.coded + self.closed

    def quantile(self, share: float) -> int | None:
        """Return the seconds within which that share of the answers came, by nearest rank; None without an answer."""
        return self.seconds[ceil(share * len(self.seconds)) - 1] if self.seconds else None

    def within(self, seconds: int) -> float | None:
        """Return the share of ended questions that were answered within a time; None where none has ended."""
        return sum(one <= seconds for one in self.seconds) / self.ended if self.ended else None


def questions(model: ReadModel, asked: Asked, now: float, *, whole: bool = False) -> Part:
    """Return one page of the questions that match, or with ``whole`` all: open ones, the oldest first, else the newest."""
    parts, values = _where(asked, now)
    state = asked.get("state") or "open"
    if state != "all":
        parts.append("state = :state")
        values["state"] = state
    if asked.get("older").isdecimal():
        parts.append("asked_at <= :asked_before")
        values["asked_before"] = now - int(asked.get("older")[:5]) * 60
    where = " AND ".join(parts)
    order = "asked_at" if state == "open" else "coalesce(closed_at_ms, 1 << 60) DESC, asked_at"
    with model.reader() as connection:
        total = connection.execute(f"SELECT count(*) FROM nudges WHERE {where}", values).fetchone()[0]  # noqa: S608 - our own words
        page = max(1, min(asked.page, -(-total // PER_PAGE)))
        values |= {"limit": total if whole else PER_PAGE, "skip": 0 if whole else (page - 1) * PER_PAGE}
        rows = connection.execute(
            f"SELECT * FROM nudges WHERE {where} ORDER BY {order}, encounter_id, nudge_id LIMIT :limit OFFSET :skip",  # noqa: S608 - our own words
            values,
        ).fetchall()
    return Part(rows, total, page)


def figures(model: ReadModel, asked: Asked, now: float) -> list[KindFigures]:
    """Return the figures of each kind that was ever asked, and of all together where there are several, last."""
    parts, values = _where(asked, now)
    found: dict[str, list[Any]] = {}
    with model.reader() as connection:
        for row in connection.execute(
            "SELECT kind, state, asked_at, CASE WHEN state = 'answered' THEN closed_at_ms / 1000 - asked_at END AS seconds"  # noqa: S608 - our own words
            f" FROM nudges WHERE {' AND '.join(parts)}",
            values,
        ):
            found.setdefault(row["kind"], []).append(row)
    order: dict[str, int] = {kind: place for place, kind in enumerate(NUDGE_KINDS)}
    listed = [_of(kind, found[kind]) for kind in sorted(found, key=lambda kind: (order.get(kind, 99), kind))]
    everything = [row for rows in found.values() for row in rows]
    return [*listed, _of("all", everything)] if len(listed) > 1 else listed


def about(model: ReadModel) -> dict[str, list[str]]:
    """Return what the filters may be."""
    return {
        name: [row[0] for row in model.rows(f"SELECT DISTINCT {name} FROM nudges WHERE {name} != '' ORDER BY 1 LIMIT 200")]  # noqa: S608 - our own words
        for name in ("facility", "department")
    }  # fmt: skip


def _where(asked: Asked, now: float) -> tuple[list[str], dict[str, Any]]:
    parts, values = ["1"], dict[str, Any]()
    for name in _EXACT:
        if asked.get(name):
            parts.append(f"{'encounter_id' if name == 'encounter' else name} = :{name}")
            values[name] = asked.get(name)
    if asked.get("since") in SPANS:
        parts.append("asked_at > :since")
        values["since"] = now - SPANS[asked.get("since")]
    return parts, values


def _of(kind: str, rows: list[Any]) -> KindFigures:
    open_ones = [row["asked_at"] for row in rows if row["state"] == "open"]
    return KindFigures(
        kind,
        len(open_ones),
        min(open_ones, default=None),
        sum(row["state"] == "closed" for row in rows),
        sum(row["state"] == "coded" for row in rows),
        tuple(sorted(row["seconds"] for row in rows if row["seconds"] is not None)),
    )
