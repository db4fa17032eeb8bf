"""
The review queue: one row a question, the one that costs most to leave first.

Money at stake is the most that any answer to the question would give the stay in expected payment, or what its lines
give now where that is more. It is divided by the days that are left of the bill hold, at least a quarter of one: so a
thousand dollars that end tomorrow stand before two thousand that end next week.
"""

from typing import Any, Final

from streams.console.page_of import PER_PAGE, Asked, Part
from streams.console.read_model import ReadModel

FILTERS: Final = ("flag", "severity", "payer", "facility", "claimed", "encounter", "order", "item")

_LEAST_DAYS: Final = 0.25
_NO_HOLD_DAYS: Final = 30.0
"""Days counted for a stay whose departure, and so whose bill hold, is not known."""
_JUST_MS: Final = 120_000
"""Milliseconds for which an answer is on its way; a question that stands longer was not settled by it."""

_FROM: Final = "FROM questions q INDEXED BY questions_in_order"
"""An index has all that order and filters ask for: no row is read for a question that is not shown."""
_CLAIM: Final = "LEFT JOIN claims c ON c.encounter_id = q.encounter_id AND c.until > :now"
_ONE: Final = f"""
FROM questions q JOIN items i USING (encounter_id) JOIN stays s USING (encounter_id) {_CLAIM}
WHERE q.encounter_id = :encounter AND q.number = :number
"""
_COLUMNS: Final = """
SELECT q.encounter_id, q.number, q.flag, q.severity, q.administrations, q.says, q.suggestion, i.revision, i.status,
    i.at_ms AS asked_at_ms, s.setting, s.payer, s.facility, s.codes, s.cents, s.hold_ends_at, max(s.cents, q.stake) AS stake,
    c.name AS claimed_by, c.until AS claimed_until,
    (SELECT max(e.at_ms) FROM events e WHERE e.encounter_id = q.encounter_id AND e.manual) AS answered_at_ms
"""
_JUST: Final = "SELECT encounter_id, max(at_ms) AS at_ms FROM events WHERE manual AND at_ms > :just GROUP BY encounter_id"
"""Stays that were answered a moment ago: few, however many events there are."""
_ORDERS: Final = {
    "": f"q.at_stake / max({_LEAST_DAYS}, coalesce((q.hold_ends_at - :now) / 86400.0, {_NO_HOLD_DAYS})) DESC",
    "money": "q.at_stake DESC",
    "hold": "coalesce(q.hold_ends_at, 1 << 40)",
    "oldest": "q.asked_at_ms",
}
_EXACT: Final = {
    "flag": "q.flag",
    "payer": "q.payer",
    "facility": "q.facility",
    "encounter": "q.encounter_id",
}
SEVERITIES: Final = {"": "block", "block": "block", "warn": "warn", "info": "info"}


def _where(asked: Asked, name: str) -> tuple[str, dict[str, Any]]:
    parts, values = ["q.known"], {}
    severity = asked.get("severity")
    if severity != "all":
        parts.append("q.severity = :severity")
        values["severity"] = SEVERITIES.get(severity, "block")
    for key, column in _EXACT.items():
        if asked.get(key):
            parts.append(f"{column} = :{key}")
            values[key] = asked.get(key)
    if asked.get("claimed") == "mine":
        parts.append("c.name = :me")
        values["me"] = name
    elif asked.get("claimed") == "free":
        parts.append("c.name IS NULL")
    return " AND ".join(parts), values


def ordered(asked: Asked) -> str:
    """Return the order that an address asks for; what was answered just now comes last."""
    return f"coalesce(a.at_ms, 0) > q.asked_at_ms, {_ORDERS.get(asked.get('order'), _ORDERS[''])}, q.encounter_id, q.number"


def questions(model: ReadModel, asked: Asked, name: str, now: float, *, whole: bool = False) -> Part:
    """Return one page of the questions that match, or with ``whole`` all of them; ``name`` is who looks."""
    where, values = _where(asked, name)
    values |= {"now": now, "just": now * 1000 - _JUST_MS}
    claims = _CLAIM if asked.get("claimed") else ""
    with model.reader() as connection:
        total = connection.execute(f"SELECT count(*) {_FROM} {claims} WHERE {where}", values).fetchone()[0]
        page = max(1, min(asked.page, -(-total // PER_PAGE)))
        values |= {"limit": total if whole else PER_PAGE, "skip": 0 if whole else (page - 1) * PER_PAGE}
        # First which questions, with as little as the order needs; then all that is shown of those few.
        chosen = connection.execute(
            f"SELECT q.encounter_id, q.number {_FROM} {claims} LEFT JOIN ({_JUST}) a ON a.encounter_id = q.encounter_id"
            f" WHERE {where} ORDER BY {ordered(asked)} LIMIT :limit OFFSET :skip",
            values,
        ).fetchall()
        rows = [
            connection.execute(
                _COLUMNS + _ONE,
                {"now": now, "encounter": encounter_id, "number": number},
            ).fetchone()
            for encounter_id, number in chosen
        ]
    return Part([row for row in rows if row is not None], total, page)


def question(model: ReadModel, encounter_id: str, number: int, now: float) -> Any:
    """Return one question; None where it stands no more."""
    with model.reader() as connection:
        return connection.execute(
            _COLUMNS + _ONE,
            {"now": now, "encounter": encounter_id, "number": number},
        ).fetchone()


def summary(model: ReadModel, now: float) -> dict[str, Any]:
    """Return what waits in all: held stays, their money, those whose hold ends within a day or has ended."""
    found = model.row(
        "SELECT count(*) AS stays, coalesce(sum(stake), 0) AS cents,"  # noqa: S608 - our own words
        " coalesce(sum(hold_ends_at BETWEEN ?1 AND ?1 + 86400), 0) AS ending, coalesce(sum(hold_ends_at < ?1), 0) AS ended"
        f" FROM (SELECT max(q.at_stake) AS stake, q.hold_ends_at {_FROM} WHERE q.severity = 'block' AND q.known"
        " GROUP BY q.encounter_id)",
        now,
    )
    return dict(found) if found is not None else {}


def choices(model: ReadModel) -> dict[str, list[tuple[str, int]]]:
    """Return what each filter may be, with how many questions that hold a stay it leaves."""
    return {
        name: [
            (row[0], row[1])
            for row in model.rows(
                f"SELECT {column}, count(*) {_FROM}"
                f" WHERE q.severity = 'block' AND q.known AND {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 40"
            )
        ]
        for name, column in _EXACT.items()
        if name != "encounter"
    }
