"""
The reconciliation kept up in the read model: a stay whose charges or deliveries changed is put side by side anew.

Beside the follower and a little behind it, so that reading the topics waits for no pairing of lines.
"""

import asyncio
import sqlite3
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from models.delivery import DELIVERY, Delivery
from models.line_change import LINE_CHANGE, LineChange
from streams.console.follower import Follower
from streams.console.read_model import ReadModel
from streams.console.stay_record import read_set
from streams.reconciliation.acknowledged import Posted, acknowledged
from streams.reconciliation.row import Row
from streams.reconciliation.stay import Stay, reconciled

_AT_ONCE: Final = 50
"""Stays in one transaction: the follower waits for it some tens of milliseconds."""
_PAUSE_S: Final = 0.5
_BREATH_S: Final = 0.01
_FAR: Final = 10_000
"""Records the follower is behind while it fills the file: two or three batches of them."""


async def keep_accounts(model: ReadModel, follower: Follower) -> None:
    """Put stale stays side by side until cancelled; a follower that is far behind is left nearly all of the processor."""
    while True:
        try:
            done = await asyncio.to_thread(put_side_by_side, model)
        except sqlite3.DatabaseError:
            if not model.damaged:
                raise
            done = 0  # the follower begins the file anew
        await asyncio.sleep(_BREATH_S if done and follower.behind < _FAR else _PAUSE_S)


def put_side_by_side(model: ReadModel) -> int:
    """Put some stale stays side by side, and return how many."""
    if model.row("SELECT 1 FROM stale") is None:
        return 0
    with model.batch({}) as connection:
        names = [row[0] for row in connection.execute("SELECT encounter_id FROM stale LIMIT ?", (_AT_ONCE,))]
        for name in names:
            rows, about = _of(connection, name)
            connection.execute("DELETE FROM reconciled WHERE encounter_id = ?", (name,))
            connection.executemany(
                "INSERT INTO reconciled VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                [(name, number, *_cells(row), *about) for number, row in enumerate(rows)],
            )
            connection.execute("DELETE FROM stale WHERE encounter_id = ?", (name,))
    return len(names)


def _of(connection: Any, name: str) -> tuple[list[Row], tuple[str | None, str | None]]:
    stay = connection.execute(
        "SELECT status, facility, payer FROM stays WHERE encounter_id = ?", (name,)
    ).fetchone()
    newest = connection.execute(
        "SELECT charge_set FROM stays JOIN revisions USING (encounter_id, revision) WHERE encounter_id = ?",
        (name,),
    ).fetchone()
    stands = newest is not None and stay["status"] != "withdrawn"
    charge_set = read_set(newest["charge_set"]) if stands else None
    changes: list[LineChange] = []
    deliveries: list[Delivery] = []
    for table, found, adapter in (("changes", changes, LINE_CHANGE), ("deliveries", deliveries, DELIVERY)):
        for row in connection.execute(f"SELECT value FROM {table} WHERE encounter_id = ?", (name,)):  # noqa: S608 - our own words
            try:
                found.append(adapter.validate_json(row["value"]))  # type: ignore[arg-type] # each list with the adapter of its own kind
            except ValidationError:  # a newer release's
                continue
    # Several billing systems would each have the whole stay: the one that answered last counts.
    if deliveries:
        last = max(deliveries, key=lambda one: one.decided_at).destination
        deliveries = [one for one in deliveries if one.destination == last]
    posted = acknowledged(changes, deliveries) if deliveries else Posted()
    rows = reconciled(Stay(name, charge_set, posted), datetime.now(UTC))
    return rows, (None, None) if stay is None else (stay["facility"], stay["payer"])


def _cells(row: Row) -> tuple[Any, ...]:
    posted = _coded(row.posted_code, row.posted_units, row.posted_modifiers)
    code = _coded(row.code, row.units, row.modifiers)
    return (
        row.kind, row.state, row.pairing, " ".join(row.administration_ids) or row.id,
        row.service_date.isoformat() if row.service_date else None, code, row.units, row.cents, posted, row.posted_cents,
        row.rule, row.says,
    )  # fmt: skip


def _coded(code: str | None, units: int, modifiers: tuple[str, ...]) -> str | None:
    if code is None:
        return None
    text = "-".join((code, *modifiers))
    if not units:  # a drug whose code is known and whose dose is not
        return f"{text} no units"
    return text if units == 1 else f"{text} \N{MULTIPLICATION SIGN}{units}"
